// SPDX-License-Identifier: BSD-3-Clause
// Line lists of masks, one core: bytes of pixels per second, beside CFITSIO where it is there. The
// masks: flags of cosmic rays and bad columns (sparse), labels of sources (segments), flags that
// differ from pixel to pixel (noise); tiles of one line, decoded one after the other to one place.
#include <benchmark/benchmark.h>

#include <algorithm>
#include <cstdint>
#include <random>
#include <vector>

#include "codec/plio.h"

#ifdef TORCHFITS_HAVE_CFITSIO
#include <fitsio.h>

// Exported by CFITSIO, but not in its header.
extern "C" {
int pl_p2li(int* pixels, int first, short* list, int count);
int pl_l2pi(short* list, int first, int* pixels, int count);
}
#endif

namespace {

using namespace torchfits;

enum Mask : std::int64_t { sparse, segments, noise };

constexpr std::size_t kColumns = 2048;
constexpr std::size_t kLines = 256;

std::vector<std::int32_t> mask_of(std::int64_t kind) {
  std::mt19937 random(1);
  std::vector<std::int32_t> pixels(kColumns * kLines);
  if (kind == noise) {
    for (auto& pixel : pixels) pixel = static_cast<std::int32_t>(random() % 4);
    return pixels;
  }
  const std::size_t gap = kind == sparse ? 400 : 60;
  const std::size_t length = kind == sparse ? 3 : 40;
  for (std::size_t at = random() % gap; at < pixels.size(); at += random() % (2 * gap)) {
    const auto run = std::min(1 + random() % length, pixels.size() - at);
    const auto value = kind == sparse ? 1U << random() % 8 : 1 + random() % 5000;
    std::fill_n(pixels.begin() + static_cast<std::ptrdiff_t>(at), run,
                static_cast<std::int32_t>(value));
    at += run;
  }
  return pixels;
}

using Lists = std::vector<std::vector<std::byte>>;

Lists lists_of(const std::vector<std::int32_t>& pixels) {
  Lists lists(kLines, std::vector<std::byte>(plio_bound(kColumns)));
  for (std::size_t i = 0; i < kLines; ++i) {
    lists[i].resize(plio_encode(std::span(pixels).subspan(i * kColumns, kColumns), lists[i]));
  }
  return lists;
}

void report(benchmark::State& state, bool good) {
  if (!good) state.SkipWithError("wrong pixels");
  state.SetBytesProcessed(state.iterations() * static_cast<std::int64_t>(4 * kColumns * kLines));
}

void decode(benchmark::State& state) {
  const auto pixels = mask_of(state.range(0));
  const auto lists = lists_of(pixels);
  std::vector<std::int32_t> out(kColumns);
  for (auto _ : state) {
    for (std::size_t i = 0; i < kLines; ++i) {
      benchmark::DoNotOptimize(plio_decode<std::int32_t>(lists[i], out));
    }
    benchmark::ClobberMemory();
  }
  report(state, std::equal(out.begin(), out.end(), pixels.end() - kColumns));
}
BENCHMARK(decode)->Arg(sparse)->Arg(segments)->Arg(noise);

void encode(benchmark::State& state) {
  const auto pixels = mask_of(state.range(0));
  std::vector<std::byte> list(plio_bound(kColumns));
  for (auto _ : state) {
    for (std::size_t i = 0; i < kLines; ++i) {
      benchmark::DoNotOptimize(
          plio_encode(std::span(pixels).subspan(i * kColumns, kColumns), list));
    }
    benchmark::ClobberMemory();
  }
  report(state, true);
}
BENCHMARK(encode)->Arg(sparse)->Arg(segments)->Arg(noise);

#ifdef TORCHFITS_HAVE_CFITSIO
void decode_cfitsio(benchmark::State& state) {
  const auto pixels = mask_of(state.range(0));
  const auto lists = lists_of(pixels);
  std::vector<std::int32_t> out(kColumns);
  std::vector<short> words(plio_bound(kColumns) / 2);
  for (auto _ : state) {
    for (std::size_t i = 0; i < kLines; ++i) {
      // Its caller reads the list from the file in native order.
      for (std::size_t k = 0; k < lists[i].size() / 2; ++k) {
        words[k] = load_be<std::int16_t>(lists[i].data() + 2 * k);
      }
      pl_l2pi(words.data(), 1, out.data(), kColumns);
    }
    benchmark::ClobberMemory();
  }
  report(state, std::equal(out.begin(), out.end(), pixels.end() - kColumns));
}
BENCHMARK(decode_cfitsio)->Arg(sparse)->Arg(segments)->Arg(noise);

void encode_cfitsio(benchmark::State& state) {
  auto pixels = mask_of(state.range(0));
  std::vector<short> list(plio_bound(kColumns) / 2);
  for (auto _ : state) {
    for (std::size_t i = 0; i < kLines; ++i) {
      benchmark::DoNotOptimize(pl_p2li(pixels.data() + i * kColumns, 1, list.data(), kColumns));
    }
    benchmark::ClobberMemory();
  }
  report(state, true);
}
BENCHMARK(encode_cfitsio)->Arg(sparse)->Arg(segments)->Arg(noise);

/// The same tiles in a file in memory, read as a whole.
void read_cfitsio(benchmark::State& state) {
  const auto mask = mask_of(state.range(0));
  std::vector<short> pixels(mask.begin(), mask.end());
  long shape[2] = {kColumns, kLines};
  fitsfile* file = nullptr;
  int status = 0;
  fits_create_file(&file, "mem://", &status);
  fits_set_compression_type(file, PLIO_1, &status);
  fits_create_img(file, SHORT_IMG, 2, shape, &status);
  fits_write_img(file, TSHORT, 1, static_cast<LONGLONG>(pixels.size()), pixels.data(), &status);
  fits_flush_file(file, &status);
  std::vector<short> out(pixels.size());
  for (auto _ : state) {
    fits_read_img(file, TSHORT, 1, static_cast<LONGLONG>(out.size()), nullptr, out.data(), nullptr,
                  &status);
    benchmark::ClobberMemory();
  }
  const bool good = status == 0 && out == pixels;
  fits_close_file(file, &status);
  report(state, good);
}
BENCHMARK(read_cfitsio)->Arg(sparse)->Arg(segments)->Arg(noise);
#endif

}  // namespace

BENCHMARK_MAIN();
