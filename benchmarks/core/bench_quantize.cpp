// SPDX-License-Identifier: BSD-3-Clause
// Quantisation of tiles that stay in the second-level cache, with CFITSIO's beside it where there
// is one. items_per_second counts pixels.
#include <benchmark/benchmark.h>

#include <cmath>
#include <random>
#include <vector>

#include "codec/quantize.h"

#ifdef TORCHFITS_HAVE_CFITSIO
// Exported by CFITSIO, but not in its public header.
extern "C" int fits_quantize_float(long row, float* pixels, long nx, long ny, int nullcheck,
                                   float null, float level, int dither, int* out, double* scale,
                                   double* zero, int* min, int* max);
#endif

namespace torchfits {
namespace {

constexpr std::size_t kPixels = std::size_t{1} << 16;
constexpr double kLevel = 16.0;

/// Noise of sigma 10, or counts of photons: integers that repeat, and runs of them.
template <class Float>
std::vector<Float> pixels_of(bool counts) {
  std::mt19937 random(1);
  std::normal_distribution<double> normal(100.0, 10.0);
  std::poisson_distribution<int> photons(0.7);
  std::vector<Float> pixels(kPixels);
  for (auto& pixel : pixels) pixel = static_cast<Float>(counts ? photons(random) : normal(random));
  return pixels;
}

void count_pixels(benchmark::State& state) {
  state.SetItemsProcessed(state.iterations() * static_cast<std::int64_t>(kPixels));
}

template <class Float>
void dequantize_tile(benchmark::State& state) {
  std::vector<std::int32_t> levels(kPixels);
  for (std::size_t i = 0; i < kPixels; ++i) levels[i] = static_cast<std::int32_t>(i * 37 % 1000);
  const TileQuantization tile{0.6, 100.0, static_cast<Dither>(state.range(0)), 17, kQuantizedNull};
  std::vector<Float> out(kPixels);
  for ([[maybe_unused]] auto _ : state) {
    dequantize<Float>(levels, tile, out.data());
    benchmark::ClobberMemory();
  }
  count_pixels(state);
}
BENCHMARK(dequantize_tile<float>)->ArgName("dither")->DenseRange(0, 2);
BENCHMARK(dequantize_tile<double>)->ArgName("dither")->DenseRange(0, 2);

template <class Float>
void quantize_tile(benchmark::State& state) {
  const auto pixels = pixels_of<Float>(state.range(1) != 0);
  std::vector<std::int32_t> levels(kPixels);
  TileQuantization tile;
  tile.dither = Dither::subtractive_1;
  for ([[maybe_unused]] auto _ : state) {
    if (!quantize<Float>(pixels, static_cast<std::size_t>(state.range(0)), kLevel, tile, levels))
      state.SkipWithError("not quantised");
    benchmark::ClobberMemory();
  }
  count_pixels(state);
}
BENCHMARK(quantize_tile<float>)
    ->ArgNames({"columns", "counts"})
    ->ArgsProduct({{128, 2048}, {0, 1}});
BENCHMARK(quantize_tile<double>)->ArgNames({"columns", "counts"})->Args({2048, 0});

#ifdef TORCHFITS_HAVE_CFITSIO
void quantize_by_cfitsio(benchmark::State& state) {
  auto pixels = pixels_of<float>(state.range(1) != 0);
  std::vector<int> levels(kPixels);
  const auto columns = static_cast<long>(state.range(0));
  for ([[maybe_unused]] auto _ : state) {
    double scale = 0.0;
    double zero = 0.0;
    int min = 0;
    int max = 0;
    if (fits_quantize_float(1, pixels.data(), columns, static_cast<long>(kPixels) / columns, 1,
                            -9e-36F, static_cast<float>(kLevel), 1, levels.data(), &scale, &zero,
                            &min, &max) != 1)
      state.SkipWithError("not quantised");
    benchmark::ClobberMemory();
  }
  count_pixels(state);
}
BENCHMARK(quantize_by_cfitsio)->ArgNames({"columns", "counts"})->ArgsProduct({{128, 2048}, {0, 1}});
#endif

}  // namespace
}  // namespace torchfits
