// SPDX-License-Identifier: BSD-3-Clause
// HCOMPRESS_1 (FITS 4.0 section 10.4.4): the H-transform of a two-dimensional tile, quantised and
// coded by quadtrees of its bit planes.
#pragma once

#include <cstddef>
#include <cstdint>
#include <span>
#include <type_traits>

#include "base/bytes.h"
#include "codec/codec_result.h"

namespace torchfits {

/// A tile in numpy order: `rows` lines of `columns` neighbouring pixels.
struct TileSize {
  std::size_t rows = 0;
  std::size_t columns = 0;
};

/// Words in which the transform is computed: int32 for BITPIX 8 and 16, int64 for 32 (as CFITSIO
/// chooses).
template <class T>
concept HcompressWord = std::is_same_v<T, std::int32_t> || std::is_same_v<T, std::int64_t>;

/// Fills `out`, rows * columns words, row by row. A problem, and nothing written, where the stream
/// has another number of pixels; the split into rows and columns is the stream's own, as a tile may
/// have axes of one pixel besides. Re-entrant. Sums that would overflow wrap.
template <HcompressWord Word>
[[nodiscard]] CodecResult hcompress_decode(ByteView in, bool smooth, TileSize size,
                                           std::span<Word> out);

/// The most bytes that a tile can take.
template <HcompressWord Word>
[[nodiscard]] std::size_t hcompress_bound(TileSize size) noexcept;

/// `pixels` (rows * columns, at least one, below 2^30 each) are used as workspace and are lost.
/// CFITSIO takes only tiles of 4 x 4 pixels and more, which writers should keep to. `scale` 0 or 1:
/// lossless; else the absolute quantisation step of the coefficients. Returns the bytes written to
/// `out`, which has at least hcompress_bound() of them. The same bytes as CFITSIO writes, unless
/// sums overflow the word.
template <HcompressWord Word>
[[nodiscard]] std::size_t hcompress_encode(std::span<Word> pixels, TileSize size,
                                           std::int32_t scale, ByteSpan out);

}  // namespace torchfits
