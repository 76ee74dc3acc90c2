// SPDX-License-Identifier: BSD-3-Clause
// One bit plane of a quadrant of an HCOMPRESS_1 stream, in "nybbles": the four bits of a block of
// 2 x 2 coefficients, 8 for the upper left, 4 upper right, 2 lower left, 1 lower right.
// A plane is stored as these nybbles, four bits each, row by row; or as a quadtree: a nybble of
// one level says which of the four nybbles of the next level are not zero, and only those follow,
// in a fixed Huffman code of 3 to 6 bits, each level from its last nybble to its first.
#pragma once

#include <cstddef>
#include <cstdint>

#include "base/stats.h"
#include "codec/hcompress_bits.h"

namespace torchfits {

/// Rows and columns of nybbles; a level of the tree.
struct NybbleGrid {
  std::size_t rows = 0;
  std::size_t columns = 0;
  [[nodiscard]] std::size_t size() const noexcept { return rows * columns; }
  [[nodiscard]] NybbleGrid half() const noexcept { return {(rows + 1) / 2, (columns + 1) / 2}; }
};

/// Reads planes of up to `largest` nybbles.
class QuadtreeReader {
 public:
  explicit QuadtreeReader(NybbleGrid largest);

  /// Leaves the next plane in nybbles(), row by row. A problem, or null.
  [[nodiscard]] const char* read(BitReader& in, NybbleGrid grid);
  [[nodiscard]] const std::uint8_t* nybbles() const noexcept { return level_[0]; }

 private:
  void read_direct(BitReader& in, std::size_t count);
  void read_tree(BitReader& in, NybbleGrid grid);
  void expand(BitReader& in, std::size_t level, NybbleGrid grid);

  Scratch memory_;
  std::uint8_t* level_[2] = {};  ///< levels of even and odd distance from the leaves
  std::uint8_t* codes_end_ = nullptr;
};

/// Writes planes of up to `largest` nybbles. Rows of nybbles lie stride() bytes apart, zeros in
/// between.
class QuadtreeWriter {
 public:
  explicit QuadtreeWriter(NybbleGrid largest);

  [[nodiscard]] static std::size_t stride(std::size_t columns) noexcept {
    return (columns + 7) / 8 * 8;
  }
  /// Where the plane to be written is put.
  [[nodiscard]] std::uint8_t* nybbles() const noexcept { return leaves_; }
  /// As the shorter of both codings, the tree where they tie, the choice that CFITSIO makes.
  void write(BitWriter& out, NybbleGrid grid) const;

  /// The most bits that write() can put.
  [[nodiscard]] static std::size_t bound(NybbleGrid grid) noexcept { return 4 * grid.size() + 16; }

 private:
  Scratch memory_;
  std::uint8_t* leaves_ = nullptr;
};

}  // namespace torchfits
