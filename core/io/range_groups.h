// SPDX-License-Identifier: BSD-3-Clause
// Ranges of a request that are served together. Pure: no I/O.
#pragma once

#include <cstddef>
#include <cstdint>
#include <functional>
#include <span>
#include <string>
#include <vector>

#include "base/bytes.h"

namespace torchfits {

/// Some ranges of a request and the span of the source that holds them all.
struct RangeGroup {
  ByteRange span;
  std::uint64_t wanted = 0;  ///< sum of the lengths of its ranges
  std::size_t first = 0;     ///< its ranges are order[first] ... order[first + count - 1]
  std::size_t count = 0;
};

class RangeGroups {
 public:
  /// A group spans at most `max_span` bytes, unless it is a single longer range, and leaves no gap
  /// above `max_gap`.
  struct Limits {
    std::uint64_t max_span;
    std::uint64_t max_gap;
  };

  /// Every range lies below `size`, or ErrorCode::truncated. `ranges` must outlive this.
  RangeGroups(std::span<const ByteRange> ranges, std::uint64_t size);

  [[nodiscard]] std::uint64_t wanted() const noexcept { return wanted_; }  ///< sum of all lengths
  [[nodiscard]] ByteRange span() const noexcept { return span_; }          ///< of all ranges

  /// The groups in order of position; serve with run().
  [[nodiscard]] std::vector<RangeGroup> split(Limits limits);

  /// The position in the request of the range that stands at `place` in order of offset.
  [[nodiscard]] std::size_t index(std::size_t place) const noexcept {
    return order_.empty() ? place : order_[place];
  }

 private:
  std::span<const ByteRange> ranges_;
  std::vector<std::size_t> order_;  // empty where the request is sorted
  std::uint64_t wanted_ = 0;
  ByteRange span_;
  bool sorted_ = true;
};

/// How much there is to do: bytes, and what one of them costs its consumer in bytes copied.
struct Work {
  std::uint64_t wanted = 0;
  std::uint64_t weight = 1;
  /// Enough for several threads.
  [[nodiscard]] bool parallel() const noexcept;
};

/// Limits that give every thread some groups to serve, none larger than `max_span`.
[[nodiscard]] RangeGroups::Limits balanced(Work work, std::uint64_t max_span,
                                           std::uint64_t max_gap);

/// serve(group) for each group: on the pool where work.parallel(), else here.
void run(std::span<const RangeGroup> groups, Work work,
         const std::function<void(const RangeGroup&)>& serve);

}  // namespace torchfits
