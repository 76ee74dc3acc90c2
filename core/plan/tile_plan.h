// SPDX-License-Identifier: BSD-3-Clause
// A selection of a tiled image becomes parts of tiles. Pure: no I/O, and O(axes) memory however
// many tiles there are.
#pragma once

#include <cstdint>
#include <span>
#include <vector>

#include "plan/image_plan.h"

namespace torchfits {

/// What a selection takes from one tile. Everything in numpy order.
struct TilePart {
  std::uint64_t tile = 0;                 ///< number: row of the table, the last axis fastest
  std::vector<std::uint64_t> shape;       ///< of the tile; at the far edges smaller than the others
  std::vector<AxisSlice> selection;       ///< inside the tile
  std::vector<std::uint64_t> out_origin;  ///< where in the output its first element goes
  [[nodiscard]] std::uint64_t pixels() const noexcept;  ///< of the tile
};

/// Parts are computed from their number, never stored.
class TilePlan {
 public:
  /// `shape` of the image and of its `tile`; one slice an axis; the selection's first element goes
  /// to `out_origin` of the output. No axis of `tile` is 0 unless that of `shape` is.
  static TilePlan make(std::span<const std::uint64_t> shape, std::span<const std::uint64_t> tile,
                       std::span<const AxisSlice> selection,
                       std::span<const std::uint64_t> out_origin);

  [[nodiscard]] std::uint64_t parts() const noexcept { return parts_; }
  /// The number of the part's tile, without the rest.
  [[nodiscard]] std::uint64_t tile(std::uint64_t index) const noexcept;
  [[nodiscard]] TilePart part(std::uint64_t index) const;
  /// The same into memory that is there already.
  void part(std::uint64_t index, TilePart& part) const;

 private:
  struct Axis {
    std::uint64_t length, tile;  ///< pixels
    AxisSlice slice;
    std::uint64_t out_origin;
    std::uint64_t parts;       ///< tiles that the slice meets
    std::uint64_t tile_count;  ///< tiles of the axis
  };
  std::vector<Axis> axes_;
  std::uint64_t parts_ = 0;
};

}  // namespace torchfits
