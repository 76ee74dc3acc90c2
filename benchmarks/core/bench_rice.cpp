// SPDX-License-Identifier: BSD-3-Clause
// RICE_1 tiles of one row of 2048 pixels, in blocks of 32, one core: pixels per second, beside
// CFITSIO where it is there. The argument is the sigma of the noise; 0 is a constant row, and the
// largest one cannot be compressed.
#include <benchmark/benchmark.h>

#include <cmath>
#include <random>
#include <stdexcept>
#include <vector>

#include "codec/rice.h"

#ifdef TORCHFITS_HAVE_CFITSIO
extern "C" {
int fits_rcomp(int[], int, unsigned char*, int, int);
int fits_rcomp_short(short[], int, unsigned char*, int, int);
int fits_rdecomp(unsigned char*, int, unsigned int[], int, int);
int fits_rdecomp_short(unsigned char*, int, unsigned short[], int, int);
}
#endif

namespace {

using namespace torchfits;

constexpr std::size_t kRow = 2048;
constexpr std::size_t kRows = 64;  ///< all different, so that no branch can be learned by heart
constexpr std::size_t kBlock = 32;

template <class Word>
struct Rows {
  std::vector<std::vector<Word>> pixels;
  std::vector<std::vector<std::byte>> tiles;
};

template <class Word>
Rows<Word> noise(std::int64_t sigma) {
  Rows<Word> rows;
  std::mt19937 random(1);
  std::normal_distribution<double> normal(0.0, static_cast<double>(sigma));
  for (std::size_t r = 0; r < kRows; ++r) {
    std::vector<Word> pixels(kRow, Word{1000});
    for (auto& pixel : pixels)
      pixel = static_cast<Word>(pixel + (sigma == 0 ? 0 : std::lround(normal(random))));
    std::vector<std::byte> tile(rice_bound<Word>(kRow, kBlock));
    tile.resize(rice_encode<Word>(pixels, kBlock, tile));
    rows.pixels.push_back(std::move(pixels));
    rows.tiles.push_back(std::move(tile));
  }
  return rows;
}

void require(bool fact) {
  if (!fact) throw std::logic_error("a row came back changed");
}

/// Calls `code` for each row.
template <class Word, class Code>
void measure(benchmark::State& state, const Rows<Word>& rows, const Code& code) {
  for ([[maybe_unused]] auto _ : state) {
    for (std::size_t r = 0; r < kRows; ++r) code(rows.tiles[r], rows.pixels[r]);
    benchmark::ClobberMemory();
  }
  state.SetItemsProcessed(static_cast<std::int64_t>(state.iterations() * kRows * kRow));
}

template <class Word>
void decode(benchmark::State& state) {
  std::vector<Word> out(kRow);
  const auto rows = noise<Word>(state.range(0));
  measure(state, rows,
          [&](ByteView tile, const auto&) { require(rice_decode<Word>(tile, kBlock, out).ok()); });
  require(out == rows.pixels.back());
}

template <class Word>
void encode(benchmark::State& state) {
  std::vector<std::byte> out(rice_bound<Word>(kRow, kBlock));
  const auto rows = noise<Word>(state.range(0));
  measure(state, rows, [&](const auto& tile, const auto& pixels) {
    require(rice_encode<Word>(pixels, kBlock, out) == tile.size());
  });
}

#ifdef TORCHFITS_HAVE_CFITSIO

template <class Word>
void cfitsio_decode(benchmark::State& state) {
  std::vector<Word> out(kRow);
  auto rows = noise<Word>(state.range(0));
  for (auto& tile : rows.tiles) tile.reserve(tile.size() + 1);  // CFITSIO looks one byte ahead
  measure(state, rows, [&](const auto& tile, const auto&) {
    auto* in = reinterpret_cast<unsigned char*>(const_cast<std::byte*>(tile.data()));
    const auto size = static_cast<int>(tile.size());
    if constexpr (sizeof(Word) == 2) {
      auto* to = reinterpret_cast<unsigned short*>(out.data());
      require(fits_rdecomp_short(in, size, to, kRow, kBlock) == 0);
    } else {
      auto* to = reinterpret_cast<unsigned int*>(out.data());
      require(fits_rdecomp(in, size, to, kRow, kBlock) == 0);
    }
  });
  require(out == rows.pixels.back());
}

template <class Word>
void cfitsio_encode(benchmark::State& state) {
  std::vector<unsigned char> out(rice_bound<Word>(kRow, kBlock));
  const auto room = static_cast<int>(out.size());
  const auto rows = noise<Word>(state.range(0));
  measure(state, rows, [&](const auto& tile, const auto& pixels) {
    auto* in = const_cast<Word*>(pixels.data());
    if constexpr (sizeof(Word) == 2) {
      require(fits_rcomp_short(in, kRow, out.data(), room, kBlock) == std::ssize(tile));
    } else {
      require(fits_rcomp(in, kRow, out.data(), room, kBlock) == std::ssize(tile));
    }
  });
}

#endif

void sigmas16(benchmark::internal::Benchmark* made) {
  for (const auto sigma : {0, 1, 30, 1000, 9000}) made->Arg(sigma);
}

void sigmas32(benchmark::internal::Benchmark* made) {
  for (const auto sigma : {0, 1, 30, 100'000, 1 << 29}) made->Arg(sigma);
}

BENCHMARK_TEMPLATE(decode, std::int16_t)->Apply(sigmas16);
BENCHMARK_TEMPLATE(decode, std::int32_t)->Apply(sigmas32);
BENCHMARK_TEMPLATE(encode, std::int16_t)->Apply(sigmas16);
BENCHMARK_TEMPLATE(encode, std::int32_t)->Apply(sigmas32);
#ifdef TORCHFITS_HAVE_CFITSIO
BENCHMARK_TEMPLATE(cfitsio_decode, std::int16_t)->Apply(sigmas16);
BENCHMARK_TEMPLATE(cfitsio_decode, std::int32_t)->Apply(sigmas32);
BENCHMARK_TEMPLATE(cfitsio_encode, std::int16_t)->Apply(sigmas16);
BENCHMARK_TEMPLATE(cfitsio_encode, std::int32_t)->Apply(sigmas32);
#endif

}  // namespace
