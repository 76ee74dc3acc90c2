// SPDX-License-Identifier: BSD-3-Clause
// Many boxes of one shape, cut out of an image in the order in which they lie in the file.
#pragma once

#include <cstddef>
#include <cstdint>
#include <optional>
#include <span>
#include <vector>

#include "file/file.h"
#include "file/image_reader.h"

namespace torchfits {

/// Boxes that may reach outside the image, or lie there altogether.
class Cutouts {
 public:
  /// `starts` has a position for each axis (in numpy order) of each box; `box` is their shape, and
  /// as long as `shape`, that of the image. All within 2^61 of 0.
  Cutouts(std::span<const std::int64_t> starts, std::span<const std::uint64_t> box,
          std::span<const std::uint64_t> shape);

  [[nodiscard]] std::size_t count() const noexcept { return count_; }
  /// The first box that is not inside as a whole.
  [[nodiscard]] std::optional<std::size_t> outside() const noexcept { return outside_; }

  /// Box i goes to the i-th block; what lies outside is left as it is.
  void read(const File& file, std::size_t hdu, bool scaled, ElementType type,
            std::byte* data) const;

 private:
  std::vector<std::uint64_t> box_;
  std::size_t count_;
  std::vector<AxisSlice> slices_;       ///< of the boxes that meet the image, one an axis
  std::vector<std::uint64_t> origins_;  ///< of the slices in their boxes
  std::vector<std::size_t> numbers_;    ///< of these boxes
  std::optional<std::size_t> outside_;
};

}  // namespace torchfits
