// SPDX-License-Identifier: BSD-3-Clause
// A tile-compressed image HDU that is filled by sections in any order: tiles that a section covers
// are encoded at once, others wait for their missing pixels.
#pragma once

#include <cstdint>
#include <functional>
#include <span>
#include <vector>

#include "encode/tile_source.h"
#include "file/image_writer.h"
#include "file/partial_tiles.h"
#include "file/tile_table.h"

namespace torchfits {

/// Reads bytes that were written to the sink before.
using ReadBack = std::function<void(ByteRange range, ByteSpan into)>;

class TiledImageFiller {
 public:
  /// `image.coding` is that of what is stored. For an extension.
  TiledImageFiller(ImageLayout image, const Compression& wish, UserCards user, bool checksum);

  [[nodiscard]] const TiledImageLayout& layout() const noexcept { return table_.layout(); }

  /// Pixels of the stored type's natural one, or integers of 64 bits that fit 32 where those are
  /// stored, to `where`; the HDU begins at `offset` of the sink that later calls get.
  /// First: keeps the pixels of tiles that are covered in part. Those of a tile that was encoded
  /// before are decoded: quantised ones lose twice.
  void keep_parts(const TileSource& section, std::uint64_t offset, const ReadBack& read);
  /// Tiles that are complete now.
  [[nodiscard]] std::size_t pending() const noexcept { return ready_.size(); }
  /// Second: encodes them.
  void encode(const TileSource& section, ByteSink& sink, std::uint64_t offset);

  /// Pixels that nobody gave are stored as 0. Returns where the next HDU begins.
  std::uint64_t finish(ByteSink& sink, std::uint64_t offset);

 private:
  /// A tile that has all its pixels: a part of the section, or else a tile that was kept.
  struct Ready {
    std::uint64_t number;
    bool whole;
  };
  [[nodiscard]] Header header() const;
  [[nodiscard]] std::uint64_t data_of(std::uint64_t offset) const;
  [[nodiscard]] std::uint64_t pixels_of(std::uint64_t tile,
                                        std::vector<std::uint64_t>& shape) const;
  void start(std::uint64_t tile, const PartialTiles::Open& into, std::uint64_t offset,
             const ReadBack& read);
  [[nodiscard]] TilePixels kept(std::uint64_t tile, std::vector<std::uint64_t>& shape,
                                ByteSpan room) const;
  [[nodiscard]] TilePixels empty(std::uint64_t tile, std::vector<std::uint64_t>& shape,
                                 ByteSpan room) const;
  void encode_kept(ByteSink& sink, std::uint64_t offset);
  void encode_empty(ByteSink& sink, std::uint64_t offset);

  UserCards user_;
  bool checksum_;
  TileTable table_;
  TilePlan plan_;  ///< of all tiles
  PartialTiles partial_;
  std::vector<Ready> ready_;  ///< from keep_parts() to encode()
};

}  // namespace torchfits
