// SPDX-License-Identifier: BSD-3-Clause
// Where the variable-length arrays of a compressed table are (FITS 4.0 section 10.3.6). Pure: no
// I/O.
#pragma once

#include <cstdint>
#include <optional>
#include <string>

#include "base/bytes.h"
#include "fits/compressed_table.h"
#include "plan/descriptor.h"

namespace torchfits {

/// Of descriptors that point to compressed arrays, always of the kind Q.
inline constexpr std::uint64_t kLongDescriptor = 16;

/// The two descriptors of each array of a tile, as they were stored one list after another: those
/// of the held table and those of the compressed arrays. The Standard's text has the second list in
/// front, CFITSIO writes and reads it behind; the one that is inside both heaps is right.
class TileDescriptors {
 public:
  /// `bytes` are those of both lists, `rows` descriptors each.
  TileDescriptors(const CompressedTableLayout& table, std::size_t column, ByteView bytes,
                  std::uint64_t rows);

  /// Why the first wrong one is wrong; nothing where all are inside their heaps.
  [[nodiscard]] std::optional<std::string> problem() const;

  /// Bytes of the held heap; the row has no wrong descriptor.
  [[nodiscard]] ByteRange held(std::uint64_t row) const noexcept;
  /// Bytes of the heap of compressed arrays; likewise.
  [[nodiscard]] ByteRange stored(std::uint64_t row) const noexcept;
  /// The descriptors of the held table, the column's fields.
  [[nodiscard]] ByteView fields() const noexcept;

 private:
  [[nodiscard]] Descriptor held_descriptor(std::uint64_t row) const noexcept;
  [[nodiscard]] Descriptor stored_descriptor(std::uint64_t row) const noexcept;
  /// Nothing where the array is not inside its heap.
  [[nodiscard]] std::optional<ByteRange> find_held(Descriptor array) const noexcept;
  [[nodiscard]] std::optional<ByteRange> find_stored(Descriptor array) const noexcept;

  const CompressedTableLayout& table_;
  const Column& column_;
  ByteView bytes_;
  std::uint64_t rows_;
  bool held_first_ = true;
};

}  // namespace torchfits
