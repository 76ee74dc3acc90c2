// SPDX-License-Identifier: BSD-3-Clause
// HCOMPRESS_1 decoded bit by bit and block by block, in the order of its description (FITS 4.0
// section 10.4.4, R. White 1992), for the tests of the codec. Valid streams only; int64 throughout.
#pragma once

#include <gtest/gtest.h>

#include <algorithm>
#include <array>
#include <cmath>
#include <cstdint>
#include <string>
#include <vector>

#include "codec/hcompress.h"

namespace torchfits {

using Bytes = std::vector<std::byte>;
template <class Word>
using Pixels = std::vector<Word>;

inline std::size_t count_of(TileSize size) { return size.rows * size.columns; }

/// The format, plainly.
class PlainDecoder {
 public:
  PlainDecoder(const Bytes& bytes, bool smooth)
      : bytes_(bytes),
        at_(16),
        rows_(static_cast<std::size_t>(number(32))),
        columns_(static_cast<std::size_t>(number(32))),
        a_(rows_, std::vector<std::int64_t>(columns_)) {
    const auto scale = static_cast<std::int64_t>(number(32));
    const auto sum = static_cast<std::int64_t>(number(64));
    const std::array<std::uint64_t, 3> planes{number(8), number(8), number(8)};
    const auto upper = (rows_ + 1) / 2, left = (columns_ + 1) / 2;
    read_quadrant(0, 0, upper, left, planes[0]);
    read_quadrant(0, left, upper, columns_ / 2, planes[1]);
    read_quadrant(upper, 0, rows_ / 2, left, planes[1]);
    read_quadrant(upper, left, rows_ / 2, columns_ / 2, planes[2]);
    EXPECT_EQ(number(4), 0U);
    at_ = (at_ + 7) / 8 * 8;
    for (auto& row : a_) {
      for (auto& value : row) {
        if (value != 0 && number(1) != 0) value = -value;
      }
    }
    a_[0][0] = sum;
    for (auto& row : a_) {
      for (auto& value : row) value *= std::max<std::int64_t>(scale, 1);
    }
    invert(smooth ? scale / 2 : 0);
  }

  template <class Word>
  [[nodiscard]] Pixels<Word> pixels() const {
    Pixels<Word> all;
    for (const auto& row : a_) {
      for (const auto value : row) all.push_back(static_cast<Word>(value));
    }
    return all;
  }

 private:
  using Grid = std::vector<std::vector<std::int64_t>>;

  std::uint64_t number(unsigned bits) {
    std::uint64_t value = 0;
    for (; bits > 0; --bits, ++at_)
      value = value << 1 | (std::to_integer<unsigned>(bytes_.at(at_ / 8)) >> (7 - at_ % 8) & 1);
    return value;
  }

  std::int64_t code() {
    static const std::array<std::string, 16> codes{
        "111110", "000",   "001",  "1000",  "010",  "1001",  "11010",  "11011",
        "011",    "11100", "1010", "11101", "1011", "11110", "111111", "1100"};
    for (std::string bits;;) {
      bits += number(1) != 0 ? '1' : '0';
      const auto found = std::find(codes.begin(), codes.end(), bits);
      if (found != codes.end()) return found - codes.begin();
    }
  }

  /// The flag of a child in its parent.
  static bool flag(const Grid& parents, std::size_t i, std::size_t j) {
    return (parents[i / 2][j / 2] >> (3 - 2 * (i % 2) - j % 2) & 1) != 0;
  }

  Grid tree(std::size_t rows, std::size_t columns) {
    if (rows <= 1 && columns <= 1) return {{code()}};
    const auto parents = tree((rows + 1) / 2, (columns + 1) / 2);
    Grid grid(rows, std::vector<std::int64_t>(columns));
    for (auto i = rows; i-- > 0;) {
      for (auto j = columns; j-- > 0;) {
        if (flag(parents, i, j)) grid[i][j] = code();
      }
    }
    return grid;
  }

  void read_quadrant(std::size_t row, std::size_t column, std::size_t rows, std::size_t columns,
                     std::uint64_t planes) {
    const auto block_rows = (rows + 1) / 2, block_columns = (columns + 1) / 2;
    for (; planes > 0; --planes) {
      Grid blocks(block_rows, std::vector<std::int64_t>(block_columns));
      if (number(4) == 15) {
        blocks = rows == 0 || columns == 0 ? Grid{{code()}} : tree(block_rows, block_columns);
      } else {
        for (auto& line : blocks) {
          for (auto& block : line) block = static_cast<std::int64_t>(number(4));
        }
      }
      for (std::size_t i = 0; i < rows; ++i) {
        for (std::size_t j = 0; j < columns; ++j) {
          auto& value = a_[row + i][column + j];
          value = 2 * value + (flag(blocks, i, j) ? 1 : 0);
        }
      }
    }
  }

  static std::int64_t round_to(std::int64_t value, std::int64_t unit) {
    const auto magnitude = (std::abs(value) + unit / 2) / unit * unit;
    return value < 0 ? -magnitude : magnitude;
  }

  void invert(std::int64_t smoothing) {
    std::vector<TileSize> sizes{{rows_, columns_}};
    while (count_of(sizes.back()) > 1)
      sizes.push_back({(sizes.back().rows + 1) / 2, (sizes.back().columns + 1) / 2});
    if (sizes.size() > 1) a_[0][0] = round_to(a_[0][0], std::int64_t{2} << (sizes.size() - 1));
    for (auto k = sizes.size() - 1; k-- > 0;) {
      unsort(sizes[k], sizes[k + 1]);
      if (smoothing > 0) smooth(sizes[k], smoothing);
      for (std::size_t i = 0; i < sizes[k].rows; i += 2) {
        for (std::size_t j = 0; j < sizes[k].columns; j += 2) invert_block(i, j, sizes[k], k);
      }
    }
  }

  void unsort(TileSize size, TileSize sums) {
    const auto from = [](std::size_t i, std::size_t n) { return i % 2 == 0 ? i / 2 : n + i / 2; };
    const auto sorted = a_;
    for (std::size_t i = 0; i < size.rows; ++i) {
      for (std::size_t j = 0; j < size.columns; ++j)
        a_[i][j] = sorted[from(i, sums.rows)][from(j, sums.columns)];
    }
  }

  void invert_block(std::size_t i, std::size_t j, TileSize size, std::size_t k) {
    const std::int64_t bit0 = std::int64_t{1} << k, bit1 = 2 * bit0;
    const auto divisor = k == 0 ? 4.0 : 2.0;
    const bool below = i + 1 < size.rows, right = j + 1 < size.columns;
    const auto put = [&](std::size_t row, std::size_t column, std::int64_t sum) {
      a_[row][column] = static_cast<std::int64_t>(std::floor(static_cast<double>(sum) / divisor));
    };
    auto h0 = a_[i][j];
    if (!below && !right) return put(i, j, h0);
    if (!below || !right) {
      const auto row = below ? i + 1 : i, column = below ? j : j + 1;
      const auto h = round_to(a_[row][column], bit1);
      h0 += h0 >= 0 ? -(h & bit1) : h & bit1;
      put(i, j, h0 - h);
      return put(row, column, h0 + h);
    }
    const auto hc = k == 0 ? a_[i + 1][j + 1] : round_to(a_[i + 1][j + 1], bit0);
    const auto low0 = hc & bit0;
    const auto lowered = [&](std::int64_t h) { return h >= 0 ? h - low0 : h + low0; };
    const auto hx = lowered(round_to(a_[i + 1][j], bit1));
    const auto hy = lowered(round_to(a_[i][j + 1], bit1));
    const auto low1 = (hc ^ hx ^ hy) & bit1;
    h0 += h0 >= 0 || low0 != 0 ? low0 - low1 : low1;
    put(i, j, h0 - hx - hy + hc);
    put(i, j + 1, h0 - hx + hy - hc);
    put(i + 1, j, h0 + hx - hy - hc);
    put(i + 1, j + 1, h0 + hx + hy + hc);
  }

  static void move(std::int64_t& h, std::int64_t slope, std::int64_t lowest, std::int64_t highest,
                   std::int64_t unit, std::int64_t most) {
    if (lowest >= highest) return;
    const auto step = std::clamp(slope, lowest, highest) - unit * h;
    h += std::clamp(step / unit, -most, most);
  }

  /// `h` between the sums before and after it.
  static void move_slope(std::int64_t& h, std::int64_t before, std::int64_t sum, std::int64_t after,
                         std::int64_t most) {
    const auto up = after - sum, down = sum - before;
    const std::int64_t zero = 0;
    move(h, after - before, 4 * std::min(std::max(up, down), zero),
         4 * std::max(std::min(up, down), zero), 8, most);
  }

  void smooth(TileSize size, std::int64_t most) {
    const auto inner = [](std::size_t i, std::size_t n) { return i >= 2 && i + 2 < n; };
    for (std::size_t i = 0; i < size.rows; i += 2) {
      for (std::size_t j = 0; j < size.columns; j += 2) {
        if (inner(i, size.rows))
          move_slope(a_[i + 1][j], a_[i - 2][j], a_[i][j], a_[i + 2][j], most);
        if (inner(j, size.columns))
          move_slope(a_[i][j + 1], a_[i][j - 2], a_[i][j], a_[i][j + 2], most);
        if (inner(i, size.rows) && inner(j, size.columns)) move_curvature(i, j, most);
      }
    }
  }

  void move_curvature(std::size_t i, std::size_t j, std::int64_t most) {
    const auto mm = a_[i - 2][j - 2], pm = a_[i + 2][j - 2];
    const auto mp = a_[i - 2][j + 2], pp = a_[i + 2][j + 2];
    const auto h0 = a_[i][j], x = 2 * a_[i + 1][j], y = 2 * a_[i][j + 1];
    const auto positive = [](std::int64_t v) { return std::max<std::int64_t>(v, 0); };
    const auto negative = [](std::int64_t v) { return std::min<std::int64_t>(v, 0); };
    const auto highest = std::min({positive(pp - h0) - x - y, positive(h0 - pm) + x - y,
                                   positive(h0 - mp) - x + y, positive(mm - h0) + x + y});
    const auto lowest = std::max({negative(pp - h0) - x - y, negative(h0 - pm) + x - y,
                                  negative(h0 - mp) - x + y, negative(mm - h0) + x + y});
    move(a_[i + 1][j + 1], pp + mm - mp - pm, 16 * lowest, 16 * highest, 64, most);
  }

  const Bytes& bytes_;
  std::size_t at_;
  std::size_t rows_, columns_;
  Grid a_;
};

}  // namespace torchfits
