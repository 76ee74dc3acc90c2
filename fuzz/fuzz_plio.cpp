// SPDX-License-Identifier: BSD-3-Clause
// Any bytes as a line list; what decodes must survive being encoded and decoded again.
#include <algorithm>
#include <cstddef>
#include <cstdint>
#include <span>
#include <vector>

#include "codec/plio.h"

namespace {

void require(bool good) {
  if (!good) __builtin_trap();
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  using namespace torchfits;
  if (size == 0) return 0;
  const std::size_t count = data[0] * std::size_t{67};  // up to four runs of the longest length
  const auto in = std::as_bytes(std::span(data, size)).subspan(1);
  std::vector<std::int32_t> pixels(count, -1);
  const auto result = plio_decode<std::int32_t>(in, pixels);
  require(result.used <= in.size() && result.made <= count);
  if (!result.ok()) return 0;
  require(result.made == count);
  require(std::all_of(pixels.begin(), pixels.end(),
                      [](std::int32_t pixel) { return pixel >= 0 && pixel <= kPlioMax; }));
  std::vector<std::byte> list(plio_bound(count));
  list.resize(plio_encode(pixels, list));
  std::vector<std::int32_t> again(count, -1);
  require(count == 0 || (plio_decode<std::int32_t>(list, again).ok() && again == pixels));
  return 0;
}
