// SPDX-License-Identifier: BSD-3-Clause
// Columns as the user gives them become a table: how each is stored follows from its values.
#pragma once

#include <cstdint>
#include <optional>
#include <vector>

#include "encode/memory_table.h"
#include "fits/table_header.h"

namespace torchfits {

struct NewColumn {
  Column column;  ///< name, shape, characters and the words of the user
  ColumnValues values;
  MemoryColumn memory;
  std::uint64_t rows = 0;
  std::uint64_t elements = 0;          ///< of variable length: those in `memory.values`
  bool can_be_null = false;            ///< integers get a TNULL, whether one is null or not
  std::optional<std::int64_t> null{};  ///< TNULL that is kept if no value takes it
};

/// Of all columns; ErrorCode::value, naming the column, where they differ.
[[nodiscard]] std::uint64_t rows_of(const std::vector<NewColumn>& columns);

/// Checks offsets, and chooses TFORM, TNULL, and P or Q. ErrorCode::value, naming the column, where
/// lengths differ, offsets are wrong, or a column has nulls and no value is free for TNULL.
[[nodiscard]] MemoryTable table_of(std::vector<NewColumn> columns);

}  // namespace torchfits
