// SPDX-License-Identifier: BSD-3-Clause
// Stored big-endian numbers become elements: swap, scaling, nulls and dtype conversion in one pass over memory.
#pragma once

#include <cstddef>
#include <cstdint>

#include "base/bytes.h"
#include "fits/layout.h"

namespace torchfits {

/// Decodes runs of one image or column; made once for a read, used by many threads.
/// The result equals, bit for bit, decoding to `coding.natural` and converting that to `target` as torch's .to() does.
class ElementDecoder {
 public:
  /// ErrorCode::type where no conversion exists (complex or bool targets of numbers, ...), naming those that do.
  ElementDecoder(const ElementCoding& coding, ElementType target);

  /// `count` elements, packed in `in` (big-endian, any alignment), to `out`.
  /// An integer target that cannot hold a value (fraction, NaN, range) is ErrorCode::value with the first such value.
  void operator()(const std::byte* in, std::size_t count, std::byte* out) const;

  /// The same for elements that lie `step` elements apart in `in`; negative: from the end of `in` backwards. `in` is the whole run.
  void strided(ByteView in, std::int64_t step, std::size_t count, std::byte* out) const;

 private:
  using ToNatural = void (*)(const ElementCoding&, const std::byte* in, std::size_t count, std::byte* out);
  using Convert = void (*)(const std::byte* natural, std::size_t count, std::byte* out);
  ElementCoding coding_;
  ToNatural to_natural_ = nullptr;
  Convert convert_ = nullptr;  ///< none where target is the natural type
  std::size_t stored_bytes_ = 1;
  std::size_t natural_bytes_ = 1;
  std::size_t target_bytes_ = 1;
};

}  // namespace torchfits
