// SPDX-License-Identifier: BSD-3-Clause
// Where the variable-length arrays of a compressed table are (FITS 4.0 section 10.3.6). Pure: no
// I/O.
#pragma once

#include <cstdint>
#include <optional>
#include <string>

#include "base/bytes.h"
#include "fits/compressed_table.h"

namespace torchfits {

/// Length and position of an array in a heap.
struct Descriptor {
  std::uint64_t count = 0, offset = 0;
};

/// Of descriptors that point to compressed arrays, always of the kind Q.
inline constexpr std::uint64_t kLongDescriptor = 16;

/// A descriptor of `width` 8 or 16 bytes; a negative number becomes one that is in no heap.
[[nodiscard]] Descriptor read_descriptor(const std::byte* from, std::uint64_t width) noexcept;

/// Whether a heap of that many bytes holds the range.
[[nodiscard]] constexpr bool inside_heap(ByteRange range, std::uint64_t heap_bytes) noexcept {
  return range.offset <= heap_bytes && range.length <= heap_bytes - range.offset;
}

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
  /// Bytes of the heap of compressed arrays.
  [[nodiscard]] ByteRange stored(std::uint64_t row) const noexcept;
  /// The descriptors of the held table, the column's fields.
  [[nodiscard]] ByteView fields() const noexcept;

 private:
  [[nodiscard]] Descriptor held_descriptor(std::uint64_t row) const noexcept;

  const CompressedTableLayout& table_;
  const Column& column_;
  ByteView bytes_;
  std::uint64_t rows_;
  bool held_first_ = true;
};

}  // namespace torchfits
