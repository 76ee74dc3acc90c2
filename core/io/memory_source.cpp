// SPDX-License-Identifier: BSD-3-Clause
#include "io/memory_source.h"

#include <algorithm>
#include <utility>

#include "base/defaults.h"
#include "base/stats.h"
#include "io/range_groups.h"

namespace torchfits {
namespace {

class MemorySource final : public ByteSource {
 public:
  MemorySource(ByteView bytes, std::shared_ptr<const void> owner, std::string name)
      : bytes_(bytes), owner_(std::move(owner)), name_(std::move(name)) {}

  [[nodiscard]] std::uint64_t extent(std::uint64_t wanted) const override {
    return std::min<std::uint64_t>(wanted, bytes_.size());
  }

  [[nodiscard]] const std::string& name() const noexcept override { return name_; }

 private:
  void deliver(std::span<const ByteRange> ranges, const Consume& consume,
               const Usage& usage) const override {
    RangeGroups request(ranges, bytes_.size());
    stats().bytes_read.fetch_add(request.wanted(), std::memory_order_relaxed);
    lend_ranges(bytes_, ranges, request, usage.weight, consume);
  }

  ByteView bytes_;
  std::shared_ptr<const void> owner_;
  std::string name_;
};

}  // namespace

void lend_ranges(ByteView bytes, std::span<const ByteRange> ranges, RangeGroups& request,
                 std::uint64_t weight, const Consume& consume) {
  const auto lend = [&](std::size_t index) {
    consume(index, bytes.subspan(ranges[index].offset, ranges[index].length));
  };
  const Work work{request.wanted(), weight};
  if (!work.parallel()) {
    for (std::size_t i = 0; i < ranges.size(); ++i) lend(i);
    return;
  }
  const auto groups = request.split(balanced(work, kMaxWindowBytes, kMaxWindowBytes));
  run(groups, work, [&](const RangeGroup& group) {
    for (auto place = group.first; place < group.first + group.count; ++place) {
      lend(request.index(place));
    }
  });
}

std::shared_ptr<const ByteSource> borrow_bytes(ByteView bytes, std::shared_ptr<const void> owner,
                                               std::string name) {
  return std::make_shared<const MemorySource>(bytes, std::move(owner), std::move(name));
}

}  // namespace torchfits
