// SPDX-License-Identifier: BSD-3-Clause
#include "plan/array_descriptors.h"

namespace torchfits {
namespace {

/// Bytes that `count` elements of `code` take in a heap; none on overflow.
std::optional<std::uint64_t> array_bytes(char code, std::uint64_t count) noexcept {
  if (code == 'X') return count / 8 + (count % 8 != 0 ? 1 : 0);
  return checked_mul(count, tform_element_size(code));
}

}  // namespace

Descriptor read_descriptor(const std::byte* from, std::uint64_t width) noexcept {
  if (width == kLongDescriptor) {
    return {load_be<std::uint64_t>(from), load_be<std::uint64_t>(from + 8)};
  }
  const auto widened = [](std::int32_t number) {
    return static_cast<std::uint64_t>(static_cast<std::int64_t>(number));
  };
  return {widened(load_be<std::int32_t>(from)), widened(load_be<std::int32_t>(from + 4))};
}

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
    const auto is = stored(row);
    const auto size = array_bytes(column_.form.heap_code, was.count);
    const bool in_held =
        was.count == 0 || (size && inside_heap({was.offset, *size}, table_.held.heap_bytes));
    const bool in_stored = is.length == 0 || inside_heap(is, table_.stored.heap_bytes);
    if (in_held && in_stored && (was.count > 0) == (is.length > 0)) continue;
    const auto array =
        "the array of row " + std::to_string(row) + " of the tile (" + std::to_string(was.count) +
        " elements at byte " + std::to_string(was.offset) + " of the heap, from " +
        std::to_string(is.length) + " compressed bytes at " + std::to_string(is.offset) + ")";
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
  return read_descriptor(fields().data() + row * column_.width, column_.width);
}

ByteRange TileDescriptors::held(std::uint64_t row) const noexcept {
  const auto descriptor = held_descriptor(row);
  const auto size = array_bytes(column_.form.heap_code, descriptor.count);
  return {descriptor.offset, size.value_or(0)};
}

ByteRange TileDescriptors::stored(std::uint64_t row) const noexcept {
  const auto start = held_first_ ? rows_ * column_.width : 0;
  const auto descriptor =
      read_descriptor(bytes_.data() + start + row * kLongDescriptor, kLongDescriptor);
  return {descriptor.offset, descriptor.count};
}

ByteView TileDescriptors::fields() const noexcept {
  return bytes_.subspan(held_first_ ? 0 : rows_ * kLongDescriptor, rows_ * column_.width);
}

}  // namespace torchfits
