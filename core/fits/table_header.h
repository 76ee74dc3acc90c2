// SPDX-License-Identifier: BSD-3-Clause
// Columns and headers of binary tables that are written: read_table_layout()'s mirror (FITS 4.0
// section 7.3).
#pragma once

#include <cstdint>
#include <optional>
#include <string_view>
#include <vector>

#include "fits/hdu_cards.h"
#include "fits/layout.h"

namespace torchfits {

/// What the values of a column are, wherever they lie.
struct ColumnValues {
  ElementType type = ElementType::u8;  ///< of an element; text: u8
  bool text = false;
  bool bits = false;  ///< booleans as X; else as L
  /// Of variable length: the elements of the longest cell.
  std::optional<std::uint64_t> longest{};
};

/// Whether TDISP can show values of a type code: Table 20 of the Standard.
[[nodiscard]] bool can_show(std::string_view display, char code);

/// Completes a column of which name, shape, characters and the words of the user are known: TFORM,
/// TDIM, width and coding; no TNULL. Cells of variable length get P, and keep TDIM. TDISP goes
/// where it cannot show such values. ErrorCode::type for an element that no table can hold.
void store_as(Column& column, const ColumnValues& values);

/// Puts the fields of a row one behind the other; P becomes Q where 32 bits cannot count the heap
/// or the elements of a cell. ErrorCode::value for more columns or bytes than a table can have.
[[nodiscard]] TableLayout lay_out(std::vector<Column> columns, std::uint64_t rows,
                                  std::uint64_t heap_bytes);

/// TFIELDS and the cards of each column.
void add_columns(CardText& cards, const TableLayout& table);

[[nodiscard]] Header table_header(const TableLayout& table, const UserCards& user, bool checksum);

}  // namespace torchfits
