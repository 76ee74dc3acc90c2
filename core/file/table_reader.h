// SPDX-License-Identifier: BSD-3-Clause
// Runs the plan of a table: every block of rows is read once and transposed into all columns; then
// the heap is read once for all columns of variable length.
#pragma once

#include <cstddef>
#include <cstdint>
#include <span>
#include <string_view>
#include <vector>

#include "decode/columns.h"
#include "decode/heap.h"
#include "file/file.h"
#include "plan/table_plan.h"

namespace torchfits {

/// The layout of an HDU that can be read as a table now; ErrorCode::unsupported or type, naming the
/// kind, otherwise.
[[nodiscard]] const TableLayout& table_layout(const File& file, std::size_t hdu);

/// Position of the column called `name`: exactly, else case-insensitively; ErrorCode::column_name
/// with the candidates.
[[nodiscard]] std::size_t find_column(const TableLayout& table, std::string_view name);

/// Where the bytes of a table are, and what they mean: of an HDU of a file, or made otherwise.
struct TableData {
  const ByteSource& source;
  std::uint64_t data_offset = 0;  ///< of the first row
  const TableLayout& layout;
};

/// Of an HDU whose data are all there; ErrorCode::truncated otherwise.
[[nodiscard]] TableData table_data(const File& file, std::size_t hdu);

/// Fills the outputs, which hold one request each, from the selected rows. Returns for each output
/// how many nulls it met. Of P and Q come the descriptors: place_cells checks them, read_heap
/// follows them.
std::vector<std::uint64_t> read_table(const TableData& table, const RowSelection& rows,
                                      std::vector<ColumnOutput> outputs,
                                      std::vector<ColumnRequest> requests);

/// What a read of the heap met in a column.
struct HeapFindings {
  std::uint64_t nulls = 0;
  bool numeric_logicals = false;  ///< 0 and 1 stand for F and T, against the Standard; no nulls
};

/// Fills variable-length columns from their cells in the selected rows.
std::vector<HeapFindings> read_heap(const TableData& table, const RowSelection& rows,
                                    std::span<const HeapOutput> outputs);

}  // namespace torchfits
