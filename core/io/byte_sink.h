// SPDX-License-Identifier: BSD-3-Clause
// Where bytes go: a new file, memory and later a file that is changed in place look alike.
#pragma once

#include <cstdint>

#include "base/bytes.h"

namespace torchfits {

class ByteSink {
 public:
  virtual ~ByteSink() = default;
  ByteSink(const ByteSink&) = delete;
  ByteSink& operator=(const ByteSink&) = delete;

  /// Makes room for bytes up to `size`. Comes before they are written, never during a write.
  virtual void reserve(std::uint64_t size) = 0;

  /// Puts bytes in their place, below what was reserved. Many threads may write at once, each to a
  /// place of its own. Places that are never written hold zeros.
  virtual void write_at(std::uint64_t offset, ByteView bytes) = 0;

 protected:
  ByteSink() = default;
};

}  // namespace torchfits
