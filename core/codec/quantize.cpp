// SPDX-License-Identifier: BSD-3-Clause
// Subtractive dithering (FITS 4.0 section 10.2.1): a number of the sequence, less a half, is added
// before the rounding and taken off again in
//   value = (stored - random + 0.5) * scale + zero.
// The sequence is walked from a start that the tile's number chooses; at its end the walk goes on
// from the start that the next seed chooses.
// Why it is fast:
// - the walk is cut into spans in which the sequence lies in a row, so that the loops have neither
// a branch nor an index of their own, and become vectors;
// - nulls and zeros are chosen by masks;
// - every loop is compiled for AVX2 too (base/simd.h), with the same rounding: no FMA.
#include "codec/quantize.h"

#include <algorithm>
#include <bit>
#include <cmath>
#include <limits>

#include "base/bytes.h"
#include "base/simd.h"
#include "codec/noise.h"

namespace torchfits {
namespace {

/// The values next to kQuantizedNull that CFITSIO keeps free, that one included.
constexpr double kReserved = 10.0;
constexpr double kLargest = 2147483647.0;

/// The place in the sequence.
class Walk {
 public:
  explicit Walk(std::uint64_t sequence) noexcept
      : seed_(static_cast<std::size_t>(sequence % dither_sequence().size())) {
    start();
  }

  /// The numbers up to the end of the sequence, but at most `most`; the walk stands behind them.
  [[nodiscard]] std::span<const float> take(std::size_t most) noexcept {
    const auto& sequence = dither_sequence();
    const auto length = std::min(most, sequence.size() - next_);
    const std::span<const float> taken(sequence.data() + next_, length);
    next_ += length;
    if (next_ == sequence.size()) {
      seed_ = (seed_ + 1) % sequence.size();
      start();
    }
    return taken;
  }

 private:
  void start() noexcept { next_ = static_cast<std::size_t>(dither_sequence()[seed_] * 500.0F); }

  std::size_t seed_;
  std::size_t next_ = 0;
};

/// Calls apply(first, numbers) for one span after the other.
template <class Apply>
void walk(std::uint64_t sequence, std::size_t count, Apply apply) {
  Walk place(sequence);
  for (std::size_t done = 0; done < count;) {
    const auto numbers = place.take(count - done);
    apply(done, numbers);
    done += numbers.size();
  }
}

template <class Uint>
[[gnu::always_inline]] inline Uint mask(bool condition) noexcept {
  return static_cast<Uint>(Uint{0} - static_cast<Uint>(condition));
}

struct Numbers {
  const float* dither;
  double scale;
  double zero;
};

template <class Float, bool Dithered, bool Zeros, bool Blanks>
struct Dequantize {
  [[gnu::always_inline]] static inline void run(const std::int32_t* __restrict__ in,
                                                std::size_t count, Numbers numbers,
                                                std::int32_t blank, Float* __restrict__ out) {
    using Bits = UintOfSize<sizeof(Float)>;
    const auto nan = std::bit_cast<Bits>(std::numeric_limits<Float>::quiet_NaN());
    const auto [dither, scale, zero] = numbers;
    for (std::size_t i = 0; i < count; ++i) {
      auto level = static_cast<double>(in[i]);
      if constexpr (Dithered) level = level - static_cast<double>(dither[i]) + 0.5;
      auto bits = std::bit_cast<Bits>(static_cast<Float>(level * scale + zero));
      if constexpr (Zeros) bits &= ~mask<Bits>(in[i] == kQuantizedZero);
      if constexpr (Blanks) {
        const auto null = mask<Bits>(in[i] == blank);
        bits = (bits & ~null) | (nan & null);
      }
      out[i] = std::bit_cast<Float>(bits);
    }
  }
};

template <class Float, bool Dithered, bool Zeros>
auto dequantize_kernel(bool blanks) {
  return blanks ? compiled<Dequantize<Float, Dithered, Zeros, true>>(best_simd())
                : compiled<Dequantize<Float, Dithered, Zeros, false>>(best_simd());
}

template <class Float>
auto dequantize_kernel(Dither dither, bool blanks) {
  switch (dither) {
    case Dither::subtractive_1: return dequantize_kernel<Float, true, false>(blanks);
    case Dither::subtractive_2: return dequantize_kernel<Float, true, true>(blanks);
    default: return dequantize_kernel<Float, false, false>(blanks);
  }
}

/// The nearest integer, halves away from zero. NaN becomes kQuantizedNull.
template <class Float, bool Dithered, bool Zeros>
struct Quantize {
  [[gnu::always_inline]] static inline void run(const Float* __restrict__ in, std::size_t count,
                                                Numbers numbers, std::int32_t* __restrict__ out) {
    const auto [dither, scale, zero] = numbers;
    for (std::size_t i = 0; i < count; ++i) {
      const auto null = mask<std::uint64_t>(std::isnan(in[i]));
      auto level = (static_cast<double>(in[i]) - zero) / scale;
      if constexpr (Dithered) level = level + static_cast<double>(dither[i]) - 0.5;
      level = std::bit_cast<double>(std::bit_cast<std::uint64_t>(level) & ~null);
      auto bits =
          static_cast<std::uint32_t>(static_cast<std::int32_t>(level + std::copysign(0.5, level)));
      const auto nulls = mask<std::uint32_t>(std::isnan(in[i]));
      bits = (bits & ~nulls) | (static_cast<std::uint32_t>(kQuantizedNull) & nulls);
      if constexpr (Zeros) {
        const auto zeros = mask<std::uint32_t>(in[i] == Float{0});
        bits = (bits & ~zeros) | (static_cast<std::uint32_t>(kQuantizedZero) & zeros);
      }
      out[i] = static_cast<std::int32_t>(bits);
    }
  }
};

template <class Float>
auto quantize_kernel(Dither dither) {
  switch (dither) {
    case Dither::subtractive_1: return compiled<Quantize<Float, true, false>>(best_simd());
    case Dither::subtractive_2: return compiled<Quantize<Float, true, true>>(best_simd());
    default: return compiled<Quantize<Float, false, false>>(best_simd());
  }
}

/// 0 where there is no step. CFITSIO's level is a float, and so is every ZSCALE that comes of it.
template <class Float>
double step_of(std::span<const Float> in, std::size_t columns, std::size_t good, double level) {
  if (!(std::abs(level) <= static_cast<double>(std::numeric_limits<float>::max()))) return 0.0;
  const auto rounded = static_cast<double>(static_cast<float>(level));
  if (rounded < 0.0) return -rounded;
  if (rounded == 0.0) return 0.0;
  const auto noise = good == 0 ? 1.0 : estimate_noise(in, columns);
  return noise / rounded;
}

/// CFITSIO's choice: integers that are positive, where they may be, or lie just above the markers;
/// NaN where no zero point can be. Float arithmetic is float arithmetic here.
template <class Float>
double zero_point(const PixelRange<Float>& range, bool markers, double step) {
  const auto min = static_cast<double>(range.min);
  if (markers) return min - step * (static_cast<double>(kQuantizedNull) + kReserved);
  if (static_cast<double>(range.max - range.min) / step >= kLargest - kReserved)
    return static_cast<double>(range.min + range.max) / 2.0;
  // A whole number of steps, so that a tile that is compressed again is scaled alike.
  const auto steps = min / step + 0.5;
  if (!(std::abs(steps) < 0x1p63)) return std::numeric_limits<double>::quiet_NaN();
  return static_cast<double>(static_cast<std::int64_t>(steps)) * step;
}

/// Every integer between the markers and the largest, whatever the dithering adds.
template <class Float>
bool levels_fit(const PixelRange<Float>& range, const TileQuantization& tile) {
  const auto reach = tile.dither == Dither::none ? 0.5 : 1.0;
  const auto lowest = (static_cast<double>(range.min) - tile.zero) / tile.scale - reach;
  const auto highest = (static_cast<double>(range.max) - tile.zero) / tile.scale + reach;
  return lowest > static_cast<double>(kQuantizedZero) && highest < kLargest + 1.0;
}

}  // namespace

template <class Float>
void dequantize(std::span<const std::int32_t> in, const TileQuantization& tile, Float* out) {
  const auto kernel = dequantize_kernel<Float>(tile.dither, tile.blank.has_value());
  const auto blank = tile.blank.value_or(0);
  if (tile.dither == Dither::none)
    return kernel(in.data(), in.size(), {nullptr, tile.scale, tile.zero}, blank, out);
  walk(tile.sequence, in.size(), [&](std::size_t first, std::span<const float> numbers) {
    kernel(in.data() + first, numbers.size(), {numbers.data(), tile.scale, tile.zero}, blank,
           out + first);
  });
}

template <class Float>
bool quantize(std::span<const Float> in, std::size_t columns, double level, TileQuantization& tile,
              std::span<std::int32_t> out) {
  if (in.size() <= 1) return false;
  auto range = pixel_range(in);
  if (range.count != 0 && !(std::isfinite(range.min) && std::isfinite(range.max))) return false;
  const auto step = step_of(in, columns, range.count, level);
  if (!(step > 0.0 && std::isfinite(step))) return false;
  // What CFITSIO puts in the place of pixels that are all null, where it has not looked for them.
  if (range.count == 0 && level > 0.0) range = {0, 1, 0};
  if (static_cast<double>(range.max - range.min) / step > 2 * kLargest - kReserved) return false;

  const bool markers = range.count != in.size() || tile.dither == Dither::subtractive_2;
  tile.scale = step;
  tile.zero = zero_point(range, markers, step);
  if (!std::isfinite(tile.zero)) return false;
  if (range.count != 0 && !levels_fit(range, tile)) return false;

  const auto kernel = quantize_kernel<Float>(tile.dither);
  if (tile.dither == Dither::none) {
    kernel(in.data(), in.size(), {nullptr, tile.scale, tile.zero}, out.data());
    return true;
  }
  walk(tile.sequence, in.size(), [&](std::size_t first, std::span<const float> numbers) {
    kernel(in.data() + first, numbers.size(), {numbers.data(), tile.scale, tile.zero},
           out.data() + first);
  });
  return true;
}

template void dequantize(std::span<const std::int32_t> in, const TileQuantization& tile,
                         float* out);
template void dequantize(std::span<const std::int32_t> in, const TileQuantization& tile,
                         double* out);
template bool quantize(std::span<const float> in, std::size_t columns, double level,
                       TileQuantization& tile, std::span<std::int32_t> out);
template bool quantize(std::span<const double> in, std::size_t columns, double level,
                       TileQuantization& tile, std::span<std::int32_t> out);

}  // namespace torchfits
