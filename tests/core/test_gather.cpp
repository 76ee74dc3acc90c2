// SPDX-License-Identifier: BSD-3-Clause
// Rows copied by mask and by position, against loops over single bytes.
#include <gtest/gtest.h>

#include <random>
#include <string>
#include <vector>

#include "base/error.h"
#include "file/row_filter.h"
#include "query/compact.h"
#include "query/gather.h"

namespace torchfits {
namespace {

using Bytes = std::vector<std::byte>;

Bytes random_bytes(std::size_t size) {
  std::mt19937 random(7);
  Bytes bytes(size);
  for (auto& byte : bytes) byte = static_cast<std::byte>(random());
  return bytes;
}

/// Passes for each row as often as `share` of 8 says; whole blocks pass for 8.
std::vector<std::uint8_t> random_passes(std::size_t rows, unsigned share) {
  std::mt19937 random(share);
  std::vector<std::uint8_t> passes(rows);
  for (auto& pass : passes) pass = random() % 8 < share ? 1 : 0;
  return passes;
}

Bytes by_bytes(const Bytes& cells, std::size_t size, const std::vector<std::uint8_t>& passes) {
  Bytes chosen;
  for (std::size_t row = 0; row < passes.size(); ++row)
    for (std::size_t i = 0; i < size * passes[row]; ++i) chosen.push_back(cells[row * size + i]);
  return chosen;
}

RowMask mask_of(const std::vector<std::uint8_t>& passes) {
  Column column;
  column.name = "PASS";
  column.form.code = 'L';
  column.coding.natural = ElementType::boolean;
  TableLayout table;
  table.columns.push_back(column);
  ColumnValues values;
  values.data = reinterpret_cast<const std::byte*>(passes.data());
  values.type = ElementType::boolean;
  return {bind_where(table, "PASS", true), std::span(&values, 1), passes.size()};
}

TEST(Gather, EveryCellSizeAndDensity) {
  for (const std::size_t rows : {0UL, 1UL, 63UL, 64UL, 2049UL, 40007UL}) {
    for (const unsigned share : {0U, 1U, 4U, 7U, 8U}) {
      const auto passes = random_passes(rows, share);
      const auto mask = mask_of(passes);
      std::vector<Bytes> cells, chosen;
      std::vector<CellCopy> copies;
      const std::vector<std::size_t> sizes{1, 2, 3, 4, 8, 16, 24};
      for (const auto size : sizes) {
        cells.push_back(random_bytes(rows * size));
        chosen.emplace_back(mask.count() * size);
        copies.push_back({cells.back().data(), chosen.back().data(), size});
      }
      gather_rows(mask, copies);
      for (std::size_t i = 0; i < sizes.size(); ++i)
        EXPECT_EQ(chosen[i], by_bytes(cells[i], sizes[i], passes)) << sizes[i] << ", " << rows;
    }
  }
}

/// Results from 2 MiB on take another way into memory.
TEST(Gather, LargeResults) {
  constexpr std::size_t rows = 600000;
  const auto passes = random_passes(rows, 5);
  const auto mask = mask_of(passes);
  for (const std::size_t size : {8, 16}) {
    const auto cells = random_bytes(rows * size);
    Bytes chosen(mask.count() * size + 1);  // not where a line begins
    const CellCopy copy{cells.data(), chosen.data() + 1, size};
    gather_rows(mask, {&copy, 1});
    chosen.erase(chosen.begin());
    EXPECT_TRUE(chosen == by_bytes(cells, size, passes)) << size;
  }
}

TEST(Gather, PositionsAndGaps) {
  const auto cells = random_bytes(10 * 4);
  const Bytes gap(4, std::byte{9});
  const std::vector<std::int64_t> positions{3, -1, 9, 0, 3};
  Bytes chosen(positions.size() * 4);
  gather_rows(positions, 10, {cells.data(), chosen.data(), 4}, gap);
  for (std::size_t i = 0; i < chosen.size(); ++i) {
    const auto row = positions[i / 4];
    EXPECT_EQ(chosen[i], row < 0 ? std::byte{9} : cells[static_cast<std::size_t>(row) * 4 + i % 4]);
  }
  std::vector<std::uint8_t> marks(positions.size());
  EXPECT_EQ(mark_gaps(positions, marks.data()), 1U);
  EXPECT_EQ(marks, (std::vector<std::uint8_t>{0, 1, 0, 0, 0}));
}

TEST(Gather, PositionsOutsideAreRefused) {
  const auto cells = random_bytes(10);
  Bytes chosen(1);
  for (const std::int64_t position : {std::int64_t{10}, std::int64_t{-2}, INT64_MIN, INT64_MAX}) {
    const CellCopy column{cells.data(), chosen.data(), 1};
    EXPECT_THROW(gather_rows(std::span(&position, 1), 10, column, cells), FitsError) << position;
  }
}

/// A kernel writes nothing beyond its slack, and reads only cells.
TEST(Gather, KernelsStayInTheirMemory) {
  for (const std::size_t size : {1, 2, 4, 8, 16}) {
    const auto compact = compact_cells(size, best_simd());
    if (compact == nullptr) GTEST_SKIP() << "this CPU copies cell by cell";
    for (std::size_t rows = 1; rows < 200; ++rows) {
      const auto passes = random_passes(rows, 4);
      std::vector<std::uint64_t> bits((rows + 63) / 64);
      for (std::size_t i = 0; i < rows; ++i) bits[i / 64] |= std::uint64_t{passes[i]} << i % 64;
      const auto cells = random_bytes(rows * size);  // ASan watches its end
      auto expected = by_bytes(cells, size, passes);
      Bytes made(expected.size() + kCompactSlack + 8, std::byte{77});
      compact(bits.data(), rows, cells.data(), made.data());
      EXPECT_TRUE(std::equal(expected.begin(), expected.end(), made.begin())) << size << rows;
      EXPECT_EQ(Bytes(made.end() - 8, made.end()), Bytes(8, std::byte{77}));
    }
  }
}

}  // namespace
}  // namespace torchfits
