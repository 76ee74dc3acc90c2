// SPDX-License-Identifier: BSD-3-Clause
// Writes one image HDU: its pixels are encoded once, block by block, straight into their place.
#pragma once

#include <cstdint>

#include "encode/memory_image.h"
#include "fits/hdu_cards.h"
#include "io/byte_sink.h"

namespace torchfits {

/// Where an HDU goes, and what is written beside its data.
struct HduTarget {
  ByteSink& sink;
  std::uint64_t offset = 0;
  HduPlace place = HduPlace::primary;
  bool checksum = false;
};

/// Returns where the next HDU begins.
std::uint64_t write_image(const HduTarget& target, const MemoryImage& image, const UserCards& user);

}  // namespace torchfits
