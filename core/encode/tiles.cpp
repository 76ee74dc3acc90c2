// SPDX-License-Identifier: BSD-3-Clause
#include "encode/tiles.h"

#include <algorithm>
#include <cmath>
#include <cstring>
#include <limits>
#include <numeric>
#include <string>
#include <vector>

#include "base/error.h"
#include "codec/gzip.h"
#include "codec/hcompress.h"
#include "codec/noise.h"
#include "codec/plio.h"
#include "codec/quantize.h"
#include "codec/rice.h"

namespace torchfits {
namespace {

constexpr int kGzipLevel = 6;
constexpr std::size_t kWidest = 8;  // bytes of a word of any codec

/// Memory of `count` words; `from` is aligned for them.
template <class T>
std::span<T> words_in(ByteSpan from, std::size_t count) {
  return {reinterpret_cast<T*>(from.data()), count};
}

/// A line as quantisation sees it: the last axis of more than one pixel.
std::size_t line_length(std::span<const std::uint64_t> shape) {
  const auto found =
      std::find_if(shape.rbegin(), shape.rend(), [](std::uint64_t length) { return length > 1; });
  return found == shape.rend() ? 1 : static_cast<std::size_t>(*found);
}

TileSize plane(std::span<const std::uint64_t> shape) {
  return {static_cast<std::size_t>(shape[shape.size() - 2]),
          static_cast<std::size_t>(shape.back())};
}

template <class Stored>
void check_plio(std::span<const Stored> pixels) {
  const auto bad = std::find_if(pixels.begin(), pixels.end(), [](Stored pixel) {
    return std::int64_t{pixel} < 0 || std::int64_t{pixel} > kPlioMax;
  });
  if (bad == pixels.end()) return;
  throw FitsError(ErrorCode::value,
                  "PLIO_1 holds the integers from 0 to " + std::to_string(kPlioMax) + ", not " +
                      std::to_string(std::int64_t{*bad}) + "; use RICE_1, GZIP_1 or GZIP_2");
}

/// Step of the coefficients: relative to the noise of the tile, or absolute where negative.
template <class Stored>
std::int32_t hcompress_step(std::span<const Stored> pixels, std::size_t columns, double scale) {
  auto step = static_cast<float>(-scale);
  if (scale > 0.0) {
    const std::vector<double> values(pixels.begin(), pixels.end());
    const auto noise = estimate_noise(std::span<const double>(values), columns);
    step = static_cast<float>(static_cast<float>(scale) * noise);
  }
  constexpr float kMost = 1 << 30;
  return static_cast<std::int32_t>(std::min(step, kMost) + 0.5F);
}

}  // namespace

TileEncoder::TileEncoder(const TiledImageLayout& layout, const Compression& wish)
    : layout_(layout),
      store_(layout.image.coding),
      level_(wish.quantize_level),
      hcomp_scale_(wish.hcomp_scale),
      stored_bytes_(info(layout.image.coding.stored).size) {}

std::size_t TileEncoder::bound(std::size_t pixels) const {
  const auto width = layout_.quantized ? sizeof(std::int32_t) : stored_bytes_;
  std::size_t most = 0;
  switch (layout_.algorithm) {
    case TileAlgorithm::rice: most = rice_bound<std::int32_t>(pixels, layout_.rice_block); break;
    case TileAlgorithm::gzip_1:
    case TileAlgorithm::gzip_2: most = gzip_bound(pixels * width); break;
    case TileAlgorithm::hcompress:
      // The bound of a plane, whatever its sides are, for those of this image are known.
      most = hcompress_bound<std::int64_t>(
          {static_cast<std::size_t>(layout_.tile[layout_.tile.size() - 2]),
           static_cast<std::size_t>(layout_.tile.back())});
      break;
    case TileAlgorithm::plio: most = plio_bound(pixels); break;
    case TileAlgorithm::none: most = pixels * width; break;
  }
  return layout_.quantized ? std::max(most, gzip_bound(pixels * stored_bytes_)) : most;
}

std::size_t TileEncoder::workspace(std::size_t pixels) const noexcept {
  return 2 * (pixels * kWidest + kWidest);
}

EncodedTile TileEncoder::operator()(const TilePixels& tile, ByteSpan out,
                                    ByteSpan workspace) const {
  if (layout_.algorithm == TileAlgorithm::none) {
    store_(tile.data, tile.count, out.data());
    return {.bytes = tile.count * stored_bytes_};
  }
  if (layout_.quantized) {
    return layout_.image.coding.stored == ElementType::f32 ? floats<float>(tile, out, workspace)
                                                           : floats<double>(tile, out, workspace);
  }
  return {.bytes = integers(tile, out, workspace)};
}

template <class Float>
EncodedTile TileEncoder::floats(const TilePixels& tile, ByteSpan out, ByteSpan workspace) const {
  const std::span<const Float> pixels(reinterpret_cast<const Float*>(tile.data), tile.count);
  const auto quantized = words_in<std::int32_t>(workspace, tile.count);
  TileQuantization quantization{.dither = layout_.dither,
                                .sequence = tile.number + layout_.dither_seed - 1,
                                .blank = kQuantizedNull};
  bool good = quantize(pixels, line_length(tile.shape), level_, quantization, quantized);
  // A coarser H-transform would lose the marker of NaN among the pixels around it.
  if (good && layout_.algorithm == TileAlgorithm::hcompress && hcomp_scale_ != 0.0)
    good = std::find(quantized.begin(), quantized.end(), kQuantizedNull) == quantized.end();
  if (good) {
    const auto half = workspace.size() / 2 / kWidest * kWidest;
    return {.bytes = words(quantized, tile.shape, out, workspace.subspan(half)),
            .scale = quantization.scale,
            .zero = quantization.zero};
  }
  store_(tile.data, tile.count, workspace.data());
  const auto bytes = gzip_encode(workspace.first(tile.count * sizeof(Float)), kGzipLevel, out);
  return {.bytes = bytes, .gzipped = true};
}

std::size_t TileEncoder::integers(const TilePixels& tile, ByteSpan out, ByteSpan workspace) const {
  const auto half = workspace.size() / 2 / kWidest * kWidest;
  const auto rest = workspace.subspan(half);
  const auto bytes = tile.count * stored_bytes_;
  if (layout_.algorithm == TileAlgorithm::gzip_1) {
    store_(tile.data, tile.count, workspace.data());
    return gzip_encode(workspace.first(bytes), kGzipLevel, out);
  }
  store_.native(tile.data, tile.count, workspace.data());
  if (layout_.algorithm == TileAlgorithm::gzip_2) {
    shuffle(workspace.first(bytes), stored_bytes_, rest.first(bytes));
    return gzip_encode(rest.first(bytes), kGzipLevel, out);
  }
  switch (stored_bytes_) {
    case 1: return words(words_in<std::uint8_t>(workspace, tile.count), tile.shape, out, rest);
    case 2: return words(words_in<std::int16_t>(workspace, tile.count), tile.shape, out, rest);
    default: return words(words_in<std::int32_t>(workspace, tile.count), tile.shape, out, rest);
  }
}

/// Integers in native order: those of the image, or quantised floats.
template <class Stored>
std::size_t TileEncoder::words(std::span<Stored> stored, std::span<const std::uint64_t> shape,
                               ByteSpan out, ByteSpan workspace) const {
  const std::span<const Stored> pixels = stored;
  const auto bytes = pixels.size_bytes();
  switch (layout_.algorithm) {
    case TileAlgorithm::rice: return rice_encode<Stored>(pixels, layout_.rice_block, out);
    case TileAlgorithm::gzip_1:
      for (std::size_t i = 0; i < pixels.size(); ++i)
        store_be(workspace.data() + i * sizeof(Stored), pixels[i]);
      return gzip_encode(workspace.first(bytes), kGzipLevel, out);
    case TileAlgorithm::gzip_2:
      shuffle(std::as_bytes(pixels), sizeof(Stored), workspace.first(bytes));
      return gzip_encode(workspace.first(bytes), kGzipLevel, out);
    case TileAlgorithm::hcompress:
      if constexpr (sizeof(Stored) < sizeof(std::int32_t))
        return hcompress<std::int32_t>(pixels, shape, out, workspace);
      else
        return hcompress<std::int64_t>(pixels, shape, out, workspace);
    case TileAlgorithm::plio: {
      check_plio(pixels);
      const auto values = words_in<std::int32_t>(workspace, pixels.size());
      std::copy(pixels.begin(), pixels.end(), values.begin());
      return plio_encode(values, out);
    }
    case TileAlgorithm::none: break;
  }
  return 0;
}

template <class Word, class Stored>
std::size_t TileEncoder::hcompress(std::span<const Stored> stored,
                                   std::span<const std::uint64_t> shape, ByteSpan out,
                                   ByteSpan workspace) const {
  const auto size = plane(shape);
  const auto step = hcompress_step(stored, size.columns, hcomp_scale_);
  const auto values = words_in<Word>(workspace, stored.size());
  std::copy(stored.begin(), stored.end(), values.begin());
  return hcompress_encode<Word>(values, size, step, out);
}

std::uint64_t dither_seed_of(ByteView first_tile) noexcept {
  const auto sum = std::accumulate(
      first_tile.begin(), first_tile.end(), std::uint64_t{0},
      [](std::uint64_t total, std::byte byte) { return total + static_cast<std::uint64_t>(byte); });
  return sum % dither_sequence().size() + 1;
}

}  // namespace torchfits
