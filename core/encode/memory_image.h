// SPDX-License-Identifier: BSD-3-Clause
#pragma once

#include <cstddef>
#include <cstdint>
#include <vector>

#include "fits/element_type.h"

namespace torchfits {

/// A C-ordered tensor in memory, aligned for its type.
struct MemoryImage {
  ElementType natural = ElementType::u8;
  std::vector<std::uint64_t> shape{};  ///< numpy order; no axis: there is no image
  const std::byte* data = nullptr;

  [[nodiscard]] std::uint64_t elements() const noexcept {
    std::uint64_t product = shape.empty() ? 0 : 1;
    for (const auto length : shape) product *= length;
    return product;
  }
};

}  // namespace torchfits
