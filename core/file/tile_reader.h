// SPDX-License-Identifier: BSD-3-Clause
// Runs the plan of a tile-compressed image: descriptors first, then the heap ranges that they name.
#pragma once

#include <cstddef>

#include "file/file.h"
#include "file/image_reader.h"

namespace torchfits {

/// Fills `destination` from the tiles that the selection meets, decoded in parallel. Where a
/// part of the image is read, the file's cache keeps its tiles.
void read_tiles(const File& file, std::size_t hdu, const TiledImageLayout& layout,
                const ImageRequest& request, const ImageDestination& destination);

/// ErrorCode::format where the heap cannot hold so large an image: nothing need be allocated for
/// it.
void check_plausible(const TiledImageLayout& layout);

}  // namespace torchfits
