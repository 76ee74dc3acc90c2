// SPDX-License-Identifier: BSD-3-Clause
// A selection of rows and columns becomes blocks of rows. Pure, and O(1) memory beside the caller's
// row list.
#pragma once

#include <cstdint>
#include <span>
#include <vector>

#include "base/bytes.h"
#include "fits/layout.h"

namespace torchfits {

/// Rows start, start + step, ... or, where `indices` is not empty, those rows in that order. All
/// inside the table.
struct RowSelection {
  std::int64_t start = 0;
  std::int64_t step = 1;
  std::uint64_t count = 0;
  std::span<const std::int64_t> indices{};
};

/// Consecutive rows of the file for consecutive (or, with a step, spread) rows of the output; or
/// rows of a list that lie near.
struct RowBlock {
  ByteRange range;  ///< from the first selected byte of the first row to the last of the last
  std::uint64_t first_byte = 0;  ///< position of range.offset within its row
  std::uint64_t out_row = 0;
  std::uint64_t file_row = 0;  ///< the row of the table that becomes out_row
  std::uint64_t rows = 0;
  std::int64_t row_stride = 0;   ///< bytes from one row of the block to the next; negative: the
                                 ///< block's last row comes first
  std::uint64_t hull_bytes = 0;  ///< of a row, from range.offset on
  /// The rows of the table, rising, where the distance from one to the next varies; row_stride is
  /// that of neighbours then.
  std::span<const std::int64_t> listed{};
};

class TablePlan {
 public:
  static TablePlan make(const TableLayout& table, std::uint64_t data_offset,
                        std::span<const std::size_t> columns, const RowSelection& rows);
  [[nodiscard]] std::uint64_t blocks() const noexcept;
  [[nodiscard]] RowBlock block(std::uint64_t index) const noexcept;
  /// Whether less than half of the cache lines of a block hold a selected byte.
  [[nodiscard]] bool sparse() const noexcept;

 private:
  void split_indices();

  RowSelection rows_;
  std::vector<std::uint64_t> starts_;  ///< of an index list: where each block of rows that lie near
                                       ///< begins in it, and its end
  std::uint64_t row_bytes_ = 0;
  std::uint64_t data_offset_ = 0;
  std::uint64_t first_byte_ = 0;  ///< hull of the selected fields within a row
  std::uint64_t hull_bytes_ = 0;
  std::uint64_t rows_per_block_ = 1;
};

}  // namespace torchfits
