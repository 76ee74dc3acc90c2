// SPDX-License-Identifier: BSD-3-Clause
#pragma once

#include <cstddef>
#include <cstdint>
#include <optional>

#include "fits/layout.h"

namespace torchfits {

/// Integers in memory, and which of them are null.
struct NullableIntegers {
  const std::byte* values = nullptr;  ///< of the natural type
  const std::byte* nulls = nullptr;   ///< a byte for each, not 0 where it is null; nullptr: none
  std::size_t count = 0;
};

/// TNULL for a column of integers: a stored number that stands for none of the values. `wanted`, if
/// it is free; else the least value of a signed type, the greatest of an unsigned one, the other
/// end, or the first that is free from there on. Nothing where every value of the type occurs.
[[nodiscard]] std::optional<std::int64_t> free_null(const ElementCoding& coding,
                                                    const NullableIntegers& integers,
                                                    std::optional<std::int64_t> wanted);

}  // namespace torchfits
