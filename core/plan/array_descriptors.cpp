// SPDX-License-Identifier: BSD-3-Clause
#include "plan/array_descriptors.h"

namespace torchfits {

TileDescriptors::TileDescriptors(const CompressedTableLayout& table, std::size_t column,
                                 ByteView bytes, std::uint64_t rows)
    : table_(table), column_(table.held.columns[column]), bytes_(bytes), rows_(rows) {
  if (!problem()) return;
  held_first_ = false;
  if (problem()) held_first_ = true;
}

std::optional<std::string> TileDescriptors::problem() const {
  for (std::uint64_t row = 0; row < rows_; ++row) {
    const auto was = held_descriptor(row);
    const auto is = stored_descriptor(row);
    const auto in_held = find_held(was), in_stored = find_stored(is);
    if (in_held && in_stored && (was.count > 0) == (is.count > 0)) continue;
    const auto array =
        "the array of row " + std::to_string(row) + " of the tile (" + std::to_string(was.count) +
        " elements at byte " + std::to_string(was.offset) + " of the heap, from " +
        std::to_string(is.count) + " compressed bytes at " + std::to_string(is.offset) + ")";
    if (!in_held) {
      return array + " lies outside the heap of " + std::to_string(table_.held.heap_bytes) +
             " bytes that ZPCOUNT announces";
    }
    if (!in_stored) {
      return array + " is made of bytes outside the heap of " +
             std::to_string(table_.stored.heap_bytes) + " bytes";
    }
    return array + (was.count > 0 ? " has lost its bytes" : " has bytes but no elements");
  }
  return std::nullopt;
}

Descriptor TileDescriptors::held_descriptor(std::uint64_t row) const noexcept {
  return read_descriptor(fields().data() + row * column_.width, column_.form.code);
}

Descriptor TileDescriptors::stored_descriptor(std::uint64_t row) const noexcept {
  const auto start = held_first_ ? rows_ * column_.width : 0;
  return read_descriptor(bytes_.data() + start + row * kLongDescriptor, 'Q');
}

std::optional<ByteRange> TileDescriptors::find_held(Descriptor array) const noexcept {
  return find_array(array, ArraySize(column_.form.heap_code), table_.held.heap_bytes);
}

std::optional<ByteRange> TileDescriptors::find_stored(Descriptor array) const noexcept {
  return find_array(array, ArraySize('B'), table_.stored.heap_bytes);
}

ByteRange TileDescriptors::held(std::uint64_t row) const noexcept {
  return find_held(held_descriptor(row)).value_or(ByteRange{});
}

ByteRange TileDescriptors::stored(std::uint64_t row) const noexcept {
  return find_stored(stored_descriptor(row)).value_or(ByteRange{});
}

ByteView TileDescriptors::fields() const noexcept {
  return bytes_.subspan(held_first_ ? 0 : rows_ * kLongDescriptor, rows_ * column_.width);
}

}  // namespace torchfits
