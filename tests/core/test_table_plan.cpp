// SPDX-License-Identifier: BSD-3-Clause
#include <gtest/gtest.h>

#include <random>
#include <vector>

#include "base/defaults.h"
#include "plan/table_plan.h"

namespace torchfits {
namespace {

constexpr std::uint64_t kData = 5760;

/// Fields of these widths, one after the other.
TableLayout table_of(std::uint64_t rows, const std::vector<std::uint64_t>& widths) {
  TableLayout table;
  table.rows = rows;
  for (const auto width : widths) {
    Column column;
    column.offset = table.row_bytes;
    column.width = width;
    table.row_bytes += width;
    table.columns.push_back(column);
  }
  return table;
}

std::vector<std::int64_t> rows_of(const RowSelection& selection) {
  if (!selection.indices.empty()) return {selection.indices.begin(), selection.indices.end()};
  std::vector<std::int64_t> rows;
  for (std::uint64_t i = 0; i < selection.count; ++i) {
    rows.push_back(selection.start + static_cast<std::int64_t>(i) * selection.step);
  }
  return rows;
}

/// Every selected field of every selected row lies in its block, at the place that the block tells,
/// once.
void expect_covers(const TableLayout& table, const std::vector<std::size_t>& columns,
                   const RowSelection& selection) {
  const auto plan = TablePlan::make(table, kData, columns, selection);
  const auto rows = rows_of(selection);
  std::uint64_t next = 0;
  for (std::uint64_t b = 0; b < plan.blocks(); ++b) {
    const auto block = plan.block(b);
    ASSERT_EQ(block.out_row, next);
    ASSERT_GT(block.rows, 0U);
    ASSERT_LE(block.range.length, std::max<std::uint64_t>(kMaxRangeBytes, table.row_bytes));
    ASSERT_EQ(block.file_row, static_cast<std::uint64_t>(rows[next]));
    const auto first =
        block.row_stride < 0 ? (block.rows - 1) * static_cast<std::uint64_t>(-block.row_stride) : 0;
    if (!block.listed.empty()) {
      ASSERT_EQ(block.listed.size(), block.rows);
    }
    for (std::uint64_t i = 0; i < block.rows; ++i) {
      const auto steps =
          block.listed.empty() ? i : static_cast<std::uint64_t>(block.listed[i] - block.listed[0]);
      const auto at =
          block.range.offset + first + steps * static_cast<std::uint64_t>(block.row_stride);
      const auto row = static_cast<std::uint64_t>(rows[next + i]);
      ASSERT_EQ(at, kData + row * table.row_bytes + block.first_byte);
      for (const auto column : columns) {
        const auto& field = table.columns[column];
        if (field.width == 0) continue;
        ASSERT_GE(field.offset, block.first_byte);
        ASSERT_LE(at - block.first_byte + field.offset + field.width, block.range.end());
      }
    }
    next += block.rows;
  }
  EXPECT_EQ(next, rows.size());
}

TEST(TablePlan, TakesWholeRowsInBlocksThatFitTheCache) {
  const auto table = table_of(100000, {8, 4, 1});
  const std::vector<std::size_t> columns{0, 1, 2};
  const auto plan = TablePlan::make(table, kData, columns, {0, 1, 100000, {}});
  const auto block = plan.block(0);
  EXPECT_EQ(block.rows, kMaxRangeBytes / 13);
  EXPECT_EQ(block.range, (ByteRange{kData, block.rows * 13}));
  EXPECT_EQ(block.row_stride, 13);
  EXPECT_EQ(plan.blocks(), (100000 + block.rows - 1) / block.rows);
  expect_covers(table, columns, {0, 1, 100000, {}});
}

TEST(TablePlan, ReadsOnlyTheHullOfTheSelectedFields) {
  const auto table = table_of(10, {8, 4, 4, 100});
  const std::vector<std::size_t> columns{2, 1};
  const auto plan = TablePlan::make(table, kData, columns, {3, 1, 4, {}});
  ASSERT_EQ(plan.blocks(), 1U);
  EXPECT_EQ(plan.block(0).range, (ByteRange{kData + 3 * 116 + 8, 3 * 116 + 8}));
  EXPECT_EQ(plan.block(0).first_byte, 8U);
}

TEST(TablePlan, NarrowFieldsOfWideRowsAreRangesOfTheirOwn) {
  const auto table = table_of(50, {8, 20000});
  const std::vector<std::size_t> columns{0};
  const auto plan = TablePlan::make(table, kData, columns, {0, 1, 50, {}});
  EXPECT_EQ(plan.blocks(), 50U);
  EXPECT_EQ(plan.block(49).range, (ByteRange{kData + 49 * 20008, 8}));
  expect_covers(table, columns, {0, 1, 50, {}});
}

TEST(TablePlan, IsSparseWhereMostCacheLinesHoldNothingSelected) {
  const auto sparse = [](std::uint64_t other, std::size_t column, const RowSelection& rows) {
    const auto table = table_of(1000, {8, other});
    const std::vector columns{column};
    return TablePlan::make(table, kData, columns, rows).sparse();
  };
  EXPECT_FALSE(sparse(128, 0, {.count = 1000}));  // 8 of 136 bytes: two of three lines
  EXPECT_TRUE(sparse(136, 0, {.count = 1000}));
  EXPECT_FALSE(sparse(136, 1, {.count = 1000}));
  EXPECT_TRUE(sparse(40, 0, {.step = -3, .count = 300}));
  EXPECT_FALSE(sparse(40'000, 0, {.count = 1000}));  // ranges of their own, all of which is wanted
}

TEST(TablePlan, HugeRowsComeOneByOne) {
  const auto table = table_of(3, {5 * MiB, 4});
  const std::vector<std::size_t> columns{0, 1};
  expect_covers(table, columns, {0, 1, 3, {}});
  expect_covers(table, columns, {2, -1, 3, {}});
  EXPECT_EQ(TablePlan::make(table, kData, columns, {0, 1, 3, {}}).blocks(), 3U);
}

TEST(TablePlan, NothingSelectedNeedsNoBlock) {
  const auto table = table_of(10, {4, 0});
  const std::vector<std::size_t> first{0}, empty_field{1}, none{};
  EXPECT_EQ(TablePlan::make(table, kData, first, {0, 1, 0, {}}).blocks(), 0U);
  EXPECT_EQ(TablePlan::make(table, kData, empty_field, {0, 1, 10, {}}).blocks(), 0U);
  EXPECT_EQ(TablePlan::make(table, kData, none, {0, 1, 10, {}}).blocks(), 0U);
}

TEST(TablePlan, RisingIndicesThatLieNearShareABlock) {
  const auto table = table_of(100000, {4});
  const std::vector<std::size_t> columns{0};
  const std::vector<std::int64_t> indices{5, 6, 7, 7, 3, 2, 99, 101, 99999};
  const auto plan = TablePlan::make(table, kData, columns, {0, 1, indices.size(), indices});
  ASSERT_EQ(plan.blocks(), 5U);
  EXPECT_EQ(plan.block(0).rows, 3U);
  EXPECT_TRUE(plan.block(0).listed.empty());
  EXPECT_EQ(plan.block(1).range, (ByteRange{kData + 28, 4}));
  EXPECT_EQ(plan.block(3).range, (ByteRange{kData + 8, 400}));
  EXPECT_EQ(plan.block(3).listed.size(), 3U);
  EXPECT_EQ(plan.block(4).range, (ByteRange{kData + 399996, 4}));
  expect_covers(table, columns, {0, 1, indices.size(), indices});
}

TEST(TablePlan, ListedRowsFillABlock) {
  const auto table = table_of(1000000, {8, 4, 1});
  const std::vector<std::size_t> columns{0, 2};
  std::vector<std::int64_t> indices;
  for (std::int64_t row = 0; row < 1000000; row += 1 + row % 7) indices.push_back(row);
  const auto plan = TablePlan::make(table, kData, columns, {0, 1, indices.size(), indices});
  EXPECT_LE(plan.blocks(), 1000000U * 13 / kMaxRangeBytes + 2);
  expect_covers(table, columns, {0, 1, indices.size(), indices});
}

TEST(TablePlan, ASingleRowFarAwayNeedsNoStride) {
  const auto table = table_of(1ULL << 40, {4, 4});
  const std::vector<std::size_t> columns{1};
  const auto row = static_cast<std::int64_t>(1ULL << 39);
  expect_covers(table, columns, {row, 1LL << 62, 1, {}});
  expect_covers(table, columns, {row, std::numeric_limits<std::int64_t>::min(), 1, {}});
}

TEST(TablePlan, EverySelectionCoversItsRows) {
  std::mt19937_64 random(7);
  const auto below = [&](std::uint64_t limit) { return random() % limit; };
  for (int trial = 0; trial < 400; ++trial) {
    std::vector<std::uint64_t> widths(1 + below(6));
    for (auto& width : widths) width = below(5) == 0 ? below(60000) : below(40);
    const auto rows = 1 + below(3000);
    const auto table = table_of(rows, widths);
    std::vector<std::size_t> columns;
    bool some = false;
    for (std::size_t i = 0; i < widths.size(); ++i) {
      if (below(2) != 0) columns.push_back(i);
      some = some || (!columns.empty() && widths[columns.back()] != 0);
    }
    if (!some) continue;
    const auto step = static_cast<std::int64_t>(1 + below(below(3) == 0 ? rows : 4));
    const auto count = 1 + below((rows - 1) / static_cast<std::uint64_t>(step) + 1);
    const auto span = static_cast<std::int64_t>(count - 1) * step;
    const auto start = static_cast<std::int64_t>(below(rows - static_cast<std::uint64_t>(span)));
    expect_covers(table, columns, {start, step, count, {}});
    expect_covers(table, columns, {start + span, -step, count, {}});
    std::vector<std::int64_t> indices(1 + below(50));
    for (std::size_t i = 0; i < indices.size(); ++i) {
      const auto step = static_cast<std::int64_t>(below(2) == 0 ? 1 : below(9));
      const bool follow =
          i > 0 && below(4) != 0 && indices[i - 1] + step < static_cast<std::int64_t>(rows);
      indices[i] = follow ? indices[i - 1] + step : static_cast<std::int64_t>(below(rows));
    }
    expect_covers(table, columns, {0, 1, indices.size(), indices});
  }
}

}  // namespace
}  // namespace torchfits
