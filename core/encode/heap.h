// SPDX-License-Identifier: BSD-3-Clause
// The heap of a table that is written: the cells of each column of variable length in the order of
// rows, one column behind the other, without gaps (FITS 4.0 section 7.3.5). Who reads a column
// finds it in one piece.
#pragma once

#include <cstddef>
#include <cstdint>
#include <optional>
#include <vector>

#include "base/bytes.h"
#include "encode/fields.h"
#include "encode/memory_table.h"
#include "plan/descriptor.h"

namespace torchfits {

/// The cells of one column.
class HeapColumn {
 public:
  /// From byte `begin` of the heap on.
  HeapColumn(const Column& column, const MemoryColumn& memory, std::uint64_t rows,
             std::uint64_t begin);

  [[nodiscard]] std::uint64_t bytes() const noexcept { return bytes_; }
  /// Of a cell without elements: 0, 0.
  [[nodiscard]] Descriptor descriptor(std::uint64_t row) const noexcept;
  /// The bytes from `from` on, counted from where the column begins: a multiple of the size of an
  /// element.
  void encode(std::uint64_t from, ByteSpan out) const;

 private:
  void encode_bits(std::uint64_t from, ByteSpan out) const;

  const std::byte* values_;
  const std::int64_t* offsets_;
  ArraySize size_;
  std::uint64_t begin_;
  std::uint64_t bytes_ = 0;
  std::vector<std::uint64_t> places_{};  ///< of bits, whose cells are padded: where each begins
  std::optional<FieldEncoder> elements_{};
};

/// Made once for a table, used by many threads; the table outlives it.
class HeapEncoder {
 public:
  /// Byte `start` of the heap is the first: others may lie before it.
  explicit HeapEncoder(const MemoryTable& table, std::uint64_t start = 0);

  /// What all cells take.
  [[nodiscard]] std::uint64_t bytes() const noexcept { return bytes_; }
  /// Of the column at a position in the table, which is one of variable length.
  [[nodiscard]] const HeapColumn& column(std::size_t index) const { return columns_[of_[index]]; }

  /// Parts of at most kMaxRangeBytes that are encoded each by itself.
  [[nodiscard]] std::uint64_t pieces() const noexcept;
  /// Where one begins, counted from the first byte.
  [[nodiscard]] std::uint64_t position(std::uint64_t piece) const noexcept;
  /// Fills the front of `out`, which has room for the piece; gives the bytes that it took.
  [[nodiscard]] std::size_t operator()(std::uint64_t piece, ByteSpan out) const;

 private:
  struct Part {
    std::uint64_t first_piece = 0;
    std::uint64_t position = 0;
  };
  [[nodiscard]] std::size_t part_of(std::uint64_t piece) const noexcept;

  std::vector<HeapColumn> columns_;
  std::vector<Part> parts_;      ///< of each in columns_, and the end
  std::vector<std::size_t> of_;  ///< positions in columns_ of the columns of the table
  std::uint64_t bytes_ = 0;
};

}  // namespace torchfits
