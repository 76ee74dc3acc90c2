// SPDX-License-Identifier: BSD-3-Clause
// Sizes of the FITS Standard, section 3.1 and 4.1.
#pragma once

#include <cstddef>
#include <cstdint>
#include <optional>

#include "base/bytes.h"

namespace torchfits {

inline constexpr std::uint64_t kBlockSize = 2880;
inline constexpr std::size_t kCardSize = 80;
inline constexpr std::size_t kCardsPerBlock = kBlockSize / kCardSize;

/// `size` rounded up to whole blocks; no value on overflow.
[[nodiscard]] constexpr std::optional<std::uint64_t> padded(std::uint64_t size) noexcept {
  const auto rest = size % kBlockSize;
  return rest == 0 ? std::optional(size) : checked_add(size, kBlockSize - rest);
}

}  // namespace torchfits
