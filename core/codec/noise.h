// SPDX-License-Identifier: BSD-3-Clause
// The noise of a tile, from the median absolute differences of pixels that lie near each other.
#pragma once

#include <cstddef>
#include <limits>
#include <span>

namespace torchfits {

/// Of the pixels that are no NaN; nothing between `min` and `max` where there is none.
template <class Float>
struct PixelRange {
  Float min = std::numeric_limits<Float>::max();
  Float max = std::numeric_limits<Float>::lowest();
  std::size_t count = 0;
};

template <class Float>
[[nodiscard]] PixelRange<Float> pixel_range(std::span<const Float> pixels) noexcept;

/// One standard deviation of the noise in lines of `columns` pixels; NaN are passed over,
/// infinities are not allowed. Bit for bit CFITSIO's: the smallest of its estimates of second,
/// third and fifth order. 0 where there is no noise or too few pixels, or where a difference
/// overflows. Tiles of integers are estimated as double.
template <class Float>
[[nodiscard]] double estimate_noise(std::span<const Float> pixels, std::size_t columns);

}  // namespace torchfits
