// SPDX-License-Identifier: BSD-3-Clause
// Columns in memory become rows of a table: decode/columns.h's mirror.
#pragma once

#include <cstdint>
#include <vector>

#include "base/bytes.h"
#include "encode/heap.h"
#include "encode/memory_table.h"

namespace torchfits {

/// Made once for a table, used by many threads; table and heap outlive it.
class RowEncoder {
 public:
  /// `heap` is that of the table: descriptors point into it.
  RowEncoder(const MemoryTable& table, const HeapEncoder& heap);
  ~RowEncoder();
  RowEncoder(const RowEncoder&) = delete;
  RowEncoder& operator=(const RowEncoder&) = delete;

  /// Rows `first` to `first + count` as they stand in a file, into `out`, which has
  /// `count * row_bytes`.
  void operator()(std::uint64_t first, std::uint64_t count, ByteSpan out) const;

 private:
  struct Task;  ///< one column: where its field lies, and what fills it

  std::size_t row_bytes_;
  std::vector<Task> tasks_;
};

}  // namespace torchfits
