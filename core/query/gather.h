// SPDX-License-Identifier: BSD-3-Clause
// Rows of columns in memory, copied one behind the other: those of a mask, or
// at positions. All work is done in parallel.
#pragma once

#include <cstddef>
#include <cstdint>
#include <span>

#include "query/row_mask.h"

namespace torchfits {

/// Cells of equal size, one behind the other, and where the chosen ones go.
struct CellCopy {
  const std::byte* from = nullptr;
  std::byte* to = nullptr;
  std::size_t cell_bytes = 0;
};

/// Copies the cells of the rows that pass, of all columns together.
void gather_rows(const RowMask& rows, std::span<const CellCopy> columns);

/// Copies the cells at `positions`, and the bytes of `gap` (a cell) for each
/// -1. FitsError (index) for any other position outside of the rows.
void gather_rows(std::span<const std::int64_t> positions, std::uint64_t rows,
                 const CellCopy& column, std::span<const std::byte> gap);

/// Marks the positions that are -1 in `marks`, and returns their number.
std::size_t mark_gaps(std::span<const std::int64_t> positions, std::uint8_t* marks);

}  // namespace torchfits
