// SPDX-License-Identifier: BSD-3-Clause
// HCOMPRESS_1 on one thread, against CFITSIO where it is there. bytes_per_second counts the pixels
// as BITPIX 16 (int32 words) or 32 (int64 words).
#include <benchmark/benchmark.h>

#include <cmath>
#include <random>
#include <string>
#include <vector>

#include "codec/hcompress.h"

#ifdef TORCHFITS_HAVE_CFITSIO
#include <fitsio.h>
#endif

namespace torchfits {
namespace {

enum class Scene { noise, smooth };

/// Noise of sigma 30, or a star profile with a noise of one.
template <class Word>
std::vector<Word> make_pixels(Scene scene, TileSize size) {
  std::mt19937 random(1);
  std::normal_distribution<double> noise(0, scene == Scene::noise ? 30 : 1);
  std::vector<Word> pixels;
  for (std::size_t i = 0; i < size.rows; ++i) {
    for (std::size_t j = 0; j < size.columns; ++j) {
      const auto x = static_cast<double>(i) - 8, y = static_cast<double>(j) - 60;
      const auto profile = scene == Scene::noise ? 0 : 5000 * std::exp(-(x * x + y * y) / 800);
      pixels.push_back(static_cast<Word>(std::lround(1000 + profile + noise(random))));
    }
  }
  return pixels;
}

template <class Word>
std::vector<std::byte> encoded(std::vector<Word> pixels, TileSize size, int scale) {
  std::vector<std::byte> bytes(hcompress_bound<Word>(size));
  bytes.resize(hcompress_encode<Word>(pixels, size, scale, bytes));
  return bytes;
}

template <class Word>
void count(benchmark::State& state, TileSize size) {
  state.SetBytesProcessed(static_cast<std::int64_t>(static_cast<std::size_t>(state.iterations()) *
                                                    size.rows * size.columns * sizeof(Word) / 2));
}

struct Case {
  const char* name;
  Scene scene;
  TileSize size;
  int scale = 0;
  bool smooth = false;
};

template <class Word>
void decode(benchmark::State& state, const Case& with) {
  const auto bytes = encoded(make_pixels<Word>(with.scene, with.size), with.size, with.scale);
  std::vector<Word> out(with.size.rows * with.size.columns);
  for ([[maybe_unused]] auto _ : state) {
    const auto result = hcompress_decode<Word>(bytes, with.smooth, with.size, out);
    if (!result.ok()) state.SkipWithError(result.problem);
    benchmark::ClobberMemory();
  }
  count<Word>(state, with.size);
}

template <class Word>
void encode(benchmark::State& state, const Case& with) {
  const auto pixels = make_pixels<Word>(with.scene, with.size);
  auto work = pixels;
  std::vector<std::byte> bytes(hcompress_bound<Word>(with.size));
  for ([[maybe_unused]] auto _ : state) {
    work = pixels;
    benchmark::DoNotOptimize(hcompress_encode<Word>(work, with.size, with.scale, bytes));
    benchmark::ClobberMemory();
  }
  count<Word>(state, with.size);
}

#ifdef TORCHFITS_HAVE_CFITSIO
template <class Word>
void cfitsio_decode(benchmark::State& state, const Case& with) {
  auto bytes = encoded(make_pixels<Word>(with.scene, with.size), with.size, with.scale);
  auto* in = reinterpret_cast<unsigned char*>(bytes.data());
  std::vector<Word> out(with.size.rows * with.size.columns);
  for ([[maybe_unused]] auto _ : state) {
    int columns = 0, rows = 0, scale = 0, status = 0;
    if constexpr (sizeof(Word) == 4) {
      fits_hdecompress(in, with.smooth, out.data(), &columns, &rows, &scale, &status);
    } else {
      auto* words = reinterpret_cast<LONGLONG*>(out.data());
      fits_hdecompress64(in, with.smooth, words, &columns, &rows, &scale, &status);
    }
    if (status != 0) state.SkipWithError("CFITSIO failed");
    benchmark::ClobberMemory();
  }
  count<Word>(state, with.size);
}

template <class Word>
void cfitsio_encode(benchmark::State& state, const Case& with) {
  const auto pixels = make_pixels<Word>(with.scene, with.size);
  const auto columns = static_cast<int>(with.size.columns), rows = static_cast<int>(with.size.rows);
  auto work = pixels;
  std::vector<char> bytes(hcompress_bound<Word>(with.size));
  for ([[maybe_unused]] auto _ : state) {
    work = pixels;
    auto size = static_cast<long>(bytes.size());
    int status = 0;
    if constexpr (sizeof(Word) == 4) {
      fits_hcompress(work.data(), columns, rows, with.scale, bytes.data(), &size, &status);
    } else {
      auto* words = reinterpret_cast<LONGLONG*>(work.data());
      fits_hcompress64(words, columns, rows, with.scale, bytes.data(), &size, &status);
    }
    if (status != 0) state.SkipWithError("CFITSIO failed");
    benchmark::ClobberMemory();
  }
  count<Word>(state, with.size);
}
#endif

using Body = void (*)(benchmark::State&, const Case&);

void add(const std::string& name, const Case& with, Body body) {
  benchmark::RegisterBenchmark((name + with.name).c_str(),
                               [=](benchmark::State& state) { body(state, with); });
}

template <class Word>
void add_word(const std::string& name, const Case& with) {
  add("decode/" + name, with, decode<Word>);
#ifdef TORCHFITS_HAVE_CFITSIO
  add("decode_cfitsio/" + name, with, cfitsio_decode<Word>);
#endif
  add("encode/" + name, with, encode<Word>);
#ifdef TORCHFITS_HAVE_CFITSIO
  add("encode_cfitsio/" + name, with, cfitsio_encode<Word>);
#endif
}

void add_all() {
  for (const Case& with : {Case{"noise_16x2048", Scene::noise, {16, 2048}},
                           Case{"noise_128x128", Scene::noise, {128, 128}},
                           Case{"smooth_16x2048", Scene::smooth, {16, 2048}},
                           Case{"smooth_128x128", Scene::smooth, {128, 128}},
                           Case{"lossy_16x2048", Scene::noise, {16, 2048}, 60, false},
                           Case{"lossy_smoothed_16x2048", Scene::noise, {16, 2048}, 60, true}}) {
    add_word<std::int32_t>("int16_", with);
    add_word<std::int64_t>("int32_", with);
  }
}

}  // namespace
}  // namespace torchfits

int main(int argc, char** argv) {
  benchmark::Initialize(&argc, argv);
  torchfits::add_all();
  benchmark::RunSpecifiedBenchmarks();
  return 0;
}
