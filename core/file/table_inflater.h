// SPDX-License-Identifier: BSD-3-Clause
// Makes of a compressed table the bytes that it would have uncompressed, as far as a read wants
// them; the reader of tables takes it from there.
#pragma once

#include <cstddef>
#include <cstdint>
#include <memory>
#include <span>

#include "fits/compressed_table.h"
#include "io/byte_source.h"
#include "plan/table_plan.h"

namespace torchfits {

/// Where a compressed table is. All its data are there (File::check_data_present).
struct CompressedTableData {
  const ByteSource& source;
  std::uint64_t data_offset = 0;  ///< of the table of the tiles
  const CompressedTableLayout& layout;
};

/// The rows and the heap of `layout.held`, from offset 0 of the returned source on. Restored are
/// the `columns` in the tiles that hold any of `rows`, and of variable-length arrays those of the
/// rows (those of logicals all); all other bytes are 0 and take up no memory. Tiles and columns are
/// inflated in parallel. Before a byte is reserved for a tile its size is compared with the bytes
/// that it is made of; ErrorCode::format names column, tile and bytes of the file.
[[nodiscard]] std::shared_ptr<const ByteSource> inflate_table(const CompressedTableData& table,
                                                              std::span<const std::size_t> columns,
                                                              const RowSelection& rows);

}  // namespace torchfits
