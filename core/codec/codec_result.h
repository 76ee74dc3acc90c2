// SPDX-License-Identifier: BSD-3-Clause
// What a codec says when it is done. Codecs know neither tiles nor files: decode/tiles.cpp turns a
// problem into an error with HDU, tile and byte offset.
#pragma once

#include <cstddef>

namespace torchfits {

/// Contract of all decoders: they read only inside `in` and write only inside `out`, whatever the
/// bytes are, also where the bytes change while they are read; they allocate nothing that grows
/// with a number in the stream; the outcome depends on the bytes alone.
struct CodecResult {
  const char* problem = nullptr;  ///< static text such as "a code runs past the end"; none: decoded
  std::size_t used = 0;  ///< bytes of the input that were taken; up to the problem, if there is one
  std::size_t made = 0;  ///< elements (bytes of the byte codecs) that were written

  [[nodiscard]] bool ok() const noexcept { return problem == nullptr; }
};

}  // namespace torchfits
