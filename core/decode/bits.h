// SPDX-License-Identifier: BSD-3-Clause
// Bit arrays, type code X.
#pragma once

#include <cstddef>

namespace torchfits {

/// `count` bits become bytes of 0 and 1, most significant bit first (FITS 4.0 section 7.3.3.1).
inline void unpack_bits(const std::byte* packed, std::size_t count, std::byte* out) noexcept {
  for (std::size_t i = 0; i < count; ++i) {
    out[i] = (packed[i / 8] >> (7 - i % 8)) & std::byte{1};
  }
}

}  // namespace torchfits
