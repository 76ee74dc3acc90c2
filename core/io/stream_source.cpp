// SPDX-License-Identifier: BSD-3-Clause
// How threads share it: bytes below `available_` never change or move, so that they are read
// without a lock; only who needs more takes the lock and reads the stream on.
#include "io/stream_source.h"

#include <algorithm>
#include <atomic>
#include <exception>
#include <mutex>
#include <optional>
#include <utility>
#include <vector>

#include "base/defaults.h"
#include "base/error.h"
#include "base/fork.h"
#include "base/stats.h"
#include "io/file_windows.h"
#include "io/range_groups.h"
#include "platform/memory.h"
#include "platform/temporary_file.h"

namespace torchfits {
namespace {

/// A header of 2,880 bytes costs no more than this.
constexpr std::size_t kPullBytes = 64 * KiB;
static_assert(kSpoolBytes % kPullBytes ==
              0);  // a pull lands in memory or in the file, never in both

class StreamSource final : public ByteSource {
 public:
  StreamSource(std::unique_ptr<ByteStream> stream, std::string name)
      : name_(std::move(name)), stream_(std::move(stream)) {}

  [[nodiscard]] std::uint64_t extent(std::uint64_t wanted) const override {
    return std::min(wanted, pull(wanted));
  }

  [[nodiscard]] const std::string& name() const noexcept override { return name_; }

 private:
  void deliver(std::span<const ByteRange> ranges, const Consume& consume,
               const Usage& usage) const override {
    std::uint64_t last = 0;
    for (const auto& range : ranges) {
      last = std::max(last, checked_add(range.offset, range.length).value_or(UINT64_MAX));
    }
    const auto available = pull(last);
    RangeGroups request(ranges, available);
    const Work work{request.wanted(), usage.weight};
    const auto groups = request.split(balanced(work, kMaxWindowBytes, kMaxWindowBytes));
    run(groups, work, [&](const RangeGroup& group) {
      for (auto place = group.first; place < group.first + group.count; ++place) {
        const auto index = request.index(place);
        lend(ranges[index], available, [&](ByteView bytes) { consume(index, bytes); });
      }
    });
  }

  /// Reads on until `wanted` bytes are there or the stream ends; returns how many there are.
  std::uint64_t pull(std::uint64_t wanted) const {
    auto available = available_.load(std::memory_order_acquire);
    if (available >= wanted) return available;
    const std::lock_guard lock(mutex_);
    available = available_.load(std::memory_order_relaxed);
    while (available < wanted && !ended_) {
      if (error_) raise_kept();
      available += pull_once(available);
      available_.store(available, std::memory_order_release);
    }
    return available;
  }

  std::uint64_t pull_once(std::uint64_t available) const {
    try {
      return available < kSpoolBytes ? pull_to_memory(available) : pull_to_file(available);
    } catch (...) {
      error_ = std::current_exception();
      raise_kept();
    }
  }

  /// A copy each time: who catches it adds where it happened.
  [[noreturn]] void raise_kept() const {
    try {
      std::rethrow_exception(error_);
    } catch (const FitsError& error) {
      throw FitsError(error);
    }
  }

  std::uint64_t pull_to_memory(std::uint64_t available) const {
    const auto room = kPullBytes - available % kPullBytes;
    const auto got = stream_->read({memory_.data() + available, room});
    ended_ = got == 0;
    return got;
  }

  std::uint64_t pull_to_file(std::uint64_t available) const {
    if (!spool_) {
      spool_.emplace(open_temporary_file());
      buffer_ = Scratch(kPullBytes);
    }
    const auto got = stream_->read(buffer_.span());
    ended_ = got == 0;
    try {
      spool_->file().write_at(available - kSpoolBytes, buffer_.span().first(got));
    } catch (const FitsError& error) {
      throw FitsError(error.code(), error.problem() +
                                        " (spooling decompressed bytes to a temporary file); set "
                                        "TMPDIR to a directory with more room");
    }
    return got;
  }

  template <class Use>
  void lend(const ByteRange& range, std::uint64_t available, const Use& use) const {
    const auto spooled = available - std::min<std::uint64_t>(available, kSpoolBytes);
    if (range.end() <= kSpoolBytes) {
      use(ByteView{memory_.data() + range.offset, range.length});
    } else if (range.offset >= kSpoolBytes) {
      from_spool({range.offset - kSpoolBytes, range.length}, spooled, use);
    } else {  // across the border: a range is handed over in one piece
      const Scratch whole(range.length);
      const auto in_memory = kSpoolBytes - range.offset;
      std::copy_n(memory_.data() + range.offset, in_memory, whole.data());
      from_spool({0, range.length - in_memory}, spooled, [&](ByteView bytes) {
        std::copy(bytes.begin(), bytes.end(), whole.data() + in_memory);
      });
      use(ByteView{whole.span()});
    }
  }

  template <class Use>
  void from_spool(ByteRange range, std::uint64_t spooled, const Use& use) const {
    RangeGroups request({&range, 1}, spooled);
    spool_->for_each(spooled, {&range, 1}, request,
                     [&](std::size_t, ByteView bytes) { use(bytes); }, {});
  }

  std::string name_;
  mutable ForkMutex mutex_;
  mutable std::atomic<std::uint64_t> available_{0};
  ReservedMemory memory_{kSpoolBytes};

  // Guarded by mutex_; spool_ is made before available_ says that something is in it.
  mutable std::unique_ptr<ByteStream> stream_;
  mutable bool ended_ = false;
  mutable std::exception_ptr error_;
  mutable Scratch buffer_;
  mutable std::optional<FileWindows> spool_;
};

}  // namespace

std::shared_ptr<const ByteSource> retain_stream(std::unique_ptr<ByteStream> stream,
                                                std::string name) {
  return std::make_shared<const StreamSource>(std::move(stream), std::move(name));
}

}  // namespace torchfits
