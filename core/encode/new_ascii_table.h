// SPDX-License-Identifier: BSD-3-Clause
// Columns as the user gives them become an ASCII table: encode/new_table.h for text.
#pragma once

#include <string>
#include <vector>

#include "encode/ascii_columns.h"
#include "encode/new_table.h"

namespace torchfits {

/// What a file said of a column that was read: kept where no value of now needs another.
struct AsciiWish {
  std::string format;  ///< TFORM of an ASCII table; anything else is no wish
  std::string null;    ///< TNULL
};

/// Chooses TFORM, so that values read back equal, and TNULL. `wishes` is empty or has one a column.
/// ErrorCode::type or ErrorCode::value, with what to do, for a column, or a value, that has no form
/// in an ASCII table.
[[nodiscard]] MemoryAsciiTable ascii_table_of(std::vector<NewColumn> columns,
                                              const std::vector<AsciiWish>& wishes);

}  // namespace torchfits
