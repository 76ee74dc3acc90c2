// SPDX-License-Identifier: BSD-3-Clause
// GZIP_1 and GZIP_2 (FITS 4.0 section 10.4.2): DEFLATE by libdeflate, and the shuffle by
// significance that precedes it in GZIP_2.
#pragma once

#include <cstddef>

#include "base/bytes.h"
#include "codec/codec_result.h"

namespace torchfits {

/// Inflates one gzip (or zlib) stream; `made` says how many bytes it held, `used` where it ended:
/// bytes behind it are left alone. A problem where it holds more than `out` takes. Thread-safe.
[[nodiscard]] CodecResult gzip_decode(ByteView in, ByteSpan out);

[[nodiscard]] std::size_t gzip_bound(std::size_t size);

/// Returns the bytes written to `out`, which has at least gzip_bound() of them. `level` 1 to 12.
[[nodiscard]] std::size_t gzip_encode(ByteView in, int level, ByteSpan out);

/// Planes of bytes, the most significant first, become elements of `width` bytes (1, 2, 4, 8) in
/// native order; `out` has the size of `in`, a multiple of `width`.
void unshuffle(ByteView in, std::size_t width, ByteSpan out) noexcept;

/// Native elements become planes of bytes, the most significant first: unshuffle's inverse.
void shuffle(ByteView in, std::size_t width, ByteSpan out) noexcept;

}  // namespace torchfits
