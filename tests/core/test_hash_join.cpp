// SPDX-License-Identifier: BSD-3-Clause
// Joins against the definition: a loop over all pairs of rows.
#include <gtest/gtest.h>

#include <algorithm>
#include <cmath>
#include <limits>
#include <map>
#include <random>
#include <string>
#include <vector>

#include "base/error.h"
#include "key_columns.h"
#include "relate/join.h"

namespace torchfits {
namespace {

using Pairs = std::vector<std::pair<std::int64_t, std::int64_t>>;

Pairs join(const std::vector<JoinKey>& keys, JoinHow how) {
  const Join rows(keys, how);
  std::vector<std::int64_t> left(rows.size()), right(rows.size(), -2);
  const bool one_table = how == JoinHow::semi || how == JoinHow::anti;
  rows.write(left.data(), one_table ? nullptr : right.data());
  Pairs pairs;
  for (std::size_t i = 0; i < left.size(); ++i) pairs.emplace_back(left[i], right[i]);
  return pairs;
}

/// `equal(l, r)` decides; all but the order of outer joins.
template <class Equal>
Pairs by_definition(std::size_t left, std::size_t right, JoinHow how, const Equal& equal) {
  Pairs pairs;
  std::vector<bool> met(right);
  for (std::size_t l = 0; l < left; ++l) {
    bool any = false;
    for (std::size_t r = 0; r < right; ++r) {
      if (!equal(l, r)) continue;
      if (how == JoinHow::inner || how == JoinHow::left || how == JoinHow::outer)
        pairs.emplace_back(l, r);
      if (how == JoinHow::semi && !any) pairs.emplace_back(l, -2);
      any = met[r] = true;
    }
    if (!any && (how == JoinHow::left || how == JoinHow::outer)) pairs.emplace_back(l, -1);
    if (!any && how == JoinHow::anti) pairs.emplace_back(l, -2);
  }
  for (std::size_t r = 0; r < right; ++r)
    if (how == JoinHow::outer && !met[r]) pairs.emplace_back(-1, r);
  return pairs;
}

constexpr JoinHow kAll[] = {JoinHow::inner, JoinHow::left, JoinHow::outer, JoinHow::semi,
                            JoinHow::anti};

template <class Equal>
void expect_joined(const std::vector<JoinKey>& keys, const Equal& equal) {
  for (const auto how : kAll) {
    auto expected = by_definition(keys[0].left.rows, keys[0].right.rows, how, equal);
    auto found = join(keys, how);
    if (how == JoinHow::outer) {
      std::sort(expected.begin(), expected.end());
      std::sort(found.begin(), found.end());
    }
    EXPECT_EQ(found, expected) << static_cast<int>(how);
  }
}

TEST(HashJoin, PairsRowsInTheOrderOfTheLeftTable) {
  const std::vector<std::int32_t> left{3, 1, 2, 1}, right{1, 7, 3, 1};
  const std::vector<JoinKey> keys{{numbers(left), numbers(right)}};
  EXPECT_EQ(join(keys, JoinHow::inner), (Pairs{{0, 2}, {1, 0}, {1, 3}, {3, 0}, {3, 3}}));
  EXPECT_EQ(join(keys, JoinHow::left), (Pairs{{0, 2}, {1, 0}, {1, 3}, {2, -1}, {3, 0}, {3, 3}}));
  EXPECT_EQ(join(keys, JoinHow::outer),
            (Pairs{{1, 0}, {1, 3}, {3, 0}, {3, 3}, {2, -1}, {0, 2}, {-1, 1}}));
  EXPECT_EQ(join(keys, JoinHow::semi), (Pairs{{0, -2}, {1, -2}, {3, -2}}));
  EXPECT_EQ(join(keys, JoinHow::anti), (Pairs{{2, -2}}));
}

TEST(HashJoin, IntegersOfAnyWidthAndSignCompareExactly) {
  constexpr auto low = std::numeric_limits<std::int64_t>::min();
  constexpr auto high = std::numeric_limits<std::int64_t>::max();
  const std::vector<std::int64_t> left{-1, 0, high, low, 5};
  // As bits -1 and 2^64 - 1 are the same, and so are low and 2^63.
  const std::vector<std::uint64_t> right{~0ULL, 0, 1ULL << 63, high, 5};
  const std::vector<JoinKey> keys{{numbers(left), numbers(right)}};
  EXPECT_EQ(join(keys, JoinHow::inner), (Pairs{{1, 1}, {2, 3}, {4, 4}}));
  const std::vector<std::int8_t> narrow{-1, 5};
  const std::vector<std::uint8_t> bytes{255, 5};
  EXPECT_EQ(join({{numbers(narrow), numbers(bytes)}}, JoinHow::inner), (Pairs{{1, 1}}));
  const std::vector<std::uint64_t> big{~0ULL, (1ULL << 63) + 1}, same{(1ULL << 63) + 1, ~0ULL};
  EXPECT_EQ(join({{numbers(big), numbers(same)}}, JoinHow::inner), (Pairs{{0, 1}, {1, 0}}));
  // They differ by one, which no double can tell.
  const std::vector<std::int64_t> one{(1LL << 53) + 1}, other{1LL << 53};
  EXPECT_TRUE(join({{numbers(one), numbers(other)}}, JoinHow::inner).empty());
}

TEST(HashJoin, NanAndNullMatchNothingAndZerosAreOne) {
  const auto nan = std::numeric_limits<double>::quiet_NaN();
  const std::vector<double> left{nan, 0.0, 1.5, 2.0}, right{nan, -0.0, 2.0, 1.5};
  const std::vector<std::uint8_t> nulls{0, 0, 0, 1};
  const std::vector<JoinKey> keys{{numbers(left, &nulls), numbers(right)}};
  EXPECT_EQ(join(keys, JoinHow::inner), (Pairs{{1, 1}, {2, 3}}));
  EXPECT_EQ(join(keys, JoinHow::outer),
            (Pairs{{1, 1}, {2, 3}, {-1, 2}, {0, -1}, {-1, 0}, {3, -1}}));
  const std::vector<float> floats{0.1F, 1.5F};
  EXPECT_EQ(
      join({{numbers(floats), numbers(std::vector<double>{0.1, 1.5})}}, JoinHow::inner).size(), 1U);
}

TEST(HashJoin, TextComparesWithoutTrailingBlanksAndByAllOfItsBytes) {
  const std::vector<std::string> left{"NGC 1  ", "NGC 1", "M 31", std::string("M\0x", 3), ""};
  const std::vector<std::string> right{"M", "NGC 1 and its companions", "NGC 1", "   "};
  const Text one(left, 8), other(right, 24);
  const std::vector<JoinKey> keys{{one.column(), other.column()}};
  EXPECT_EQ(join(keys, JoinHow::inner), (Pairs{{0, 2}, {1, 2}, {3, 0}, {4, 3}}));
  const Text free(right);
  EXPECT_EQ(join({{one.column(), free.column()}}, JoinHow::inner), join(keys, JoinHow::inner));
  const Text narrow({"M", "NGC 1"}, 6);
  EXPECT_EQ(join({{one.column(), narrow.column()}}, JoinHow::inner),
            (Pairs{{0, 1}, {1, 1}, {3, 0}}));
}

TEST(HashJoin, RandomKeysOfAllRangesAgreeWithTheDefinition) {
  std::mt19937_64 random(7);
  for (const std::uint64_t range : {3ULL, 100ULL, 1ULL << 40, ~0ULL >> 1}) {
    for (const auto& [rows, others] : {std::pair{60, 80}, std::pair{0, 5}, std::pair{5, 0}}) {
      std::vector<std::int64_t> pool(50), left(rows), right(others), second_left(rows),
          second_right(others);
      for (auto& value : pool) value = static_cast<std::int64_t>(random() % range);
      for (auto* column : {&left, &right, &second_left, &second_right})
        for (auto& value : *column) value = pool[random() % pool.size()];
      const std::vector<JoinKey> one{{numbers(left), numbers(right)}};
      expect_joined(one, [&](auto l, auto r) { return left[l] == right[r]; });
      const std::vector<JoinKey> two{{numbers(left), numbers(right)},
                                     {numbers(second_left), numbers(second_right)}};
      expect_joined(two, [&](auto l, auto r) {
        return left[l] == right[r] && second_left[l] == second_right[r];
      });
    }
  }
}

TEST(HashJoin, ManyRowsOfSparseKeysFindTheirPartners) {
  constexpr std::size_t rows = 300000;
  std::mt19937_64 random(11);
  std::vector<std::int64_t> left(rows);
  for (auto& value : left) value = static_cast<std::int64_t>(random());
  auto right = left;
  std::shuffle(right.begin(), right.end(), random);
  const auto found = join({{numbers(left), numbers(right)}}, JoinHow::inner);
  ASSERT_EQ(found.size(), rows);
  for (std::size_t i = 0; i < rows; ++i) {
    ASSERT_EQ(found[i].first, static_cast<std::int64_t>(i));
    ASSERT_EQ(right[static_cast<std::size_t>(found[i].second)], left[i]);
  }
}

TEST(HashJoin, KeysThatDoNotCompareAreRefused) {
  const std::vector<std::int32_t> whole{1};
  const std::vector<double> real{1};
  const Text text({"1"}, 1);
  EXPECT_THROW(join({{numbers(whole), numbers(real)}}, JoinHow::inner), FitsError);
  EXPECT_THROW(join({{numbers(whole), text.column()}}, JoinHow::inner), FitsError);
}

}  // namespace
}  // namespace torchfits
