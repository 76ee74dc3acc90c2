// SPDX-License-Identifier: BSD-3-Clause
// Hands the pieces of a plan to a source, many at once.
#pragma once

#include <algorithm>
#include <cstddef>
#include <cstdint>
#include <type_traits>
#include <vector>

#include "io/byte_source.h"

namespace torchfits {

/// Pieces handed over together: enough to keep all threads busy, few enough to cost no memory.
inline constexpr std::uint64_t kBatchPieces = 1024;

/// use(piece, its bytes) for each of `count` pieces; `piece_at(i)` has a `range`. Like
/// ByteSource::for_each, `use` is called from several threads, and `usage` says more about it.
/// `land(piece)` is where the bytes of a piece had best be, or empty.
template <class PieceAt, class Use, class Land = std::nullptr_t>
void run_plan(const ByteSource& source, std::uint64_t count, PieceAt piece_at, Use use,
              Usage usage = {}, Land land = nullptr) {
  std::vector<decltype(piece_at(0))> pieces;
  std::vector<ByteRange> ranges;
  pieces.reserve(std::min(count, kBatchPieces));
  ranges.reserve(pieces.capacity());
  const Consume consume = [&](std::size_t i, ByteView bytes) { use(pieces[i], bytes); };
  if constexpr (!std::is_null_pointer_v<Land>) {
    usage.landing = [&](std::size_t i) { return land(pieces[i]); };
  }
  for (std::uint64_t first = 0; first < count; first += kBatchPieces) {
    pieces.clear();
    ranges.clear();
    for (auto i = first; i < std::min(count, first + kBatchPieces); ++i) {
      pieces.push_back(piece_at(i));
      ranges.push_back(pieces.back().range);
    }
    source.for_each(ranges, consume, usage);
  }
}

}  // namespace torchfits
