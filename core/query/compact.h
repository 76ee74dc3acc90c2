// SPDX-License-Identifier: BSD-3-Clause
// Cells that are marked move together: the loops, compiled for each instruction
// set.
#pragma once

#include <cstddef>
#include <cstdint>

#include "base/simd.h"

namespace torchfits {

/// Bytes behind the last cell that a Compact may write.
inline constexpr std::size_t kCompactSlack = 32;

/// Writes the cells of the rows whose bits are set (as in MaskedRows), one
/// behind the other.
using Compact = void (*)(const std::uint64_t* bits, std::size_t rows, const std::byte* from,
                         std::byte* to);

/// For cells of 1, 2, 4, 8 and 16 bytes; null where copying cell by cell is as
/// quick.
[[nodiscard]] Compact compact_cells(std::size_t cell_bytes, Simd simd) noexcept;

/// std::memcpy that leaves the caches to others, where the machine can.
void copy_past_caches(std::byte* to, const std::byte* from, std::size_t size) noexcept;

}  // namespace torchfits
