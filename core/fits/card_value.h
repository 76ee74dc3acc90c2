// SPDX-License-Identifier: BSD-3-Clause
// The value of a header card as text: what stands behind the value indicator (FITS 4.0
// section 4.2).
#pragma once

#include <complex>
#include <cstdint>
#include <string>
#include <string_view>
#include <variant>

namespace torchfits {

/// A decimal integer that does not fit 64 bits: a minus sign if negative, digits without leading
/// zeros.
struct BigInteger {
  std::string digits;
  friend bool operator==(const BigInteger&, const BigInteger&) = default;
};

/// std::monostate is the Standard's undefined value (`KEY     =`), Python's None.
using CardValue = std::variant<std::monostate, bool, std::int64_t, BigInteger, double,
                               std::complex<double>, std::string>;

/// Value and comment of one card. Views point into the text that was read.
struct ValueField {
  CardValue value;
  std::string_view comment;
  std::string problem;     ///< why the value was read leniently; empty for a clean one
  bool continues = false;  ///< a quoted string that ends with the '&' of a long string
};

/// Reads printable ASCII of the form "value / comment". Never throws: text that is no value becomes
/// a string with a problem. A string keeps its '&' and loses its trailing blanks; one of blanks
/// only is empty.
[[nodiscard]] ValueField parse_value(std::string_view field);

/// The literal of a value that is not a string; floats are the shortest text that reads back equal.
/// ErrorCode::value for NaN and infinity.
[[nodiscard]] std::string format_literal(const CardValue& value);

[[nodiscard]] std::string_view trim_right(std::string_view text) noexcept;
[[nodiscard]] std::string_view trim(std::string_view text) noexcept;

}  // namespace torchfits
