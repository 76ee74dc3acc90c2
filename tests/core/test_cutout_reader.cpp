// SPDX-License-Identifier: BSD-3-Clause
#include <gtest/gtest.h>

#include <cstdint>
#include <memory>
#include <string>
#include <vector>

#include "base/stats.h"
#include "file/cutout_reader.h"
#include "header_text.h"
#include "io/memory_source.h"

namespace torchfits {
namespace {

using testing::bytes_of;
using testing::card_text;
using testing::padded_to_block;

using Shape = std::vector<std::uint64_t>;
using Starts = std::vector<std::int64_t>;

constexpr std::uint64_t kHeight = 5, kWidth = 6;

/// Pixel (y, x) is 10 y + x.
File numbers() {
  auto text = card_text("SIMPLE", "T") + card_text("BITPIX", "8") + card_text("NAXIS", "2") +
              card_text("NAXIS1", "6") + card_text("NAXIS2", "5") + "END";
  text = padded_to_block(std::move(text), ' ');
  std::string data;
  for (std::uint64_t y = 0; y < kHeight; ++y) {
    for (std::uint64_t x = 0; x < kWidth; ++x) data += static_cast<char>(10 * y + x);
  }
  auto owner = std::make_shared<const std::string>(text + padded_to_block(std::move(data), '\0'));
  return File(borrow_bytes(bytes_of(*owner), owner));
}

std::vector<std::uint8_t> cut(const Starts& starts, const Shape& box) {
  const auto file = numbers();
  const Cutouts cutouts(starts, box, Shape{kHeight, kWidth});
  std::vector<std::uint8_t> values(starts.size() / 2 * box[0] * box[1], 99);
  cutouts.read(file, 0, true, ElementType::u8, reinterpret_cast<std::byte*>(values.data()));
  return values;
}

TEST(Inside, WhatAnAxisHasOfABox) {
  const auto of = [](std::int64_t start, std::uint64_t count) {
    const auto [slice, origin] = inside(start, count, 10);
    return std::vector<std::int64_t>{slice.start, static_cast<std::int64_t>(slice.count),
                                     static_cast<std::int64_t>(origin)};
  };
  using Values = std::vector<std::int64_t>;
  EXPECT_EQ(of(2, 3), (Values{2, 3, 0}));
  EXPECT_EQ(of(-2, 3), (Values{0, 1, 2}));
  EXPECT_EQ(of(8, 3), (Values{8, 2, 0}));
  EXPECT_EQ(of(-2, 20), (Values{0, 10, 2}));
  EXPECT_EQ(of(-5, 3)[1], 0);
  EXPECT_EQ(of(10, 3)[1], 0);
  EXPECT_EQ(of(-(std::int64_t{1} << 61), std::uint64_t{1} << 61)[1], 0);
}

TEST(Cutouts, InTheOrderOfTheRequest) {
  EXPECT_EQ(cut({3, 1, 0, 4, 3, 1}, {2, 2}),
            (std::vector<std::uint8_t>{31, 32, 41, 42, 4, 5, 14, 15, 31, 32, 41, 42}));
}

TEST(Cutouts, WhatLiesOutsideIsLeftAlone) {
  EXPECT_EQ(
      cut({-1, -1, 4, 5, 7, 0, 0, -9}, {2, 2}),
      (std::vector<std::uint8_t>{99, 99, 99, 0, 45, 99, 99, 99, 99, 99, 99, 99, 99, 99, 99, 99}));
}

TEST(Cutouts, NamesTheFirstBoxOutside) {
  const Shape shape{kHeight, kWidth};
  EXPECT_EQ(Cutouts(Starts{0, 0, 3, 4}, Shape{2, 2}, shape).outside(), std::nullopt);
  EXPECT_EQ(Cutouts(Starts{0, 0, 3, 5}, Shape{2, 2}, shape).outside(), 1);
  EXPECT_EQ(Cutouts(Starts{0, 0, -1, 0}, Shape{0, 2}, shape).outside(), 1);
}

TEST(Cutouts, NoneAndEmptyOnes) {
  EXPECT_TRUE(cut({}, {2, 2}).empty());
  EXPECT_TRUE(cut({1, 1, 2, 2}, {0, 2}).empty());
}

TEST(Cutouts, MoreThanArePlannedTogether) {
  Starts starts;
  std::vector<std::uint8_t> expected;
  for (std::int64_t i = 0; i < 10'000; ++i) {
    const auto y = i % 5;
    const auto x = i / 5 % 6;
    starts.insert(starts.end(), {y, x});
    expected.push_back(static_cast<std::uint8_t>(10 * y + x));
  }
  const auto before = stats().bytes_decoded.load();
  EXPECT_EQ(cut(starts, {1, 1}), expected);
  EXPECT_EQ(stats().bytes_decoded.load() - before, 10'000U);
}

}  // namespace
}  // namespace torchfits
