// SPDX-License-Identifier: BSD-3-Clause
// Tiles of 2048 floats (a slope and noise) as GZIP_1 and GZIP_2, one core: bytes of pixels per
// second, beside zlib, and beside a whole read by CFITSIO where it is there.
#include <benchmark/benchmark.h>
#include <zlib.h>

#include <algorithm>
#include <cstdint>
#include <random>
#include <vector>

#include "codec/gzip.h"

#ifdef TORCHFITS_HAVE_CFITSIO
#include <fitsio.h>
#endif

namespace {

using namespace torchfits;
using Bytes = std::vector<std::byte>;

constexpr std::size_t kColumns = 2048;
constexpr std::size_t kLines = 256;
constexpr std::size_t kTileBytes = 4 * kColumns;
constexpr int kLevel = 1;  // CFITSIO's

enum Shuffled : std::int64_t { plain, shuffled };

std::vector<float> image() {
  std::mt19937 random(1);
  std::normal_distribution<float> noise(0.0F, 5.0F);
  std::vector<float> pixels(kColumns * kLines);
  for (std::size_t i = 0; i < pixels.size(); ++i) {
    pixels[i] = 100.0F + 0.01F * static_cast<float>(i % kColumns) + noise(random);
  }
  return pixels;
}

/// A line as GZIP_2 deflates it, or as GZIP_1 does: in big-endian order.
Bytes arranged(std::span<const float> line, bool planes) {
  Bytes out(kTileBytes);
  if (planes) {
    shuffle(std::as_bytes(line), 4, out);
  } else {
    for (std::size_t i = 0; i < line.size(); ++i) store_be(out.data() + 4 * i, line[i]);
  }
  return out;
}

std::vector<Bytes> tiles_of(const std::vector<float>& pixels, bool planes) {
  std::vector<Bytes> tiles(kLines, Bytes(gzip_bound(kTileBytes)));
  for (std::size_t i = 0; i < kLines; ++i) {
    const auto line = arranged(std::span(pixels).subspan(i * kColumns, kColumns), planes);
    tiles[i].resize(gzip_encode(line, kLevel, tiles[i]));
  }
  return tiles;
}

void report(benchmark::State& state) {
  state.SetBytesProcessed(state.iterations() * static_cast<std::int64_t>(kLines * kTileBytes));
}

void decode(benchmark::State& state) {
  const bool planes = state.range(0) == shuffled;
  const auto pixels = image();
  const auto tiles = tiles_of(pixels, planes);
  Bytes inflated(kTileBytes);
  std::vector<float> out(pixels.size());
  for (auto _ : state) {
    for (std::size_t i = 0; i < kLines; ++i) {
      benchmark::DoNotOptimize(gzip_decode(tiles[i], inflated));
      const auto line = std::span(out).subspan(i * kColumns, kColumns);
      if (planes) unshuffle(inflated, 4, std::as_writable_bytes(line));
    }
    benchmark::ClobberMemory();
  }
  if (planes && out != pixels) state.SkipWithError("wrong pixels");
  report(state);
}
BENCHMARK(decode)->Arg(plain)->Arg(shuffled);

void decode_zlib(benchmark::State& state) {
  auto tiles = tiles_of(image(), state.range(0) == shuffled);
  Bytes inflated(kTileBytes);
  z_stream z{};
  inflateInit2(&z, MAX_WBITS + 16);
  for (auto _ : state) {
    for (auto& tile : tiles) {
      inflateReset(&z);
      z.next_in = reinterpret_cast<Bytef*>(tile.data());
      z.avail_in = static_cast<uInt>(tile.size());
      z.next_out = reinterpret_cast<Bytef*>(inflated.data());
      z.avail_out = static_cast<uInt>(inflated.size());
      if (inflate(&z, Z_FINISH) != Z_STREAM_END) state.SkipWithError("no stream");
    }
    benchmark::ClobberMemory();
  }
  inflateEnd(&z);
  report(state);
}
BENCHMARK(decode_zlib)->Arg(plain)->Arg(shuffled);

void encode(benchmark::State& state) {
  const auto pixels = image();
  Bytes packed(gzip_bound(kTileBytes));
  std::size_t written = 0;
  for (auto _ : state) {
    written = 0;
    for (std::size_t i = 0; i < kLines; ++i) {
      const auto line = std::span(pixels).subspan(i * kColumns, kColumns);
      written += gzip_encode(arranged(line, state.range(0) == shuffled), kLevel, packed);
    }
  }
  report(state);
  state.counters["ratio"] = static_cast<double>(kLines * kTileBytes) / static_cast<double>(written);
}
BENCHMARK(encode)->Arg(plain)->Arg(shuffled);

void unshuffle_only(benchmark::State& state) {
  const Bytes in(kTileBytes, std::byte{7});
  Bytes out(kTileBytes);
  for (auto _ : state) {
    for (std::size_t i = 0; i < kLines; ++i) {
      unshuffle(in, static_cast<std::size_t>(state.range(0)), out);
      benchmark::ClobberMemory();
    }
  }
  report(state);
}
BENCHMARK(unshuffle_only)->Arg(2)->Arg(4)->Arg(8);

void shuffle_only(benchmark::State& state) {
  const Bytes in(kTileBytes, std::byte{7});
  Bytes out(kTileBytes);
  for (auto _ : state) {
    for (std::size_t i = 0; i < kLines; ++i) {
      shuffle(in, static_cast<std::size_t>(state.range(0)), out);
      benchmark::ClobberMemory();
    }
  }
  report(state);
}
BENCHMARK(shuffle_only)->Arg(2)->Arg(4)->Arg(8);

#ifdef TORCHFITS_HAVE_CFITSIO
/// The same image and tiles in a file in memory.
void read_cfitsio(benchmark::State& state) {
  auto pixels = image();
  long shape[2] = {kColumns, kLines};
  fitsfile* file = nullptr;
  int status = 0;
  fits_create_file(&file, "mem://", &status);
  fits_set_compression_type(file, state.range(0) == shuffled ? GZIP_2 : GZIP_1, &status);
  fits_set_quantize_level(file, 0.0F, &status);
  fits_create_img(file, FLOAT_IMG, 2, shape, &status);
  fits_write_img(file, TFLOAT, 1, static_cast<LONGLONG>(pixels.size()), pixels.data(), &status);
  fits_flush_file(file, &status);
  std::vector<float> out(pixels.size());
  for (auto _ : state) {
    fits_read_img(file, TFLOAT, 1, static_cast<LONGLONG>(out.size()), nullptr, out.data(), nullptr,
                  &status);
    benchmark::ClobberMemory();
  }
  if (status != 0 || out != pixels) state.SkipWithError("wrong pixels");
  fits_close_file(file, &status);
  report(state);
}
BENCHMARK(read_cfitsio)->Arg(plain)->Arg(shuffled);
#endif

}  // namespace

BENCHMARK_MAIN();
