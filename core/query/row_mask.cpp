// SPDX-License-Identifier: BSD-3-Clause
#include "query/row_mask.h"

#include <algorithm>
#include <array>
#include <cstring>
#include <numeric>

#include "base/defaults.h"
#include "base/parallel.h"
#include "platform/memory.h"

namespace torchfits {
namespace {

/// Rows that one thread takes at a time.
constexpr std::uint64_t kShareRows = 8 * kEvaluatedRows;

/// Rows of a block that pass, counted from its first.
struct Passing {
  std::uint64_t first = 0;  ///< row of the block
  std::uint64_t place = 0;  ///< in the result
  std::size_t count = 0;
  const std::uint32_t* rows = nullptr;
};

template <std::size_t Size>
void copy_cells(const CellCopy& copy, const Passing& passing) {
  const auto size = Size != 0 ? Size : copy.cell_bytes;
  const auto* from = copy.from + passing.first * size;
  auto* to = copy.to + passing.place * size;
  for (std::size_t i = 0; i < passing.count; ++i)
    std::memcpy(to + i * size, from + passing.rows[i] * size, size);
}

void copy_cells(const CellCopy& copy, const Passing& passing) {
  switch (copy.cell_bytes) {
    case 0: return;
    case 1: return copy_cells<1>(copy, passing);
    case 2: return copy_cells<2>(copy, passing);
    case 4: return copy_cells<4>(copy, passing);
    case 8: return copy_cells<8>(copy, passing);
    case 16: return copy_cells<16>(copy, passing);
    default: return copy_cells<0>(copy, passing);
  }
}

}  // namespace

RowMask::RowMask(const Predicate& predicate, std::span<const ColumnValues> columns,
                 std::uint64_t rows)
    : rows_(rows), passes_(rows), places_((rows + kShareRows - 1) / kShareRows + 1) {
  const std::vector<ColumnValues> values(columns.begin(), columns.end());
  parallel_for(places_.size() - 1, [&](std::size_t share) {
    Evaluator evaluate(predicate, values);
    const auto end = std::min(rows, (share + 1) * kShareRows);
    std::uint64_t count = 0;
    for (auto row = share * kShareRows; row < end; row += kEvaluatedRows) {
      const auto some = std::min<std::uint64_t>(kEvaluatedRows, end - row);
      const auto* truth = evaluate(row, some);
      auto* passes = reinterpret_cast<std::uint8_t*>(passes_.data() + row);
      for (std::size_t i = 0; i < some; ++i) passes[i] = truth[i] & kTrue;
      count = std::accumulate(passes, passes + some, count);
    }
    places_[share + 1] = count;
  });
  std::partial_sum(places_.begin(), places_.end(), places_.begin());
}

template <class Use>
void RowMask::for_blocks(Use use) const {
  parallel_for(places_.size() - 1, [&](std::size_t share) {
    if (places_[share] == places_[share + 1]) return;
    std::array<std::uint32_t, kEvaluatedRows> numbers;
    const auto end = std::min(rows_, (share + 1) * kShareRows);
    Passing passing{.place = places_[share], .rows = numbers.data()};
    for (auto row = share * kShareRows; row < end; row += kEvaluatedRows) {
      const auto some = std::min<std::uint64_t>(kEvaluatedRows, end - row);
      const auto* passes = reinterpret_cast<const std::uint8_t*>(passes_.data() + row);
      passing.first = row;
      passing.count = 0;
      for (std::uint32_t i = 0; i < some; ++i) {  // no branch depends on the data
        numbers[passing.count] = i;
        passing.count += passes[i];
      }
      use(passing);
      passing.place += passing.count;
    }
  });
}

void RowMask::positions(std::int64_t offset, std::int64_t* out) const {
  for_blocks([&](const Passing& passing) {
    const auto first = offset + static_cast<std::int64_t>(passing.first);
    for (std::size_t i = 0; i < passing.count; ++i)
      out[passing.place + i] = first + static_cast<std::int64_t>(passing.rows[i]);
  });
}

void RowMask::gather(std::span<const CellCopy> copies) const {
  for (const auto& copy : copies) {
    const auto bytes = count() * copy.cell_bytes;
    if (bytes >= kHugePageBytes) advise_huge_pages(copy.to, bytes);
  }
  for_blocks([&](const Passing& passing) {
    for (const auto& copy : copies) copy_cells(copy, passing);
  });
}

}  // namespace torchfits
