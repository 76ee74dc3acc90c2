// SPDX-License-Identifier: BSD-3-Clause
// The oracle is strtod of the C library, which rounds to the nearest.
#include <gtest/gtest.h>

#include <bit>
#include <cmath>
#include <cstdlib>
#include <limits>
#include <random>
#include <string>
#include <utility>
#include <vector>

#include "decode/text_number.h"

namespace torchfits {
namespace {

using Limits = std::numeric_limits<std::int64_t>;

std::uint64_t bits_of(double value) { return std::bit_cast<std::uint64_t>(value); }

double real(std::string_view field, std::uint64_t implied = 0) {
  double value = -123;
  EXPECT_EQ(parse_real(field, implied, value), TextNumber::number) << field;
  return value;
}

void expect_like_strtod(const std::string& field) {
  EXPECT_EQ(bits_of(real(field)), bits_of(std::strtod(field.c_str(), nullptr))) << field;
}

TEST(TextInteger, SignsBlanksAndZeros) {
  const std::vector<std::pair<std::string, std::int64_t>> cases{
      {"0", 0},
      {"   42", 42},
      {"42   ", 42},
      {"+7", 7},
      {" -007 ", -7},
      {std::string("12\0\0", 4), 12},
      {"12345678", 12345678},
      {"1234567890123456789", 1234567890123456789},
      {"-9223372036854775808", Limits::min()},
      {"9223372036854775807", Limits::max()},
      {"00000000000000000000000000000000000000009", 9}};
  for (const auto& [text, expected] : cases) {
    std::int64_t value = -1;
    EXPECT_EQ(parse_integer(text, value), TextNumber::number) << text;
    EXPECT_EQ(value, expected) << text;
  }
}

TEST(TextInteger, WhatIsNone) {
  std::int64_t value = 0;
  for (const auto* text : {"1.", "1.5", "1e3", "-", "+", "- 5", "1 2", "--5", "x", "0x10",
                           "12345678a", "1234567/", "1234567:", "NaN", "***"}) {
    EXPECT_EQ(parse_integer(text, value), TextNumber::malformed) << text;
  }
  for (const auto* text : {"9223372036854775808", "-9223372036854775809", "18446744073709551616",
                           "99999999999999999999", "100000000000000000000000000"}) {
    EXPECT_EQ(parse_integer(text, value), TextNumber::too_large) << text;
  }
  for (const auto& text :
       {std::string(), std::string("     "), std::string(20, ' '), std::string(3, '\0')}) {
    EXPECT_EQ(parse_integer(text, value), TextNumber::blank);
  }
}

TEST(TextReal, Spellings) {
  EXPECT_EQ(real(" 1.5 "), 1.5);
  EXPECT_EQ(real("+.5"), 0.5);
  EXPECT_EQ(real("-5."), -5.0);
  EXPECT_EQ(real("1.5E3"), 1500.0);
  EXPECT_EQ(real("1.5e+03"), 1500.0);
  EXPECT_EQ(real("15D-1"), 1.5);
  EXPECT_EQ(real("1.5d0"), 1.5);
  // A sign alone begins an exponent (FITS 4.0 section 7.2.5).
  EXPECT_EQ(real("1.5+3"), 1500.0);
  EXPECT_EQ(real("1.5-3"), 0.0015);
  EXPECT_EQ(bits_of(real("-0.0")), bits_of(-0.0));
  EXPECT_EQ(bits_of(real("-.0E5")), bits_of(-0.0));
  EXPECT_TRUE(std::isnan(real(" NaN")));
  EXPECT_EQ(real("-INF"), -std::numeric_limits<double>::infinity());
  EXPECT_EQ(real("+Infinity"), std::numeric_limits<double>::infinity());
}

// FITS 4.0 section 7.2.5: no point, then it stands before the rightmost d digits.
TEST(TextReal, ImpliedPoint) {
  EXPECT_EQ(real("12345", 2), 123.45);
  EXPECT_EQ(real("-5", 3), -0.005);
  EXPECT_EQ(real("12345E2", 2), 12345.0);
  EXPECT_EQ(real("123.45", 4), 123.45);
  EXPECT_EQ(real("7", UINT64_MAX), 0.0);
  EXPECT_EQ(real("0", 5), 0.0);
}

TEST(TextReal, WhatIsNone) {
  double value = 0;
  for (const auto* text :
       {".",      "+",      "-.",     "E5",   "1E", "1E+",   "1D-",   "1.2.3", "1 2", "1,5", "- 1",
        "1.5 E3", "1.5E3.", "1.5E 3", "nano", "in", "0x1p3", "1.5F3", "*****", "--1", "1+"}) {
    EXPECT_EQ(parse_real(text, 0, value), TextNumber::malformed) << text;
  }
  EXPECT_EQ(parse_real("      ", 2, value), TextNumber::blank);
}

TEST(TextReal, HardToRound) {
  for (const auto* text : {"9007199254740993",
                           "9007199254740992.5",
                           "9007199254740993.0",
                           "9007199254740993.00000001",
                           "0.1",
                           "0.3",
                           "1e22",
                           "1e23",
                           "8.5e22",
                           "5e-324",
                           "2.4703282292062327e-324",
                           "2.4703282292062328e-324",
                           "2.2250738585072011e-308",
                           "2.2250738585072014e-308",
                           "1.7976931348623157e308",
                           "1.7976931348623159e308",
                           "1e400",
                           "1e-400",
                           "0e999999999999999",
                           "1e999999999999999999999",
                           "1e-999999999999999999999",
                           "18446744073709551615",
                           "18446744073709551616",
                           "99999999999999999999e-10",
                           "4503599627370496.5",
                           "4503599627370497.5",
                           "1.00000000000000011102230246251565404",
                           "1.00000000000000011102230246251565405",
                           "6929495644600919.5",
                           "9355950000000000000.00",
                           "123456789012345678e-30",
                           "5708990770823839207320493820740630171355185152001e-3"}) {
    expect_like_strtod(text);
    expect_like_strtod("-" + std::string(text));
  }
  expect_like_strtod("1." + std::string(5000, '0') + "1e5");
  expect_like_strtod(std::string(800, '9') + "e-700");
}

TEST(TextReal, ManyNumbersAreTheNearest) {
  std::mt19937_64 random(1);
  for (int i = 0; i < 200'000; ++i) {
    const auto digits = random() >> (random() % 64);
    const auto exponent = static_cast<int>(random() % 141) - 70;
    expect_like_strtod(std::to_string(digits) + "e" + std::to_string(exponent));
  }
}

// Halfway between two doubles, and next to it: what a product that is cut off may miss.
TEST(TextReal, TiesAndTheirNeighboursAreTheNearest) {
  std::mt19937_64 random(2);
  for (int i = 0; i < 50'000; ++i) {
    const auto odd = (random() >> 10) | (std::uint64_t{1} << 53) | 1;  // 54 bits, the last is 1
    const auto tie = odd << (random() % 10);
    expect_like_strtod(std::to_string(tie));
    expect_like_strtod(std::to_string(tie - 1));
    expect_like_strtod(std::to_string(tie + 1));
    const auto half = (random() >> 11) % 900'000'000'000'000;  // with .5 behind
    expect_like_strtod(std::to_string(half) + ".5e" + std::to_string(random() % 4));
  }
}

}  // namespace
}  // namespace torchfits
