// SPDX-License-Identifier: BSD-3-Clause
#pragma once

#include <algorithm>
#include <cstring>
#include <memory>
#include <utility>

#include "base/bytes.h"
#include "base/defaults.h"
#include "base/stats.h"
#include "io/byte_source.h"

namespace torchfits {

/// Goes once through a source, from front to back, block by block.
class SourceCursor {
 public:
  explicit SourceCursor(std::shared_ptr<const ByteSource> source) : source_(std::move(source)) {}

  /// What was read and not yet taken; at least `least` bytes of it, up to a block, unless the
  /// source ends.
  [[nodiscard]] ByteView peek(std::size_t least) {
    if (filled_ - taken_ < least) refill();
    return block_.span().subspan(taken_, filled_ - taken_);
  }
  void take(std::size_t count) noexcept { taken_ += count; }

  /// Position of the next byte in the source.
  [[nodiscard]] std::uint64_t position() const noexcept { return next_ - (filled_ - taken_); }

 private:
  static constexpr std::size_t kBlockBytes = 64 * KiB;

  void refill() {
    if (block_.size() == 0) block_ = Scratch(kBlockBytes);
    const auto rest = filled_ - taken_;
    std::memmove(block_.data(), block_.data() + taken_, rest);
    const auto end = source_->extent(next_ + (kBlockBytes - rest));
    const auto fresh = static_cast<std::size_t>(end - std::min(end, next_));
    if (fresh != 0) source_->read({next_, fresh}, block_.span().subspan(rest, fresh));
    next_ += fresh;
    taken_ = 0;
    filled_ = rest + fresh;
  }

  std::shared_ptr<const ByteSource> source_;
  std::uint64_t next_ = 0;  // first byte of the source that was not read
  Scratch block_;
  std::size_t taken_ = 0;
  std::size_t filled_ = 0;
};

}  // namespace torchfits
