// SPDX-License-Identifier: BSD-3-Clause
// Checked Arrow arrays become the memory of tensors, where they cannot be used as they lie.
#pragma once

#include <cstddef>
#include <cstdint>

#include "arrow/view.h"

namespace torchfits {

/// Whether something may be null, in any of the levels.
[[nodiscard]] bool may_have_nulls(const ArrowView& view) noexcept;

/// A byte for each element of the leaf, 1 where it or what holds it is null.
void write_null_mask(const ArrowView& view, std::uint8_t* out);

/// The elements of a leaf of numbers, where they lie aligned and one behind the other; else null.
[[nodiscard]] const std::byte* numbers_in_place(const ArrowView& leaf) noexcept;

/// The elements of a leaf of numbers or bools (a byte each). What lies under nulls is not
/// specified.
void copy_elements(const ArrowView& leaf, std::byte* out);

/// Where the cells of a list begin, counted from `start`: `length` of them, without the end.
void copy_places(const ArrowView& list, std::int64_t start, std::int64_t* out);

}  // namespace torchfits
