// SPDX-License-Identifier: BSD-3-Clause
// Runs the plan of an image: every byte is read once and every element written once.
#pragma once

#include <cstddef>
#include <cstdint>
#include <span>
#include <vector>

#include "file/file.h"
#include "plan/image_plan.h"

namespace torchfits {

/// Where a selection goes: a C-ordered block of memory, whole or in part.
struct ImageDestination {
  ElementType type = ElementType::u8;
  std::byte* data = nullptr;
  std::vector<std::uint64_t> shape;   ///< of the block
  std::vector<std::uint64_t> origin;  ///< where in it the selection begins
};

/// What is asked of an image.
struct ImageRequest {
  std::vector<AxisSlice> selection;  ///< one an axis
  bool scaled = true;
};

/// One of many selections of an image.
struct ImagePart {
  std::span<const AxisSlice> selection;   ///< one an axis
  std::span<const std::uint64_t> origin;  ///< where in its block it begins
  std::uint64_t block = 0;                ///< first element of its block in the output
};

/// Equal-shaped C-ordered blocks of memory.
struct ImageBlocks {
  ElementType type = ElementType::u8;
  std::byte* data = nullptr;
  std::span<const std::uint64_t> shape;  ///< of each
};

/// Every axis whole.
[[nodiscard]] std::vector<AxisSlice> whole(std::span<const std::uint64_t> shape);

/// Fills `destination`; ErrorCode::truncated before anything is written where the file is too
/// short.
void read_image(const File& file, std::size_t hdu, const ImageRequest& request,
                const ImageDestination& destination);

/// The same for many selections: no tile is decoded for each of them. Best in the order in which
/// they begin in the image.
void read_image_parts(const File& file, std::size_t hdu, std::span<const ImagePart> parts,
                      bool scaled, const ImageBlocks& blocks);

/// The layout of an HDU that can be read as an image now; ErrorCode::unsupported or type, naming
/// the kind, otherwise.
[[nodiscard]] const ImageLayout& image_layout(const File& file, std::size_t hdu);

}  // namespace torchfits
