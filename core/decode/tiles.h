// SPDX-License-Identifier: BSD-3-Clause
// One tile of a compressed image becomes its stored pixels, in native byte order.
#pragma once

#include <cstddef>
#include <cstdint>
#include <optional>
#include <span>

#include "base/bytes.h"
#include "base/stats.h"
#include "fits/layout.h"

namespace torchfits {

/// What a row of the table says of its tile.
struct TileRecord {
  /// The column that holds its pixels.
  enum class Home : std::uint8_t { compressed, gzipped, uncompressed };
  Home home = Home::compressed;
  ByteRange data;                     ///< counted from the start of the heap
  ByteRange mask;                     ///< of NULL_PIXEL_MASK; empty where there is none
  double scale = 1.0;                 ///< ZSCALE
  double zero = 0.0;                  ///< ZZERO
  std::optional<std::int64_t> blank;  ///< ZBLANK
};

/// Memory of a decoder, reused from tile to tile; one for each thread.
class TileWorkspace {
 public:
  enum class Buffer : std::uint8_t { raw, words, codes, pixels };
  /// `size` bytes, aligned for any number; what the buffer held is lost.
  [[nodiscard]] ByteSpan take(Buffer buffer, std::size_t size);

 private:
  Scratch buffers_[4];
};

/// Decodes tiles of one image; made once for a read, used by many threads.
class TileDecoder {
 public:
  /// ErrorCode of layout.refused, if there is one. `layout` must outlive this.
  explicit TileDecoder(const TiledImageLayout& layout);

  /// The record of tile number `tile` from the bytes of its row. Every range lies in the heap.
  [[nodiscard]] TileRecord record(std::uint64_t tile, ByteView row) const;

  /// The most pixels that `bytes` bytes of tiles can hold: what says more is not decoded.
  [[nodiscard]] std::uint64_t most_pixels(std::uint64_t bytes) const noexcept;

  /// ErrorCode::format where `data` cannot hold a tile of that many pixels: before memory is taken
  /// for them.
  void check(std::uint64_t tile, ByteView data, std::uint64_t pixels) const;

  /// Fills `out` (pixels x the size of the stored type) with the stored pixels of a tile of `shape`
  /// in numpy order, after check(). ErrorCode::format names the tile and the byte of it.
  void decode(std::uint64_t tile, const TileRecord& record, ByteView data, ByteView mask,
              std::span<const std::uint64_t> shape, TileWorkspace& workspace, ByteSpan out) const;

 private:
  struct Job;    ///< one call of decode
  struct Words;  ///< numbers in native order, and their type
  [[nodiscard]] ByteRange heap_range(std::uint64_t tile, std::size_t column, ByteView row) const;
  [[nodiscard]] std::optional<double> number(const TileNumber& number, ByteView row) const;
  [[nodiscard]] Words words_of(Job& job) const;
  [[nodiscard]] Words inflated_words(Job& job, TileAlgorithm algorithm) const;
  [[nodiscard]] Words plane_words(Job& job) const;
  void dequantize_tile(const Job& job, const Words& codes) const;
  [[nodiscard]] ByteView decoded_mask(const Job& job) const;
  void apply_nulls(const Job& job) const;

  const TiledImageLayout& layout_;
  ElementType stored_;
};

}  // namespace torchfits
