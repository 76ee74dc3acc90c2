// SPDX-License-Identifier: BSD-3-Clause
// The header of a table that stands in a file, when rows and columns come, go and move: the cards
// of the user stay, each with its comment.
#pragma once

#include <cstddef>
#include <cstdint>
#include <optional>
#include <span>

#include "fits/header.h"
#include "fits/layout.h"

namespace torchfits {

/// Sizes of a table, as its mandatory keywords say them.
struct TableSize {
  std::uint64_t row_bytes = 0;
  std::uint64_t rows = 0;
  std::uint64_t heap_offset = 0;  ///< THEAP
  std::uint64_t heap_bytes = 0;
};

[[nodiscard]] TableSize size_of(const TableLayout& table);

/// NAXIS1, NAXIS2, PCOUNT, and THEAP: that stays only where it says something.
void set_table_size(Header& header, const TableSize& size);

/// TFORM of the column at `index`.
void set_form(Header& header, std::size_t index, const TForm& form);

/// Takes the cards of the column at `index` away; those of the columns behind get their new number,
/// also TLMINn, TCTYPn and the other keywords that the Standard numbers by columns.
void remove_column_cards(Header& header, std::size_t index);

/// Those of a new column, which `column` then is at `index`.
void add_column_cards(Header& header, std::size_t index, const Column& column);

}  // namespace torchfits
