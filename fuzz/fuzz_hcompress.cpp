// SPDX-License-Identifier: BSD-3-Clause
// Any bytes as a stream of HCOMPRESS_1, and as pixels. The first byte: word, smoothing and
// direction; the next two: rows and columns; then the stream. What is decoded decodes again alike;
// what is encoded without loss comes back.
#include <cstddef>
#include <cstdint>
#include <cstdlib>
#include <cstring>
#include <span>
#include <vector>

#include "codec/hcompress.h"

namespace {

using namespace torchfits;

void require(bool fact) {
  if (!fact) std::abort();
}

/// A copy of its own, so that every byte read past the end shows.
std::vector<std::byte> copy_of(ByteView bytes) { return {bytes.begin(), bytes.end()}; }

template <class Word>
void decode(ByteView in, bool smooth, TileSize size) {
  const auto bytes = copy_of(in);
  std::vector<Word> first(size.rows * size.columns, 1), second(first.size(), 2);
  const auto result = hcompress_decode<Word>(bytes, smooth, size, first);
  const auto again = hcompress_decode<Word>(bytes, smooth, size, second);
  require(result.used <= bytes.size() && result.used == again.used);
  require(result.ok() == again.ok() && result.made == (result.ok() ? first.size() : 0));
  if (result.ok()) require(first == second);
}

/// Pixels of half a word are never lost.
template <class Word, class Pixel>
void encode(ByteView in, TileSize size) {
  std::vector<Word> pixels;
  for (std::size_t i = 0; i < size.rows * size.columns; ++i) {
    Pixel pixel = 0;
    if ((i + 1) * sizeof pixel <= in.size())
      std::memcpy(&pixel, in.data() + i * sizeof pixel, sizeof pixel);
    pixels.push_back(pixel);
  }
  auto work = pixels;
  std::vector<std::byte> bytes(hcompress_bound<Word>(size));
  bytes.resize(hcompress_encode<Word>(work, size, 0, bytes));
  const auto result = hcompress_decode<Word>(copy_of(bytes), false, size, work);
  require(result.ok() && result.used == bytes.size() && work == pixels);
}

template <class Word, class Pixel>
void run(unsigned options, TileSize size, ByteView in) {
  if ((options & 4) != 0) return encode<Word, Pixel>(in, size);
  decode<Word>(in, (options & 2) != 0, size);
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  if (size < 3) return 0;
  const TileSize tile{1 + data[1] % 80U, 1 + data[2] % 80U};
  const auto in = std::as_bytes(std::span(data, size)).subspan(3);
  if (data[0] % 2 == 0) {
    run<std::int32_t, std::int16_t>(data[0], tile, in);
  } else {
    run<std::int64_t, std::int32_t>(data[0], tile, in);
  }
  return 0;
}
