// SPDX-License-Identifier: BSD-3-Clause
// Writes one binary table HDU: rows and heap are encoded block by block, by many threads, straight
// into their place.
#pragma once

#include <cstdint>

#include "encode/memory_table.h"
#include "file/data_unit.h"

namespace torchfits {

/// Returns where the next HDU begins.
std::uint64_t write_table(const HduTarget& target, const MemoryTable& table, const UserCards& user);
/// Rows and heap behind a header of another kind.
std::uint64_t write_rows(const HduTarget& target, Header header, const MemoryTable& table);

}  // namespace torchfits
