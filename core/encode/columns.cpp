// SPDX-License-Identifier: BSD-3-Clause
// Why it is fast:
// - One pass over memory: the rows of a part that fits the first-level cache take their fields from
//   every column in turn, so each column is read in order, once, and the rows leave the cache
//   whole.
// - One call of a kernel per column and part; inside it nothing is decided: element size, sign
//   convention (an XOR with zero or the sign bit) and the width of short strings are template
//   parameters or loop constants.
// - Nulls are put over the values afterwards, by columns that have some.
#include "encode/columns.h"

#include <algorithm>
#include <optional>

#include "base/defaults.h"
#include "encode/fields.h"

namespace torchfits {
namespace {

/// Bytes of rows that all columns fill before the next rows are touched.
constexpr std::uint64_t kPartBytes = 16 * KiB;
constexpr std::uint64_t kPartRows = 16;

template <class Stored>
void store_descriptors(const HeapColumn& cells, const Fields& out) {
  for (std::size_t i = 0; i < out.rows; ++i) {
    const auto array = cells.descriptor(out.row + i);
    auto* to = out.first + i * out.stride;
    store_be(to, static_cast<Stored>(array.count));
    store_be(to + sizeof(Stored), static_cast<Stored>(array.offset));
  }
}

}  // namespace

struct RowEncoder::Task {
  std::uint64_t offset = 0;  ///< of the field in the row
  std::optional<FieldEncoder> fields{};
  const HeapColumn* cells = nullptr;  ///< of a descriptor
  bool is_long = false;               ///< Q

  void operator()(const Fields& out) const {
    if (fields) return (*fields)(out);
    if (is_long) return store_descriptors<std::uint64_t>(*cells, out);
    store_descriptors<std::uint32_t>(*cells, out);
  }
};

RowEncoder::RowEncoder(const MemoryTable& table, const HeapEncoder& heap)
    : row_bytes_(table.layout.row_bytes) {
  for (std::size_t i = 0; i < table.columns.size(); ++i) {
    const auto& column = table.layout.columns[i];
    auto& task = tasks_.emplace_back();
    task.offset = column.offset;
    if (column.form.in_heap()) {
      task.cells = &heap.column(i);
      task.is_long = column.form.code == 'Q';
    } else {
      task.fields = FieldEncoder::of_cells(column, table.columns[i]);
    }
  }
}

RowEncoder::~RowEncoder() = default;

void RowEncoder::operator()(std::uint64_t first, std::uint64_t count, ByteSpan out) const {
  const auto part = std::max(kPartRows, kPartBytes / std::max<std::uint64_t>(row_bytes_, 1));
  for (std::uint64_t done = 0; done < count; done += part) {
    auto* rows = out.data() + done * row_bytes_;
    const auto some = static_cast<std::size_t>(std::min(part, count - done));
    for (const auto& task : tasks_) task({rows + task.offset, row_bytes_, first + done, some});
  }
}

}  // namespace torchfits
