// SPDX-License-Identifier: BSD-3-Clause
// One header card: 80 bytes of text, or several with CONTINUE (FITS 4.0 section 4).
#pragma once

#include <complex>
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <variant>

#include "fits/block.h"

namespace torchfits {

/// A decimal integer that does not fit 64 bits, as digits with an optional sign.
struct BigInteger {
  std::string digits;
  friend bool operator==(const BigInteger&, const BigInteger&) = default;
};

/// std::monostate is the Standard's undefined value (`KEY     =`), Python's None.
using CardValue =
    std::variant<std::monostate, bool, std::int64_t, BigInteger, double, std::complex<double>, std::string>;

enum class CardKind : std::uint8_t {
  value,       ///< KEYWORD = value / comment (HIERARCH too)
  commentary,  ///< COMMENT, HISTORY, blank keyword, or a keyword without value indicator: text in columns 9-80
  junk,        ///< not a legal card; its text is kept verbatim and it is never fatal
};

struct Card {
  CardKind kind = CardKind::value;
  std::string keyword;  ///< upper case, without trailing blanks; of a HIERARCH card, what follows HIERARCH
  CardValue value;      ///< of commentary and junk: the text (std::string), trailing blanks removed
  std::string comment;
  std::string problem;  ///< why the card is junk or was read leniently; empty for a clean card

  /// Reads one card: `text` is 80 characters, or 80*n where CONTINUE cards follow. Never throws for bad text.
  [[nodiscard]] static Card parse(std::string_view text);

  /// The text, a multiple of 80 characters, that parse() reads back equal. Strings too long for one card become
  /// CONTINUE cards, keywords that are not standard (over 8 characters, or blanks and dots) HIERARCH cards, comments that do not fit are cut.
  /// ErrorCode::value for what no card can hold: NaN or infinity, non-ASCII or control characters, an illegal keyword.
  [[nodiscard]] std::string format() const;
};

/// The keyword of an 80-character card, without parsing its value: trimmed, upper-cased; HIERARCH cards give the long keyword.
[[nodiscard]] std::string card_keyword(std::string_view text);

}  // namespace torchfits
