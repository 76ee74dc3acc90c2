// SPDX-License-Identifier: BSD-3-Clause
// The H-transform of HCOMPRESS_1 (R. White 1992): blocks of 2 x 2 pixels become their sum h0, the
// differences of rows hx and of columns hy, and hc, the difference of differences; the sums again
// and again, until one is left. Coefficients of a level stand sorted: h0 in the upper left quarter
// (where the next level sorts them in turn), hy right of them, hx below, hc in the lower right.
#pragma once

#include <algorithm>
#include <bit>
#include <cstddef>
#include <cstdint>

#include "codec/hcompress.h"

namespace torchfits {

/// How many times the sums are summed.
[[nodiscard]] inline unsigned transform_levels(TileSize size) noexcept {
  return static_cast<unsigned>(std::bit_width(std::max(size.rows, size.columns) - 1));
}

/// The upper left part of a tile in which the coefficients of level k and those above it stand.
[[nodiscard]] inline TileSize level_size(TileSize size, unsigned k) noexcept {
  const auto round_up = (std::size_t{1} << k) - 1;
  return {(size.rows + round_up) >> k, (size.columns + round_up) >> k};
}

/// A tile of coefficients, sorted, of which each is kept in its row of the pixels that are made of
/// it, so that neither direction of the transform moves rows: a block of level k has its sum and
/// hy in the first of two rows that lie 2^k apart, hx and hc in the second.
template <HcompressWord Word>
struct Coefficients {
  Word* words = nullptr;
  TileSize size;

  /// Calls use(words, begin, end) for the parts of columns [begin, end) of a sorted row that lie
  /// side by side, left to right.
  template <class Use>
  void for_each_part(std::size_t row, std::size_t begin, std::size_t end, Use&& use) const {
    if (row == 0) return use(words + begin, begin, end);
    unsigned k = 0;
    while (row < level_size(size, k + 1).rows) ++k;
    auto place = (2 * (row - level_size(size, k + 1).rows) + 1) << k;
    for (;; place = row << (k + 1)) {
      const auto stop = std::min(end, level_size(size, k).columns);
      if (begin < stop) {
        use(words + place * size.columns + begin, begin, stop);
        begin = stop;
      }
      if (k-- == 0) return;
    }
  }
};

/// Of a tile of up to 2^30 rows and columns, at least one. `smoothing` limits by how much
/// coefficients move towards their neighbours' slope; 0: not at all. Sums that overflow wrap.
template <HcompressWord Word>
void inverse_transform(Word* words, TileSize size, Word smoothing);

template <HcompressWord Word>
void forward_transform(Word* words, TileSize size);

}  // namespace torchfits
