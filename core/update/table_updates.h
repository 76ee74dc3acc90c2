// SPDX-License-Identifier: BSD-3-Clause
// Cells, rows and columns of tables of a file that is changed. `file` is the scanned
// updater.source(), and out of date afterwards. Columns of a user are found by their names and
// stored as the table stores them, see encode/fitted_columns.h; whatever cannot be stored is
// ErrorCode::value before anything is written. Elements of cells of variable length go to the end
// of the heap; those that no row points to any more stay in it.
#pragma once

#include <cstddef>
#include <cstdint>
#include <string>
#include <vector>

#include "encode/fitted_columns.h"
#include "encode/heap.h"
#include "encode/new_table.h"
#include "file/file.h"
#include "plan/table_plan.h"
#include "update/updater.h"

namespace torchfits {

/// Values of some columns for some rows, which rise. ErrorCode::column_name for names that the
/// table does not have. One row alone stands for all where `alone` is set, of columns that are all
/// of fixed size.
void write_cells(Updater& updater, const File& file, std::size_t index, const RowSelection& rows,
                 std::vector<NewColumn> columns, bool alone = false);

/// New rows before row `at`, or behind the last. ErrorCode::value where the columns are not those
/// of the table, in any order.
void insert_rows(Updater& updater, const File& file, std::size_t index, std::uint64_t at,
                 std::vector<NewColumn> columns);

/// Rows that rise.
void delete_rows(Updater& updater, const File& file, std::size_t index, const RowSelection& rows);

/// Before column `before`, or behind the last.
void add_column(Updater& updater, const File& file, std::size_t index, std::size_t before,
                NewColumn column);

void delete_column(Updater& updater, const File& file, std::size_t index, const std::string& name);

/// What new rows of a table are made of. ErrorCode::value where the columns are not those of the
/// table, in any order.
[[nodiscard]] std::vector<ColumnValuesFor> all_columns(const TableLayout& table,
                                                       std::vector<NewColumn> columns);

/// Cells of variable length behind a heap of `heap_bytes`. ErrorCode::value where P cannot point
/// there.
[[nodiscard]] HeapEncoder cells_behind(const MemoryTable& table, std::uint64_t heap_bytes);

}  // namespace torchfits
