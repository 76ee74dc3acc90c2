// SPDX-License-Identifier: BSD-3-Clause
#include "base/stats.h"

#include <utility>

namespace torchfits {

Stats& stats() noexcept {
  static Stats counters;
  return counters;
}

void reset_stats() noexcept {
  auto& s = stats();
  for (auto* counter : {&s.files_opened, &s.bytes_read, &s.bytes_decoded, &s.bytes_written,
                        &s.tiles_decoded, &s.tile_cache_hits}) {
    counter->store(0, std::memory_order_relaxed);
  }
  s.scratch_peak.store(s.scratch_bytes.load(std::memory_order_relaxed), std::memory_order_relaxed);
}

Scratch::Scratch(std::size_t size)
    : memory_(std::make_unique_for_overwrite<std::byte[]>(size)), size_(size) {
  if (size == 0) return;
  auto& s = stats();
  const auto held = s.scratch_bytes.fetch_add(size, std::memory_order_relaxed) + size;
  auto peak = s.scratch_peak.load(std::memory_order_relaxed);
  while (held > peak && !s.scratch_peak.compare_exchange_weak(peak, held)) {
  }
}

Scratch::Scratch(Scratch&& other) noexcept
    : memory_(std::move(other.memory_)), size_(std::exchange(other.size_, 0)) {}

Scratch& Scratch::operator=(Scratch&& other) noexcept {
  std::swap(memory_, other.memory_);
  std::swap(size_, other.size_);
  return *this;
}

Scratch::~Scratch() {
  if (size_ > 0) stats().scratch_bytes.fetch_sub(size_, std::memory_order_relaxed);
}

}  // namespace torchfits
