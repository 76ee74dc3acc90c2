// SPDX-License-Identifier: BSD-3-Clause
// A selection of an image becomes runs of bytes. Pure: no I/O, and O(axes) memory however many runs
// there are.
#pragma once

#include <cstdint>
#include <span>
#include <vector>

#include "base/bytes.h"

namespace torchfits {

/// `count` indices start, start + step, ... along one axis; all inside the axis. step is never 0.
struct AxisSlice {
  std::int64_t start = 0;
  std::int64_t step = 1;
  std::uint64_t count = 0;
  friend bool operator==(const AxisSlice&, const AxisSlice&) = default;
};

/// What an axis of `length` pixels has of `count` pixels from `start` on, which may lie outside;
/// and where in them it begins. start and start + count are at most 2^62 from 0.
struct InsideSlice {
  AxisSlice slice;
  std::uint64_t origin = 0;
};
[[nodiscard]] InsideSlice inside(std::int64_t start, std::uint64_t count,
                                 std::uint64_t length) noexcept;

/// Bytes of the file that become `count` neighbouring elements of the output.
struct ImageRun {
  ByteRange range;          ///< at most kMaxRangeBytes, unless a single element is larger
  std::uint64_t out = 0;    ///< first element of the output
  std::uint64_t count = 0;  ///< elements
};

/// Runs are computed from their number, never stored.
class ImagePlan {
 public:
  /// `shape` in numpy order; one slice an axis; `out_shape` is the C-ordered block that receives
  /// the selection, whose first element goes to position `out_origin` of it (both as long as shape;
  /// pass the counts and zeros for a plain read, the padded box for a cutout that leaves the
  /// image). All products have been checked against the file's size before.
  static ImagePlan make(std::span<const std::uint64_t> shape, std::size_t element_bytes,
                        std::uint64_t data_offset, std::span<const AxisSlice> selection,
                        std::span<const std::uint64_t> out_shape,
                        std::span<const std::uint64_t> out_origin);

  [[nodiscard]] std::uint64_t runs() const noexcept { return runs_; }
  [[nodiscard]] ImageRun run(std::uint64_t index) const noexcept;
  [[nodiscard]] std::uint64_t elements() const noexcept { return elements_; }  ///< of the selection
  /// Distance in the file, in elements, between neighbouring elements of a run; negative: the run's
  /// last bytes come first.
  [[nodiscard]] std::int64_t step() const noexcept { return step_; }

 private:
  struct Axis {
    std::uint64_t count;
    std::int64_t file_stride;  ///< bytes
    std::uint64_t out_stride;  ///< elements
  };
  void add_axis(const Axis& axis);
  void choose_line();

  std::vector<Axis> outer_;       ///< slowest first: the axes that count lines
  std::uint64_t first_byte_ = 0;  ///< of the first selected element
  std::uint64_t first_out_ = 0;
  std::uint64_t element_bytes_ = 1;
  std::uint64_t elements_ = 0;
  std::uint64_t line_count_ =
      1;  ///< elements of a line: neighbours in the output, step_ apart in the file
  std::uint64_t run_count_ = 1;  ///< elements of a run; the last run of a line may be shorter
  std::uint64_t line_runs_ = 1;  ///< runs of a line
  std::uint64_t runs_ = 0;
  std::int64_t step_ = 1;
};

}  // namespace torchfits
