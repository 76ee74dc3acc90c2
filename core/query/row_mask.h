// SPDX-License-Identifier: BSD-3-Clause
// The rows for which a predicate is true, of columns in memory.
#pragma once

#include <cstddef>
#include <cstdint>
#include <span>
#include <vector>

#include "base/stats.h"
#include "query/evaluator.h"
#include "query/predicate.h"

namespace torchfits {

/// Cells of a column, and where those of the rows that pass go, one after the other.
struct CellCopy {
  const std::byte* from = nullptr;
  std::byte* to = nullptr;
  std::uint64_t cell_bytes = 0;
};

/// One byte a row. All work is done in parallel.
class RowMask {
 public:
  /// Computes the predicate for `rows` rows of the columns, those of Predicate::columns.
  RowMask(const Predicate& predicate, std::span<const ColumnValues> columns, std::uint64_t rows);

  /// How many rows pass.
  [[nodiscard]] std::uint64_t count() const noexcept { return places_.back(); }
  /// The position of each row that passes, plus `offset`.
  void positions(std::int64_t offset, std::int64_t* out) const;
  /// Copies the cells of the rows that pass, of all columns together.
  void gather(std::span<const CellCopy> copies) const;

 private:
  template <class Use>
  void for_blocks(Use use) const;

  std::uint64_t rows_;
  Scratch passes_;                     // 1 for a row that passes, else 0
  std::vector<std::uint64_t> places_;  // of each share of rows: how many pass before it
};

}  // namespace torchfits
