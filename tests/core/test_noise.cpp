// SPDX-License-Identifier: BSD-3-Clause
// Noise against values worked out by hand, against plain sorting, and against CFITSIO.
#include <gtest/gtest.h>

#include <algorithm>
#include <array>
#include <cmath>
#include <limits>
#include <random>
#include <vector>

#include "codec/lower_median.h"
#include "codec/noise.h"

#ifdef TORCHFITS_HAVE_CFITSIO
// Exported by CFITSIO, and in its private header only.
extern "C" int fits_img_stats_float(float* array, long nx, long ny, int nullcheck, float null,
                                    long* good, float* min, float* max, double* mean, double* sigma,
                                    double* noise1, double* noise2, double* noise3, double* noise5,
                                    int* status);
#endif

namespace torchfits {
namespace {

template <class Float>
constexpr Float kNan = std::numeric_limits<Float>::quiet_NaN();

template <class Float>
double noise_of(const std::vector<Float>& pixels, std::size_t columns) {
  return estimate_noise<Float>(pixels, columns);
}

/// 3 3 -3 -3 3 3 ...
template <class Float>
std::vector<Float> wave(std::size_t size) {
  std::vector<Float> pixels(size);
  for (std::size_t i = 0; i < size; ++i) pixels[i] = static_cast<Float>(i % 4 < 2 ? 3 : -3);
  return pixels;
}

template <class Float>
class Noise : public testing::Test {};
using Floats = testing::Types<float, double>;
TYPED_TEST_SUITE(Noise, Floats);

TYPED_TEST(Noise, OfASlopeIsNone) {
  // |p(i) - p(i+2)| = 2; the other two orders are 0, and so is the third, from which CFITSIO
  // starts.
  std::vector<TypeParam> slope(20);
  for (std::size_t i = 0; i < slope.size(); ++i) slope[i] = static_cast<TypeParam>(i);
  EXPECT_EQ(noise_of(slope, 20), 0.0);
}

TYPED_TEST(Noise, IsTheSmallestOfTheThreeOrders) {
  // p(i) = i * i: 4 i + 4 for second order, 8 for third, 0 for fifth, which is then left out.
  std::vector<TypeParam> parabola(21);
  for (std::size_t i = 0; i < parabola.size(); ++i) parabola[i] = static_cast<TypeParam>(i * i);
  EXPECT_EQ(noise_of(parabola, 21), 0.6052697 * 8.0);
  // p(i + 2) = -p(i): 2 p, 4 p and 16 p everywhere.
  const auto pixels = wave<TypeParam>(33);
  EXPECT_EQ(noise_of(pixels, 33), 1.0483579 * 6.0);
  // i to the fourth: a constant 4! 2^4 for fifth order, the others are far above it.
  std::vector<TypeParam> quartic(30);
  for (std::size_t i = 0; i < quartic.size(); ++i)
    quartic[i] = static_cast<TypeParam>(i * i * i * i);
  EXPECT_EQ(noise_of(quartic, 30), 0.1772048 * 384.0);
}

TYPED_TEST(Noise, IsTheMeanOfTheMiddleLines) {
  // Four waves of amplitudes 1, 2, 4 and 8: second order 2, 4, 8, 16.
  std::vector<TypeParam> lines;
  for (const int amplitude : {4, 1, 8, 2}) {
    for (int i = 0; i < 12; ++i)
      lines.push_back(static_cast<TypeParam>(i % 4 < 2 ? amplitude : -amplitude));
  }
  EXPECT_EQ(noise_of(lines, 12), 1.0483579 * 6.0);
}

TYPED_TEST(Noise, PassesOverNan) {
  std::vector<TypeParam> pixels;
  for (int i = 0; i < 24; ++i) {
    if (i % 5 == 0) pixels.push_back(kNan<TypeParam>);
    pixels.push_back(static_cast<TypeParam>(i % 4 < 2 ? 3 : -3));
  }
  EXPECT_EQ(noise_of(pixels, pixels.size()), 1.0483579 * 6.0);
}

TYPED_TEST(Noise, ShortLinesAreOneLine) {
  const auto pixels = wave<TypeParam>(24);
  EXPECT_EQ(noise_of(pixels, 8), 1.0483579 * 6.0);
  EXPECT_EQ(noise_of(pixels, 0), 1.0483579 * 6.0);
  EXPECT_EQ(noise_of(wave<TypeParam>(8), 8), 0.0);
  EXPECT_EQ(noise_of(std::vector<TypeParam>{}, 0), 0.0);
}

TYPED_TEST(Noise, OfRepeatedPixelsIsCfitsios) {
  // Three lines of 40 pixels with runs of zeros. CFITSIO 4.2 gives these;
  // medians without its leftovers of the lines before are larger.
  const auto tile = [](std::uint64_t seed, std::uint64_t values) {
    std::vector<TypeParam> pixels(120);
    for (auto& pixel : pixels) {
      seed = seed * 16807 % 2147483647;
      pixel = static_cast<TypeParam>(seed % 100 < 45 ? 0 : seed % values * (1 + seed % 3));
    }
    return pixels;
  };
  EXPECT_EQ(noise_of(tile(7, 5), 40), 1.0483579 * 3.0);
  EXPECT_EQ(noise_of(tile(11, 5), 40), 1.0483579 * 2.0);
  EXPECT_EQ(noise_of(tile(13, 4), 40), 1.0483579 * 1.0);
}

TYPED_TEST(Noise, NoneInConstantEmptyOrOverflowingTiles) {
  EXPECT_EQ(noise_of(std::vector<TypeParam>(40, 7), 20), 0.0);
  EXPECT_EQ(noise_of(std::vector<TypeParam>(40, kNan<TypeParam>), 20), 0.0);
  std::vector<TypeParam> huge(40, std::numeric_limits<TypeParam>::max());
  for (std::size_t i = 0; i < huge.size(); i += 3) huge[i] /= 2;
  EXPECT_EQ(noise_of(huge, 20), 0.0);  // 6 p - 4 p is infinity minus infinity
}

TYPED_TEST(Noise, RangeAndCountPassOverNan) {
  for (std::size_t size = 0; size < 70; ++size) {
    std::vector<TypeParam> pixels(size);
    for (std::size_t i = 0; i < size; ++i)
      pixels[i] = i % 7 == 3 ? kNan<TypeParam> : static_cast<TypeParam>(i);
    const auto range = pixel_range<TypeParam>(pixels);
    EXPECT_EQ(range.count, size - (size + 3) / 7);
    if (size == 0) continue;
    EXPECT_EQ(range.min, 0);
    EXPECT_EQ(range.max, static_cast<TypeParam>(size % 7 == 4 ? size - 2 : size - 1));
  }
  constexpr auto infinity = std::numeric_limits<TypeParam>::infinity();
  const auto range = pixel_range<TypeParam>(std::vector<TypeParam>{1, infinity, -infinity});
  EXPECT_EQ(range.max, infinity);
  EXPECT_EQ(range.min, -infinity);
  const auto none = pixel_range<TypeParam>(std::vector<TypeParam>(3, kNan<TypeParam>));
  EXPECT_EQ(none.count, 0U);
  EXPECT_GT(none.min, none.max);
}

TYPED_TEST(Noise, LowerMedianIsThatOfTheSortedNumbers) {
  std::mt19937_64 random(4);
  for (int trial = 0; trial < 600; ++trial) {
    const auto size = 1 + random() % (trial % 8 == 0 ? 3000 : 200);
    std::normal_distribution<double> normal;
    std::vector<TypeParam> values(size);
    for (auto& value : values) {
      const auto size_of = std::abs(normal(random));
      const std::array<double, 5> kinds{size_of, std::floor(size_of * 2), std::exp(size_of * 15),
                                        random() % 2 == 0 ? 0.0 : size_of, 5.0};
      value = static_cast<TypeParam>(kinds[static_cast<std::size_t>(trial) % kinds.size()]);
    }
    if (trial % 7 == 0) values[size / 2] = std::numeric_limits<TypeParam>::infinity();
    auto sorted = values;
    std::sort(sorted.begin(), sorted.end());
    auto copy = values;
    EXPECT_EQ(lower_median<TypeParam>(copy), sorted[(size - 1) / 2]) << trial;
    EXPECT_EQ(lower_median<TypeParam>(values, Simd::portable), sorted[(size - 1) / 2]) << trial;
  }
}

#ifdef TORCHFITS_HAVE_CFITSIO
TEST(NoiseOracle, EqualsCfitsio) {
  std::mt19937_64 random(5);
  std::normal_distribution<float> normal;
  for (int trial = 0; trial < 1000; ++trial) {
    const auto columns = 9 + random() % 300;
    const auto rows = 1 + random() % 9;
    std::vector<float> pixels(columns * rows);
    for (auto& pixel : pixels) {
      pixel = normal(random);  // rounded: pixels repeat, and CFITSIO's buffers keep leftovers
      if (trial % 2 == 0) pixel = std::round(pixel);
    }
    long good = 0;
    float min = 0.0F;
    float max = 0.0F;
    double second = 0.0;
    double third = 0.0;
    double fifth = 0.0;
    int status = 0;
    fits_img_stats_float(pixels.data(), static_cast<long>(columns), static_cast<long>(rows), 0,
                         0.0F, &good, &min, &max, nullptr, nullptr, nullptr, &second, &third,
                         &fifth, &status);
    auto expected = third;
    if (second != 0.0 && second < expected) expected = second;
    if (fifth != 0.0 && fifth < expected) expected = fifth;
    ASSERT_EQ(noise_of(pixels, columns), expected) << trial;
    const auto range = pixel_range<float>(pixels);
    EXPECT_EQ(range.min, min);
    EXPECT_EQ(range.max, max);
  }
}
#endif

}  // namespace
}  // namespace torchfits
