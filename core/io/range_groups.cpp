// SPDX-License-Identifier: BSD-3-Clause
#include "io/range_groups.h"

#include <algorithm>
#include <numeric>

#include "base/defaults.h"
#include "base/error.h"
#include "base/parallel.h"

namespace torchfits {
namespace {

void require_inside(const ByteRange& range, std::uint64_t size) {
  if (range.offset <= size && range.length <= size - range.offset) return;
  const auto end = checked_add(range.offset, range.length);
  if (!end) {
    throw FitsError::format("a range of " + std::to_string(range.length) + " bytes at byte " +
                            std::to_string(range.offset) + " is past every possible file size");
  }
  throw FitsError::truncated("the data", *end, size);
}

}  // namespace

RangeGroups::RangeGroups(std::span<const ByteRange> ranges, std::uint64_t size) : ranges_(ranges) {
  if (ranges.empty()) return;
  std::uint64_t first = ranges[0].offset;
  std::uint64_t last = 0;
  std::uint64_t previous = 0;
  for (const auto& range : ranges) {
    require_inside(range, size);
    wanted_ += range.length;
    sorted_ = sorted_ && range.offset >= previous;
    previous = range.offset;
    first = std::min(first, range.offset);
    last = std::max(last, range.end());
  }
  span_ = {first, last - first};
}

std::vector<RangeGroup> RangeGroups::split(Limits limits) {
  if (!sorted_ && order_.empty()) {
    order_.resize(ranges_.size());
    std::iota(order_.begin(), order_.end(), std::size_t{0});
    std::sort(order_.begin(), order_.end(),
              [&](std::size_t a, std::size_t b) { return ranges_[a].offset < ranges_[b].offset; });
  }
  std::vector<RangeGroup> groups;
  for (std::size_t place = 0; place < ranges_.size(); ++place) {
    const auto& range = ranges_[index(place)];
    if (!groups.empty()) {
      auto& group = groups.back();
      const auto end = std::max(group.span.end(), range.end());
      const bool near =
          range.offset <= group.span.end() || range.offset - group.span.end() <= limits.max_gap;
      if (near && end - group.span.offset <= limits.max_span) {
        group.span.length = end - group.span.offset;
        group.wanted += range.length;
        ++group.count;
        continue;
      }
    }
    groups.push_back({.span = range, .wanted = range.length, .first = place, .count = 1});
  }
  return groups;
}

bool Work::parallel() const noexcept { return wanted >= kParallelBytes / weight; }

RangeGroups::Limits balanced(Work work, std::uint64_t max_span, std::uint64_t max_gap) {
  constexpr std::uint64_t kLeast = 512 * KiB;  // less is not worth a hand-over between threads
  constexpr std::uint64_t kGroupsPerThread = 4;
  if (!work.parallel()) return {max_span, max_gap};
  const auto share = work.wanted / (kGroupsPerThread * num_threads());
  return {std::clamp(share, std::min(kLeast / work.weight, max_span), max_span), max_gap};
}

void run(std::span<const RangeGroup> groups, Work work,
         const std::function<void(const RangeGroup&)>& serve) {
  if (!work.parallel()) {
    for (const auto& group : groups) serve(group);
  } else {
    parallel_for(groups.size(), [&](std::size_t i) { serve(groups[i]); });
  }
}

}  // namespace torchfits
