// SPDX-License-Identifier: BSD-3-Clause
// The stream of a tile: bytes dd 99; rows, columns and scale (int32); the sum of all coefficients
// (int64); how many bit planes each kind of quadrant has (3 bytes); the planes and four zero bits,
// filled up to a byte; the sign bits, filled up to a byte. All numbers are big-endian.
// CFITSIO writes "nx", the slow axis, first. It neither writes nor correctly reads tiles of one
// pixel, for which there is nothing to transform: the sum is the pixel.
#include "codec/hcompress.h"

#include <algorithm>
#include <cstring>
#include <limits>

#include "base/stats.h"
#include "codec/hcompress_bitplanes.h"
#include "codec/hcompress_bits.h"
#include "codec/hcompress_transform.h"

namespace torchfits {
namespace {

constexpr std::uint16_t kMagic = 0xdd99;
constexpr std::size_t kHeadBytes = 25;
constexpr unsigned kEndBits = 4;  ///< zeros after the last plane

struct Head {
  std::int32_t rows = 0;
  std::int32_t columns = 0;
  std::int32_t scale = 0;
  std::int64_t sum = 0;
  PlaneCounts planes{};

  static Head load(const std::byte* from) noexcept {
    Head head{load_be<std::int32_t>(from + 2), load_be<std::int32_t>(from + 6),
              load_be<std::int32_t>(from + 10), load_be<std::int64_t>(from + 14)};
    std::memcpy(head.planes.data(), from + 22, head.planes.size());
    return head;
  }
  void store(std::byte* to) const noexcept {
    store_be(to, kMagic);
    store_be(to + 2, rows);
    store_be(to + 6, columns);
    store_be(to + 10, scale);
    store_be(to + 14, sum);
    std::memcpy(to + 22, planes.data(), planes.size());
  }
};

/// The stream's own size; an axis of one pixel that a tile has between others moves no pixel.
const char* problem_of(const Head& head, TileSize size, unsigned most_planes) noexcept {
  constexpr auto kMost = std::int32_t{1} << 30;
  if (head.rows < 1 || head.columns < 1 || head.rows > kMost || head.columns > kMost ||
      checked_mul(size.rows, size.columns) !=
          static_cast<std::uint64_t>(head.rows) * static_cast<std::uint64_t>(head.columns))
    return "the stream is of another size than the tile";
  if (*std::max_element(head.planes.begin(), head.planes.end()) > most_planes)
    return "more bit planes than a coefficient has bits";
  return nullptr;
}

/// Most numbers are small, and short divisions several times as fast.
std::uint32_t divided(std::uint32_t a, std::uint32_t b) noexcept { return a / b; }
std::uint64_t divided(std::uint64_t a, std::uint64_t b) noexcept {
  return a >> 32 == 0 ? static_cast<std::uint32_t>(a) / static_cast<std::uint32_t>(b) : a / b;
}

/// Rounded to a multiple of `scale` and divided by it.
template <class Word>
void digitize(std::span<Word> words, std::int32_t scale) noexcept {
  using U = std::make_unsigned_t<Word>;
  if (scale <= 1) return;
  const auto step = static_cast<U>(scale), half = (step + 1) / 2 - 1;
  for (auto& word : words) {
    const auto negative = static_cast<U>(word < 0 ? -1 : 0);
    const auto steps = divided(((static_cast<U>(word) ^ negative) - negative) + half, step);
    word = static_cast<Word>((steps ^ negative) - negative);
  }
}

template <class Word>
void scale_by(std::span<Word> words, std::int32_t scale) noexcept {
  using U = std::make_unsigned_t<Word>;
  if (scale <= 1) return;
  for (auto& word : words) word = static_cast<Word>(static_cast<U>(word) * static_cast<U>(scale));
}

}  // namespace

template <HcompressWord Word>
CodecResult hcompress_decode(ByteView in, bool smooth, TileSize size, std::span<Word> out) {
  if (in.size() < kHeadBytes) return {"the stream ends in its head", in.size(), 0};
  if (load_be<std::uint16_t>(in.data()) != kMagic) return {"the stream has no head", 0, 0};
  const auto head = Head::load(in.data());
  if (const auto* wrong = problem_of(head, size, 8 * sizeof(Word))) return {wrong, 0, 0};
  out = out.first(size.rows * size.columns);
  const TileSize stored{static_cast<std::size_t>(head.rows),
                        static_cast<std::size_t>(head.columns)};
  BitReader bits(in, kHeadBytes);
  const Coefficients<Word> coefficients{out.data(), stored};
  const auto* problem = read_planes(bits, head.planes, coefficients);
  if (problem == nullptr && bits.take(kEndBits) != 0) problem = "the bit planes have no end mark";
  if (problem != nullptr) return {problem, bits.bytes_taken(), 0};
  bits.align();
  read_signs(bits, coefficients);
  if (bits.past_end()) return {"the signs run past the end", in.size(), 0};
  out[0] = static_cast<Word>(head.sum);
  scale_by(out, head.scale);
  inverse_transform(out.data(), stored, static_cast<Word>(smooth ? head.scale >> 1 : 0));
  return {nullptr, bits.bytes_taken(), out.size()};
}

template <HcompressWord Word>
std::size_t hcompress_bound(TileSize size) noexcept {
  constexpr std::size_t kWriterSlack = 4;
  return kHeadBytes + planes_bound<Word>(size) / 8 + 2 + size.rows * size.columns / 8 + 1 +
         kWriterSlack;
}

template <HcompressWord Word>
std::size_t hcompress_encode(std::span<Word> pixels, TileSize size, std::int32_t scale,
                             ByteSpan out) {
  forward_transform(pixels.data(), size);
  digitize(pixels, scale);
  Head head{static_cast<std::int32_t>(size.rows),
            static_cast<std::int32_t>(size.columns),
            scale,
            pixels[0],
            {}};
  pixels[0] = 0;
  const Coefficients<Word> coefficients{pixels.data(), size};
  Scratch signs(pixels.size() / 8 + 8);
  BitWriter sign_bits(signs.data());
  head.planes = take_signs(sign_bits, coefficients);
  head.store(out.data());
  BitWriter bits(out.data() + kHeadBytes);
  write_planes(bits, head.planes, coefficients);
  bits.put(0, kEndBits);
  auto* const end = bits.flush();
  const auto sign_bytes = static_cast<std::size_t>(sign_bits.flush() - signs.data());
  std::memcpy(end, signs.data(), sign_bytes);
  return static_cast<std::size_t>(end - out.data()) + sign_bytes;
}

template CodecResult hcompress_decode(ByteView, bool, TileSize, std::span<std::int32_t>);
template CodecResult hcompress_decode(ByteView, bool, TileSize, std::span<std::int64_t>);
template std::size_t hcompress_bound<std::int32_t>(TileSize) noexcept;
template std::size_t hcompress_bound<std::int64_t>(TileSize) noexcept;
template std::size_t hcompress_encode(std::span<std::int32_t>, TileSize, std::int32_t, ByteSpan);
template std::size_t hcompress_encode(std::span<std::int64_t>, TileSize, std::int32_t, ByteSpan);

}  // namespace torchfits
