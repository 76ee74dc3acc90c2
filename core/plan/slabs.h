// SPDX-License-Identifier: BSD-3-Clause
// A block of elements in slabs that are made one by one.
#pragma once

#include <cstddef>
#include <cstdint>
#include <span>
#include <vector>

#include "plan/image_plan.h"

namespace torchfits {

/// Cuts a C-ordered block: a slab is some neighbouring lines of one axis, at one place of the
/// slower axes, so that its elements lie in a row. Slabs are computed from their number, in the
/// order of their elements.
class Slabs {
 public:
  /// Slabs of `most` elements or less, and of at least one. The product of `shape` fits 64 bits and
  /// is not 0; there is an axis.
  Slabs(std::span<const std::uint64_t> shape, std::uint64_t most);

  [[nodiscard]] std::size_t count() const noexcept { return outer_ * along_; }
  /// Which part of `selection`, whose counts are the shape, the slab is.
  [[nodiscard]] std::vector<AxisSlice> slab(std::size_t index,
                                            std::span<const AxisSlice> selection) const;
  /// Where the elements of a slab begin; of the slab behind the last: where those of the block end.
  [[nodiscard]] std::uint64_t first_element(std::size_t index) const noexcept;

 private:
  std::vector<std::uint64_t> shape_;
  std::size_t axis_ = 0;     ///< the one that is cut
  std::uint64_t line_;       ///< elements of one step along it
  std::uint64_t lines_;      ///< of a slab
  std::uint64_t along_;      ///< slabs along it
  std::uint64_t outer_ = 1;  ///< places of the slower axes
};

}  // namespace torchfits
