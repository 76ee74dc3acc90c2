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

/// Used by many threads; the image outlives it. Integers of 64 bits come out as 32 where the layout
/// stores those.
class TileSource {
 public:
  TileSource(const MemoryImage& image, const TiledImageLayout& layout);

  [[nodiscard]] std::uint64_t tiles() const noexcept { return plan_.parts(); }

  /// Where they lie, if they lie together, else in `room`, which has that for a whole tile; `shape`
  /// is what the result refers to.
  [[nodiscard]] TilePixels tile(std::uint64_t number, std::vector<std::uint64_t>& shape,
                                ByteSpan room) const;

 private:
  [[nodiscard]] const std::byte* at(std::span<const std::uint64_t> origin) const noexcept;
  [[nodiscard]] bool lies_together(std::span<const std::uint64_t> shape) const noexcept;
  void gather(std::vector<std::uint64_t> position, std::span<const std::uint64_t> shape,
              std::byte* to) const;
  void copy_line(const std::byte* from, std::size_t count, std::byte* to) const;

  const MemoryImage& image_;
  TilePlan plan_;
  std::size_t size_;  ///< of a pixel of a tile
  bool narrow_;
};

}  // namespace torchfits
