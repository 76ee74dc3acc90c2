// SPDX-License-Identifier: BSD-3-Clause
// Groups against a std::map of the rows of each key.
#include <gtest/gtest.h>

#include <cmath>
#include <limits>
#include <map>
#include <random>
#include <vector>

#include "base/error.h"
#include "key_columns.h"
#include "relate/groups.h"

namespace torchfits {
namespace {

const double kNaN = std::numeric_limits<double>::quiet_NaN();

using Whole = std::vector<std::int64_t>;

template <class Fill>
Whole per_group(const Groups& groups, const Fill& fill) {
  Whole result(groups.count());
  fill(result.data());
  return result;
}

template <class Fill>
std::vector<double> floats(const Groups& groups, const Fill& fill) {
  std::vector<double> result(groups.count());
  fill(result.data());
  return result;
}

TEST(Groups, StandInTheOrderOfTheirKeysNanAndNullLast) {
  const std::vector<double> keys{2, kNaN, -1, 7, kNaN, 2, 8};
  const std::vector<std::uint8_t> nulls{0, 0, 0, 1, 0, 0, 1};
  const auto column = numbers(keys, &nulls);
  const Groups groups({&column, 1});
  ASSERT_EQ(groups.count(), 4U);
  const std::vector<std::uint32_t> expected{1, 2, 0, 3, 2, 1, 3};
  EXPECT_TRUE(std::equal(expected.begin(), expected.end(), groups.of_row().begin()));
  const std::vector<std::uint32_t> first{2, 0, 1, 3};
  EXPECT_TRUE(std::equal(first.begin(), first.end(), groups.first_rows().begin()));
  EXPECT_EQ(distinct_rows({&column, 1}), (std::vector<std::uint32_t>{0, 1, 2, 3}));
}

TEST(Groups, SparseKeysAreRankedLikeDenseOnes) {
  std::mt19937_64 random(1);
  constexpr std::size_t rows = 100000;
  std::vector<std::int64_t> pool(20000), keys(rows);
  for (auto& value : pool) value = static_cast<std::int64_t>(random());
  for (auto& value : keys) value = pool[random() % pool.size()];
  std::map<std::int64_t, std::uint32_t> first;
  for (std::size_t row = 0; row < rows; ++row) first.emplace(keys[row], row);
  const auto column = numbers(keys);
  const Groups groups({&column, 1});
  ASSERT_EQ(groups.count(), first.size());
  std::size_t group = 0;
  for (const auto& [key, row] : first) {
    ASSERT_EQ(groups.first_rows()[group], row);
    ASSERT_EQ(groups.of_row()[row], group++);
  }
}

TEST(Groups, NullsAndNanDoNotCount) {
  const std::vector<std::int32_t> keys{1, 1, 1, 2, 2, 3};
  const std::vector<double> values{4, kNaN, 8, 5, 100, 100};
  const std::vector<std::uint8_t> nulls{0, 0, 0, 0, 1, 1};
  const auto key = numbers(keys);
  const auto column = numbers(values, &nulls);
  const Groups groups({&key, 1});
  EXPECT_EQ(per_group(groups, [&](auto* to) { count_values(groups, column, to); }),
            (Whole{2, 1, 0}));
  const auto sums = floats(groups, [&](auto* to) { moments(groups, column, Moment::sum, to); });
  EXPECT_EQ(sums, (std::vector<double>{12, 5, 0}));
  const auto means = floats(groups, [&](auto* to) { moments(groups, column, Moment::mean, to); });
  EXPECT_EQ(means[0], 6);
  EXPECT_TRUE(std::isnan(means[2]));
  const auto vars =
      floats(groups, [&](auto* to) { moments(groups, column, Moment::variance, to); });
  EXPECT_EQ(vars[0], 8);
  EXPECT_TRUE(std::isnan(vars[1]));
  const auto middle = floats(groups, [&](auto* to) { medians(groups, column, to); });
  EXPECT_EQ(middle[0], 6);
  EXPECT_TRUE(std::isnan(middle[2]));
  const auto picked = [&](Pick pick) {
    return per_group(groups, [&](auto* to) { pick_rows(groups, column, pick, to); });
  };
  EXPECT_EQ(picked(Pick::first), (Whole{0, 3, -1}));
  EXPECT_EQ(picked(Pick::last), (Whole{2, 3, -1}));
  EXPECT_EQ(picked(Pick::min), (Whole{0, 3, -1}));
  EXPECT_EQ(picked(Pick::max), (Whole{2, 3, -1}));
  EXPECT_EQ(per_group(groups, [&](auto* to) { count_distinct(groups, column, to); }),
            (Whole{2, 1, 0}));
  std::vector<std::uint8_t> tests(groups.count());
  test_values(groups, column, true, tests.data());
  EXPECT_EQ(tests, (std::vector<std::uint8_t>{1, 1, 1}));
  test_values(groups, column, false, tests.data());
  EXPECT_EQ(tests, (std::vector<std::uint8_t>{1, 1, 0}));
}

TEST(Groups, WholeSumsAreExactOrRefused) {
  const std::vector<std::uint8_t> keys{0, 0, 0};
  const auto key = numbers(keys);
  const Groups groups({&key, 1});
  constexpr auto high = std::numeric_limits<std::int64_t>::max();
  // A partial sum beyond 64 bits is no harm.
  const std::vector<std::int64_t> values{high, high, -high};
  const auto sums = per_group(groups, [&](auto* to) { sum_integers(groups, numbers(values), to); });
  EXPECT_EQ(sums, (Whole{high}));
  const std::vector<std::int64_t> beyond{high, 1, 0};
  Whole sum(1);
  EXPECT_THROW(sum_integers(groups, numbers(beyond), sum.data()), FitsError);
  const std::vector<std::int64_t> below{-high, -2, 0};
  EXPECT_THROW(sum_integers(groups, numbers(below), sum.data()), FitsError);
  const std::vector<std::int64_t> least{-high, -1, 0};
  sum_integers(groups, numbers(least), sum.data());
  EXPECT_EQ(sum, (Whole{std::numeric_limits<std::int64_t>::min()}));
  const std::vector<std::uint64_t> large{1ULL << 63, (1ULL << 63) - 1, 0};
  sum_integers(groups, numbers(large), sum.data());
  EXPECT_EQ(static_cast<std::uint64_t>(sum[0]), ~0ULL);
}

TEST(Groups, SumsOfFloatsCarryWhatRoundingTakes) {
  const std::vector<std::uint8_t> keys{0, 0, 0, 1, 1};
  const std::vector<double> values{1e16, 1, -1e16, std::numeric_limits<double>::infinity(), 1};
  const auto key = numbers(keys);
  const Groups groups({&key, 1});
  const auto sums =
      floats(groups, [&](auto* to) { moments(groups, numbers(values), Moment::sum, to); });
  EXPECT_EQ(sums[0], 1);
  EXPECT_TRUE(std::isinf(sums[1]));
}

TEST(Groups, ManyRowsInSlicesSumUpAsOne) {
  constexpr std::size_t rows = 500000;
  std::vector<std::int32_t> keys(rows), values(rows);
  std::vector<std::int64_t> expected(7);
  for (std::size_t row = 0; row < rows; ++row) {
    keys[row] = static_cast<std::int32_t>(row % 7);
    values[row] = static_cast<std::int32_t>(row);
    expected[row % 7] += static_cast<std::int64_t>(row);
  }
  const auto key = numbers(keys);
  const Groups groups({&key, 1});
  EXPECT_EQ(per_group(groups, [&](auto* to) { sum_integers(groups, numbers(values), to); }),
            expected);
}

}  // namespace
}  // namespace torchfits
