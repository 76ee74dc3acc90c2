// SPDX-License-Identifier: BSD-3-Clause
#include "update/update_sinks.h"

#include <algorithm>
#include <string>

#include "base/defaults.h"
#include "base/error.h"

namespace torchfits {
namespace {

FitsError outside(std::uint64_t offset, std::size_t size) {
  return {ErrorCode::io, "a write of " + std::to_string(size) + " bytes at offset " +
                             std::to_string(offset) +
                             " would leave the part of the file that is changed"};
}

}  // namespace

RangedSink::RangedSink(ByteSink& target, std::span<const ByteRange> ranges) : target_(target) {
  std::vector<ByteRange> sorted(ranges.begin(), ranges.end());
  std::sort(sorted.begin(), sorted.end(),
            [](const ByteRange& a, const ByteRange& b) { return a.offset < b.offset; });
  for (const auto& range : sorted) {
    if (!ranges_.empty() && range.offset <= ranges_.back().end()) {
      auto& last = ranges_.back();
      last.length = std::max(last.end(), range.end()) - last.offset;
    } else {
      ranges_.push_back(range);
    }
  }
}

void RangedSink::write_at(std::uint64_t offset, ByteView bytes) {
  const auto behind =
      std::upper_bound(ranges_.begin(), ranges_.end(), offset,
                       [](std::uint64_t at, const ByteRange& range) { return at < range.offset; });
  if (behind == ranges_.begin() || offset + bytes.size() > std::prev(behind)->end())
    throw outside(offset, bytes.size());
  target_.write_at(offset, bytes);
}

void WindowSink::write_at(std::uint64_t offset, ByteView bytes) {
  std::copy(bytes.begin(), bytes.end(),
            window_.begin() + static_cast<std::ptrdiff_t>(offset - offset_));
}

void GrowingSink::reserve(std::uint64_t size) {
  // One call of the system costs more than it saves where there is little to write.
  if (size > file_.identity().size + kSmallFileBytes) file_.preallocate(size);
}

AppendingSink::AppendingSink(const FileHandle& file, std::uint64_t start)
    : file_(file), growing_(file), marked_{start, kMark.size()} {
  file_.write_at(start, std::as_bytes(std::span(kMark)));
}

void AppendingSink::write_at(std::uint64_t offset, ByteView bytes) {
  const auto end = offset + bytes.size();
  if (offset >= marked_.end() || end <= marked_.offset) return file_.write_at(offset, bytes);
  const auto first = std::max(offset, marked_.offset);
  const auto last = std::min(end, marked_.end());
  const auto held = bytes.subspan(first - offset, last - first);
  std::copy(held.begin(), held.end(),
            first_.begin() + static_cast<std::ptrdiff_t>(first - marked_.offset));
  if (offset < first) file_.write_at(offset, bytes.first(first - offset));
  if (last < end) file_.write_at(last, bytes.subspan(last - offset));
}

void AppendingSink::finish() const { file_.write_at(marked_.offset, first_); }

}  // namespace torchfits
