// SPDX-License-Identifier: BSD-3-Clause
// A binary table that holds another one, compressed (FITS 4.0 section 10.3): each of its rows is a
// tile of rows of the table that it holds, each of its columns has that column's bytes.
#pragma once

#include <cstdint>
#include <string>
#include <vector>

#include "fits/layout.h"
#include "fits/scan.h"

namespace torchfits {

/// Reads both layouts from the header of an HDU with is_compressed_table(). Every count and product
/// is checked: `held` takes no more bytes than the compressed ones can become.
[[nodiscard]] CompressedTableLayout read_compressed_table(const HduRecord& hdu,
                                                          std::vector<std::string>& warnings);

/// DEFLATE, the densest of the algorithms of tables, makes at most this many bytes of one.
inline constexpr std::uint64_t kMaxInflation = 1032;

/// Whether `held` bytes may come out of `stored` ones.
[[nodiscard]] bool plausible_size(std::uint64_t held, std::uint64_t stored) noexcept;

}  // namespace torchfits
