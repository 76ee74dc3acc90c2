// SPDX-License-Identifier: BSD-3-Clause
// Which stored integers are null: those that equal TNULL.
#pragma once

#include <cstddef>
#include <cstdint>

#include "fits/element_type.h"

namespace torchfits {

/// Big-endian integers: `rows` times `elements` packed ones, `stride` bytes from row to row.
struct StoredIntegers {
  const std::byte* first = nullptr;
  std::ptrdiff_t stride = 0;
  std::size_t rows = 1;
  std::size_t elements = 0;
};

/// Counts those that equal `null`, and marks all of them in `mask` (packed, 1 where null) unless it
/// is null itself.
using NullKernel = std::uint64_t (*)(const StoredIntegers& in, std::int64_t null,
                                     std::uint8_t* mask);

/// None where no stored number of the type can equal `null`.
[[nodiscard]] NullKernel null_kernel(ElementType stored, std::int64_t null);

}  // namespace torchfits
