// SPDX-License-Identifier: BSD-3-Clause
#include "relate/gather.h"

#include <atomic>
#include <cstring>
#include <string>

#include "base/error.h"
#include "relate/array.h"

namespace torchfits {
namespace {

/// `Size` is that of a row where it is known to the compiler, else 0.
template <std::size_t Size>
void gather_block(const RowBytes& source, std::span<const std::int64_t> positions,
                  const std::byte* gap, std::byte* to) {
  const auto size = Size != 0 ? Size : source.size;
  for (const auto position : positions) {
    const auto row = static_cast<std::size_t>(position);
    if (row >= source.rows && position != -1) {
      throw FitsError(ErrorCode::index, "row " + std::to_string(position) + " is outside of " +
                                            std::to_string(source.rows) + " rows");
    }
    std::memcpy(to, position == -1 ? gap : source.first + row * size, size);
    to += size;
  }
}

using GatherBlock = void (*)(const RowBytes&, std::span<const std::int64_t>, const std::byte*,
                             std::byte*);

GatherBlock gather_of(std::size_t size) {
  switch (size) {
    case 1: return &gather_block<1>;
    case 2: return &gather_block<2>;
    case 4: return &gather_block<4>;
    case 8: return &gather_block<8>;
    case 16: return &gather_block<16>;
    default: return &gather_block<0>;
  }
}

}  // namespace

void gather_rows(const RowBytes& source, std::span<const std::int64_t> positions,
                 std::span<const std::byte> gap, std::byte* to) {
  if (source.size == 0) return;
  const auto gather = gather_of(source.size);
  advise_huge_pages(to, positions.size() * source.size);
  for_row_blocks(positions.size(), [&](std::size_t, std::size_t begin, std::size_t end) {
    gather(source, positions.subspan(begin, end - begin), gap.data(), to + begin * source.size);
  });
}

std::size_t mark_gaps(std::span<const std::int64_t> positions, std::uint8_t* marks) {
  std::atomic<std::size_t> gaps{0};
  for_row_blocks(positions.size(), [&](std::size_t, std::size_t begin, std::size_t end) {
    std::size_t found = 0;
    for (auto i = begin; i < end; ++i) found += marks[i] = positions[i] < 0 ? 1 : 0;
    gaps += found;
  });
  return gaps;
}

}  // namespace torchfits
