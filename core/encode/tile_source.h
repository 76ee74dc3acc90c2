// SPDX-License-Identifier: BSD-3-Clause
// Tiles of a tensor as packed pixels.
#pragma once

#include <cstdint>
#include <span>
#include <vector>

#include "encode/memory_image.h"
#include "encode/tiles.h"
#include "plan/tile_plan.h"

namespace torchfits {

/// A tensor that is a section of a tiled image, or all of it. Used by many threads; the tensor
/// outlives it. Integers of 64 bits come out as 32 where the layout stores those.
class TileSource {
 public:
  /// `where` has one slice an axis of the image, whose counts are the shape of the tensor.
  TileSource(const MemoryImage& section, const TiledImageLayout& layout,
             std::span<const AxisSlice> where);

  /// Tiles that the section meets.
  [[nodiscard]] std::uint64_t parts() const noexcept { return plan_.parts(); }
  [[nodiscard]] TilePart part(std::uint64_t index) const { return plan_.part(index); }

  /// The tile of a part that has all its pixels: where they lie, if they lie together, else in
  /// `room`, which has that for a whole tile; `shape` is what the result refers to.
  [[nodiscard]] TilePixels tile(std::uint64_t index, std::vector<std::uint64_t>& shape,
                                ByteSpan room) const;

  /// Puts the pixels of a part into their tile. `known`, a byte for each pixel, becomes 1 where
  /// they go; gives how many of them were 0.
  std::uint64_t put(const TilePart& part, std::byte* tile, std::uint8_t* known) const;

 private:
  [[nodiscard]] const std::byte* at(std::span<const std::uint64_t> origin) const noexcept;
  [[nodiscard]] bool lies_together(const TilePart& part) const noexcept;
  void copy(const TilePart& part, std::byte* tile) const;
  void copy_run(const std::byte* from, std::size_t count, std::byte* to, std::ptrdiff_t step) const;

  const MemoryImage& section_;
  TilePlan plan_;
  std::size_t size_;  ///< of a pixel of a tile
  bool narrow_;
};

/// Every pixel of an image.
[[nodiscard]] std::vector<AxisSlice> whole_axes(std::span<const std::uint64_t> shape);

/// Whether a part has all pixels of its tile, in their order.
[[nodiscard]] bool takes_whole_tile(const TilePart& part) noexcept;

}  // namespace torchfits
