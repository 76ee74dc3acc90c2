// SPDX-License-Identifier: BSD-3-Clause
// Bit arrays, type code X: decode/bits.h's mirror.
#pragma once

#include <cstddef>

namespace torchfits {

/// `count` bytes of 0 and 1 become bits, most significant bit first, zeros behind the last
/// (FITS 4.0 section 7.3.3.1).
inline void pack_bits(const std::byte* values, std::size_t count, std::byte* out) noexcept {
  for (std::size_t i = 0; i < count; i += 8) {
    auto packed = std::byte{0};
    for (std::size_t bit = 0; bit < 8 && i + bit < count; ++bit) {
      if (values[i + bit] != std::byte{0}) packed |= std::byte{0x80} >> bit;
    }
    out[i / 8] = packed;
  }
}

}  // namespace torchfits
