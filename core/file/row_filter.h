// SPDX-License-Identifier: BSD-3-Clause
// Which rows of a table a predicate holds for.
#pragma once

#include <cstdint>
#include <string_view>
#include <vector>

#include "file/table_reader.h"
#include "plan/table_plan.h"
#include "query/predicate.h"

namespace torchfits {

/// The expression bound to the columns of a table.
[[nodiscard]] Predicate bind_where(const TableLayout& table, std::string_view expression,
                                   bool scaled);

/// Those of the selected rows for which the predicate is true, in their order. Of the file only the
/// predicate's columns are read, some rows at a time.
[[nodiscard]] std::vector<std::int64_t> filter_rows(const TableData& table,
                                                    const RowSelection& rows,
                                                    const Predicate& predicate, bool scaled);

}  // namespace torchfits
