// SPDX-License-Identifier: BSD-3-Clause
// What can be read of an HDU whose data are cut off.
#pragma once

#include <cstdint>
#include <optional>
#include <string>

#include "fits/scan.h"

namespace torchfits {

/// Where the file has `present` bytes of the data of `hdu`, fewer than announced: makes the record
/// one of whole lines of the slowest axis, of whole rows, or of whole groups, and says what is
/// missing. A table with all its rows keeps what is left of its heap, and so does a compressed
/// image. Nothing, and the record stays, where no data are missing or none can be kept.
[[nodiscard]] std::optional<std::string> cut_to_present(HduRecord& hdu, std::uint64_t present);

}  // namespace torchfits
