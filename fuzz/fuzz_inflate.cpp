// SPDX-License-Identifier: BSD-3-Clause
// Any bytes, taken for a compressed file: inflated, retained and read again, or refused with a
// FitsError.
#include <algorithm>
#include <cstddef>
#include <cstdint>
#include <cstdlib>
#include <memory>
#include <span>
#include <vector>

#include "base/error.h"
#include "io/compression.h"
#include "io/memory_source.h"
#include "io/stream_source.h"

namespace {

constexpr std::uint64_t kMostOutput = 1U << 20;

void read_twice(const torchfits::ByteSource& source) {
  const auto size = source.extent(kMostOutput);
  std::vector<std::byte> first(size);
  std::vector<std::byte> second(size);
  source.read({0, size}, first);
  source.read({0, size}, second);
  if (first != second) std::abort();
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  using namespace torchfits;
  const auto bytes = std::as_bytes(std::span(data, size));
  try {
    const auto kind = detect_compression(bytes.first(std::min<std::size_t>(size, 6)));
    auto inflater = make_inflater(kind, borrow_bytes(bytes, nullptr));
    read_twice(*retain_stream(std::move(inflater), "fuzz"));
  } catch (const FitsError&) {
  }
  return 0;
}
