// SPDX-License-Identifier: BSD-3-Clause
// Any bits as pixels: refused, or quantised so that they come back within half a step. Any bits as
// integers, with any scale and zero point: dequantised.
#include <algorithm>
#include <cmath>
#include <cstddef>
#include <cstdint>
#include <cstring>
#include <limits>
#include <span>
#include <vector>

#include "codec/quantize.h"

namespace {

using torchfits::TileQuantization;

void require(bool good) {
  if (!good) __builtin_trap();
}

/// A header of 32 bytes before the pixels.
struct Input {
  explicit Input(std::span<const std::uint8_t> data) : rest(data.subspan(32)) {
    tile.dither = static_cast<torchfits::Dither>(data[1] % 3);
    columns = data[2];
    if ((data[3] & 1) != 0) tile.blank = torchfits::kQuantizedNull;
    std::memcpy(&tile.sequence, data.data() + 4, 4);
    std::memcpy(&level, data.data() + 8, sizeof level);
    std::memcpy(&tile.scale, data.data() + 16, sizeof tile.scale);
    std::memcpy(&tile.zero, data.data() + 24, sizeof tile.zero);
  }

  template <class T>
  [[nodiscard]] std::vector<T> numbers() const {
    std::vector<T> all(rest.size() / sizeof(T));
    if (!all.empty()) std::memcpy(all.data(), rest.data(), all.size() * sizeof(T));
    return all;
  }

  std::span<const std::uint8_t> rest;
  TileQuantization tile;
  std::size_t columns = 0;
  double level = 0.0;
};

template <class Float>
void check(Float pixel, Float back, const TileQuantization& tile) {
  require(std::isnan(pixel) == std::isnan(back));
  if (std::isnan(pixel)) return;
  if (tile.dither == torchfits::Dither::subtractive_2 && pixel == 0) require(back == 0);
  const auto rounding = 8 * (std::abs(static_cast<double>(pixel)) + std::abs(tile.zero)) *
                        std::numeric_limits<double>::epsilon();
  const auto coarser = 2 * (std::abs(static_cast<double>(pixel)) + tile.scale) *
                           static_cast<double>(std::numeric_limits<Float>::epsilon()) +
                       static_cast<double>(std::numeric_limits<Float>::denorm_min());
  const auto error = std::abs(static_cast<double>(back) - static_cast<double>(pixel));
  require(std::isinf(back) || error <= 0.5001 * tile.scale + rounding + coarser);
}

template <class Float>
void fuzz(const Input& input) {
  const auto pixels = input.numbers<Float>();
  auto tile = input.tile;
  std::vector<std::int32_t> levels(pixels.size());
  // Whole lines, but for a line of any length.
  const auto whole = input.columns == 0 ? 0 : pixels.size() / input.columns * input.columns;
  const auto count = whole == 0 ? pixels.size() : whole;
  std::vector<Float> back(pixels.size());
  const std::span<const Float> in(pixels.data(), count);
  if (torchfits::quantize<Float>(in, input.columns, input.level, tile, levels)) {
    require(std::isfinite(tile.scale) && tile.scale > 0 && std::isfinite(tile.zero));
    tile.blank = torchfits::kQuantizedNull;
    torchfits::dequantize<Float>({levels.data(), count}, tile, back.data());
    for (std::size_t i = 0; i < count; ++i) check(pixels[i], back[i], tile);
  }
  const auto any = input.numbers<std::int32_t>();
  back.resize(any.size());
  torchfits::dequantize<Float>(any, input.tile, back.data());
  for (std::size_t i = 0; i < any.size(); ++i)
    require(input.tile.blank != any[i] || std::isnan(back[i]));
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  if (size < 32) return 0;
  const Input input({data, size});
  if (data[0] % 2 == 0) {
    fuzz<float>(input);
  } else {
    fuzz<double>(input);
  }
  return 0;
}
