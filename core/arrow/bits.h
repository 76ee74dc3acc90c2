// SPDX-License-Identifier: BSD-3-Clause
// Arrow's bools and validity: bits, least significant first. A tensor has a byte for each.
#pragma once

#include <cstddef>
#include <cstdint>

namespace torchfits {

/// Bytes that `count` bits take.
[[nodiscard]] constexpr std::size_t arrow_bit_bytes(std::size_t count) noexcept {
  return count / 8 + (count % 8 != 0);
}

[[nodiscard]] inline bool arrow_bit(const std::uint8_t* bits, std::uint64_t position) noexcept {
  return ((bits[position / 8] >> (position % 8)) & 1) != 0;
}

/// `count` bytes become bits, 1 where a byte is `one` (as a bool).
inline void pack_arrow_bits(const std::uint8_t* bytes, std::size_t count, bool one,
                            std::uint8_t* bits) noexcept {
  for (std::size_t begin = 0; begin < count; begin += 8) {
    const std::size_t end = count - begin < 8 ? count - begin : 8;
    unsigned packed = 0;
    for (std::size_t i = 0; i < end; ++i)
      packed |= static_cast<unsigned>((bytes[begin + i] != 0) == one) << i;
    bits[begin / 8] = static_cast<std::uint8_t>(packed);
  }
}

/// `count` bits from `first` on become bytes, 1 where a bit is `one`.
inline void unpack_arrow_bits(const std::uint8_t* bits, std::uint64_t first, std::size_t count,
                              bool one, std::uint8_t* bytes) noexcept {
  for (std::size_t i = 0; i < count; ++i)
    bytes[i] = static_cast<std::uint8_t>(arrow_bit(bits, first + i) == one);
}

}  // namespace torchfits
