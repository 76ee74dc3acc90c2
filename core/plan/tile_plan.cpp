// SPDX-License-Identifier: BSD-3-Clause
#include "plan/tile_plan.h"

#include <algorithm>

namespace torchfits {
namespace {

/// Indices [first, first + count) of a slice: those that fall into one tile.
struct Steps {
  std::uint64_t first, count;
};

std::uint64_t magnitude(std::int64_t step) noexcept {
  return step < 0 ? std::uint64_t{0} - static_cast<std::uint64_t>(step)
                  : static_cast<std::uint64_t>(step);
}

/// Position on the axis of the slice's `index`-th pixel.
std::uint64_t position(const AxisSlice& slice, std::uint64_t index) noexcept {
  return static_cast<std::uint64_t>(slice.start) + index * static_cast<std::uint64_t>(slice.step);
}

/// Tiles that a slice meets: neighbours where the step is no longer than a tile, else one for each
/// pixel.
std::uint64_t tiles_met(const AxisSlice& slice, std::uint64_t tile) noexcept {
  if (slice.count == 0) return 0;
  if (magnitude(slice.step) > tile) return slice.count;
  const auto first = position(slice, 0) / tile;
  const auto last = position(slice, slice.count - 1) / tile;
  return std::max(first, last) - std::min(first, last) + 1;
}

/// Where on the axis the `part`-th of them stands.
std::uint64_t tile_met(const AxisSlice& slice, std::uint64_t tile, std::uint64_t part) noexcept {
  if (magnitude(slice.step) > tile) return position(slice, part) / tile;
  const auto home = position(slice, 0) / tile;
  return slice.step > 0 ? home + part : home - part;
}

Steps steps_in(const AxisSlice& slice, std::uint64_t tile, std::uint64_t part) noexcept {
  const auto step = magnitude(slice.step);
  if (step > tile) return {part, 1};
  const auto start = static_cast<std::uint64_t>(slice.start);
  const auto home = start / tile;
  // Pixels of the slice before the tile begins and before it ends.
  const auto before = [&](std::uint64_t distance) {
    return std::min(slice.count, distance == 0 ? 0 : (distance - 1) / step + 1);
  };
  std::uint64_t first = 0;
  std::uint64_t end = 0;
  if (slice.step > 0) {
    first = part == 0 ? 0 : before((home + part) * tile - start);
    end = before((home + part + 1) * tile - start);
  } else {
    first = part == 0 ? 0 : before(start + 1 - (home - part + 1) * tile);
    end = before(start + 1 - (home - part) * tile);
  }
  return {first, end - first};
}

}  // namespace

std::uint64_t TilePart::pixels() const noexcept {
  std::uint64_t product = 1;
  for (const auto length : shape) product *= length;
  return product;
}

TilePlan TilePlan::make(std::span<const std::uint64_t> shape, std::span<const std::uint64_t> tile,
                        std::span<const AxisSlice> selection,
                        std::span<const std::uint64_t> out_origin) {
  TilePlan plan;
  plan.parts_ = 1;
  for (std::size_t i = 0; i < shape.size(); ++i) {
    Axis axis{shape[i], tile[i], selection[i], out_origin[i], 0, 0};
    if (axis.length > 0) {
      axis.parts = tiles_met(axis.slice, axis.tile);
      axis.tile_count = (axis.length - 1) / axis.tile + 1;
    }
    plan.parts_ *= axis.parts;
    plan.axes_.push_back(axis);
  }
  return plan;
}

std::uint64_t TilePlan::tile(std::uint64_t index) const noexcept {
  std::uint64_t number = 0;
  std::uint64_t stride = 1;
  for (std::size_t i = axes_.size(); i-- > 0;) {
    const auto& axis = axes_[i];
    number += tile_met(axis.slice, axis.tile, index % axis.parts) * stride;
    index /= axis.parts;
    stride *= axis.tile_count;
  }
  return number;
}

TilePart TilePlan::part(std::uint64_t index) const {
  TilePart result;
  part(index, result);
  return result;
}

void TilePlan::part(std::uint64_t index, TilePart& part) const {
  part.tile = tile(index);
  part.shape.resize(axes_.size());
  part.selection.resize(axes_.size());
  part.out_origin.resize(axes_.size());
  for (std::size_t i = axes_.size(); i-- > 0;) {
    const auto& axis = axes_[i];
    const auto number = tile_met(axis.slice, axis.tile, index % axis.parts);
    const auto steps = steps_in(axis.slice, axis.tile, index % axis.parts);
    const auto first = position(axis.slice, steps.first);
    index /= axis.parts;
    part.shape[i] = std::min(axis.tile, axis.length - number * axis.tile);
    part.selection[i] = {static_cast<std::int64_t>(first - number * axis.tile), axis.slice.step,
                         steps.count};
    part.out_origin[i] = axis.out_origin + steps.first;
  }
}

}  // namespace torchfits
