// SPDX-License-Identifier: BSD-3-Clause
// Whole files that were compressed: how they are recognised and read.
#pragma once

#include <cstdint>
#include <memory>

#include "io/byte_source.h"

namespace torchfits {

enum class OuterCompression : std::uint8_t { none, gzip, compress, bzip2, xz, zip };

/// From the first bytes of a file, whatever its name says; six are enough.
[[nodiscard]] OuterCompression detect_compression(ByteView first_bytes) noexcept;

/// The inflated bytes of `compressed`, for gzip and compress (.Z); ErrorCode::unsupported for the
/// others. Reads both sides in small steps: the first bytes of a large file cost kilobytes.
[[nodiscard]] std::unique_ptr<ByteStream> make_inflater(
    OuterCompression kind, std::shared_ptr<const ByteSource> compressed);

}  // namespace torchfits
