// SPDX-License-Identifier: BSD-3-Clause
// PLIO_1 (FITS 4.0 section 10.4.3): IRAF's line lists of masks, runs of equal values.
#pragma once

#include <cstddef>
#include <cstdint>
#include <span>
#include <type_traits>

#include "base/bytes.h"
#include "codec/codec_result.h"

namespace torchfits {

/// Values that PLIO can hold.
inline constexpr std::int32_t kPlioMax = (1 << 24) - 1;

/// Pixels of a tile whose line list, at its longest, its header can still give the length of.
inline constexpr std::size_t kPlioMaxPixels = std::size_t{1} << 28;

/// Words that a mask can be read into.
template <class T>
concept PlioWord = std::is_same_v<T, std::uint8_t> || std::is_same_v<T, std::int16_t> ||
                   std::is_same_v<T, std::int32_t>;

/// Fills `out` from big-endian 16-bit words; with zeros from where the list ends, as IRAF does. A
/// problem where Word cannot hold a value.
template <PlioWord Word>
[[nodiscard]] CodecResult plio_decode(ByteView in, std::span<Word> out);

/// The most bytes that `count` pixels can take.
[[nodiscard]] std::size_t plio_bound(std::size_t count) noexcept;

/// Up to kPlioMaxPixels values from 0 to kPlioMax only. Returns the bytes written to `out`, which
/// has at least plio_bound() of them. The same bytes as CFITSIO writes, but for one pixel alone
/// after 4095, 8190, ... zeros: CFITSIO 4.2 loses 4095 of those.
[[nodiscard]] std::size_t plio_encode(std::span<const std::int32_t> in, ByteSpan out) noexcept;

}  // namespace torchfits
