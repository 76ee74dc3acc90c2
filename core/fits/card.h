// SPDX-License-Identifier: BSD-3-Clause
// One header card: 80 bytes of text, or several with CONTINUE (FITS 4.0 section 4).
#pragma once

#include <cstddef>
#include <cstdint>
#include <string>
#include <string_view>

#include "fits/block.h"
#include "fits/card_value.h"

namespace torchfits {

enum class CardKind : std::uint8_t {
  value,       ///< KEYWORD = value / comment (HIERARCH too)
  commentary,  ///< COMMENT, HISTORY, blank keyword, or a keyword without value indicator: text in
               ///< columns 9-80
  junk,        ///< not a legal card; its text is kept verbatim and it is never fatal
};

struct Card {
  CardKind kind = CardKind::value;
  std::string
      keyword;  ///< upper case, without trailing blanks; of a HIERARCH card, what follows HIERARCH
  CardValue value;  ///< of commentary and junk: the text (std::string), trailing blanks removed
  std::string comment;
  std::string problem;  ///< why the card is junk or was read leniently; empty for a clean card

  /// A commentary card where `keyword` is COMMENT, HISTORY or blank, else a value card.
  [[nodiscard]] static Card make(std::string_view keyword, CardValue value, std::string comment);

  /// Reads one card: `text` is 80 characters, or 80*n where CONTINUE cards follow. Never throws for
  /// bad text. Bytes that are not printable ASCII read as '?' (NUL and tab as a blank) and make a
  /// `problem`.
  [[nodiscard]] static Card parse(std::string_view text);

  /// The text, a multiple of 80 characters, that parse() reads back equal. Strings too long for one
  /// card become CONTINUE cards, keywords that are not standard (over 8 characters, or blanks and
  /// dots) HIERARCH cards, comments that do not fit are cut. ErrorCode::value for what no card can
  /// hold: NaN or infinity, non-ASCII or control characters, an illegal keyword.
  [[nodiscard]] std::string format() const;

  friend bool operator==(const Card&, const Card&) = default;
};

/// The keyword of an 80-character card, without parsing its value: trimmed, upper-cased; HIERARCH
/// cards give the long keyword.
[[nodiscard]] std::string card_keyword(std::string_view text);

/// How many lines of 80 characters the card at the front of `text` takes: more than 1 where a long
/// string continues.
[[nodiscard]] std::size_t card_lines(std::string_view text);

/// `keyword` as card_keyword() gives it: trimmed, upper case, without the HIERARCH prefix.
[[nodiscard]] std::string normal_keyword(std::string_view keyword);

/// COMMENT, HISTORY or blank, in normal form.
[[nodiscard]] bool is_commentary(std::string_view keyword) noexcept;

/// One to eight of A-Z, 0-9, '-' and '_': a keyword of the Standard (section 4.1.2.1).
[[nodiscard]] bool is_standard_keyword(std::string_view keyword) noexcept;

}  // namespace torchfits
