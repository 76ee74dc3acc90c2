// SPDX-License-Identifier: BSD-3-Clause
// Why it is fast:
// - Pages that are in memory are lent, not copied: the decoder is the first and only reader of the
//   bytes.
// - Of a sparse window only the pages that are touched are mapped, 16 at a time: 100 rows of a
//   cutout cost one window (20 us) and no copies, and the next cutout near by finds the window
//   still there (2 us; 100 preads take 20).
// - A small span costs less to copy than to map and unmap.
// - Windows are small, so that a large file never is resident beside the tensor that it fills.
#include "io/file_windows.h"

#include <algorithm>
#include <mutex>
#include <string>
#include <utility>

#include "base/defaults.h"
#include "base/error.h"
#include "base/parallel.h"
#include "base/stats.h"

namespace torchfits {
namespace {

constexpr std::uint64_t kCopyBytes = kMaxRangeBytes;  // up to here a copy is cheaper than a mapping
/// A dense request up to here is cheaper copied in pieces, each decoded while it is in the cache,
/// than mapped: when a window goes, every processor that runs a thread of the process is
/// interrupted.
constexpr std::uint64_t kPiecewiseBytes = 28 * MiB;
/// A sparse request up to here is one window, whose end interrupts them once; and of most of its
/// bytes nothing is copied.
constexpr std::uint64_t kOneWindow = 32 * MiB;
constexpr std::uint64_t kNetworkGap =
    64 * KiB;  // reading over this much costs less than another round trip
/// Ranges that lie farther apart, as the pixels of a spectrum in a cube do, cost less as copies of
/// their own than as pages of windows.
constexpr std::uint64_t kLocalGap = 128 * KiB;
/// Ranges that are fetched into the cache before their turn, and how much of each.
constexpr std::size_t kAhead = 4;
constexpr std::uint64_t kAheadBytes = 512;

FitsError became_shorter(std::uint64_t needed) {
  return {ErrorCode::changed, "the file became shorter than " + std::to_string(needed) +
                                  " bytes while it was open; open it again"};
}

}  // namespace

Access choose_access(std::uint64_t span, std::uint64_t wanted, std::uint64_t request,
                     bool on_network) {
  if (on_network || span <= kCopyBytes) return Access::copy;
  if (wanted < span / 2) return Access::map_some;
  return request <= kPiecewiseBytes ? Access::copy : Access::map_all;
}

bool KeptWindow::covers(ByteRange span) const noexcept {
  if (!window || span.offset < offset) return false;
  return slice(window->bytes(), {span.offset - offset, span.length}).has_value();
}

/// One call of for_each.
class FileWindows::Request {
 public:
  Request(const FileWindows& windows, std::uint64_t size, std::span<const ByteRange> ranges,
          RangeGroups& groups, const Consume& consume, const Usage& usage)
      : windows_(windows),
        size_(size),
        ranges_(ranges),
        consume_(consume),
        usage_(usage),
        groups_(groups),
        work_{groups_.wanted(), usage.weight},
        on_network_(windows.on_network()) {}

  void run() {
    const auto max_gap = on_network_ ? kNetworkGap : kLocalGap;
    const auto parts = groups_.split(balanced(work_, kMaxWindowBytes, max_gap));
    const auto span = groups_.span();
    if (usage_.sparse && !on_network_ && span.length > kCopyBytes && span.length <= kOneWindow) {
      auto window = std::make_shared<const MappedWindow>(windows_.file_, span);
      torchfits::run(parts, work_,
                     [&](const RangeGroup& group) { lend_mapped(group, *window, span.offset); });
      release_later(std::move(window));  // it takes a third of the time of all the rest
    } else {
      torchfits::run(parts, work_, [this](const RangeGroup& group) { serve(group); });
    }
  }

 private:
  void serve(const RangeGroup& group) const {
    const auto request = groups_.span().length;
    const auto wanted = usage_.sparse ? 0 : group.wanted;
    switch (choose_access(group.span.length, wanted, request, on_network_)) {
      case Access::copy: return copy(group);
      case Access::map_all: {
        const MappedWindow window(windows_.file_, group.span);
        return lend_mapped(group, window, group.span.offset);
      }
      case Access::map_some: {
        const bool keep = groups_.wanted() < kParallelBytes;
        const auto kept = windows_.sparse_window(group.span, size_, keep);
        return lend_mapped(group, *kept.window, kept.offset);
      }
    }
  }

  /// Piece by piece, to where the caller would have it or else through one buffer.
  void copy(const RangeGroup& group) const {
    const auto most = on_network_ ? kMaxWindowBytes : kCopyBytes;
    Scratch buffer;
    const auto end = group.first + group.count;
    for (auto place = group.first; place < end;) {
      const auto piece = piece_from(place, end, most);
      auto bytes = landing(piece);
      if (bytes.empty()) {
        if (buffer.size() < piece.span.length) {
          buffer = Scratch(std::max(piece.span.length, std::min(group.span.length, most)));
        }
        bytes = buffer.span().first(piece.span.length);
      }
      if (windows_.file_.read_at(piece.span.offset, bytes) != bytes.size()) {
        throw became_shorter(piece.span.end());
      }
      lend(piece, bytes, piece.span.offset);
      place += piece.count;
    }
  }

  [[nodiscard]] ByteSpan landing(const RangeGroup& piece) const {
    const bool alone = piece.count == 1 && usage_.landing;
    return alone ? usage_.landing(groups_.index(piece.first)) : ByteSpan{};
  }

  /// As many ranges from `place` on as span `most` bytes together; at least one.
  [[nodiscard]] RangeGroup piece_from(std::size_t place, std::size_t end,
                                      std::uint64_t most) const {
    RangeGroup piece{.span = ranges_[groups_.index(place)], .first = place, .count = 1};
    for (auto next = place + 1; next < end; ++next) {
      const auto last = std::max(piece.span.end(), ranges_[groups_.index(next)].end());
      if (last - piece.span.offset > most) break;
      piece.span.length = last - piece.span.offset;
      ++piece.count;
    }
    return piece;
  }

  void lend_mapped(const RangeGroup& group, const MappedWindow& window,
                   std::uint64_t offset) const {
    try {
      lend(group, window.bytes(), offset);
    } catch (const FitsError&) {
      require_intact(group, window);  // the complaint may be about the zeros of lost pages
      throw;
    }
    require_intact(group, window);
  }

  void require_intact(const RangeGroup& group, const MappedWindow& window) const {
    if (window.intact()) return;
    windows_.drop_kept();
    throw became_shorter(group.span.end());
  }

  void lend(const RangeGroup& group, ByteView bytes, std::uint64_t offset) const {
    const auto end = group.first + group.count;
    for (auto place = group.first; place < end; ++place) {
      if (place + kAhead < end) prefetch(bytes, ranges_[groups_.index(place + kAhead)], offset);
      const auto index = groups_.index(place);
      const auto& range = ranges_[index];
      consume_(index, bytes.subspan(range.offset - offset, range.length));
    }
  }

  /// Rows of a cutout lie on pages of their own, which no processor looks ahead to by itself.
  static void prefetch(ByteView bytes, const ByteRange& range, std::uint64_t offset) {
    const auto* from = bytes.data() + (range.offset - offset);
    const auto length = std::min<std::uint64_t>(range.length, kAheadBytes);
    for (std::uint64_t i = 0; i < length; i += kCacheLineBytes) __builtin_prefetch(from + i);
  }

  const FileWindows& windows_;
  std::uint64_t size_;
  std::span<const ByteRange> ranges_;
  const Consume& consume_;
  const Usage& usage_;
  RangeGroups& groups_;
  Work work_;
  bool on_network_;
};

void FileWindows::for_each(std::uint64_t size, std::span<const ByteRange> ranges,
                           RangeGroups& request, const Consume& consume, const Usage& usage) const {
  Request(*this, size, ranges, request, consume, usage).run();
}

/// Asked when the first window is needed: a small file does without the system call.
bool FileWindows::on_network() const noexcept {
  auto known = place_.load(std::memory_order_relaxed);
  if (known == Place::unknown) {
    known = file_.on_network() ? Place::network : Place::local;
    place_.store(known, std::memory_order_relaxed);
  }
  return known == Place::network;
}

KeptWindow FileWindows::sparse_window(ByteRange span, std::uint64_t size, bool keep) const {
  // Windows begin at multiples of kMaxWindowBytes and are twice as long, so that each group lies in
  // one of them.
  if (!keep || span.length > kMaxWindowBytes) {
    return {span.offset, std::make_shared<const MappedWindow>(file_, span)};
  }
  const std::lock_guard lock(mutex_);
  if (kept_[0].covers(span)) return kept_[0];
  std::swap(kept_[0], kept_[1]);
  if (kept_[0].covers(span)) return kept_[0];
  const auto first = span.offset / kMaxWindowBytes * kMaxWindowBytes;
  const ByteRange around{first, std::min<std::uint64_t>(2 * kMaxWindowBytes, size - first)};
  kept_[0] = {};
  kept_[0] = {first, std::make_shared<const MappedWindow>(file_, around)};
  return kept_[0];
}

void FileWindows::drop_kept() const {
  const std::lock_guard lock(mutex_);
  kept_ = {};
}

}  // namespace torchfits
