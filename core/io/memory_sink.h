// SPDX-License-Identifier: BSD-3-Clause
#pragma once

#include <algorithm>
#include <cstddef>
#include <vector>

#include "io/byte_sink.h"

namespace torchfits {

/// Bytes of a file that has no path: they are handed on when it is complete.
class MemorySink final : public ByteSink {
 public:
  void reserve(std::uint64_t size) override {
    if (size > bytes_.size()) bytes_.resize(size);
  }
  void write_at(std::uint64_t offset, ByteView bytes) override {
    std::copy(bytes.begin(), bytes.end(), bytes_.begin() + static_cast<std::ptrdiff_t>(offset));
  }

  [[nodiscard]] ByteView bytes() const noexcept { return bytes_; }

 private:
  std::vector<std::byte> bytes_;
};

}  // namespace torchfits
