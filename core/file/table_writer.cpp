// SPDX-License-Identifier: BSD-3-Clause
#include "file/table_writer.h"

#include <algorithm>
#include <utility>

#include "base/defaults.h"
#include "encode/columns.h"
#include "encode/heap.h"
#include "fits/table_header.h"

namespace torchfits {
namespace {

/// Blocks of whole rows, then the pieces of the heap.
class TableBlocks final : public DataBlocks {
 public:
  explicit TableBlocks(const MemoryTable& table)
      : layout_(table.layout), heap_(table), rows_(table, heap_) {
    if (layout_.row_bytes == 0 || layout_.rows == 0) return;
    block_rows_ = std::max<std::uint64_t>(1, kMaxRangeBytes / layout_.row_bytes);
    row_blocks_ = (layout_.rows + block_rows_ - 1) / block_rows_;
  }

  [[nodiscard]] std::uint64_t bytes() const override {
    return layout_.heap_offset + layout_.heap_bytes;
  }
  [[nodiscard]] std::uint64_t blocks() const override { return row_blocks_ + heap_.pieces(); }
  [[nodiscard]] std::uint64_t position(std::uint64_t block) const override {
    if (block < row_blocks_) return block * block_rows_ * layout_.row_bytes;
    return layout_.heap_offset + heap_.position(block - row_blocks_);
  }
  /// A row longer than a block is a block by itself.
  [[nodiscard]] std::size_t room() const override {
    return std::max<std::uint64_t>(kMaxRangeBytes, layout_.row_bytes);
  }

  [[nodiscard]] ByteView block(std::uint64_t number, ByteSpan room) const override {
    if (number >= row_blocks_) return room.first(heap_(number - row_blocks_, room));
    const auto first = number * block_rows_;
    const auto count = std::min(block_rows_, layout_.rows - first);
    const auto out = room.first(static_cast<std::size_t>(count * layout_.row_bytes));
    rows_(first, count, out);
    return out;
  }

 private:
  const TableLayout& layout_;
  HeapEncoder heap_;
  RowEncoder rows_;
  std::uint64_t block_rows_ = 1;
  std::uint64_t row_blocks_ = 0;
};

}  // namespace

std::uint64_t write_table(const HduTarget& target, const MemoryTable& table,
                          const UserCards& user) {
  return write_rows(target, table_header(table.layout, user, target.checksum), table);
}

std::uint64_t write_rows(const HduTarget& target, Header header, const MemoryTable& table) {
  return write_data_unit(target, std::move(header), TableBlocks(table));
}

}  // namespace torchfits
