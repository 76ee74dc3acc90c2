// SPDX-License-Identifier: BSD-3-Clause
// Why it is fast:
// - the file has its size before the first byte is written, so that no write waits for room;
// - threads make blocks that stay in the second-level cache and write them where they belong;
// - a small HDU is one write.
#include "file/data_unit.h"

#include <algorithm>
#include <atomic>
#include <mutex>
#include <span>
#include <string>
#include <utility>

#include "base/defaults.h"
#include "base/error.h"
#include "base/parallel.h"
#include "base/stats.h"
#include "fits/block.h"
#include "fits/checksum.h"

namespace torchfits {
namespace {

/// What all threads together may take for blocks, unless one block needs more.
constexpr std::size_t kMaxRoom = 64 * MiB;

std::size_t workers_for(const DataBlocks& data) {
  if (data.bytes() < kParallelBytes) return 1;
  const auto rooms = kMaxRoom / std::max<std::size_t>(data.room(), 1);
  const auto most = std::min<std::uint64_t>(num_threads(), data.blocks());
  return static_cast<std::size_t>(std::clamp<std::uint64_t>(rooms, 1, most));
}

/// All blocks to `offset`; gives their sum where it is wanted.
Checksum write_blocks(const HduTarget& target, const DataBlocks& data, std::uint64_t offset) {
  Checksum total;
  std::mutex mutex;
  std::atomic<std::uint64_t> next{0};
  const auto blocks = data.blocks();
  parallel_for(workers_for(data), [&](std::size_t) {
    const Scratch room(data.room());
    Checksum sum;
    for (auto i = next.fetch_add(1); i < blocks; i = next.fetch_add(1)) {
      const auto bytes = data.block(i, room.span());
      target.sink.write_at(offset + data.position(i), bytes);
      if (target.checksum) sum.add(bytes, data.position(i));
    }
    const std::lock_guard lock(mutex);
    total.add(sum);
  });
  return total;
}

/// What follows the blocks, where it is not zeros; gives its sum where that is wanted.
Checksum write_padding(const HduTarget& target, const DataBlocks& data, std::uint64_t offset) {
  const auto bytes = data.bytes();
  const std::string fill(data.fill() == '\0' ? 0 : padded(bytes).value() - bytes, data.fill());
  const auto view = std::as_bytes(std::span(fill));
  if (!fill.empty()) target.sink.write_at(offset + bytes, view);
  Checksum sum;
  if (target.checksum) sum.add(view, bytes);
  return sum;
}

/// Header and data in one write.
void write_small(const HduTarget& target, Header header, const DataBlocks& data) {
  const Scratch room(std::min<std::uint64_t>(data.room(), data.bytes()));
  std::string unit(padded(data.bytes()).value(), data.fill());
  const auto bytes = std::as_writable_bytes(std::span(unit));
  for (std::uint64_t i = 0; i < data.blocks(); ++i) {
    const auto block = data.block(i, room.span());
    std::copy(block.begin(), block.end(),
              bytes.begin() + static_cast<std::ptrdiff_t>(data.position(i)));
  }
  if (target.checksum) {
    Checksum sum;
    sum.add(bytes, 0);
    set_checksums(header, sum.value());
  }
  const auto hdu = header.to_blocks() + unit;
  target.sink.write_at(target.offset, std::as_bytes(std::span(hdu)));
}

}  // namespace

std::uint64_t write_data_unit(const HduTarget& target, Header header, const DataBlocks& data) {
  const auto data_offset = target.offset + padded(header.text().size() + kCardSize).value();
  const auto data_bytes = padded(data.bytes());
  const auto end = data_bytes ? checked_add(data_offset, *data_bytes) : std::nullopt;
  if (!end) throw FitsError(ErrorCode::value, "the data have more bytes than a file can count");
  target.sink.reserve(*end);
  if (data.bytes() <= kSmallFileBytes) {
    write_small(target, std::move(header), data);
    return *end;
  }
  auto sum = write_blocks(target, data, data_offset);
  sum.add(write_padding(target, data, data_offset));
  if (target.checksum) set_checksums(header, sum.value());
  const auto blocks = header.to_blocks();
  target.sink.write_at(target.offset, std::as_bytes(std::span(blocks)));
  return *end;
}

}  // namespace torchfits
