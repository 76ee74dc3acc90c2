// SPDX-License-Identifier: BSD-3-Clause
#include "query/gather.h"

#include <algorithm>
#include <array>
#include <atomic>
#include <cstring>
#include <string>

#include "base/defaults.h"
#include "base/error.h"
#include "platform/memory.h"
#include "query/compact.h"

namespace torchfits {
namespace {

/// Positions that one thread takes at a time.
constexpr std::size_t kSharePositions = std::size_t{1} << 16;
/// Cells up to this size are put together in a buffer of the first-level cache.
constexpr std::size_t kBufferedBytes = 16;

/// Copies the cell at address(i) for each i; `Size` is its size where the
/// compiler knows it, else 0.
template <std::size_t Size, class Address>
void copy_cells(std::size_t count, std::size_t cell_bytes, std::byte* to, const Address& address) {
  const auto size = Size != 0 ? Size : cell_bytes;
  for (std::size_t i = 0; i < count; ++i, to += size) std::memcpy(to, address(i, size), size);
}

template <class Address>
void copy_cells(std::size_t count, std::size_t cell_bytes, std::byte* to, const Address& address) {
  switch (cell_bytes) {
    case 0: return;
    case 1: return copy_cells<1>(count, 1, to, address);
    case 2: return copy_cells<2>(count, 2, to, address);
    case 4: return copy_cells<4>(count, 4, to, address);
    case 8: return copy_cells<8>(count, 8, to, address);
    case 16: return copy_cells<16>(count, 16, to, address);
    default: return copy_cells<0>(count, cell_bytes, to, address);
  }
}

bool is_large(std::uint64_t bytes) noexcept { return bytes >= kHugePageBytes; }

/// The cells of one block after the other.
class BlockGather {
 public:
  explicit BlockGather(const MaskedRows& block) : block_(block) {}

  void copy(const CellCopy& column, bool large) {
    const auto size = column.cell_bytes;
    const auto* from = column.from + block_.first * size;
    auto* to = column.to + block_.place * size;
    const auto move = large ? &copy_past_caches : &copy_plainly;
    if (block_.count == block_.rows) return move(to, from, block_.count * size);
    if (block_.count * kCacheLineBytes < block_.rows * size || size > kBufferedBytes)
      return pick(size, from, to);
    if (const auto compact = compact_cells(size, best_simd()))
      compact(block_.bits, block_.rows, from, buffer_.data());
    else
      pick(size, from, buffer_.data());
    move(to, buffer_.data(), block_.count * size);
  }

 private:
  static void copy_plainly(std::byte* to, const std::byte* from, std::size_t size) noexcept {
    std::memcpy(to, from, size);
  }

  void pick(std::size_t cell_bytes, const std::byte* from, std::byte* to) {
    if (!listed_) block_.list(numbers_.data());
    listed_ = true;
    copy_cells(block_.count, cell_bytes, to,
               [&](std::size_t i, std::size_t size) { return from + numbers_[i] * size; });
  }

  const MaskedRows& block_;
  bool listed_ = false;
  std::array<std::uint32_t, kEvaluatedRows> numbers_;
  alignas(64) std::array<std::byte, kEvaluatedRows * kBufferedBytes + kCompactSlack> buffer_;
};

}  // namespace

void gather_rows(const RowMask& rows, std::span<const CellCopy> columns) {
  for (const auto& column : columns) {
    const auto bytes = rows.count() * column.cell_bytes;
    advise_huge_pages(column.to, bytes);
  }
  rows.for_blocks([&](const MaskedRows& block) {
    BlockGather gather(block);
    for (const auto& column : columns)
      gather.copy(column, is_large(rows.count() * column.cell_bytes));
  });
}

void gather_rows(std::span<const std::int64_t> positions, std::uint64_t rows,
                 const CellCopy& column, std::span<const std::byte> gap) {
  const auto bytes = positions.size() * column.cell_bytes;
  if (bytes == 0) return;
  advise_huge_pages(column.to, bytes);
  parallel_for((positions.size() + kSharePositions - 1) / kSharePositions, [&](std::size_t share) {
    const auto first = share * kSharePositions;
    const auto some = positions.subspan(first, std::min(kSharePositions, positions.size() - first));
    auto* to = column.to + first * column.cell_bytes;
    copy_cells(some.size(), column.cell_bytes, to, [&](std::size_t i, std::size_t size) {
      const auto row = static_cast<std::uint64_t>(some[i]);
      if (row < rows) return column.from + row * size;
      if (some[i] == -1) return gap.data();
      throw FitsError(ErrorCode::index, "row " + std::to_string(some[i]) + " is outside of " +
                                            std::to_string(rows) + " rows");
    });
  });
}

std::size_t mark_gaps(std::span<const std::int64_t> positions, std::uint8_t* marks) {
  std::atomic<std::size_t> gaps{0};
  parallel_for((positions.size() + kSharePositions - 1) / kSharePositions, [&](std::size_t share) {
    const auto first = share * kSharePositions;
    const auto end = std::min(first + kSharePositions, positions.size());
    std::size_t found = 0;
    for (auto i = first; i < end; ++i) found += marks[i] = positions[i] < 0 ? 1 : 0;
    gaps += found;
  });
  return gaps;
}

}  // namespace torchfits
