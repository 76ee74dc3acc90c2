// SPDX-License-Identifier: BSD-3-Clause
// Orders against std::stable_sort.
#include <gtest/gtest.h>

#include <algorithm>
#include <cmath>
#include <limits>
#include <memory>
#include <numeric>
#include <random>
#include <string>
#include <vector>

#include "key_columns.h"
#include "relate/key_words.h"
#include "relate/sort_rows.h"

namespace torchfits {
namespace {

std::vector<std::int64_t> sorted(const std::vector<KeyColumn>& keys,
                                 std::vector<bool> descending = {}) {
  std::vector<KeyCodes> codes;
  for (const auto& key : keys) codes.push_back(encode_key({&key, 1}, Wanted::order));
  const auto falling = std::make_unique<bool[]>(keys.size());
  descending.resize(keys.size());
  std::copy(descending.begin(), descending.end(), falling.get());
  const auto words = pack_keys(std::move(codes), {falling.get(), keys.size()});
  std::vector<std::int64_t> order(keys[0].rows);
  sort_rows(words, order.size(), order.data());
  return order;
}

template <class Less>
std::vector<std::int64_t> by_definition(std::size_t rows, const Less& less) {
  std::vector<std::int64_t> order(rows);
  std::iota(order.begin(), order.end(), 0);
  std::stable_sort(order.begin(), order.end(), less);
  return order;
}

template <class T>
void expect_sorted(const std::vector<T>& values) {
  EXPECT_EQ(sorted({numbers(values)}),
            by_definition(values.size(), [&](auto a, auto b) { return values[a] < values[b]; }));
  EXPECT_EQ(sorted({numbers(values)}, {true}),
            by_definition(values.size(), [&](auto a, auto b) { return values[a] > values[b]; }));
}

template <class T>
class SortNumbers : public testing::Test {};
using Numbers =
    testing::Types<std::uint8_t, std::int8_t, std::uint16_t, std::int16_t, std::uint32_t,
                   std::int32_t, std::uint64_t, std::int64_t, float, double>;
TYPED_TEST_SUITE(SortNumbers, Numbers);

TYPED_TEST(SortNumbers, AsStableSortDoes) {
  using Limits = std::numeric_limits<TypeParam>;
  std::mt19937_64 random(3);
  for (const std::size_t rows : {0U, 1U, 2U, 47U, 500U, 5000U, 200000U}) {
    std::vector<TypeParam> values(rows);
    for (auto& value : values) {
      if constexpr (std::is_floating_point_v<TypeParam>) {
        value = static_cast<TypeParam>(std::normal_distribution<double>()(random));
      } else {
        value = static_cast<TypeParam>(random());
      }
    }
    if (rows > 2) values[rows / 2] = Limits::lowest(), values[rows - 1] = Limits::max();
    if (rows > 40) std::fill_n(values.begin() + 5, 30, values[4]);
    expect_sorted(values);
  }
}

TEST(SortRows, NanComesBehindNumbersAndNullsComeLastEitherWay) {
  const auto nan = std::numeric_limits<double>::quiet_NaN();
  const auto infinity = std::numeric_limits<double>::infinity();
  const std::vector<double> values{nan, 2, infinity, 9, -infinity, -nan, 0.0, -0.0};
  const std::vector<std::uint8_t> nulls{0, 0, 0, 1, 0, 0, 0, 0};
  EXPECT_EQ(sorted({numbers(values, &nulls)}), (std::vector<std::int64_t>{4, 6, 7, 1, 2, 0, 5, 3}));
  EXPECT_EQ(sorted({numbers(values, &nulls)}, {true}),
            (std::vector<std::int64_t>{2, 1, 6, 7, 4, 0, 5, 3}));
}

TEST(SortRows, FullRangesWithNullsKeepTheirOrder) {
  const std::vector<std::uint64_t> values{~0ULL, 0, 7, ~0ULL - 1};
  const std::vector<std::uint8_t> nulls{0, 0, 1, 0};
  EXPECT_EQ(sorted({numbers(values, &nulls)}), (std::vector<std::int64_t>{1, 3, 0, 2}));
  EXPECT_EQ(sorted({numbers(values, &nulls)}, {true}), (std::vector<std::int64_t>{0, 3, 1, 2}));
}

TEST(SortRows, SeveralKeysEachWithItsDirection) {
  std::mt19937_64 random(5);
  constexpr std::size_t rows = 3000;
  std::vector<std::int64_t> wide(rows), narrow(rows);
  std::vector<double> real(rows);
  for (std::size_t i = 0; i < rows; ++i) {
    narrow[i] = static_cast<std::int64_t>(random() % 3);
    wide[i] = static_cast<std::int64_t>(random() % 4 << 61);
    real[i] = static_cast<double>(random() % 5) / 3;
  }
  const auto expected = by_definition(rows, [&](auto a, auto b) {
    if (wide[a] != wide[b]) return wide[a] < wide[b];
    if (real[a] != real[b]) return real[a] > real[b];
    return narrow[a] < narrow[b];
  });
  EXPECT_EQ(sorted({numbers(wide), numbers(real), numbers(narrow)}, {false, true, false}),
            expected);
}

TEST(SortRows, TextByItsBytes) {
  std::vector<std::string> texts{
      "NGC 10", "NGC 1",   "",        "ngc", "\xe9toile",           "NGC 1 a",
      "Z",      "NGC 100", "NGC 1  ", "A",   "NGC 1023 and others", "NGC 1023 and another"};
  auto less = [&](auto a, auto b) {
    const auto trimmed = [](const std::string& text) {
      const auto end = text.find_last_not_of(' ');
      return end == std::string::npos ? std::string() : text.substr(0, end + 1);
    };
    return trimmed(texts[a]) < trimmed(texts[b]);
  };
  const auto expected = by_definition(texts.size(), less);
  EXPECT_EQ(sorted({Text(texts, 20).column()}), expected);
  EXPECT_EQ(sorted({Text(texts).column()}), expected);
  for (auto& text : texts) text.resize(std::min<std::size_t>(text.size(), 8));
  EXPECT_EQ(sorted({Text(texts, 8).column()}), by_definition(texts.size(), less));
}

}  // namespace
}  // namespace torchfits
