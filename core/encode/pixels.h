// SPDX-License-Identifier: BSD-3-Clause
// Elements of a tensor become stored numbers: decode/pixels.h's mirror.
#pragma once

#include <cstddef>

#include "fits/layout.h"

namespace torchfits {

/// Stores elements of `coding.natural` (rules copy and offset of the sign bit) as
/// `coding.stored`. Made once for an image, used by many threads.
class ElementEncoder {
 public:
  explicit ElementEncoder(const ElementCoding& coding);

  /// The bytes of a tensor are those of the file.
  [[nodiscard]] bool verbatim() const noexcept { return big_endian_ == nullptr; }

  /// `count` elements, packed in `in`, as they stand in a file. `in` and `out` are the same or do
  /// not overlap; neither needs alignment.
  void operator()(const std::byte* in, std::size_t count, std::byte* out) const;

  /// The same stored numbers in native order, for codecs.
  void native(const std::byte* in, std::size_t count, std::byte* out) const;

 private:
  using Kernel = void (*)(const std::byte* in, std::size_t count, std::byte* out);
  Kernel big_endian_ = nullptr;  ///< none: a copy
  Kernel native_ = nullptr;
  std::size_t size_;
};

}  // namespace torchfits
