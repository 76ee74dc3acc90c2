// SPDX-License-Identifier: BSD-3-Clause
#include <gtest/gtest.h>

#include <cstring>
#include <vector>

#include "base/bytes.h"
#include "decode/parameter_sum.h"

namespace torchfits {
namespace {

TEST(ParameterSum, AddsScaledTermsInDouble) {
  Column column;
  column.offset = 2;
  column.terms = {{2, ElementCoding::column('I', {.zero = 2445728.5}, {})},
                  {6, ElementCoding::column('I', {.scale = 0x1p-20}, {})}};
  // Of a row: another parameter, the first term, another parameter, the second.
  constexpr std::size_t kRows = 700, kRow = 8;
  std::vector<std::byte> bytes(kRows * kRow);
  for (std::size_t i = 0; i < kRows; ++i) {
    const auto at = bytes.data() + i * kRow;
    for (std::size_t j = 0; j < kRow; j += 2) store_be<std::uint16_t>(at + j, 0x7777);
    store_be(at + 2, static_cast<std::uint16_t>(i));
    store_be(at + 6, static_cast<std::uint16_t>(-3 * static_cast<int>(i)));
  }
  std::vector<double> sums(kRows, 7);
  const ParameterSum sum(column);
  sum(bytes.data() + 2, kRow, kRows, reinterpret_cast<std::byte*>(sums.data()));
  for (std::size_t i = 0; i < kRows; ++i) {
    const auto row = static_cast<double>(i);
    EXPECT_EQ(sums[i], (2445728.5 + row) + -3 * row * 0x1p-20);
  }
  sum(bytes.data() + (kRows - 1) * kRow + 2, -static_cast<std::ptrdiff_t>(kRow), 2,
      reinterpret_cast<std::byte*>(sums.data()));
  EXPECT_EQ(sums[0], (2445728.5 + 699) + -3 * 699.0 * 0x1p-20);
  EXPECT_EQ(sums[1], (2445728.5 + 698) + -3 * 698.0 * 0x1p-20);
}

}  // namespace
}  // namespace torchfits
