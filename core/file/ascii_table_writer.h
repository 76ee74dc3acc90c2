// SPDX-License-Identifier: BSD-3-Clause
// Writes one ASCII table HDU: rows become text block by block, by many threads.
#pragma once

#include <cstdint>

#include "encode/ascii_columns.h"
#include "file/data_unit.h"

namespace torchfits {

/// Returns where the next HDU begins.
std::uint64_t write_ascii_table(const HduTarget& target, const MemoryAsciiTable& ascii,
                                const UserCards& user);

}  // namespace torchfits
