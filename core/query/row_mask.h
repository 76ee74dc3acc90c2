// SPDX-License-Identifier: BSD-3-Clause
// The rows for which a predicate is true, of columns in memory.
#pragma once

#include <algorithm>
#include <cstddef>
#include <cstdint>
#include <span>
#include <vector>

#include "base/parallel.h"
#include "query/evaluator.h"
#include "query/predicate.h"

namespace torchfits {

/// Some rows one behind the other, and which of them pass.
struct MaskedRows {
  std::uint64_t first = 0;              ///< row of the table
  std::size_t rows = 0;                 ///< at most kEvaluatedRows
  std::uint64_t place = 0;              ///< passing rows of the table before these
  std::size_t count = 0;                ///< of these that pass
  const std::uint64_t* bits = nullptr;  ///< bit i % 64 of word i / 64 for row i; 0 behind the last

  /// Writes the numbers of the rows that pass, counted from `first`.
  void list(std::uint32_t* numbers) const noexcept;
};

/// One bit a row. All work is done in parallel.
class RowMask {
 public:
  /// Computes the predicate for `rows` rows of the columns, those of
  /// Predicate::columns.
  RowMask(const Predicate& predicate, std::span<const ColumnValues> columns, std::uint64_t rows);

  /// How many rows pass.
  [[nodiscard]] std::uint64_t count() const noexcept { return places_.back(); }
  /// The position of each row that passes, plus `offset`.
  void positions(std::int64_t offset, std::int64_t* out) const;

  /// use(MaskedRows) for all blocks of rows in which one passes, in parallel.
  template <class Use>
  void for_blocks(const Use& use) const {
    parallel_for(places_.size() - 1, [&](std::size_t share) {
      const auto end = std::min(rows_, (share + 1) * kShareRows);
      auto place = places_[share];
      for (auto row = share * kShareRows; row < end && place < places_[share + 1];
           row += kEvaluatedRows) {
        const auto block = rows_from(row, end, place);
        if (block.count != 0) use(block);
        place += block.count;
      }
    });
  }

 private:
  /// Rows that one thread takes at a time.
  static constexpr std::uint64_t kShareRows = 8 * kEvaluatedRows;

  [[nodiscard]] MaskedRows rows_from(std::uint64_t first, std::uint64_t end,
                                     std::uint64_t place) const noexcept;

  std::uint64_t rows_;
  std::vector<std::uint64_t> bits_;
  std::vector<std::uint64_t> places_;  // of each share of rows: how many pass before it
};

}  // namespace torchfits
