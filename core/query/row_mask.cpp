// SPDX-License-Identifier: BSD-3-Clause
#include "query/row_mask.h"

#if defined(__SSE2__)
#include <emmintrin.h>
#endif

#include <array>
#include <bit>
#include <cstring>
#include <numeric>

namespace torchfits {
namespace {

constexpr std::size_t kWordRows = 64;
static_assert(kEvaluatedRows % kWordRows == 0);

#if defined(__SSE2__)

std::uint64_t word_of(const Truth* truth) noexcept {
  std::uint64_t word = 0;
  for (std::size_t i = 0; i < kWordRows; i += sizeof(__m128i)) {
    const auto rows = _mm_loadu_si128(reinterpret_cast<const __m128i*>(truth + i));
    const auto signs = _mm_slli_epi16(rows, 7);  // the lowest bit of each byte becomes its highest
    word |= std::uint64_t{static_cast<std::uint16_t>(_mm_movemask_epi8(signs))} << i;
  }
  return word;
}

#else

std::uint64_t word_of(const Truth* truth) noexcept {
  std::uint64_t word = 0;
  for (std::size_t i = 0; i < kWordRows; ++i) {
    word |= static_cast<std::uint64_t>(truth[i] & kTrue) << i;
  }
  return word;
}

#endif

/// Returns how many are true.
std::size_t pack(const Truth* truth, std::size_t rows, std::uint64_t* words) noexcept {
  std::size_t count = 0, row = 0;
  for (; row + kWordRows <= rows; row += kWordRows) {
    *words = word_of(truth + row);
    count += static_cast<std::size_t>(std::popcount(*words++));
  }
  if (row == rows) return count;
  std::array<Truth, kWordRows> last{};
  std::memcpy(last.data(), truth + row, rows - row);
  *words = word_of(last.data());
  return count + static_cast<std::size_t>(std::popcount(*words));
}

}  // namespace

void MaskedRows::list(std::uint32_t* numbers) const noexcept {
  for (std::size_t row = 0; row < rows; row += kWordRows) {
    for (auto left = bits[row / kWordRows]; left != 0; left &= left - 1)
      *numbers++ =
          static_cast<std::uint32_t>(row) + static_cast<std::uint32_t>(std::countr_zero(left));
  }
}

RowMask::RowMask(const Predicate& predicate, std::span<const ColumnValues> columns,
                 std::uint64_t rows)
    : rows_(rows),
      bits_((rows + kWordRows - 1) / kWordRows),
      places_((rows + kShareRows - 1) / kShareRows + 1) {
  const std::vector<ColumnValues> values(columns.begin(), columns.end());
  parallel_for(places_.size() - 1, [&](std::size_t share) {
    Evaluator evaluate(predicate, values);
    const auto end = std::min(rows, (share + 1) * kShareRows);
    std::uint64_t count = 0;
    for (auto row = share * kShareRows; row < end; row += kEvaluatedRows) {
      const auto some = std::min<std::uint64_t>(kEvaluatedRows, end - row);
      count += pack(evaluate(row, some), some, bits_.data() + row / kWordRows);
    }
    places_[share + 1] = count;
  });
  std::partial_sum(places_.begin(), places_.end(), places_.begin());
}

MaskedRows RowMask::rows_from(std::uint64_t first, std::uint64_t end,
                              std::uint64_t place) const noexcept {
  const auto rows = std::min<std::uint64_t>(kEvaluatedRows, end - first);
  MaskedRows block{first, rows, place, 0, bits_.data() + first / kWordRows};
  for (std::size_t word = 0; word * kWordRows < rows; ++word)
    block.count += static_cast<std::size_t>(std::popcount(block.bits[word]));
  return block;
}

void RowMask::positions(std::int64_t offset, std::int64_t* out) const {
  for_blocks([&](const MaskedRows& block) {
    std::array<std::uint32_t, kEvaluatedRows> numbers;
    block.list(numbers.data());
    const auto first = offset + static_cast<std::int64_t>(block.first);
    for (std::size_t i = 0; i < block.count; ++i)
      out[block.place + i] = first + static_cast<std::int64_t>(numbers[i]);
  });
}

}  // namespace torchfits
