// SPDX-License-Identifier: BSD-3-Clause
// Runs the plan of a tile-compressed image: descriptors first, then the heap ranges that they name.
#pragma once

#include <cstddef>
#include <span>

#include "file/file.h"
#include "file/image_reader.h"

namespace torchfits {

/// Fills `blocks` from the tiles that the selections meet, decoded in parallel and, as far as
/// selections that are near each other in `parts` share them, once. Where a part of the image is
/// read, the file's cache keeps its tiles.
void read_tiles(const File& file, std::size_t hdu, const TiledImageLayout& layout,
                std::span<const ImagePart> parts, bool scaled, const ImageBlocks& blocks);

/// ErrorCode::format where the heap cannot hold so large an image: nothing need be allocated for
/// it.
void check_plausible(const TiledImageLayout& layout);

}  // namespace torchfits
