// SPDX-License-Identifier: BSD-3-Clause
// How an image is to be compressed, and the table of tiles that this makes.
#pragma once

#include <cstdint>
#include <optional>
#include <vector>

#include "fits/layout.h"

namespace torchfits {

/// The wishes of the user; src/torchfits/_compression.py explains them.
struct Compression {
  TileAlgorithm algorithm = TileAlgorithm::rice;
  std::optional<std::vector<std::uint64_t>> tile{};  ///< numpy order; none: lines
  double quantize_level = 16.0;  ///< of floats; 0: without loss, < 0: an absolute step
  Dither dither = Dither::subtractive_1;
  std::optional<std::uint64_t> dither_seed{};  ///< 1 to 10000; none: from the pixels
  double hcomp_scale = 0.0;  ///< 0: without loss, > 0: parts of the noise, < 0: absolute
  bool hcomp_smooth = false;
};

/// Whether 64-bit integers must fit 32 bits, because the algorithm knows no longer ones.
[[nodiscard]] bool narrows(TileAlgorithm algorithm, ElementType natural) noexcept;

/// The table with a row for each tile: its columns, without a heap yet. `image.coding` is
/// image_storage() of what is stored. ErrorCode::value, naming the algorithms or tiles that are
/// possible, where the image cannot be compressed so.
[[nodiscard]] TiledImageLayout tiled_layout_of(ImageLayout image, const Compression& wish);

}  // namespace torchfits
