// SPDX-License-Identifier: BSD-3-Clause
// A read-only window over a byte range of a file.
#pragma once

#include <cstdint>
#include <optional>

#include "base/bytes.h"
#include "platform/bus_guard.h"
#include "platform/file.h"

namespace torchfits {

class MappedWindow {
 public:
  /// `range` may begin anywhere; it lies inside the file as far as the caller knows. ErrorCode::io
  /// where the system refuses.
  MappedWindow(const FileHandle& file, ByteRange range);
  ~MappedWindow();
  MappedWindow(const MappedWindow&) = delete;
  MappedWindow& operator=(const MappedWindow&) = delete;

  [[nodiscard]] ByteView bytes() const noexcept { return bytes_; }

  /// False once a page was read that the file no longer has: what was read since is zeros, not
  /// data.
  [[nodiscard]] bool intact() const noexcept { return !guard_ || !guard_->hit(); }

 private:
  std::byte* pages_ = nullptr;
  std::size_t mapped_ = 0;
  ByteView bytes_;
  std::optional<BusGuard> guard_;
};

}  // namespace torchfits
