// SPDX-License-Identifier: BSD-3-Clause
#include "update/data_change.h"

#include <algorithm>
#include <atomic>
#include <charconv>
#include <mutex>
#include <span>
#include <string>
#include <utility>
#include <vector>

#include "base/defaults.h"
#include "base/error.h"
#include "base/parallel.h"
#include "base/stats.h"
#include "fits/block.h"
#include "fits/checksum.h"
#include "fits/header_update.h"

namespace torchfits {
namespace {

constexpr std::uint32_t kAllOnes = 0xffffffffU;
/// Ranges that lie nearer are one: a page that is kept for the first holds the second too.
constexpr std::uint64_t kNear = 4096;

bool all_zeros(ByteView bytes) {
  return std::all_of(bytes.begin(), bytes.end(), [](std::byte b) { return b == std::byte{0}; });
}

/// The sum of `base`, a value, less `old`, and `fresh` more; 0 where it may be 0 or all ones.
std::uint32_t shifted_sum(std::uint32_t base, const Checksum& old, const Checksum& fresh) {
  const auto add = [](std::uint64_t a, std::uint64_t b) { return (a + b) % kAllOnes; };
  const auto less = kAllOnes - old.value() % kAllOnes;
  return static_cast<std::uint32_t>(add(add(base, less), fresh.value()));
}

std::vector<ByteRange> sorted_ranges(const DataPatches& patches) {
  std::vector<ByteRange> ranges;
  ranges.reserve(static_cast<std::size_t>(patches.count));
  for (std::uint64_t i = 0; i < patches.count; ++i) {
    const auto range = patches.range(i);
    if (!ranges.empty() && range.offset == ranges.back().end()) {
      ranges.back().length += range.length;
    } else {
      ranges.push_back(range);
    }
  }
  std::sort(ranges.begin(), ranges.end(),
            [](const ByteRange& a, const ByteRange& b) { return a.offset < b.offset; });
  return ranges;
}

/// One change, from the bytes that stand there to the sums of what stands there then.
class DataChange {
 public:
  DataChange(Updater& updater, const File& file, const HduRecord& hdu, const Header& header,
             const DataPatches& patches)
      : updater_(updater), hdu_(hdu), header_(header), patches_(patches) {
    summed_ = header.find("DATASUM").has_value() || header.find("CHECKSUM").has_value();
    const auto bytes = hdu.data_offset - hdu.header_offset;
    const auto present = std::min(updater.size(), hdu.data_offset) - hdu.header_offset;
    stored_.resize(static_cast<std::size_t>(bytes), std::byte{' '});
    file.source().read({hdu.header_offset, present}, ByteSpan(stored_).first(present));
  }

  void run() {
    auto ranges = changed_ranges();
    updater_.change(ranges, [&](ByteSink& sink) {
      write_data(sink);
      if (summed_) settle_sums();
      write_header(sink);
    });
  }

 private:
  /// Of the data, near ones joined, then the cards.
  std::vector<ByteRange> changed_ranges() {
    std::vector<ByteRange> ranges;
    for (const auto& range : sorted_ranges(patches_)) {
      bytes_ += range.length;
      if (!ranges.empty() && range.offset <= ranges.back().end() + kNear) {
        ranges.back().length = range.end() - ranges.back().offset;
      } else {
        ranges.push_back(range);
      }
    }
    for (const auto card : changed_cards()) ranges.push_back(card_range(card));
    return ranges;
  }

  [[nodiscard]] ByteRange card_range(std::size_t card) const {
    return {hdu_.header_offset + card * kCardSize, kCardSize};
  }

  /// Those that differ, and those of sums that may come to differ.
  std::vector<std::size_t> changed_cards() const {
    const auto blocks = header_.to_blocks();
    const auto fresh = std::as_bytes(std::span(blocks));
    std::vector<std::size_t> cards;
    for (std::size_t i = 0; i < blocks.size() / kCardSize; ++i) {
      const auto keyword = std::string_view(blocks).substr(i * kCardSize, 8);
      const bool sum = keyword == "CHECKSUM" || keyword == "DATASUM ";
      const auto card = fresh.subspan(i * kCardSize, kCardSize);
      const auto old = ByteView(stored_).subspan(i * kCardSize, kCardSize);
      if (sum || !std::equal(card.begin(), card.end(), old.begin())) cards.push_back(i);
    }
    return cards;
  }

  void write_data(ByteSink& sink) {
    const auto most = std::min<std::uint64_t>(num_threads(), patches_.count);
    std::atomic<std::uint64_t> next{0};
    parallel_for(bytes_ < kParallelBytes ? 1 : static_cast<std::size_t>(most), [&](std::size_t) {
      Scratch room;
      Checksum old, fresh;
      bool zeros = true;
      for (auto i = next.fetch_add(1); i < patches_.count; i = next.fetch_add(1)) {
        const auto range = patches_.range(i);
        const auto size = static_cast<std::size_t>(range.length);
        if (room.size() < size) room = Scratch(std::max(size, kMaxRangeBytes));
        const auto bytes = room.span().first(size);
        const auto got = updater_.read_at(range.offset, bytes);
        std::fill(bytes.begin() + static_cast<std::ptrdiff_t>(got), bytes.end(), std::byte{0});
        if (summed_) old.add(bytes, range.offset - hdu_.data_offset);
        patches_.fill(i, bytes);
        if (summed_) {
          fresh.add(bytes, range.offset - hdu_.data_offset);
          zeros = zeros && all_zeros(bytes);
        }
        sink.write_at(range.offset, bytes);
      }
      const std::lock_guard lock(mutex_);
      old_.add(old);
      fresh_.add(fresh);
      zeros_ = zeros_ && zeros;
    });
  }

  void settle_sums() {
    if (const auto position = header_.find("DATASUM")) {
      auto card = header_.card(*position);
      if (const auto base = number_in(card.value)) {
        card.value = std::to_string(present_sum(*base));
        header_.replace(*position, card);
      }
    }
    if (header_.find("CHECKSUM"))
      set_checksum(header_, shifted_sum(sum_behind(stored_), old_, fresh_));
  }

  static std::optional<std::uint32_t> number_in(const CardValue& value) {
    const auto* text = std::get_if<std::string>(&value);
    std::uint32_t number = 0;
    if (text == nullptr || text->empty()) return std::nullopt;
    const auto* end = text->data() + text->find_last_not_of(' ') + 1;
    const auto [last, error] = std::from_chars(text->data(), end, number);
    return error == std::errc{} && last == end ? std::optional(number) : std::nullopt;
  }

  /// Only data of nothing but zeros sum to 0; others to all ones, which is the same number.
  [[nodiscard]] std::uint32_t present_sum(std::uint32_t base) const {
    const auto sum = shifted_sum(base, old_, fresh_);
    return sum != 0 || (zeros_ && zeros_elsewhere()) ? sum : kAllOnes;
  }

  /// Whether the bytes of the data that did not change are all 0.
  [[nodiscard]] bool zeros_elsewhere() const {
    auto at = hdu_.data_offset;
    for (const auto& range : sorted_ranges(patches_)) {
      if (!zeros_between(at, std::max(at, range.offset))) return false;
      at = std::max(at, range.end());
    }
    return zeros_between(at, std::max(at, hdu_.end()));
  }

  [[nodiscard]] bool zeros_between(std::uint64_t begin, std::uint64_t end) const {
    const Scratch room(static_cast<std::size_t>(std::min<std::uint64_t>(end - begin, MiB)));
    for (auto at = begin; at < end;) {
      const auto wanted = room.span().first(std::min<std::uint64_t>(room.size(), end - at));
      const auto got = updater_.read_at(at, wanted);
      if (!all_zeros(wanted.first(got))) return false;
      if (got < wanted.size()) return true;
      at += got;
    }
    return true;
  }

  void write_header(ByteSink& sink) const {
    const auto blocks = header_.to_blocks();
    const auto bytes = std::as_bytes(std::span(blocks));
    for (const auto card : changed_cards())
      sink.write_at(card_range(card).offset, bytes.subspan(card * kCardSize, kCardSize));
  }

  Updater& updater_;
  const HduRecord& hdu_;
  Header header_;
  const DataPatches& patches_;
  std::vector<std::byte> stored_{};  ///< the header as it stands in the file
  std::uint64_t bytes_ = 0;          ///< of all patches
  bool summed_ = false;
  std::mutex mutex_{};
  Checksum old_{}, fresh_{};  ///< of the patches
  bool zeros_ = true;         ///< nothing else was written
};

}  // namespace

DataPatches DataPatches::join(DataPatches first, DataPatches second) {
  const auto split = first.count;
  if (second.count == 0) return first;
  if (split == 0) return second;
  DataPatches both;
  both.count = split + second.count;
  auto range = std::pair(std::move(first.range), std::move(second.range));
  both.range = [range = std::move(range), split](std::uint64_t i) {
    return i < split ? range.first(i) : range.second(i - split);
  };
  auto fill = std::pair(std::move(first.fill), std::move(second.fill));
  both.fill = [fill = std::move(fill), split](std::uint64_t i, ByteSpan bytes) {
    return i < split ? fill.first(i, bytes) : fill.second(i - split, bytes);
  };
  return both;
}

void change_data(Updater& updater, const File& file, std::size_t index, const Header& header,
                 const DataPatches& patches) {
  const auto& hdu = file.hdu(index);
  if (patches.count == 0 && header.text() == hdu.header.text()) return;
  DataChange(updater, file, hdu, header, patches).run();
}

bool keeps_blocks(const HduRecord& hdu, const Header& header) {
  return header.to_blocks().size() == hdu.data_offset - hdu.header_offset;
}

}  // namespace torchfits
