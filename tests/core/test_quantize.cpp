// SPDX-License-Identifier: BSD-3-Clause
// Expected values from the formulas of FITS 4.0, section 10.2 and Appendix I, by hand or element by
// element, and from CFITSIO.
#include <gtest/gtest.h>

#include <algorithm>
#include <array>
#include <bit>
#include <cmath>
#include <limits>
#include <random>
#include <vector>

#include "codec/quantize.h"

#ifdef TORCHFITS_HAVE_CFITSIO
// Exported by CFITSIO, but not in its public header.
extern "C" {
int fits_quantize_float(long row, float* pixels, long nx, long ny, int nullcheck, float null,
                        float level, int dither, int* out, double* scale, double* zero, int* min,
                        int* max);
int fits_quantize_double(long row, double* pixels, long nx, long ny, int nullcheck, double null,
                         float level, int dither, int* out, double* scale, double* zero, int* min,
                         int* max);
}
#endif

namespace torchfits {
namespace {

using Levels = std::vector<std::int32_t>;

template <class Float>
constexpr Float kNan = std::numeric_limits<Float>::quiet_NaN();

/// Appendix I in integers.
std::vector<double> seeds() {
  std::vector<double> all;
  std::uint64_t seed = 1;
  for (int i = 0; i < 10000; ++i) {
    seed = seed * 16807 % 2147483647;
    all.push_back(static_cast<double>(seed));
  }
  return all;
}

TEST(DitherSequence, IsTheStandards) {
  const auto& sequence = dither_sequence();
  const auto expected = seeds();
  for (std::size_t i = 0; i < sequence.size(); ++i)
    ASSERT_EQ(sequence[i], static_cast<float>(expected[i] / 2147483647.0)) << i;
  EXPECT_EQ(expected[0], 16807.0);
  EXPECT_EQ(expected[1], 282475249.0);
  EXPECT_EQ(expected[9999], 1043618065.0);
  EXPECT_EQ(std::lround(static_cast<double>(sequence[9999]) * 1000), 486);
}

/// Element by element, as section 10.2.1 words it.
double expected_value(std::int32_t stored, const TileQuantization& tile, double random) {
  if (tile.blank == stored) return kNan<double>;
  if (tile.dither == Dither::none) return static_cast<double>(stored) * tile.scale + tile.zero;
  if (tile.dither == Dither::subtractive_2 && stored == -2147483646) return 0.0;
  return (static_cast<double>(stored) - random + 0.5) * tile.scale + tile.zero;
}

template <class Float>
std::vector<Float> expected_values(const Levels& in, const TileQuantization& tile) {
  const auto numbers = seeds();
  const auto random = [&](std::size_t i) {
    return static_cast<double>(static_cast<float>(numbers[i] / 2147483647.0));
  };
  auto seed = static_cast<std::size_t>(tile.sequence % 10000);
  auto next = static_cast<std::size_t>(random(seed) * 500);
  std::vector<Float> out;
  for (const auto stored : in) {
    out.push_back(static_cast<Float>(expected_value(stored, tile, random(next))));
    if (++next < 10000) continue;
    seed = seed == 9999 ? 0 : seed + 1;
    next = static_cast<std::size_t>(random(seed) * 500);
  }
  return out;
}

template <class Float>
std::vector<Float> dequantized(const Levels& in, const TileQuantization& tile) {
  std::vector<Float> out(in.size(), 77);
  dequantize<Float>(in, tile, out.data());
  return out;
}

template <class Float>
void expect_same_bits(const std::vector<Float>& made, const std::vector<Float>& expected) {
  ASSERT_EQ(made.size(), expected.size());
  for (std::size_t i = 0; i < made.size(); ++i) {
    if (std::isnan(expected[i])) {
      ASSERT_TRUE(std::isnan(made[i])) << i;
    } else {
      ASSERT_EQ(made[i], expected[i]) << i;
      ASSERT_EQ(std::signbit(made[i]), std::signbit(expected[i])) << i;
    }
  }
}

template <class Float>
class Quantize : public testing::Test {};
using Floats = testing::Types<float, double>;
TYPED_TEST_SUITE(Quantize, Floats);

TYPED_TEST(Quantize, BackByTheFormula) {
  const auto plain = dequantized<TypeParam>({-3, 0, 2147483647}, {0.25, 1.5, Dither::none, 0, {}});
  EXPECT_EQ(plain[0], static_cast<TypeParam>(0.75));
  EXPECT_EQ(plain[1], static_cast<TypeParam>(1.5));
  EXPECT_EQ(plain[2], static_cast<TypeParam>(536870913.25));
  // The first seed is 16807: 16807 / (2^31 - 1) * 500 = 0.0039, the walk begins at the first
  // number.
  const TileQuantization dithered{2.0, 3.0, Dither::subtractive_1, 0, {}};
  const auto first = static_cast<double>(static_cast<float>(16807.0 / 2147483647.0));
  EXPECT_EQ(dequantized<TypeParam>({10}, dithered)[0], static_cast<TypeParam>(24.0 - 2.0 * first));
}

TYPED_TEST(Quantize, BackElementByElement) {
  std::mt19937 random(6);
  Levels in(30011);
  for (auto& level : in) {
    level = static_cast<std::int32_t>(random());
    if (random() % 8 == 0) level = kQuantizedNull;
    if (random() % 8 == 0) level = kQuantizedZero;
  }
  // From 9998 on, the seeds wrap too.
  for (const std::uint64_t sequence : {0ULL, 1ULL, 9998ULL, 9999ULL, 10000ULL, 1ULL << 63}) {
    for (const auto dither : {Dither::none, Dither::subtractive_1, Dither::subtractive_2}) {
      for (const auto blank : {std::optional<std::int32_t>{}, {kQuantizedNull}, {kQuantizedZero}}) {
        const TileQuantization tile{0.1, -32.7, dither, sequence, blank};
        expect_same_bits(dequantized<TypeParam>(in, tile), expected_values<TypeParam>(in, tile));
      }
    }
  }
}

TYPED_TEST(Quantize, BackAtEveryLength) {
  for (std::size_t size = 0; size < 40; ++size) {
    Levels in(size);
    for (std::size_t i = 0; i < size; ++i) in[i] = static_cast<std::int32_t>(i * i);
    const TileQuantization tile{0.3, 7.0, Dither::subtractive_2, 123, 4};
    expect_same_bits(dequantized<TypeParam>(in, tile), expected_values<TypeParam>(in, tile));
  }
}

TYPED_TEST(Quantize, BackMarkersMeanSomethingOnlyWhereTheyMay) {
  const Levels markers{kQuantizedZero, kQuantizedNull};
  TileQuantization tile{1.0, 0.0, Dither::subtractive_2, 0, {}};
  auto values = dequantized<TypeParam>(markers, tile);
  EXPECT_EQ(values[0], TypeParam{0});
  EXPECT_FALSE(std::signbit(values[0]));
  EXPECT_LT(values[1], TypeParam{-2e9});
  tile.dither = Dither::subtractive_1;
  EXPECT_LT(dequantized<TypeParam>(markers, tile)[0], TypeParam{-2e9});
  tile.blank = kQuantizedNull;
  values = dequantized<TypeParam>(markers, tile);
  EXPECT_LT(values[0], TypeParam{-2e9});
  EXPECT_TRUE(std::isnan(values[1]));
}

/// What quantize() made of a tile of one line.
template <class Float>
struct Quantized {
  Quantized(const std::vector<Float>& in, double level, Dither dither = Dither::none,
            std::uint64_t sequence = 0)
      : levels(in.size()) {
    tile.dither = dither;
    tile.sequence = sequence;
    done = quantize<Float>(in, in.size(), level, tile, levels);
  }
  TileQuantization tile;
  Levels levels;
  bool done;
};

TYPED_TEST(Quantize, ToTheNearestStep) {
  const Quantized<TypeParam> tile({1.0, 1.24F, 1.26F, 3.0, 1.25, 1.75}, -0.5);
  ASSERT_TRUE(tile.done);
  EXPECT_EQ(tile.tile.scale, 0.5);
  EXPECT_EQ(tile.tile.zero, 1.0);
  EXPECT_EQ(tile.levels, (Levels{0, 0, 1, 4, 1, 2}));
}

TYPED_TEST(Quantize, ZeroPointIsAWholeNumberOfSteps) {
  // -1.25 / 0.5 + 0.5 = -2, 1.3 / 0.5 + 0.5 = 3.1: the fraction is cut off.
  const Quantized<TypeParam> below({-1.25, -0.75, 4.0}, -0.5);
  ASSERT_TRUE(below.done);
  EXPECT_EQ(below.tile.zero, -1.0);
  EXPECT_EQ(below.levels, (Levels{-1, 1, 10}));  // -0.5 and 0.5 are rounded away from zero
  const Quantized<TypeParam> above({1.3F, 2.0}, -0.5);
  ASSERT_TRUE(above.done);
  EXPECT_EQ(above.tile.zero, 1.5);
  EXPECT_EQ(above.levels, (Levels{0, 1}));
}

TYPED_TEST(Quantize, WideRangesAreCentred) {
  const Quantized<TypeParam> tile({0, 3221225472.0}, -1.0);
  ASSERT_TRUE(tile.done);
  EXPECT_EQ(tile.tile.zero, 1610612736.0);
  EXPECT_EQ(tile.levels, (Levels{-1610612736, 1610612736}));
  EXPECT_FALSE(Quantized<TypeParam>({0, 4294967296.0}, -1.0).done);
}

TEST(QuantizeRange, ReachesToTheReservedValues) {
  const Quantized<double> widest({0, 4294967284.0}, -1.0);
  ASSERT_TRUE(widest.done);
  EXPECT_EQ(widest.levels, (Levels{-2147483642, 2147483642}));
  EXPECT_FALSE(Quantized<double>({0, 4294967284.5}, -1.0).done);
  EXPECT_EQ(Quantized<double>({0, 2147483636.0}, -1.0).tile.zero, 0.0);
  EXPECT_EQ(Quantized<double>({0, 2147483637.0}, -1.0).tile.zero, 1073741818.5);
}

TYPED_TEST(Quantize, NanBecomesTheNullAndMovesTheZeroPoint) {
  const Quantized<TypeParam> tile({4, kNan<TypeParam>, 6, 8}, -2.0);
  ASSERT_TRUE(tile.done);
  EXPECT_EQ(tile.tile.zero, 4 + 2.0 * 2147483637.0);
  EXPECT_EQ(tile.levels, (Levels{-2147483637, -2147483647, -2147483636, -2147483635}));
}

TYPED_TEST(Quantize, TilesOfNanOnly) {
  const std::vector<TypeParam> nans(20, kNan<TypeParam>);
  for (const double level : {4.0, -0.5}) {
    for (const auto dither : {Dither::none, Dither::subtractive_1, Dither::subtractive_2}) {
      const Quantized<TypeParam> tile(nans, level, dither);
      ASSERT_TRUE(tile.done);
      EXPECT_EQ(tile.levels, Levels(20, -2147483647));
      EXPECT_EQ(tile.tile.scale, level > 0 ? 0.25 : 0.5);
      EXPECT_TRUE(std::isfinite(tile.tile.zero));
    }
  }
}

TYPED_TEST(Quantize, SecondMethodKeepsZeros) {
  const Quantized<TypeParam> tile({0, 1, TypeParam{-0.0F}, 2}, -0.5, Dither::subtractive_2);
  ASSERT_TRUE(tile.done);
  EXPECT_EQ(tile.tile.zero, 0.5 * 2147483637.0);
  EXPECT_EQ(tile.levels[0], -2147483646);
  EXPECT_EQ(tile.levels[2], -2147483646);
  const auto back = dequantized<TypeParam>(tile.levels, tile.tile);
  EXPECT_EQ(back[0], 0);
  EXPECT_EQ(back[2], 0);
}

TYPED_TEST(Quantize, RefusesWhatCannotBeQuantised) {
  using Pixels = std::vector<TypeParam>;
  constexpr auto infinity = std::numeric_limits<TypeParam>::infinity();
  EXPECT_FALSE(Quantized<TypeParam>(Pixels{}, 4).done);
  EXPECT_FALSE(Quantized<TypeParam>(Pixels{1}, -1).done);
  EXPECT_FALSE(Quantized<TypeParam>(Pixels(20, 3), 4).done) << "no noise";
  EXPECT_FALSE(Quantized<TypeParam>(Pixels{1, 3, 2, 5, 2, 4, 9, 1}, 4).done) << "too short";
  for (const auto bad : {infinity, -infinity}) {
    Pixels pixels{1, 3, 2, 5, 2, 4, 9, 1, 2, 4, 7, 1, 3};
    EXPECT_TRUE(Quantized<TypeParam>(pixels, 4).done);
    pixels[5] = bad;
    EXPECT_FALSE(Quantized<TypeParam>(pixels, 4).done);
    EXPECT_FALSE(Quantized<TypeParam>(pixels, -1).done);
  }
  for (const double level : {0.0, -0.0, kNan<double>, 1e300, -1e300, 1e-300, HUGE_VAL})
    EXPECT_FALSE(Quantized<TypeParam>(Pixels{1, 3, 2, 5, 2, 4, 9, 1, 2}, level).done) << level;
  EXPECT_TRUE(Quantized<TypeParam>(Pixels(20, 3), -1).done) << "an absolute step asks no noise";
}

TYPED_TEST(Quantize, RefusesStepsBelowThePrecisionOfTheNumbers) {
  // CFITSIO's integers overflow here, or run into the markers.
  EXPECT_FALSE(Quantized<TypeParam>({1e22F, 1e22F}, -1).done);
  EXPECT_FALSE(Quantized<TypeParam>({1e18F, kNan<TypeParam>, 1e18F}, -1).done);
  EXPECT_FALSE(Quantized<TypeParam>({-1e30F, 1e30F}, -1).done);
}

TYPED_TEST(Quantize, RoundTripsWithinHalfAStep) {
  std::mt19937 random(7);
  std::normal_distribution<double> normal(100.0, 10.0);
  std::vector<TypeParam> pixels(25000);
  for (auto& pixel : pixels) {
    pixel = static_cast<TypeParam>(normal(random));
    if (random() % 50 == 0) pixel = kNan<TypeParam>;
    if (random() % 50 == 0) pixel = 0;
  }
  for (const auto dither : {Dither::none, Dither::subtractive_1, Dither::subtractive_2}) {
    Quantized<TypeParam> tile(pixels, 16, dither, 9999);
    ASSERT_TRUE(tile.done);
    EXPECT_NEAR(tile.tile.scale, 10.0 / 16, 0.05);
    tile.tile.blank = kQuantizedNull;
    const auto back = dequantized<TypeParam>(tile.levels, tile.tile);
    for (std::size_t i = 0; i < pixels.size(); ++i) {
      ASSERT_EQ(std::isnan(back[i]), std::isnan(pixels[i])) << i;
      if (std::isnan(pixels[i])) continue;
      ASSERT_NEAR(back[i], pixels[i], tile.tile.scale * 0.50001 + 1e-5) << i;
      if (dither == Dither::subtractive_2 && pixels[i] == 0) {
        ASSERT_EQ(back[i], 0);
      }
    }
  }
}

#ifdef TORCHFITS_HAVE_CFITSIO
/// CFITSIO's nulls are numbers.
constexpr float kOracleNull = -9.11912e-36F;

struct Tile {
  std::size_t columns, rows;
  double level;
  Dither dither;
  std::uint64_t sequence;
};

template <class Float>
std::vector<Float> random_pixels(std::size_t count, std::mt19937_64& random) {
  std::normal_distribution<double> normal;
  const auto kind = random() % 7;
  const auto nulls = random() % 3 == 0 ? 2 + random() % 40 : 0;
  std::vector<Float> pixels(count);
  for (auto& pixel : pixels) {
    const auto value = normal(random);
    const std::array<double, 7> kinds{value * 10 + 100,
                                      std::round(value),
                                      random() % 4 == 0 ? value : 0.0,
                                      std::exp(value * 5),
                                      static_cast<double>(random() % 3),
                                      value * 1e-30,
                                      value * 1e12 + 1e15};
    pixel = static_cast<Float>(kinds[kind]);
    if (nulls != 0 && random() % nulls == 0) pixel = kNan<Float>;
  }
  return pixels;
}

template <class Float>
void expect_as_cfitsio(const Tile& shape, const std::vector<Float>& pixels) {
  Quantized<Float> expected(std::vector<Float>{}, 0);
  expected.levels.resize(pixels.size());
  auto numbers = pixels;
  std::replace_if(
      numbers.begin(), numbers.end(), [](Float p) { return std::isnan(p); },
      static_cast<Float>(kOracleNull));
  const auto row = shape.dither == Dither::none ? 0 : static_cast<long>(shape.sequence) + 1;
  const auto method = shape.dither == Dither::none ? -1 : static_cast<int>(shape.dither);
  const auto call = [&](auto function) {
    int min = 0;
    int max = 0;
    return function(row, numbers.data(), static_cast<long>(shape.columns),
                    static_cast<long>(shape.rows), 1, static_cast<Float>(kOracleNull),
                    static_cast<float>(shape.level), method, expected.levels.data(),
                    &expected.tile.scale, &expected.tile.zero, &min, &max);
  };
  if constexpr (sizeof(Float) == sizeof(float)) {
    expected.done = call(fits_quantize_float) == 1;
  } else {
    expected.done = call(fits_quantize_double) == 1;
  }
  TileQuantization tile{1.0, 0.0, shape.dither, shape.sequence, {}};
  Levels levels(pixels.size());
  ASSERT_EQ(quantize<Float>(pixels, shape.columns, shape.level, tile, levels), expected.done);
  if (!expected.done) return;
  EXPECT_EQ(tile.scale, expected.tile.scale);
  EXPECT_EQ(tile.zero, expected.tile.zero);
  EXPECT_EQ(levels, expected.levels);
}

TYPED_TEST(Quantize, EqualsCfitsio) {
  std::mt19937_64 random(8);
  for (int trial = 0; trial < 2000 && !this->HasFailure(); ++trial) {
    const std::array<double, 8> levels{4, 16, 1, 0.1, 100, -0.5, -1e-6, -1e3};
    const Tile shape{1 + random() % (trial % 2 == 0 ? 12 : 500), 1 + random() % 8,
                     levels[random() % levels.size()], static_cast<Dither>(random() % 3),
                     random() % 20000};
    SCOPED_TRACE(trial);
    expect_as_cfitsio(shape, random_pixels<TypeParam>(shape.columns * shape.rows, random));
  }
}

TYPED_TEST(Quantize, EqualsCfitsioWhereTheSequenceWraps) {
  std::mt19937_64 random(9);
  for (const std::uint64_t sequence : {0U, 9998U, 9999U, 19999U}) {
    for (const auto dither : {Dither::subtractive_1, Dither::subtractive_2})
      expect_as_cfitsio({6000, 5, 4.0, dither, sequence}, random_pixels<TypeParam>(30000, random));
  }
}
#endif

}  // namespace
}  // namespace torchfits
