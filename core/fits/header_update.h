// SPDX-License-Identifier: BSD-3-Clause
// Headers of HDUs that stand in a file already, and whose data stay.
#pragma once

#include <cstddef>
#include <cstdint>
#include <optional>

#include "base/bytes.h"
#include "fits/header.h"
#include "fits/scan.h"

namespace torchfits {

/// What is stored for `hdu` when the user wants the cards of `wanted`, which came from
/// uncompressed_header(hdu). The cards that say where its data lie, and how they are compressed,
/// stay as they stand in the file, each behind the card that it followed; the others are those of
/// `wanted`. ZHECKSUM, the sum of the uncompressed HDU, goes where anything changes.
[[nodiscard]] Header updated_header(const HduRecord& hdu, const Header& wanted);

/// The header of a primary image as that of an IMAGE extension. ErrorCode::unsupported for random
/// groups, which cannot be one.
[[nodiscard]] Header image_extension_header(const HduRecord& primary);

/// `header` so that it fills `bytes`, whole blocks, by blank cards before END. Where it is too
/// long, blank cards that stood there in `stored`, which it was made of, are used up. No value
/// where it does not fit.
[[nodiscard]] std::optional<Header> fitted(const Header& header, const Header& stored,
                                           std::uint64_t bytes);

/// What is behind a header sums to, as far as its CHECKSUM is right: `stored` are its bytes in the
/// file.
[[nodiscard]] std::uint32_t sum_behind(ByteView stored);

/// CHECKSUM of `header`, which has one, so that the HDU sums to all ones with `behind`, the sum of
/// its data.
void set_checksum(Header& header, std::uint32_t behind);

}  // namespace torchfits
