// SPDX-License-Identifier: BSD-3-Clause
// Bytes of a file as they lie there: big-endian, untrusted, seen through spans.
#pragma once

#include <algorithm>
#include <bit>
#include <cstddef>
#include <cstdint>
#include <cstring>
#include <optional>
#include <span>

namespace torchfits {

using ByteView = std::span<const std::byte>;
using ByteSpan = std::span<std::byte>;

/// Half-open range [offset, offset + length) of a source.
struct ByteRange {
  std::uint64_t offset = 0;
  std::uint64_t length = 0;
  [[nodiscard]] constexpr std::uint64_t end() const noexcept { return offset + length; }
  friend bool operator==(const ByteRange&, const ByteRange&) = default;
};

/// Products and sums of numbers read from a file; no value where they overflow.
[[nodiscard]] constexpr std::optional<std::uint64_t> checked_mul(std::uint64_t a,
                                                                 std::uint64_t b) noexcept {
  std::uint64_t product = 0;
  if (__builtin_mul_overflow(a, b, &product)) return std::nullopt;
  return product;
}

[[nodiscard]] constexpr std::optional<std::uint64_t> checked_add(std::uint64_t a,
                                                                 std::uint64_t b) noexcept {
  std::uint64_t sum = 0;
  if (__builtin_add_overflow(a, b, &sum)) return std::nullopt;
  return sum;
}

/// The bytes of `view` in `range`; none where the range is not wholly inside.
[[nodiscard]] constexpr std::optional<ByteView> slice(ByteView view, ByteRange range) noexcept {
  if (range.offset > view.size() || range.length > view.size() - range.offset) return std::nullopt;
  return view.subspan(range.offset, range.length);
}

template <std::size_t Size>
using UintOfSize = std::conditional_t<
    Size == 1, std::uint8_t,
    std::conditional_t<Size == 2, std::uint16_t,
                       std::conditional_t<Size == 4, std::uint32_t, std::uint64_t>>>;

template <class Uint>
[[nodiscard]] constexpr Uint byte_swap(Uint value) noexcept {
  if constexpr (sizeof(Uint) == 2) return __builtin_bswap16(value);
  if constexpr (sizeof(Uint) == 4) return __builtin_bswap32(value);
  if constexpr (sizeof(Uint) == 8) return __builtin_bswap64(value);
  return value;
}

/// A number of 1, 2, 4 or 8 bytes from big-endian storage; `from` needs no alignment.
template <class T>
[[nodiscard]] inline T load_be(const std::byte* from) noexcept {
  UintOfSize<sizeof(T)> bits;
  std::memcpy(&bits, from, sizeof bits);
  if constexpr (std::endian::native == std::endian::little) bits = byte_swap(bits);
  return std::bit_cast<T>(bits);
}

template <class T>
inline void store_be(std::byte* to, T value) noexcept {
  auto bits = std::bit_cast<UintOfSize<sizeof(T)>>(value);
  if constexpr (std::endian::native == std::endian::little) bits = byte_swap(bits);
  std::memcpy(to, &bits, sizeof bits);
}

}  // namespace torchfits
