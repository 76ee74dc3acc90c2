// SPDX-License-Identifier: BSD-3-Clause
// Keys of text as numbers. Short ones are their bytes; longer ones are numbered, and sorted where
// an order is wanted: always by all of their bytes, never by a hash alone.
#pragma once

#include <span>

#include "relate/key_codes.h"

namespace torchfits {

/// `rows` of all tables together.
[[nodiscard]] KeyCodes encode_text(std::span<const KeyColumn> tables, std::size_t rows,
                                   Wanted wanted);

}  // namespace torchfits
