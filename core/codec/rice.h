// SPDX-License-Identifier: BSD-3-Clause
// RICE_1 (FITS 4.0 section 10.4.1): blocks of differences in Golomb-Rice code.
#pragma once

#include <cstddef>
#include <cstdint>
#include <span>

#include "base/bytes.h"
#include "codec/codec_result.h"

namespace torchfits {

/// Words that Rice codes: BYTEPIX 1, 2 and 4.
template <class T>
concept RiceWord = std::is_same_v<T, std::uint8_t> || std::is_same_v<T, std::int16_t> ||
                   std::is_same_v<T, std::int32_t>;

/// Fills `out`. `block` is BLOCKSIZE: 1 or more pixels (any that a header may say).
template <RiceWord Word>
[[nodiscard]] CodecResult rice_decode(ByteView in, std::size_t block, std::span<Word> out);

/// The most bytes that `count` pixels can take.
template <RiceWord Word>
[[nodiscard]] std::size_t rice_bound(std::size_t count, std::size_t block) noexcept;

/// Returns the bytes written to `out`, which has at least rice_bound() of them. The same bytes as
/// CFITSIO writes.
template <RiceWord Word>
[[nodiscard]] std::size_t rice_encode(std::span<const Word> in, std::size_t block,
                                      ByteSpan out) noexcept;

}  // namespace torchfits
