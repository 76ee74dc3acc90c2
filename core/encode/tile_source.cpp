// SPDX-License-Identifier: BSD-3-Clause
#include "encode/tile_source.h"

#include <cstring>

namespace torchfits {
namespace {

std::vector<AxisSlice> whole_axes(std::span<const std::uint64_t> shape) {
  std::vector<AxisSlice> axes;
  for (const auto length : shape) axes.push_back({0, 1, length});
  return axes;
}

}  // namespace

TileSource::TileSource(const MemoryImage& image, const TiledImageLayout& layout)
    : image_(image),
      plan_(TilePlan::make(image.shape, layout.tile, whole_axes(image.shape),
                           std::vector<std::uint64_t>(image.shape.size(), 0))),
      size_(info(layout.image.coding.stored).size),
      narrow_(size_ != info(image.natural).size) {}

TilePixels TileSource::tile(std::uint64_t number, std::vector<std::uint64_t>& shape,
                            ByteSpan room) const {
  auto part = plan_.part(number);
  shape = part.shape;
  TilePixels pixels{number, shape, room.data(), static_cast<std::size_t>(part.pixels())};
  if (!narrow_ && lies_together(shape)) {
    pixels.data = at(part.out_origin);
  } else {
    gather(std::move(part.out_origin), shape, room.data());
  }
  return pixels;
}

const std::byte* TileSource::at(std::span<const std::uint64_t> origin) const noexcept {
  std::uint64_t index = 0;
  for (std::size_t i = 0; i < origin.size(); ++i) index = index * image_.shape[i] + origin[i];
  return image_.data + index * info(image_.natural).size;
}

/// Only the slowest of its axes is cut.
bool TileSource::lies_together(std::span<const std::uint64_t> shape) const noexcept {
  std::size_t axis = 0;
  while (axis < shape.size() && shape[axis] == 1) ++axis;
  for (++axis; axis < shape.size(); ++axis) {
    if (shape[axis] != image_.shape[axis]) return false;
  }
  return true;
}

/// Line after line, from `position` on.
void TileSource::gather(std::vector<std::uint64_t> position, std::span<const std::uint64_t> shape,
                        std::byte* to) const {
  const auto origin = position;
  const auto line = static_cast<std::size_t>(shape.back());
  while (true) {
    copy_line(at(position), line, to);
    to += line * size_;
    auto axis = shape.size() - 1;
    while (axis > 0 && ++position[axis - 1] == origin[axis - 1] + shape[axis - 1]) {
      --axis;
      position[axis] = origin[axis];
    }
    if (axis == 0) return;
  }
}

void TileSource::copy_line(const std::byte* from, std::size_t count, std::byte* to) const {
  if (!narrow_) {
    std::memcpy(to, from, count * size_);
    return;
  }
  for (std::size_t i = 0; i < count; ++i) {
    std::uint64_t wide;
    std::memcpy(&wide, from + i * sizeof wide, sizeof wide);
    const auto word = static_cast<std::uint32_t>(wide);
    std::memcpy(to + i * sizeof word, &word, sizeof word);
  }
}

}  // namespace torchfits
