// SPDX-License-Identifier: BSD-3-Clause
// Floats as scaled integers with subtractive dithering, and back (FITS 4.0 section 10.2).
#pragma once

#include <array>
#include <cstddef>
#include <cstdint>
#include <optional>
#include <span>

#include "fits/layout.h"

namespace torchfits {

/// The Park-Miller sequence of the Standard's Appendix I, 10,000 numbers from 0 to 1.
[[nodiscard]] const std::array<float, 10000>& dither_sequence() noexcept;

/// Markers of CFITSIO, in both directions: a null pixel, and an exact zero under
/// SUBTRACTIVE_DITHER_2 (docs/choices.md says why not the Standard's text).
inline constexpr std::int32_t kQuantizedNull = -2147483647;
inline constexpr std::int32_t kQuantizedZero = -2147483646;

/// How one tile was, or is to be, quantised.
struct TileQuantization {
  double scale = 1.0;  ///< ZSCALE
  double zero = 0.0;   ///< ZZERO
  Dither dither = Dither::none;
  std::uint64_t sequence = 0;  ///< 0-based tile number + ZDITHER0 - 1: where the dithering starts
  std::optional<std::int32_t> blank;  ///< ZBLANK: becomes NaN
};

/// Bit for bit what CFITSIO computes: in double, rounded once to Float (float or double).
template <class Float>
void dequantize(std::span<const std::int32_t> in, const TileQuantization& tile, Float* out);

/// How finely: `level` > 0 is a fraction of the tile's noise (step = noise / level), < 0 the
/// absolute step -level; as a float, which it is in CFITSIO. `tile.dither` and `tile.sequence` say
/// how to dither.
/// NaN becomes kQuantizedNull. Fills `out` and `tile.scale`, `tile.zero`; false where the tile
/// cannot be quantised (no noise, too wide a range, an infinity, a step below the precision of the
/// numbers, a level of 0 or NaN): it must then be stored without loss, and `out` and `tile` mean
/// nothing. `columns` is the length of a line of the tile, for the estimate of the noise. The same
/// integers, scale and zero as CFITSIO.
template <class Float>
[[nodiscard]] bool quantize(std::span<const Float> in, std::size_t columns, double level,
                            TileQuantization& tile, std::span<std::int32_t> out);

}  // namespace torchfits
