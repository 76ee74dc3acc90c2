// SPDX-License-Identifier: BSD-3-Clause
// A header against the Standard: what can be told from its bytes alone (FITS 4.0 sections 3 and 4).
#pragma once

#include <cstddef>
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <unordered_map>
#include <vector>

#include "base/bytes.h"
#include "fits/card.h"
#include "fits/finding.h"

namespace torchfits {

/// A card and where it stands.
struct NumberedCard {
  std::size_t line = 1;   ///< counted from 1, 80 bytes each
  std::string keyword;    ///< normal form
  Card card;              ///< parsed, with its CONTINUE cards
  std::string_view text;  ///< as it stands in the header

  /// For messages: "card 5 (NAXIS2)".
  [[nodiscard]] std::string where() const;
};

/// The cards of a header and the lines that END is behind.
struct CardList {
  std::vector<NumberedCard> cards;
  bool has_end = false;
  std::size_t end = 0;  ///< bytes before the END card
  std::unordered_map<std::string, std::size_t>
      first;  ///< of each keyword with a value: its position

  /// `bytes` of a header from its first on; the views point into them.
  [[nodiscard]] static CardList read(std::string_view bytes);
  /// The first card of that keyword with a value indicator, or null.
  [[nodiscard]] const NumberedCard* find(std::string_view keyword) const;
};

/// The value of a card, if there is one and it is an integer.
[[nodiscard]] std::optional<std::int64_t> integer_of(const NumberedCard* card);

/// The n of NAXISn, TFORMn, ...; nothing where `keyword` is not `stem` and such a number.
[[nodiscard]] std::optional<std::int64_t> index_of(std::string_view keyword, std::string_view stem);

/// Which HDU a header belongs to, as far as the rules differ.
struct HeaderPlace {
  bool primary = true;
  bool has_extensions = false;  ///< HDUs follow it
};

/// fits/card_check.cpp: each 80 bytes by themselves: characters, keyword, value.
void check_card_text(std::string_view bytes, const CardList& cards, Findings& findings);

/// Mandatory keywords, their order, format and values; structural keywords that are repeated or out
/// of place; END and what is behind it.
void check_structure(std::string_view bytes, const CardList& cards, const HeaderPlace& place,
                     Findings& findings);

/// fits/reserved_check.cpp: reserved keywords have the types and values that the Standard gives
/// them, and stand where they mean something.
void check_reserved(const CardList& cards, const HeaderPlace& place, Findings& findings);

/// fits/table_check.cpp: the columns of a table, an ASCII table or of random groups' parameters.
void check_columns(const CardList& cards, Findings& findings);

/// All of these. `bytes` are those of the header with its padding, as far as they are there.
void check_header(std::string_view bytes, const HeaderPlace& place, Findings& findings);

}  // namespace torchfits
