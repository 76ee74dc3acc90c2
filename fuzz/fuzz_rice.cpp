// SPDX-License-Identifier: BSD-3-Clause
// Any bytes, taken for a RICE_1 tile: decoded or refused; what was decoded survives a round trip.
// The first four bytes choose the word, the block size and the number of pixels.
#include <algorithm>
#include <cstddef>
#include <cstdint>
#include <cstdlib>
#include <memory>
#include <span>
#include <vector>

#include "codec/rice.h"

namespace {

using namespace torchfits;

void require(bool fact) {
  if (!fact) std::abort();
}

template <RiceWord Word>
void decode_twice(ByteView in, std::size_t block, std::size_t count) {
  std::vector<Word> pixels(count);
  const auto result = rice_decode<Word>(in, block, pixels);
  require(result.used <= in.size() && result.made <= count);
  if (!result.ok()) return;
  require(result.made == count);
  const auto bound = rice_bound<Word>(count, block);
  const auto bytes = std::make_unique<std::byte[]>(bound);
  const auto size = rice_encode<Word>(pixels, block, {bytes.get(), bound});
  require(size <= bound);
  std::vector<Word> again(count);
  const auto repeated = rice_decode<Word>({bytes.get(), size}, block, again);
  require(repeated.ok() && repeated.used == size && again == pixels);
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  if (size < 4) return 0;
  const auto in = std::as_bytes(std::span(data, size)).subspan(4);
  const auto block = std::max<std::size_t>(data[1], 1);
  const std::size_t count = data[2] * 16 + data[3] % 16;
  switch (data[0] % 3) {
    case 0: decode_twice<std::uint8_t>(in, block, count); break;
    case 1: decode_twice<std::int16_t>(in, block, count); break;
    default: decode_twice<std::int32_t>(in, block, count);
  }
  return 0;
}
