// SPDX-License-Identifier: BSD-3-Clause
// Decoding kernels on buffers that stay in the second-level cache; memcpy of the output's bytes is
// the limit. bytes_per_second counts the bytes written.
#include <benchmark/benchmark.h>

#include <cstring>
#include <vector>

#include "decode/pixels.h"

namespace torchfits {
namespace {

constexpr std::size_t kOutputBytes = std::size_t{1} << 19;

/// Small exponents, so that scaling meets no infinities; zeros where an integer type must hold all.
std::vector<std::byte> stored_bytes(std::size_t size, bool zeros) {
  std::vector<std::byte> bytes(size);
  for (std::size_t i = 0; !zeros && i < size; ++i)
    bytes[i] = static_cast<std::byte>(i * 37 >> 3 & 0x3f);
  return bytes;
}

void copy(benchmark::State& state) {
  const auto in = stored_bytes(kOutputBytes, false);
  std::vector<std::byte> out(kOutputBytes);
  for ([[maybe_unused]] auto _ : state) {
    std::memcpy(out.data(), in.data(), out.size());
    benchmark::ClobberMemory();
  }
  state.SetBytesProcessed(static_cast<std::int64_t>(state.iterations() * kOutputBytes));
}
BENCHMARK(copy);

void decode(benchmark::State& state, const ElementCoding& coding, ElementType target,
            std::int64_t step) {
  const auto count = kOutputBytes / info(target).size;
  const auto in = stored_bytes(count * static_cast<std::size_t>(step) * info(coding.stored).size,
                               is_integer(target));
  std::vector<std::byte> out(kOutputBytes);
  const ElementDecoder decoder(coding, target, static_cast<Simd>(state.range(0)));
  for ([[maybe_unused]] auto _ : state) {
    if (step == 1) {
      decoder(in.data(), count, out.data());
    } else {
      decoder.strided(in, step, count, out.data());
    }
    benchmark::ClobberMemory();
  }
  state.SetBytesProcessed(static_cast<std::int64_t>(state.iterations() * kOutputBytes));
}

void add(const char* name, const ElementCoding& coding, ElementType target, std::int64_t step = 1) {
  auto* made = benchmark::RegisterBenchmark(
      name, [=](benchmark::State& state) { decode(state, coding, target, step); });
  made->ArgName("simd")->DenseRange(0, static_cast<int>(best_simd()));
}

void add_all() {
  using T = ElementType;
  const auto image = [](int bitpix, Scaling scaling = {}, std::optional<std::int64_t> blank = {}) {
    return ElementCoding::image(bitpix, scaling, blank);
  };
  const Scaling tenth{0.1, 32.0};
  add("swap/int16", image(16), T::i16);
  add("swap/float32", image(-32), T::f32);
  add("swap/float64", image(-64), T::f64);
  add("swap/uint16", image(16, {1.0, 32768.0}), T::u16);
  add("swap/uint32", image(32, {1.0, 2147483648.0}), T::u32);
  add("offset/int64", image(64, {1.0, 5.0}), T::i64);
  add("scaled/uint8_to_float32", image(8, tenth), T::f32);
  add("scaled/int16_to_float32", image(16, tenth), T::f32);
  add("scaled/int32_to_float64", image(32, tenth), T::f64);
  add("scaled/int64_to_float64", image(64, tenth), T::f64);
  add("scaled/float32", image(-32, tenth), T::f32);
  add("blank/int16_to_float32", image(16, {}, -1), T::f32);
  add("blank/int32_to_float64", image(32, {}, -1), T::f64);
  add("convert/uint8_to_float32", image(8), T::f32);
  add("convert/uint16_to_float32", image(16, {1.0, 32768.0}), T::f32);
  add("convert/int32_to_float32", image(32), T::f32);
  add("convert/float32_to_float16", image(-32), T::f16);
  add("convert/float32_to_bfloat16", image(-32), T::bf16);
  add("convert/float64_to_float32", image(-64), T::f32);
  add("convert/int16_to_int32", image(16), T::i32);
  add("convert/int32_to_int16", image(32), T::i16);
  add("convert/float32_to_int32", image(-32), T::i32);
  add("strided2/float32", image(-32), T::f32, 2);
  add("strided10/float32", image(-32), T::f32, 10);
}

}  // namespace
}  // namespace torchfits

int main(int argc, char** argv) {
  benchmark::Initialize(&argc, argv);
  torchfits::add_all();
  benchmark::RunSpecifiedBenchmarks();
  return 0;
}
