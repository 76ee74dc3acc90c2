// SPDX-License-Identifier: BSD-3-Clause
#include "plan/slabs.h"

#include <algorithm>
#include <functional>
#include <numeric>

namespace torchfits {

Slabs::Slabs(std::span<const std::uint64_t> shape, std::uint64_t most)
    : shape_(shape.begin(), shape.end()) {
  line_ = std::accumulate(shape_.begin() + 1, shape_.end(), std::uint64_t{1}, std::multiplies<>());
  while (line_ > most && axis_ + 1 < shape_.size()) {
    outer_ *= shape_[axis_];
    ++axis_;
    line_ /= shape_[axis_];
  }
  lines_ = std::clamp<std::uint64_t>(most / line_, 1, shape_[axis_]);
  along_ = (shape_[axis_] - 1) / lines_ + 1;
}

std::vector<AxisSlice> Slabs::slab(std::size_t index, std::span<const AxisSlice> selection) const {
  std::vector<AxisSlice> slices(selection.begin(), selection.end());
  const auto narrow = [&](std::size_t axis, std::uint64_t first, std::uint64_t count) {
    slices[axis].start += static_cast<std::int64_t>(first) * slices[axis].step;
    slices[axis].count = count;
  };
  const auto first = index % along_ * lines_;
  narrow(axis_, first, std::min(lines_, shape_[axis_] - first));
  auto place = index / along_;
  for (auto axis = axis_; axis-- > 0; place /= shape_[axis]) narrow(axis, place % shape_[axis], 1);
  return slices;
}

std::uint64_t Slabs::first_element(std::size_t index) const noexcept {
  return (index / along_ * shape_[axis_] + index % along_ * lines_) * line_;
}

}  // namespace torchfits
