// SPDX-License-Identifier: BSD-3-Clause
#include "encode/tile_source.h"

#include <cstring>

namespace torchfits {

std::vector<AxisSlice> whole_axes(std::span<const std::uint64_t> shape) {
  std::vector<AxisSlice> axes;
  axes.reserve(shape.size());
  for (const auto length : shape) axes.push_back({0, 1, length});
  return axes;
}

bool takes_whole_tile(const TilePart& part) noexcept {
  for (std::size_t i = 0; i < part.shape.size(); ++i) {
    if (part.selection[i] != AxisSlice{0, 1, part.shape[i]}) return false;
  }
  return true;
}

TileSource::TileSource(const MemoryImage& section, const TiledImageLayout& layout,
                       std::span<const AxisSlice> where)
    : section_(section),
      plan_(TilePlan::make(layout.image.shape, layout.tile, where,
                           std::vector<std::uint64_t>(where.size(), 0))),
      size_(info(layout.image.coding.stored).size),
      narrow_(size_ != info(section.natural).size) {}

TilePixels TileSource::tile(std::uint64_t index, std::vector<std::uint64_t>& shape,
                            ByteSpan room) const {
  const auto part = plan_.part(index);
  shape = part.shape;
  TilePixels pixels{part.tile, shape, room.data(), static_cast<std::size_t>(part.pixels())};
  if (!narrow_ && lies_together(part)) {
    pixels.data = at(part.out_origin);
  } else {
    copy(part, room.data());
  }
  return pixels;
}

const std::byte* TileSource::at(std::span<const std::uint64_t> origin) const noexcept {
  std::uint64_t index = 0;
  for (std::size_t i = 0; i < origin.size(); ++i) index = index * section_.shape[i] + origin[i];
  return section_.data + index * info(section_.natural).size;
}

/// Such a tile is encoded where it lies: only the slowest of its axes is cut.
bool TileSource::lies_together(const TilePart& part) const noexcept {
  const auto& shape = part.shape;
  std::size_t axis = 0;
  while (axis < shape.size() && shape[axis] == 1) ++axis;
  for (++axis; axis < shape.size(); ++axis) {
    if (shape[axis] != section_.shape[axis]) return false;
  }
  return true;
}

/// The runs of a part, its first element in the section, their count, and where and by which step
/// they stand in the tile.
template <class Use>
void for_each_run(const TilePart& part, std::size_t size, std::span<const std::uint64_t> shape,
                  Use&& use) {
  const auto plan = ImagePlan::make(part.shape, size, 0, part.selection, shape, part.out_origin);
  const auto step = plan.step();
  for (std::uint64_t i = 0; i < plan.runs(); ++i) {
    const auto run = plan.run(i);
    const auto first = step < 0 ? run.range.end() / size - 1 : run.range.offset / size;
    use(run.out, run.count, first, static_cast<std::ptrdiff_t>(step));
  }
}

void TileSource::copy(const TilePart& part, std::byte* tile) const {
  const auto from_size = info(section_.natural).size;
  for_each_run(part, size_, section_.shape,
               [&](std::uint64_t from, std::uint64_t count, std::uint64_t to, std::ptrdiff_t step) {
                 copy_run(section_.data + from * from_size, static_cast<std::size_t>(count),
                          tile + to * size_, step);
               });
}

std::uint64_t TileSource::put(const TilePart& part, std::byte* tile, std::uint8_t* known) const {
  copy(part, tile);
  std::uint64_t added = 0;
  for_each_run(part, size_, section_.shape,
               [&](std::uint64_t, std::uint64_t count, std::uint64_t to, std::ptrdiff_t step) {
                 auto* pixel = known + to;
                 for (std::uint64_t i = 0; i < count; ++i) {
                   auto& one = pixel[static_cast<std::ptrdiff_t>(i) * step];
                   added += one == 0 ? 1U : 0U;
                   one = 1;
                 }
               });
  return added;
}

void TileSource::copy_run(const std::byte* from, std::size_t count, std::byte* to,
                          std::ptrdiff_t step) const {
  if (!narrow_ && step == 1) {
    std::memcpy(to, from, count * size_);
    return;
  }
  const auto from_size = info(section_.natural).size;
  const auto jump = step * static_cast<std::ptrdiff_t>(size_);
  for (std::size_t i = 0; i < count; ++i) {
    if (narrow_) {
      std::uint64_t wide;
      std::memcpy(&wide, from, sizeof wide);
      const auto word = static_cast<std::uint32_t>(wide);
      std::memcpy(to, &word, sizeof word);
    } else {
      std::memcpy(to, from, size_);
    }
    from += from_size;
    to += jump;
  }
}

}  // namespace torchfits
