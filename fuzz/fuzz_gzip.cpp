// SPDX-License-Identifier: BSD-3-Clause
// Any bytes as a gzip or zlib stream; the same bytes as a tile to pack: shuffled, deflated and
// back.
#include <algorithm>
#include <cstddef>
#include <cstdint>
#include <span>
#include <vector>

#include "codec/gzip.h"

namespace {

using namespace torchfits;

void require(bool good) {
  if (!good) __builtin_trap();
}

void decode(ByteView in, std::size_t room) {
  std::vector<std::byte> out(room);
  const auto result = gzip_decode(in, out);
  require(result.used <= in.size() && result.made <= room);
}

void round_trip(ByteView tile, std::size_t width, int level) {
  tile = tile.first(tile.size() / width * width);
  std::vector<std::byte> planes(tile.size());
  shuffle(tile, width, planes);
  std::vector<std::byte> packed(gzip_bound(planes.size()));
  packed.resize(gzip_encode(planes, level, packed));
  std::vector<std::byte> unpacked(planes.size());
  const auto result = gzip_decode(packed, unpacked);
  require(result.ok() && result.used == packed.size() && result.made == planes.size());
  std::vector<std::byte> elements(tile.size());
  unshuffle(unpacked, width, elements);
  require(std::equal(elements.begin(), elements.end(), tile.begin(), tile.end()));
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  if (size == 0) return 0;
  const auto in = std::as_bytes(std::span(data, size)).subspan(1);
  decode(in, data[0] * std::size_t{16});
  round_trip(in, std::size_t{1} << (data[0] & 3), 1 + (data[0] >> 2) % 9);
  return 0;
}
