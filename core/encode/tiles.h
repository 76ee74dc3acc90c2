// SPDX-License-Identifier: BSD-3-Clause
// One tile of pixels becomes the bytes of a row: decode/tiles.h's mirror.
#pragma once

#include <cstddef>
#include <cstdint>
#include <span>

#include "encode/pixels.h"
#include "encode/tiling.h"
#include "fits/layout.h"

namespace torchfits {

/// What a row of the table says about a tile.
struct EncodedTile {
  std::size_t bytes = 0;  ///< that the tile takes of the heap
  bool gzipped = false;   ///< they belong to GZIP_COMPRESSED_DATA: the tile could not be quantised
  double scale = 0.0;     ///< ZSCALE
  double zero = 0.0;      ///< ZZERO
};

/// Pixels in native order and natural type, packed.
struct TilePixels {
  std::uint64_t number = 0;                ///< of the tile, from 0
  std::span<const std::uint64_t> shape{};  ///< numpy order
  const std::byte* data = nullptr;         ///< aligned for its type
  std::size_t count = 0;
};

/// Made once for an image, used by many threads.
class TileEncoder {
 public:
  /// `layout` of tiled_layout_of(); level and scale of `wish`.
  TileEncoder(const TiledImageLayout& layout, const Compression& wish);

  /// The most bytes that a tile of `pixels` can take.
  [[nodiscard]] std::size_t bound(std::size_t pixels) const;
  /// Bytes of memory that encoding such a tile needs beside its input and output.
  [[nodiscard]] std::size_t workspace(std::size_t pixels) const noexcept;

  /// Fills the front of `out`, which has at least bound() bytes. The same pixels give the same
  /// bytes. ErrorCode::value for a pixel that the algorithm cannot hold.
  [[nodiscard]] EncodedTile operator()(const TilePixels& tile, ByteSpan out,
                                       ByteSpan workspace) const;

 private:
  template <class Float>
  [[nodiscard]] EncodedTile floats(const TilePixels& tile, ByteSpan out, ByteSpan workspace) const;
  [[nodiscard]] std::size_t integers(const TilePixels& tile, ByteSpan out,
                                     ByteSpan workspace) const;
  template <class Stored>
  [[nodiscard]] std::size_t words(std::span<Stored> stored, std::span<const std::uint64_t> shape,
                                  ByteSpan out, ByteSpan workspace) const;
  template <class Word, class Stored>
  [[nodiscard]] std::size_t hcompress(std::span<const Stored> stored,
                                      std::span<const std::uint64_t> shape, ByteSpan out,
                                      ByteSpan workspace) const;

  const TiledImageLayout& layout_;
  ElementEncoder store_;
  double level_;
  double hcomp_scale_;
  std::size_t stored_bytes_;  ///< of a pixel of the image
};

/// ZDITHER0 by the pixels of the first tile, so that an image is always dithered alike: the sum of
/// its bytes, as CFITSIO counts it.
[[nodiscard]] std::uint64_t dither_seed_of(ByteView first_tile) noexcept;

}  // namespace torchfits
