// SPDX-License-Identifier: BSD-3-Clause
// Text of a column of characters (FITS 4.0 section 7.3.3.1): it ends at its first NUL, and trailing
// blanks do not count.
#pragma once

#include <cstddef>
#include <cstring>
#include <string_view>

namespace torchfits {

[[nodiscard]] inline std::string_view text_of(std::string_view stored) noexcept {
  if (stored.empty()) return stored;
  auto length = stored.size();
  if (const void* nul = std::memchr(stored.data(), 0, length))
    length = static_cast<std::size_t>(static_cast<const char*>(nul) - stored.data());
  while (length > 0 && stored[length - 1] == ' ') --length;
  return stored.substr(0, length);
}

}  // namespace torchfits
