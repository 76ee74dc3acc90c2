// SPDX-License-Identifier: BSD-3-Clause
// Writes one tile-compressed image HDU.
#pragma once

#include "encode/tiling.h"
#include "file/image_writer.h"

namespace torchfits {

/// The table that holds the compressed image, an extension; returns where the next HDU begins.
/// Memory stays bounded: beside the rows of the table a few dozen MiB, or the largest tile.
std::uint64_t write_tiled_image(const HduTarget& target, const MemoryImage& image,
                                const UserCards& user, const Compression& wish);
/// The same of its scaled integers.
std::uint64_t write_tiled_image(const HduTarget& target, const MemoryImage& image,
                                const UserCards& user, const Compression& wish,
                                const IntegerStorage& integers);

}  // namespace torchfits
