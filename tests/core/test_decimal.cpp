// SPDX-License-Identifier: BSD-3-Clause
#include <gtest/gtest.h>

#include <cmath>
#include <cstdlib>
#include <cstring>
#include <limits>
#include <random>
#include <string>
#include <vector>

#include "encode/decimal.h"

namespace torchfits {
namespace {

std::string text_of(double value, const AsciiForm& form) {
  std::string field(form.width, ' ');
  return put_decimal(Decimal::of(value), form, field.data()) ? field : "";
}

/// By the form that it asks for alone.
std::string text_of(double value) {
  DecimalExtent extent;
  extent.add(Decimal::of(value));
  return text_of(value, extent.form('D'));
}

TEST(Decimal, ChoosesTheShorterForm) {
  EXPECT_EQ(text_of(21.5), "21.5");
  EXPECT_EQ(text_of(-0.25), "-0.25");
  EXPECT_EQ(text_of(0.0), "0.0");
  EXPECT_EQ(text_of(1e300), "1.0D+300");
  EXPECT_EQ(text_of(-1.5e-7), "-1.5D-07");
  EXPECT_EQ(text_of(123456.0), "123456.0");
}

TEST(Decimal, FillsTheFieldFromTheRight) {
  EXPECT_EQ(text_of(1.5, {'F', 8, 3}), "   1.500");
  EXPECT_EQ(text_of(20.0, {'F', 4, 0}), " 20.");
  EXPECT_EQ(text_of(1.5, {'E', 10, 2}), "  1.50E+00");
  EXPECT_EQ(text_of(-0.001, {'D', 9, 1}), " -1.0D-03");
}

TEST(Decimal, RefusesWhatWouldLoseDigits) {
  EXPECT_EQ(text_of(1.25, {'F', 8, 1}), "");
  EXPECT_EQ(text_of(1.25, {'E', 8, 1}), "");
  EXPECT_EQ(text_of(12345.0, {'F', 6, 1}), "");
  EXPECT_EQ(text_of(-1.0, {'E', 7, 1}), "");
  EXPECT_EQ(text_of(1e100, {'E', 7, 1}), "");
  EXPECT_EQ(text_of(1e300, {'F', 20, 1}), "");
}

TEST(Decimal, ReadsBackEqual) {
  std::mt19937_64 random(1);
  DecimalExtent all;
  std::vector<double> values{0.0, -0.0, 5e-324, std::numeric_limits<double>::max()};
  while (values.size() < 5000) {
    const auto bits = random();
    double value;
    std::memcpy(&value, &bits, sizeof value);
    if (std::isfinite(value)) values.push_back(value);
  }
  for (const auto value : values) all.add(Decimal::of(value));
  const auto form = all.form('E');
  for (const auto value : values) {
    const auto text = text_of(value, form);
    ASSERT_FALSE(text.empty()) << value;
    ASSERT_EQ(std::strtod(text.c_str(), nullptr), value) << text;
    ASSERT_EQ(std::signbit(std::strtod(text.c_str(), nullptr)), std::signbit(value));
  }
}

TEST(Decimal, AFloatHasItsOwnDigits) {
  EXPECT_EQ(Decimal::of(0.1F).count, 1);
  EXPECT_GT(Decimal::of(static_cast<double>(0.1F)).count, 10);
}

}  // namespace
}  // namespace torchfits
