// SPDX-License-Identifier: BSD-3-Clause
// Coefficients of an HCOMPRESS_1 tile as the bit planes of four quadrants, the highest plane first,
// followed by the signs of those that are not zero, one bit each, row by row.
#pragma once

#include <array>
#include <cstddef>
#include <cstdint>

#include "codec/hcompress_bits.h"
#include "codec/hcompress_transform.h"

namespace torchfits {

/// Planes of the quadrants: of the sums, of the differences of rows and those of columns, of the
/// differences of differences.
using PlaneCounts = std::array<std::uint8_t, 3>;

/// Fills `out` with magnitudes. A problem, or null.
template <HcompressWord Word>
[[nodiscard]] const char* read_planes(BitReader& in, const PlaneCounts& planes,
                                      const Coefficients<Word>& out);

/// Gives the magnitudes in `out` their signs.
template <HcompressWord Word>
void read_signs(BitReader& in, const Coefficients<Word>& out) noexcept;

/// Leaves magnitudes in `from`; says how many planes they have.
template <HcompressWord Word>
[[nodiscard]] PlaneCounts take_signs(BitWriter& out, const Coefficients<Word>& from) noexcept;

/// `from` has magnitudes.
template <HcompressWord Word>
void write_planes(BitWriter& out, const PlaneCounts& planes, const Coefficients<Word>& from);

/// The most bits of all planes of a tile.
template <HcompressWord Word>
[[nodiscard]] std::size_t planes_bound(TileSize size) noexcept;

}  // namespace torchfits
