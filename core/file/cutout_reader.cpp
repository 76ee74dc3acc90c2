// SPDX-License-Identifier: BSD-3-Clause
#include "file/cutout_reader.h"

#include <algorithm>
#include <numeric>

namespace torchfits {

Cutouts::Cutouts(std::span<const std::int64_t> starts, std::span<const std::uint64_t> box,
                 std::span<const std::uint64_t> shape)
    : box_(box.begin(), box.end()), count_(starts.size() / box.size()) {
  const auto axes = box.size();
  slices_.reserve(starts.size());
  origins_.reserve(starts.size());
  numbers_.reserve(count_);
  for (std::size_t i = 0; i < count_; ++i) {
    bool whole = true;
    bool empty = false;
    for (std::size_t axis = 0; axis < axes; ++axis) {
      const auto start = starts[i * axes + axis];
      const auto [slice, origin] = inside(start, box[axis], shape[axis]);
      slices_.push_back(slice);
      origins_.push_back(origin);
      whole = whole && slice.start == start && slice.count == box[axis];
      empty = empty || slice.count == 0;
    }
    if (!whole && !outside_) outside_ = i;
    if (empty) {
      slices_.resize(slices_.size() - axes);
      origins_.resize(slices_.size());
    } else {
      numbers_.push_back(i);
    }
  }
}

void Cutouts::read(const File& file, std::size_t hdu, bool scaled, ElementType type,
                   std::byte* data) const {
  const auto axes = box_.size();
  const auto slices = [&](std::size_t i) { return std::span(slices_).subspan(i * axes, axes); };
  std::vector<std::size_t> order(numbers_.size());
  std::iota(order.begin(), order.end(), std::size_t{0});
  std::stable_sort(order.begin(), order.end(), [&](std::size_t a, std::size_t b) {
    return std::ranges::lexicographical_compare(slices(a), slices(b), {}, &AxisSlice::start,
                                                &AxisSlice::start);
  });
  std::uint64_t block = 1;
  for (const auto length : box_) block *= length;
  std::vector<ImagePart> parts;
  parts.reserve(order.size());
  for (const auto i : order)
    parts.push_back({slices(i), std::span(origins_).subspan(i * axes, axes), numbers_[i] * block});
  read_image_parts(file, hdu, parts, scaled, {type, data, box_});
}

}  // namespace torchfits
