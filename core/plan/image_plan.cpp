// SPDX-License-Identifier: BSD-3-Clause
#include "plan/image_plan.h"

#include <algorithm>

#include "base/defaults.h"

namespace torchfits {
namespace {

/// A line with a step is read as one range while the bytes between two elements are about as cheap
/// as a range of its own.
constexpr std::uint64_t kMaxGapBytes = 512;
/// Runs begin at multiples of so many elements of their line, whole cache lines of the output
/// whatever its type.
constexpr std::uint64_t kRunUnit = 1024;

std::uint64_t magnitude(std::int64_t value) noexcept {
  return value < 0 ? 0 - static_cast<std::uint64_t>(value) : static_cast<std::uint64_t>(value);
}

std::uint64_t quotient_up(std::uint64_t a, std::uint64_t b) noexcept {
  return a / b + (a % b == 0 ? 0 : 1);
}

}  // namespace

InsideSlice inside(std::int64_t start, std::uint64_t count, std::uint64_t length) noexcept {
  const auto first = std::clamp<std::int64_t>(start, 0, static_cast<std::int64_t>(length));
  const auto last = std::clamp<std::int64_t>(start + static_cast<std::int64_t>(count), first,
                                             static_cast<std::int64_t>(length));
  return {{first, 1, static_cast<std::uint64_t>(last - first)},
          static_cast<std::uint64_t>(first - start)};
}

ImagePlan ImagePlan::make(std::span<const std::uint64_t> shape, std::size_t element_bytes,
                          std::uint64_t data_offset, std::span<const AxisSlice> selection,
                          std::span<const std::uint64_t> out_shape,
                          std::span<const std::uint64_t> out_origin) {
  ImagePlan plan;
  // With a zero axis the other lengths are bounded by nothing: no product may be formed.
  for (const auto& slice : selection) {
    if (slice.count == 0) return plan;
  }
  std::vector<Axis> axes;  // fastest first
  std::uint64_t file_stride = element_bytes;
  std::uint64_t out_stride = 1;
  plan.element_bytes_ = element_bytes;
  plan.first_byte_ = data_offset;
  plan.elements_ = 1;
  for (std::size_t i = shape.size(); i-- > 0;) {
    const auto& [start, step, count] = selection[i];
    plan.first_byte_ += static_cast<std::uint64_t>(start) * file_stride;
    plan.first_out_ += out_origin[i] * out_stride;
    plan.elements_ *= count;
    // The step of a single element may be any number: it is not multiplied.
    if (count > 1)
      axes.push_back({count, step * static_cast<std::int64_t>(file_stride), out_stride});
    file_stride *= shape[i];
    out_stride *= out_shape[i];
  }
  for (auto axis = axes.rbegin(); axis != axes.rend(); ++axis) plan.add_axis(*axis);
  plan.choose_line();
  return plan;
}

/// Adds the next faster axis, merged with the one before where one stride serves both, in file and
/// output.
void ImagePlan::add_axis(const Axis& axis) {
  if (!outer_.empty()) {
    auto& slower = outer_.back();
    const auto count = static_cast<std::int64_t>(axis.count);
    if (slower.file_stride == count * axis.file_stride &&
        slower.out_stride == axis.count * axis.out_stride) {
      slower = {slower.count * axis.count, axis.file_stride, axis.out_stride};
      return;
    }
  }
  outer_.push_back(axis);
}

/// The fastest axis becomes the line where its elements are neighbours in the output and near each
/// other in the file.
void ImagePlan::choose_line() {
  const auto unit = static_cast<std::int64_t>(element_bytes_);
  if (!outer_.empty()) {
    const auto& [count, file_stride, out_stride] = outer_.back();
    const bool near = file_stride == unit || magnitude(file_stride) <= kMaxGapBytes;
    if (out_stride == 1 && near) {
      line_count_ = count;
      step_ = file_stride / unit;
      outer_.pop_back();
    }
  }
  const auto fit = kMaxRangeBytes < element_bytes_
                       ? 0
                       : (kMaxRangeBytes / element_bytes_ - 1) / magnitude(step_);
  const auto most = fit + 1;
  run_count_ = quotient_up(
      line_count_, quotient_up(line_count_, most));  // even shares: they are the threads' tasks
  run_count_ = std::min({quotient_up(run_count_, kRunUnit) * kRunUnit, most, line_count_});
  line_runs_ = quotient_up(line_count_, run_count_);
  runs_ = line_runs_;
  for (const auto& axis : outer_) runs_ *= axis.count;
}

ImageRun ImagePlan::run(std::uint64_t index) const noexcept {
  auto line = line_runs_ == 1 ? index : index / line_runs_;
  const auto first = (index - line * line_runs_) * run_count_;
  auto byte = static_cast<std::int64_t>(first_byte_) +
              static_cast<std::int64_t>(first * element_bytes_) * step_;
  auto out = first_out_ + first;
  for (auto axis = outer_.rbegin(); axis != outer_.rend(); ++axis) {
    const bool slowest = axis + 1 == outer_.rend();  // no division for the rows of a plane
    const auto position = slowest ? line : line % axis->count;
    if (!slowest) line /= axis->count;
    byte += static_cast<std::int64_t>(position) * axis->file_stride;
    out += position * axis->out_stride;
  }
  const auto count = std::min(run_count_, line_count_ - first);
  const auto before_last = (count - 1) * magnitude(step_) * element_bytes_;
  const auto offset = static_cast<std::uint64_t>(byte) - (step_ < 0 ? before_last : 0);
  return {{offset, before_last + element_bytes_}, out, count};
}

}  // namespace torchfits
