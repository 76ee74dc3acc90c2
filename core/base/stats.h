// SPDX-License-Identifier: BSD-3-Clause
// Counters that prove what a read cost. Process-wide, relaxed, cheap.
#pragma once

#include <atomic>
#include <cstddef>
#include <cstdint>
#include <memory>

#include "base/bytes.h"

namespace torchfits {

struct Stats {
  std::atomic<std::uint64_t> files_opened{0};
  std::atomic<std::uint64_t> bytes_read{0};        ///< asked of sources, mapped or copied
  std::atomic<std::uint64_t> bytes_decoded{0};     ///< stored bytes turned into elements
  std::atomic<std::uint64_t> bytes_written{0};     ///< bytes of tensors that were filled
  std::atomic<std::uint64_t> tiles_decoded{0};     ///< of compressed images
  std::atomic<std::uint64_t> tile_cache_hits{0};   ///< tiles that were found decoded
  std::atomic<std::uint64_t> tile_cache_bytes{0};  ///< held by the tile caches of open files now
  std::atomic<std::uint64_t> scratch_bytes{0};     ///< held by Scratch buffers now
  std::atomic<std::uint64_t> scratch_peak{0};      ///< the most that was held at once
};

[[nodiscard]] Stats& stats() noexcept;
void reset_stats() noexcept;

/// Uninitialised temporary memory that is counted. Everything a read allocates beside its output
/// goes through it.
class Scratch {
 public:
  Scratch() = default;
  explicit Scratch(std::size_t size);
  Scratch(Scratch&& other) noexcept;
  Scratch& operator=(Scratch&& other) noexcept;
  ~Scratch();

  [[nodiscard]] std::byte* data() const noexcept { return memory_.get(); }
  [[nodiscard]] std::size_t size() const noexcept { return size_; }
  [[nodiscard]] ByteSpan span() const noexcept { return {memory_.get(), size_}; }

 private:
  std::unique_ptr<std::byte[]> memory_;
  std::size_t size_ = 0;
};

}  // namespace torchfits
