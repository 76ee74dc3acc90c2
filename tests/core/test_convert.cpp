// SPDX-License-Identifier: BSD-3-Clause
// Expected bits are those of IEEE 754 binary16 and of bfloat16, worked out by hand or found by
// search among all values.
#include <gtest/gtest.h>

#include <algorithm>
#include <array>
#include <cmath>
#include <cstring>
#include <random>
#include <vector>

#include "decode/convert.h"

namespace torchfits {
namespace {

constexpr float kInfinity = std::numeric_limits<float>::infinity();
constexpr float kNan = std::numeric_limits<float>::quiet_NaN();

struct Known {
  float value;
  std::uint16_t bits;
};

TEST(Convert, HalfOfKnownValues) {
  const std::array<Known, 24> known{{
      {0.0F, 0x0000},       {-0.0F, 0x8000},         {1.0F, 0x3c00},
      {-2.0F, 0xc000},      {65504.0F, 0x7bff},      {65519.996F, 0x7bff},
      {65520.0F, 0x7c00},   {65536.0F, 0x7c00},      {1e30F, 0x7c00},
      {-1e30F, 0xfc00},     {kInfinity, 0x7c00},     {-kInfinity, 0xfc00},
      {0x1p-14F, 0x0400},   {0x1.ff8p-15F, 0x03ff},  {0x1.ffcp-15F, 0x0400},
      {0x1p-24F, 0x0001},   {0x1p-25F, 0x0000},      {0x1.000002p-25F, 0x0001},
      {0x1.8p-24F, 0x0002}, {0x1p-149F, 0x0000},     {0x1.002p0F, 0x3c00},
      {0x1.006p0F, 0x3c02}, {0x1.002002p0F, 0x3c01}, {kNan, 0x7e00},
  }};
  for (const auto& [value, bits] : known) EXPECT_EQ(to_half(value).bits, bits) << value;
}

TEST(Convert, HalfKeepsSignAndPayloadOfNan) {
  EXPECT_EQ(to_half(std::bit_cast<float>(0x7fc12345U)).bits, 0x7e09);
  EXPECT_EQ(to_half(std::bit_cast<float>(0xffc12345U)).bits, 0xfe09);
  EXPECT_EQ(to_half(std::bit_cast<float>(0x7f800001U)).bits, 0x7e00);  // signalling becomes quiet
}

TEST(Convert, BFloat16OfKnownValues) {
  const std::array<Known, 14> known{{
      {0.0F, 0x0000},
      {-0.0F, 0x8000},
      {1.0F, 0x3f80},
      {-2.0F, 0xc000},
      {0x1.01p0F, 0x3f80},
      {0x1.03p0F, 0x3f82},
      {0x1.010002p0F, 0x3f81},
      {0x1p-133F, 0x0001},
      {0x1p-134F, 0x0000},
      {0x1.8p-133F, 0x0002},
      {3.4028235e38F, 0x7f80},
      {kInfinity, 0x7f80},
      {-kInfinity, 0xff80},
      {kNan, 0x7fc0},
  }};
  for (const auto& [value, bits] : known) EXPECT_EQ(to_bfloat16(value).bits, bits) << value;
}

/// All finite values >= 0 of a 16-bit format, then the power of two that infinity stands for when
/// rounding.
std::vector<double> magnitudes(int mantissa_bits, int bias) {
  std::vector<double> values;
  const int exponents = 1 << (15 - mantissa_bits);
  for (int bits = 0; bits <= (exponents - 1) << mantissa_bits; ++bits) {
    const int exponent = bits >> mantissa_bits;
    const int mantissa =
        (bits & ((1 << mantissa_bits) - 1)) + (exponent == 0 ? 0 : 1 << mantissa_bits);
    values.push_back(std::ldexp(mantissa, std::max(exponent, 1) - bias - mantissa_bits));
  }
  return values;
}

std::uint16_t nearest(const std::vector<double>& values, float value) {
  const double magnitude = std::fabs(static_cast<double>(value));
  const auto above =
      std::min(std::lower_bound(values.begin(), values.end(), magnitude), values.end() - 1);
  auto index = above - values.begin();
  if (index > 0 && magnitude < *above) {
    const double up = *above - magnitude;
    const double down = magnitude - *(above - 1);
    if (down < up || (down == up && index % 2 == 1)) --index;
  }
  return static_cast<std::uint16_t>(index | (std::signbit(value) ? 0x8000 : 0));
}

TEST(Convert, RandomFloatsGoToTheNearestOfAllValues) {
  const auto halves = magnitudes(10, 15);
  const auto bfloats = magnitudes(7, 127);
  std::mt19937 random(3);
  for (int i = 0; i < 300'000; ++i) {
    auto bits = static_cast<std::uint32_t>(random());
    if (i % 2 == 0) bits = (bits & 0x807fffff) | (100 + bits / 8 % 48) << 23;  // where halves are
    if (i % 3 == 0) bits &= 0xfffff000;                                        // ties
    const auto value = std::bit_cast<float>(bits);
    if (std::isnan(value)) continue;
    ASSERT_EQ(to_half(value).bits, nearest(halves, value)) << value;
    ASSERT_EQ(to_bfloat16(value).bits, nearest(bfloats, value)) << value;
  }
}

TEST(Convert, WideTypesReachHalfThroughFloat) {
  const double just_above_tie =
      1.0 + 0x1p-11 + 0x1p-40;  // rounds up in one step; in float it is the tie
  EXPECT_EQ((to_float<Half>(just_above_tie).bits), 0x3c00);
  EXPECT_EQ((to_float<BFloat16>(1.0 + 0x1p-8 + 0x1p-40).bits), 0x3f80);
  EXPECT_EQ((to_float<Half>(std::int64_t{65519}).bits), 0x7bff);
  EXPECT_EQ((to_float<Half>(std::int64_t{65520}).bits), 0x7c00);
}

TEST(Convert, IntegersFitByRange) {
  EXPECT_TRUE(fits<std::uint8_t>(255));
  EXPECT_FALSE(fits<std::uint8_t>(256));
  EXPECT_FALSE(fits<std::uint8_t>(-1));
  EXPECT_TRUE(fits<std::int8_t>(std::int64_t{-128}));
  EXPECT_FALSE(fits<std::int8_t>(std::int64_t{-129}));
  EXPECT_FALSE(fits<std::int8_t>(std::uint8_t{128}));
  EXPECT_FALSE(fits<std::uint64_t>(std::int8_t{-1}));
  EXPECT_FALSE(fits<std::int64_t>(std::uint64_t{1} << 63));
  EXPECT_TRUE(fits<std::int64_t>((std::uint64_t{1} << 63) - 1));
  EXPECT_FALSE(fits<std::int32_t>(std::uint32_t{1} << 31));
  EXPECT_TRUE(fits<std::uint32_t>(std::numeric_limits<std::uint32_t>::max()));
}

TEST(Convert, FloatsFitWhenWholeAndInRange) {
  EXPECT_TRUE(fits<std::int16_t>(-32768.0F));
  EXPECT_FALSE(fits<std::int16_t>(-32769.0F));
  EXPECT_TRUE(fits<std::int16_t>(32767.0F));
  EXPECT_FALSE(fits<std::int16_t>(32768.0F));
  EXPECT_FALSE(fits<std::int16_t>(0.5F));
  EXPECT_FALSE(fits<std::int16_t>(kNan));
  EXPECT_FALSE(fits<std::int64_t>(kInfinity));
  EXPECT_TRUE(fits<std::uint8_t>(-0.0));
  EXPECT_FALSE(fits<std::uint8_t>(-1.0));
  EXPECT_TRUE(fits<std::int64_t>(-0x1p63));
  EXPECT_FALSE(fits<std::int64_t>(0x1p63));
  EXPECT_TRUE(fits<std::uint64_t>(0x1.fffffffffffffp63));
  EXPECT_FALSE(fits<std::uint64_t>(0x1p64));
}

/// Each kernel, both ways of compiling it, against the scalar rule.
TEST(Convert, KernelsFollowTheScalarRules) {
  std::mt19937_64 random(5);
  std::vector<double> from(333);
  for (auto& value : from)
    value = std::ldexp(static_cast<double>(static_cast<std::int64_t>(random())), -40);
  std::vector<std::byte> bytes(1 + from.size() * sizeof(double));
  std::memcpy(bytes.data() + 1, from.data(), bytes.size() - 1);  // no alignment
  for (const auto simd : {Simd::portable, best_simd()}) {
    std::vector<Half> halves(from.size());
    std::vector<float> floats(from.size());
    const auto to_halves = convert_kernel(ElementType::f64, ElementType::f16, simd);
    const auto to_floats = convert_kernel(ElementType::f64, ElementType::f32, simd);
    EXPECT_EQ(to_halves(bytes.data() + 1, from.size(), reinterpret_cast<std::byte*>(halves.data())),
              from.size());
    EXPECT_EQ(to_floats(bytes.data() + 1, from.size(), reinterpret_cast<std::byte*>(floats.data())),
              from.size());
    for (std::size_t i = 0; i < from.size(); ++i) {
      EXPECT_EQ(halves[i].bits, to_half(static_cast<float>(from[i])).bits);
      EXPECT_EQ(floats[i], static_cast<float>(from[i]));
    }
  }
}

TEST(Convert, ReportsThePositionOfTheFirstThatDoesNotFit) {
  std::vector<std::int32_t> from(200, 7);
  from[70] = 40'000;
  from[130] = -40'000;
  std::vector<std::int16_t> to(from.size());
  for (const auto simd : {Simd::portable, best_simd()}) {
    const auto kernel = convert_kernel(ElementType::i32, ElementType::i16, simd);
    EXPECT_EQ(kernel(reinterpret_cast<const std::byte*>(from.data()), 200,
                     reinterpret_cast<std::byte*>(to.data())),
              70U);
    EXPECT_EQ(kernel(reinterpret_cast<const std::byte*>(from.data()), 70,
                     reinterpret_cast<std::byte*>(to.data())),
              70U);
    EXPECT_EQ(to[69], 7);
  }
}

TEST(Convert, NoConversionBetweenComplexBoolAndReal) {
  for (const auto real : {ElementType::u8, ElementType::i64, ElementType::f32}) {
    for (const auto other : {ElementType::c64, ElementType::c128, ElementType::boolean}) {
      EXPECT_EQ(convert_kernel(real, other, Simd::portable), nullptr);
      EXPECT_EQ(convert_kernel(other, real, Simd::portable), nullptr);
    }
  }
  EXPECT_NE(convert_kernel(ElementType::c64, ElementType::c128, Simd::portable), nullptr);
}

}  // namespace
}  // namespace torchfits
