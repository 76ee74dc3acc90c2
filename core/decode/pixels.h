// SPDX-License-Identifier: BSD-3-Clause
// Stored numbers become elements: swap, scaling, nulls and dtype conversion in one pass
// over memory.
#pragma once

#include <cstddef>
#include <cstdint>

#include "base/bytes.h"
#include "base/simd.h"
#include "decode/convert.h"
#include "decode/natural.h"
#include "fits/layout.h"

namespace torchfits {

/// Decodes runs of one image or column; made once for a read, used by many threads.
/// The result equals, bit for bit, decoding to `coding.natural` and converting that to `target` as
/// torch's .to() does.
class ElementDecoder {
 public:
  /// ErrorCode::type where no conversion exists (complex or bool targets of numbers, ...), naming
  /// those that do.
  ElementDecoder(const ElementCoding& coding, ElementType target, Simd simd = best_simd(),
                 ByteOrder order = ByteOrder::big);

  /// `count` elements, packed in `in` (any alignment), to `out`.
  /// An integer target that cannot hold a value (fraction, NaN, range) is ErrorCode::value with the
  /// first such value; messages count elements from `first`, the position of out[0]. `in` and `out`
  /// do not overlap, or are the same where in_place().
  void operator()(const std::byte* in, std::size_t count, std::byte* out,
                  std::uint64_t first = 0) const;

  /// Whether the elements are the stored numbers as they lie in memory.
  [[nodiscard]] bool copies() const noexcept;

  /// Whether `out` may be the memory of `in`.
  [[nodiscard]] bool in_place() const noexcept;

  /// The same for elements that lie `step` elements apart in `in`; negative: from the end of `in`
  /// backwards. `in` is the whole run.
  void strided(ByteView in, std::int64_t step, std::size_t count, std::byte* out,
               std::uint64_t first = 0) const;

 private:
  void block(const std::byte* in, std::size_t count, std::byte* out, std::uint64_t first) const;

  ElementCoding coding_;
  ElementType target_;
  ByteOrder order_;
  NaturalKernel to_natural_;
  ConvertKernel convert_ = nullptr;  ///< none where target is the natural type
  std::size_t stored_bytes_;
  std::size_t natural_bytes_;
  std::size_t target_bytes_;
};

}  // namespace torchfits
