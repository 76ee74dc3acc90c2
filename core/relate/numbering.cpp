// SPDX-License-Identifier: BSD-3-Clause
#include "relate/numbering.h"

namespace torchfits {

RowsOfNumbers rows_of_numbers(std::span<const std::uint32_t> numbers, std::size_t limit) {
  RowsOfNumbers result{Array<std::uint32_t>(limit + 1, 0), {}};
  auto& starts = result.starts;
  for (const auto number : numbers)
    if (number != kNone) ++starts[number];
  std::uint32_t place = 0;
  for (auto& start : starts) place += std::exchange(start, place);
  result.rows = Array<std::uint32_t>(place);
  for (std::size_t row = 0; row < numbers.size(); ++row) {
    if (numbers[row] != kNone)
      result.rows[starts[numbers[row]]++] = static_cast<std::uint32_t>(row);
  }
  // Each start has moved on to the next one.
  std::copy_backward(starts.begin(), starts.end() - 1, starts.end());
  starts[0] = 0;
  return result;
}

}  // namespace torchfits
