// SPDX-License-Identifier: BSD-3-Clause
// The text of one field of an ASCII table as a number (FITS 4.0 section 7.2.5).
#pragma once

#include <cstdint>
#include <string_view>

namespace torchfits {

enum class TextNumber : std::uint8_t {
  number,
  blank,      ///< nothing but blanks, or NULs
  malformed,  ///< anything else than a number between blanks
  too_large,  ///< an integer beyond 64 bits
};

/// The field without the blanks and NULs around it.
[[nodiscard]] std::string_view trim_field(std::string_view field) noexcept;

/// An optional sign and decimal digits. `value` is set for a number only.
[[nodiscard]] TextNumber parse_integer(std::string_view field, std::int64_t& value) noexcept;

/// An optional sign, digits with at most one point, and an exponent of E or D, of either case, with
/// an optional sign, or of a sign alone; also NaN and infinity, as C spells them. Where there is no
/// point it stands before the last `implied` digits. Rounded once, to the nearest; beyond the range
/// of double, infinity or zero.
[[nodiscard]] TextNumber parse_real(std::string_view field, std::uint64_t implied, double& value);

}  // namespace torchfits
