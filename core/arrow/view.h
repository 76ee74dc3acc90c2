// SPDX-License-Identifier: BSD-3-Clause
// An Arrow array that came from elsewhere, checked: every position that it holds is inside of what
// it points to. The ABI tells no sizes of buffers; what can be checked against something is.
#pragma once

#include <cstdint>
#include <vector>

#include "arrow/abi.h"
#include "arrow/field.h"
#include "base/bytes.h"

namespace torchfits {

/// The elements [offset, offset + length) of buffers that somebody else keeps alive.
struct ArrowView {
  const ArrowField* field = nullptr;
  std::uint64_t offset = 0, length = 0;
  const std::uint8_t* validity = nullptr;  ///< bit clear: null; absent where nothing can be null
  const std::byte* values = nullptr;       ///< numbers, bits, offsets, views or fixed texts
  const std::byte* bytes = nullptr;        ///< of text
  std::vector<ByteView> pieces;            ///< of text views: what long ones point to
  std::vector<ArrowView> children;         ///< cut to what these elements hold
  std::vector<ArrowView> dictionary;       ///< one or none; positions in it are checked

  [[nodiscard]] bool is_null(std::uint64_t i) const noexcept;
  /// Offset `i` of a list or text, i up to `length`.
  [[nodiscard]] std::int64_t place(std::uint64_t i) const noexcept;
  /// Position in the dictionary of element `i`, which is not null.
  [[nodiscard]] std::uint64_t index(std::uint64_t i) const noexcept;
  /// The elements inside of all lists.
  [[nodiscard]] const ArrowView& leaf() const noexcept;
};

/// The columns of one batch, as many as `table` has, each of `batch.length` elements.
/// ErrorCode::value names the column and what is wrong with its array. `table` and `batch` must
/// outlive the views.
[[nodiscard]] std::vector<ArrowView> check_arrow_batch(const ArrowField& table,
                                                       const ArrowArray& batch);

}  // namespace torchfits
