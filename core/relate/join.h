// SPDX-License-Identifier: BSD-3-Clause
// Which rows of two tables belong together.
//
// Why it is fast:
// - keys are one number each: joins compare no tuples and no texts;
// - keys from a small range (row numbers, catalogue identifiers) need no hash at all;
// - others are distributed over parts whose hash tables fit into the cache, on all threads;
// - the rows of the result are counted before they are written: nothing grows.
#pragma once

#include <cstdint>
#include <span>
#include <vector>

#include "relate/array.h"
#include "relate/key_column.h"
#include "relate/key_words.h"
#include "relate/numbering.h"

namespace torchfits {

enum class JoinHow : std::uint8_t {
  inner,  ///< pairs of rows with equal keys
  left,   ///< and each left row without a partner, once
  outer,  ///< and each right row without a partner
  semi,   ///< left rows that have a partner
  anti,   ///< left rows that have none
};

/// One key of a join: its columns in both tables.
struct JoinKey {
  KeyColumn left, right;
};

/// The pairs of a join in the order of the left rows, those of one left row in the order of the
/// right rows; of an outer join in the order of the keys, NaN and nulls last. A key with a null or
/// NaN matches nothing.
class Join {
 public:
  Join(std::span<const JoinKey> keys, JoinHow how);

  /// Rows of the result.
  [[nodiscard]] std::uint64_t size() const noexcept { return pairs_ + lonely_.size(); }

  /// Positions in both tables, -1 where there is no row; `right` is null for semi and anti.
  void write(std::int64_t* left, std::int64_t* right) const;

 private:
  struct Partners {
    const std::uint32_t *begin, *end;
    [[nodiscard]] std::uint64_t count() const { return static_cast<std::uint64_t>(end - begin); }
  };
  [[nodiscard]] Partners partners(std::size_t left_row) const noexcept;
  [[nodiscard]] std::uint64_t rows_of(std::uint64_t partners) const noexcept;
  void find_lonely(const Numbers& numbers);
  void sort_pairs(std::int64_t* left, std::int64_t* right) const;
  bool find_single_partners(const Numbers& numbers);
  void find_partners(const Numbers& numbers);
  template <class Find>
  void count_pairs(const Find& find);

  JoinHow how_;
  std::size_t left_rows_, right_rows_;
  /// Of each left row: the right row where keys of the right table differ, else the place of the
  /// first one in partners_.
  Array<std::uint32_t> first_;
  Array<std::uint32_t> counts_;    ///< of partners of each left row; empty where keys differ
  Array<std::uint32_t> partners_;  ///< right rows by their keys
  std::vector<std::uint64_t> block_starts_;  ///< where the pairs of each block of left rows begin
  std::uint64_t pairs_ = 0;
  // Of an outer join:
  std::vector<std::uint32_t> lonely_;  ///< right rows without a partner
  std::vector<KeyWord> words_;         ///< keys of the right rows, then of the left rows
};

}  // namespace torchfits
