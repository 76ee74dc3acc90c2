// SPDX-License-Identifier: BSD-3-Clause
// Descriptors of variable-length arrays, and the bytes of a heap that they point to (FITS 4.0
// section 7.3.5). Pure: no I/O.
#pragma once

#include <algorithm>
#include <bit>
#include <cstddef>
#include <cstdint>
#include <limits>
#include <optional>

#include "base/bytes.h"
#include "fits/tform.h"

namespace torchfits {

/// Elements of an array, and where it begins in the heap, as they are stored: not checked.
struct Descriptor {
  std::int64_t count = 0;
  std::uint64_t offset = 0;
};

/// Of a field with the code P, two numbers of 32 bits, or Q, two of 64. Offsets are unsigned:
/// writers let those of P wrap in a heap of more than 2 GiB.
[[nodiscard]] inline Descriptor read_descriptor(const std::byte* from, char code) noexcept {
  if (code == 'P') {
    const auto both = load_be<std::uint64_t>(from);
    return {static_cast<std::int32_t>(both >> 32), static_cast<std::uint32_t>(both)};
  }
  return {load_be<std::int64_t>(from), load_be<std::uint64_t>(from + 8)};
}

/// What arrays of one type take in a heap. Those of bits are padded to whole bytes.
class ArraySize {
 public:
  /// `code` is TForm::heap_code. All sizes are powers of two.
  explicit ArraySize(char code) noexcept
      : bits_(code == 'X'),
        size_(tform_element_size(code)),
        shift_(static_cast<unsigned>(std::countr_zero(size_))) {}

  /// Of no more than most() elements.
  [[nodiscard]] std::uint64_t bytes(std::uint64_t count) const noexcept {
    return bits_ ? count / 8 + (count % 8 != 0 ? 1 : 0) : count * size_;
  }
  /// Elements that so many bytes hold, as far as a descriptor can count them.
  [[nodiscard]] std::uint64_t most(std::uint64_t bytes) const noexcept {
    constexpr std::uint64_t kCounted = std::numeric_limits<std::int64_t>::max();
    if (bits_) return bytes > kCounted / 8 ? kCounted : bytes * 8;
    return std::min(bytes >> shift_, kCounted);
  }
  /// Whether they end where a byte ends, so that other elements may follow without a gap.
  [[nodiscard]] bool ends_byte(std::uint64_t count) const noexcept {
    return !bits_ || count % 8 == 0;
  }

 private:
  bool bits_;
  std::uint64_t size_;
  unsigned shift_;
};

/// The bytes of an array; nothing where they are not all in the heap. An empty array may point
/// anywhere: its range begins at 0.
[[nodiscard]] inline std::optional<ByteRange> find_array(Descriptor array, ArraySize size,
                                                         std::uint64_t heap_bytes) noexcept {
  if (array.count == 0) return ByteRange{};
  const auto count = static_cast<std::uint64_t>(array.count);  // a negative one is a large one
  if (array.offset > heap_bytes || count > size.most(heap_bytes - array.offset)) {
    return std::nullopt;
  }
  return ByteRange{array.offset, size.bytes(count)};
}

}  // namespace torchfits
