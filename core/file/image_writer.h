// SPDX-License-Identifier: BSD-3-Clause
// Writes one image HDU: its pixels are encoded once, block by block, straight into their place.
#pragma once

#include <cstdint>
#include <optional>

#include "encode/memory_image.h"
#include "encode/scaled_pixels.h"
#include "file/data_unit.h"
#include "fits/hdu_cards.h"

namespace torchfits {

/// As it is, or as scaled integers. Returns where the next HDU begins.
std::uint64_t write_image(const HduTarget& target, const MemoryImage& image, const UserCards& user,
                          const std::optional<IntegerStorage>& integers = {});

}  // namespace torchfits
