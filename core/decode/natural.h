// SPDX-License-Identifier: BSD-3-Clause
// First stage of decoding: stored big-endian numbers to elements of the natural type.
#pragma once

#include <cstddef>
#include <cstdint>

#include "base/simd.h"
#include "fits/layout.h"

namespace torchfits {

/// How stored numbers lie in memory: as in a file, or as a codec made them.
enum class ByteOrder : std::uint8_t { big, native };

/// `count` packed numbers of `in` (any alignment) become natural elements in `out`. Returns
/// `count`, or the position of the first number whose element the natural type cannot hold
/// (Rule::offset); what `out` then holds is unspecified. `in` and `out` do not overlap, or are the
/// same where swaps_only().
using NaturalKernel = std::size_t (*)(const ElementCoding&, const std::byte* in, std::size_t count,
                                      std::byte* out);

/// Whether elements are the stored numbers but for the order of bytes and the sign bit.
[[nodiscard]] bool swaps_only(const ElementCoding& coding) noexcept;

/// `coding.null`, where set, must be a number of the stored type. Complex numbers count as one
/// element. std::logic_error for a coding that no header can give.
[[nodiscard]] NaturalKernel natural_kernel(const ElementCoding& coding, ByteOrder order, Simd simd);

}  // namespace torchfits
