// SPDX-License-Identifier: BSD-3-Clause
// Rows of equal keys, and what is said of the values of each group.
#pragma once

#include <cstdint>
#include <mutex>
#include <span>
#include <vector>

#include "relate/array.h"
#include "relate/key_column.h"
#include "relate/key_words.h"
#include "relate/numbering.h"

namespace torchfits {

/// Groups in the order of their keys, NaN and nulls last; all NaNs are one key, all nulls another.
class Groups {
 public:
  explicit Groups(std::span<const KeyColumn> keys);

  [[nodiscard]] std::size_t count() const noexcept { return ranks_.first_rows.size(); }
  [[nodiscard]] std::size_t rows() const noexcept { return ranks_.of_row.size(); }
  /// The group of each row.
  [[nodiscard]] std::span<const std::uint32_t> of_row() const noexcept {
    return {ranks_.of_row.data(), ranks_.of_row.size()};
  }
  [[nodiscard]] std::span<const std::uint32_t> first_rows() const noexcept {
    return {ranks_.first_rows.data(), ranks_.first_rows.size()};
  }
  /// The rows of each group; found at the first call, on any thread.
  [[nodiscard]] const RowsOfNumbers& members() const;

 private:
  Ranks ranks_;
  mutable std::once_flag once_;
  mutable RowsOfNumbers members_;
};

/// The first row of each different key, rising; in number and order as they are met.
[[nodiscard]] std::vector<std::uint32_t> distinct_rows(std::span<const KeyColumn> keys);

/// Rows of each group.
void count_rows(const Groups& groups, std::int64_t* counts);

/// Values that are neither null nor NaN, in each group.
void count_values(const Groups& groups, const KeyColumn& column, std::int64_t* counts);

/// Sums of integers and bools, exact; of u64 as unsigned numbers. FitsError (value) where 64 bits
/// do not hold one.
void sum_integers(const Groups& groups, const KeyColumn& column, std::int64_t* sums);

/// Of numbers, in double precision; nulls and NaN do not count. `variance` divides by n - 1.
/// Without values the sum is 0 and the others are NaN, and so is the variance of a single one.
enum class Moment : std::uint8_t { sum, mean, variance };
void moments(const Groups& groups, const KeyColumn& column, Moment moment, double* results);

/// The value in the middle, or the mean of both; NaN without values.
void medians(const Groups& groups, const KeyColumn& column, double* results);

/// Row of the first, last, smallest or greatest value of each group, the first of equal ones; -1
/// where all are null or NaN.
enum class Pick : std::uint8_t { first, last, min, max };
void pick_rows(const Groups& groups, const KeyColumn& column, Pick pick, std::int64_t* rows);

/// Different values of each group, nulls and NaN left out.
void count_distinct(const Groups& groups, const KeyColumn& column, std::int64_t* counts);

/// Whether any (or every) value is not zero; of no values false (or true).
void test_values(const Groups& groups, const KeyColumn& column, bool every, std::uint8_t* results);

}  // namespace torchfits
