// SPDX-License-Identifier: BSD-3-Clause
// The data of a table whose rows or columns come and go: rows made of old ones and new ones, block
// by block.
#pragma once

#include <cstddef>
#include <cstdint>
#include <vector>

#include "encode/columns.h"
#include "encode/heap.h"
#include "file/data_unit.h"
#include "fits/layout.h"
#include "fits/table_structure.h"
#include "io/byte_source.h"

namespace torchfits {

/// Rows that follow each other in the new table: rows of the old one, or new ones.
struct RowSpan {
  std::uint64_t begin = 0;  ///< the first of them in the new table
  std::uint64_t count = 0;
  std::uint64_t first = 0;  ///< the same in the old table, or among the new rows
  bool is_new = false;
};

/// Bytes of an old row that a new one has too.
struct KeptField {
  std::uint64_t from = 0;
  std::uint64_t to = 0;
  std::uint64_t length = 0;
};

/// What a table becomes. The encoders may be null; all that is referred to outlives it.
struct TableRewrite {
  const ByteSource& source;
  std::uint64_t data_offset = 0;  ///< of the old table
  TableSize old{};
  TableSize size{};  ///< of the new one
  std::vector<RowSpan> rows{};
  std::vector<KeptField> fields{};
  const RowEncoder* new_rows = nullptr;
  const RowEncoder* new_column = nullptr;  ///< for every row of the new table
  const HeapEncoder* new_cells = nullptr;  ///< behind the old heap
  bool blank_padding = false;              ///< of an ASCII table
};

/// Old cells of the heap stay where they are in it, also those that no row points to any more.
class RewrittenTable final : public DataBlocks {
 public:
  explicit RewrittenTable(const TableRewrite& table);

  [[nodiscard]] std::uint64_t bytes() const override;
  [[nodiscard]] std::uint64_t blocks() const override;
  [[nodiscard]] std::uint64_t position(std::uint64_t block) const override;
  [[nodiscard]] std::size_t room() const override;
  [[nodiscard]] ByteView block(std::uint64_t number, ByteSpan room) const override;

 private:
  [[nodiscard]] ByteView row_block(std::uint64_t number, ByteSpan room) const;
  [[nodiscard]] ByteView heap_block(std::uint64_t number, ByteSpan room) const;
  void keep_rows(std::uint64_t first, std::uint64_t count, std::byte* out) const;
  void copy_fields(const RowSpan& span, ByteView old, std::byte* out) const;

  const TableRewrite& table_;
  std::uint64_t used_ = 0;  ///< bytes of rows and heap
  std::uint64_t old_heap_ = 0;
  std::uint64_t block_rows_ = 1;
  std::uint64_t row_blocks_ = 0;
  std::uint64_t heap_blocks_ = 0;  ///< of the old heap
  std::uint64_t new_blocks_ = 0;   ///< of new cells
};

}  // namespace torchfits
