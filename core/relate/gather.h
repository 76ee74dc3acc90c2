// SPDX-License-Identifier: BSD-3-Clause
// Rows of a column at positions, with something else where there is no row.
#pragma once

#include <cstddef>
#include <cstdint>
#include <span>

namespace torchfits {

/// Rows of equal size, one behind the other.
struct RowBytes {
  const std::byte* first = nullptr;
  std::size_t rows = 0;
  std::size_t size = 0;  ///< bytes of a row
};

/// Writes the rows at `positions`, and the bytes of `gap` (a row) for each -1. FitsError (index)
/// for any other position outside of the rows.
void gather_rows(const RowBytes& source, std::span<const std::int64_t> positions,
                 std::span<const std::byte> gap, std::byte* to);

/// Marks the positions that are -1 in `marks`, and returns their number.
std::size_t mark_gaps(std::span<const std::int64_t> positions, std::uint8_t* marks);

}  // namespace torchfits
