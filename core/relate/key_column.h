// SPDX-License-Identifier: BSD-3-Clause
// A column whose values are compared: memory of a tensor, in native order.
#pragma once

#include <cstddef>
#include <cstdint>
#include <string_view>

#include "fits/element_type.h"

namespace torchfits {

/// Rows are counted in 32 bits, of which the last value means none.
inline constexpr std::size_t kMaxRows = 0xfffffffe;
inline constexpr std::uint32_t kNone = 0xffffffff;

struct KeyColumn {
  const std::byte* data = nullptr;
  std::size_t rows = 0;
  const std::uint8_t* nulls = nullptr;  ///< 1 where the value is null; may be null itself
  ElementType type = ElementType::u8;   ///< an integer, f32, f64 or boolean; u8 of text
  bool is_text = false;
  std::size_t width = 0;                  ///< bytes of each text, without `offsets`
  const std::int64_t* offsets = nullptr;  ///< [rows + 1], of texts with lengths of their own

  [[nodiscard]] bool is_null(std::size_t row) const noexcept {
    return nulls != nullptr && nulls[row] != 0;
  }

  /// What counts of a text: up to its first NUL, without trailing blanks.
  [[nodiscard]] std::string_view text(std::size_t row) const noexcept {
    const auto begin = offsets == nullptr ? row * width : static_cast<std::size_t>(offsets[row]);
    const auto size =
        offsets == nullptr ? width : static_cast<std::size_t>(offsets[row + 1]) - begin;
    std::string_view text(reinterpret_cast<const char*>(data) + begin, size);
    text = text.substr(0, text.find('\0'));
    return text.substr(0, text.find_last_not_of(' ') + 1);
  }
};

}  // namespace torchfits
