// SPDX-License-Identifier: BSD-3-Clause
// The table of a tile-compressed image that is written: its heap grows tile by tile, in any order,
// and its rows come last.
#pragma once

#include <cstdint>
#include <functional>
#include <optional>
#include <span>
#include <vector>

#include "encode/tiles.h"
#include "encode/tiling.h"
#include "fits/checksum.h"
#include "io/byte_sink.h"

namespace torchfits {

/// Memory stays bounded: beside the rows of the table a few dozen MiB, or the largest tile.
class TileTable {
 public:
  /// Gives the `i`-th of some tiles; `shape` is what the result refers to, `room` has that for a
  /// whole tile. Called by many threads.
  using Tiles =
      std::function<TilePixels(std::uint64_t i, std::vector<std::uint64_t>& shape, ByteSpan room)>;

  /// `checksum`: the heap is summed as it is written.
  TileTable(TiledImageLayout layout, Compression wish, bool checksum);
  TileTable(const TileTable&) = delete;
  TileTable& operator=(const TileTable&) = delete;

  /// With the heap, the longest tiles and the seed of what was added so far.
  [[nodiscard]] const TiledImageLayout& layout() const noexcept { return layout_; }
  [[nodiscard]] const Compression& wish() const noexcept { return wish_; }
  [[nodiscard]] std::uint64_t tiles() const noexcept { return layout_.table.rows; }
  [[nodiscard]] bool has(std::uint64_t tile) const { return added_[tile]; }
  /// Of one that was added.
  [[nodiscard]] ByteView row(std::uint64_t tile) const;

  /// Encodes `count` tiles and puts them at the end of the heap; the data of the HDU begin at
  /// `data` of the sink. A tile that was added before leaves a gap there. After an error those
  /// tiles are as they were.
  void add(ByteSink& sink, std::uint64_t data, std::uint64_t count, const Tiles& tiles);

  /// The rows; gives the sum of all data where it is wanted.
  Checksum finish(ByteSink& sink, std::uint64_t data);

 private:
  struct Run;
  void seed_by(const Tiles& tiles);
  [[nodiscard]] Run encode(Run run, const Tiles& tiles) const;
  void append(ByteSink& sink, std::uint64_t data, std::span<const Run> batch);
  void set_row(const EncodedTile& tile, std::uint64_t number, std::uint64_t heap_offset);
  void put_descriptor(std::byte* to, std::size_t column, std::uint64_t count,
                      std::uint64_t heap_offset) const;
  [[nodiscard]] std::byte* cell(std::uint64_t row, std::size_t column);

  TiledImageLayout layout_;
  Compression wish_;
  bool checksum_;
  TileEncoder encoder_;
  std::vector<std::byte> rows_;
  std::vector<bool> added_;
  std::size_t tile_pixels_;  ///< of a whole one
  bool seeded_;
  Checksum sum_;
};

}  // namespace torchfits
