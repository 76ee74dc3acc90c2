// SPDX-License-Identifier: BSD-3-Clause
// The values of one column become its fields.
#pragma once

#include <cstddef>
#include <cstdint>
#include <vector>

#include "encode/memory_table.h"

namespace torchfits {

/// Fields of consecutive rows of the column, `stride` bytes apart.
struct Fields {
  std::byte* first = nullptr;
  std::size_t stride = 0;
  std::uint64_t row = 0;
  std::size_t rows = 0;
};

/// Made once for a column, used by many threads; the values outlive it.
class FieldEncoder {
 public:
  /// Cells of one size, as the rows have them. ErrorCode::unsupported for a column that is scaled,
  /// other than by the offset convention.
  [[nodiscard]] static FieldEncoder of_cells(const Column& column, const MemoryColumn& memory);
  /// The elements of cells of variable length, each as if it were a row; not of bits.
  [[nodiscard]] static FieldEncoder of_elements(const Column& column, const MemoryColumn& memory);

  void operator()(const Fields& out) const;

 private:
  using Kernel = void (FieldEncoder::*)(const Fields&) const;

  explicit FieldEncoder(const MemoryColumn& memory)
      : values_(memory.values), nulls_(memory.nulls) {}
  void use_text(std::uint64_t strings, std::uint64_t characters);
  void use_elements(char code, const ElementCoding& coding, std::uint64_t elements);
  void use_numbers(const ElementCoding& coding);
  [[nodiscard]] static Kernel swap_kernel(std::size_t size, bool alone);
  [[nodiscard]] static Kernel copy_kernel(std::size_t width);

  template <std::size_t Size>
  void swap_scalars(const Fields& out) const;
  template <std::size_t Size>
  void swap_cells(const Fields& out) const;
  template <std::size_t Width>
  void copy_cells(const Fields& out) const;
  void store_logicals(const Fields& out) const;
  void store_bits(const Fields& out) const;
  void store_nulls(const Fields& out) const;

  const std::byte* values_;
  const std::byte* nulls_;
  std::size_t elements_ = 1;    ///< of a cell; text: strings
  std::size_t components_ = 1;  ///< numbers of a cell that are swapped: two for a complex element
  std::size_t width_ = 0;       ///< bytes of a field, where they are copied
  std::uint64_t flip_ = 0;      ///< the sign bit, for the unsigned and signed-byte conventions
  Kernel kernel_ = nullptr;
  std::vector<std::byte> null_{};  ///< what stands for a null element
};

}  // namespace torchfits
