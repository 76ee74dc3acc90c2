// SPDX-License-Identifier: BSD-3-Clause
// Runs the plan of a table: every block of rows is read once and transposed into all columns.
#pragma once

#include <cstddef>
#include <cstdint>
#include <vector>

#include "decode/columns.h"
#include "file/file.h"
#include "plan/table_plan.h"

namespace torchfits {

/// The layout of an HDU that can be read as a table now; ErrorCode::unsupported or type, naming the
/// kind, otherwise.
[[nodiscard]] const TableLayout& table_layout(const File& file, std::size_t hdu);

/// Position of the column called `name`: exactly, else case-insensitively; ErrorCode::column_name
/// with the candidates.
[[nodiscard]] std::size_t find_column(const TableLayout& table, std::string_view name);

/// Fills the outputs, which hold one request each, from the selected rows. Returns for each output
/// how many nulls it met.
std::vector<std::uint64_t> read_table(const File& file, std::size_t hdu, const RowSelection& rows,
                                      std::vector<ColumnOutput> outputs,
                                      std::vector<ColumnRequest> requests);

}  // namespace torchfits
