// SPDX-License-Identifier: BSD-3-Clause
// Pieces of the heap become the elements of a variable-length column.
#pragma once

#include <atomic>
#include <cstddef>
#include <cstdint>
#include <optional>
#include <string>

#include "decode/columns.h"
#include "decode/nulls.h"
#include "decode/pixels.h"
#include "plan/heap_plan.h"

namespace torchfits {

/// One variable-length column of the output.
struct HeapOutput {
  std::size_t column = 0;  ///< position in TableLayout::columns
  ColumnRequest request;
  HeapCells cells;
  std::byte* values = nullptr;   ///< as many elements as the cells have
  std::uint8_t* mask = nullptr;  ///< one byte an element, 1 where null; none where nobody asked
};

/// What the bytes of a column of logicals were.
struct LogicalBytes {
  std::uint64_t zeros = 0;
  bool letters = false;  ///< T or F
  bool ones = false;     ///< 0x01, which stands for true where there are no letters
};

/// Decodes pieces of one column; used by many threads at once, each on its own pieces.
class HeapDecoder {
 public:
  HeapDecoder(const TableLayout& table, const HeapOutput& output, const RowSelection& rows);

  /// `bytes` are those of piece.range.
  void operator()(const HeapPiece& piece, ByteView bytes);

  /// After the last piece: how many nulls there were. ErrorCode::format where 0x01 stands among T
  /// and F.
  [[nodiscard]] std::uint64_t nulls() const;
  [[nodiscard]] LogicalBytes logicals() const noexcept;

 private:
  using Kernel = void (HeapDecoder::*)(const std::byte* from, std::uint64_t first,
                                       std::uint64_t count);

  void numbers(const std::byte* from, std::uint64_t first, std::uint64_t count);
  void characters(const std::byte* from, std::uint64_t first, std::uint64_t count);
  void bits(const std::byte* from, std::uint64_t first, std::uint64_t count);
  void logical(const std::byte* from, std::uint64_t first, std::uint64_t count);
  [[noreturn]] void refuse(std::uint64_t element, unsigned byte) const;

  const Column& column_;
  HeapOutput output_;
  RowSelection rows_;
  std::size_t size_;  ///< of an element of the output
  Kernel kernel_;
  std::optional<ElementDecoder> decode_;
  NullKernel find_nulls_ = nullptr;
  std::atomic<std::uint64_t> nulls_{0};
  std::atomic<bool> letters_{false};
  std::atomic<std::uint64_t> first_one_{UINT64_MAX};  ///< an element stored as 0x01
};

}  // namespace torchfits
