// SPDX-License-Identifier: BSD-3-Clause
// Rows of a binary table become columns: one blocked transposition for all columns at once.
#pragma once

#include <atomic>
#include <cstddef>
#include <cstdint>
#include <optional>
#include <vector>

#include "decode/pixels.h"
#include "fits/layout.h"
#include "plan/table_plan.h"

namespace torchfits {

/// One column of the output; `data` holds `rows` cells of `cell_bytes` each, C order.
struct ColumnOutput {
  std::size_t column = 0;  ///< position in TableLayout::columns
  std::byte* data = nullptr;
  std::uint8_t* mask = nullptr;  ///< one byte an element, 1 where null; none where nobody asked
  /// Of P and Q: receives the position of each cell in the heap; `data` receives its count of
  /// elements, int64. Neither is checked: see place_cells.
  std::uint64_t* heap = nullptr;
};

/// How a column is to come out.
struct ColumnRequest {
  ElementType type = ElementType::u8;  ///< of the tensor (u8 for A: bytes [N, ..., width]); of P
                                       ///< and Q: of the elements in the heap
  std::uint64_t elements = 1;          ///< of one cell; of P and Q: descriptors, 0 or 1
  ElementCoding coding;

  /// Bytes of one cell in ColumnOutput::data.
  [[nodiscard]] std::uint64_t cell_bytes(const Column& column) const noexcept;
};

/// dtype and cell shape of a column with scaled=True or False.
[[nodiscard]] ColumnRequest request_column(const Column& column, bool scaled);

/// Decodes blocks of rows into all outputs; used by many threads, each on its own blocks.
class RowDecoder {
 public:
  RowDecoder(const TableLayout& table, std::vector<ColumnOutput> outputs,
             std::vector<ColumnRequest> requests);
  RowDecoder(const RowDecoder&) = delete;
  RowDecoder& operator=(const RowDecoder&) = delete;

  /// `bytes` are those of block.range. Counts the nulls that it meets in nulls(i).
  void operator()(const RowBlock& block, ByteView bytes);
  [[nodiscard]] std::uint64_t nulls(std::size_t output) const;

  struct Task;  ///< one column: where its field lies, where it goes, and the kernel that takes it
                ///< there

 private:
  void decode_listed(const RowBlock& block, ByteView bytes);

  const TableLayout& table_;
  std::vector<Task> tasks_;

 public:
  ~RowDecoder();
};

}  // namespace torchfits
