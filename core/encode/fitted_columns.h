// SPDX-License-Identifier: BSD-3-Clause
// Columns of a user as those of a table that is there store them: form, scaling and nulls are the
// table's, values that it cannot hold are refused.
#pragma once

#include <cstddef>
#include <cstdint>
#include <deque>
#include <string>
#include <vector>

#include "encode/memory_table.h"
#include "encode/new_table.h"

namespace torchfits {

/// Values of the column at `position` of a table.
struct ColumnValuesFor {
  std::size_t position = 0;
  NewColumn given;
};

class FittedColumns {
 public:
  /// ErrorCode::value or ErrorCode::type, naming column and row, for what does not fit. The memory
  /// of the user outlives this.
  FittedColumns(const TableLayout& table, const std::vector<ColumnValuesFor>& columns,
                std::uint64_t rows);

  /// Rows of `table` in which only these columns lie, each at its place. P columns of cells that
  /// are longer than TFORM says have another TFORM.
  [[nodiscard]] const MemoryTable& table() const noexcept { return table_; }

 private:
  void fit(Column& column, std::size_t position, const NewColumn& given);
  void fit_text(const Column& column, const NewColumn& given);
  void fit_numbers(Column& column, std::size_t position, const NewColumn& given);
  void fit_cells(Column& column, std::size_t position, const NewColumn& given);
  void convert(Column& column, const std::string& null_keyword, const NewColumn& given,
               std::uint64_t elements);
  std::byte* room_for(std::uint64_t bytes);

  MemoryTable table_;
  std::deque<std::vector<std::byte>> own_;  ///< converted values
};

}  // namespace torchfits
