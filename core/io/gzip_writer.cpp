// SPDX-License-Identifier: BSD-3-Clause
// Why it is fast: pieces are deflated in parallel, each knowing the 32 KiB before it, and end at a
// byte; joined they are one deflate stream, so that readers who stop behind the first member of a
// gzip file read all of it.
#include "io/gzip_writer.h"

#include <zlib.h>

#include <algorithm>
#include <array>
#include <cstddef>
#include <new>
#include <vector>

#include "base/defaults.h"
#include "base/parallel.h"

namespace torchfits {
namespace {

constexpr std::size_t kPieceBytes = 512 * KiB;
constexpr std::size_t kDictionaryBytes = 32 * KiB;  ///< how far deflate looks back
constexpr std::size_t kBatchPieces = 64;            ///< held at once
constexpr int kLevel = 6;                           ///< what gzip(1) takes
constexpr int kRawDeflate = -MAX_WBITS;
constexpr int kMemory = 8;  ///< zlib's default

/// Magic, deflate, no flags, no time, no hint at the level, an unknown system.
constexpr std::array<unsigned char, 10> kHeader{0x1f, 0x8b, 8, 0, 0, 0, 0, 0, 0, 255};

class Deflater {
 public:
  Deflater() {
    if (deflateInit2(&zlib_, kLevel, Z_DEFLATED, kRawDeflate, kMemory, Z_DEFAULT_STRATEGY) != Z_OK)
      throw std::bad_alloc();
  }
  ~Deflater() { deflateEnd(&zlib_); }
  Deflater(const Deflater&) = delete;
  Deflater& operator=(const Deflater&) = delete;

  /// All of `in`, behind `before`.
  std::vector<std::byte> run(ByteView before, ByteView in, bool last) {
    if (!before.empty())
      deflateSetDictionary(&zlib_, bytes(before), static_cast<uInt>(before.size()));
    // Behind the bound stands the empty block that ends a piece at a byte.
    constexpr std::size_t kFlush = 16;
    const auto bound = deflateBound(&zlib_, static_cast<uLong>(in.size()));
    std::vector<std::byte> out(static_cast<std::size_t>(bound) + kFlush);
    zlib_.next_in = const_cast<Bytef*>(bytes(in));
    zlib_.avail_in = static_cast<uInt>(in.size());
    std::size_t done = 0;
    for (;;) {
      zlib_.next_out = reinterpret_cast<Bytef*>(out.data() + done);
      zlib_.avail_out = static_cast<uInt>(out.size() - done);
      const int result = deflate(&zlib_, last ? Z_FINISH : Z_SYNC_FLUSH);
      done = out.size() - zlib_.avail_out;
      if (last ? result == Z_STREAM_END : zlib_.avail_out > 0) break;
      out.resize(out.size() * 2);
    }
    out.resize(done);
    return out;
  }

 private:
  static const Bytef* bytes(ByteView view) noexcept {
    return reinterpret_cast<const Bytef*>(view.data());
  }

  z_stream zlib_{};
};

struct Piece {
  std::vector<std::byte> deflated;
  uLong check = 0;
};

Piece deflated(ByteView bytes, std::size_t number) {
  const auto first = number * kPieceBytes;
  const auto length = std::min(kPieceBytes, bytes.size() - first);
  const auto before = std::min(first, kDictionaryBytes);
  const auto in = bytes.subspan(first, length);
  Piece piece;
  piece.deflated =
      Deflater().run(bytes.subspan(first - before, before), in, first + length == bytes.size());
  piece.check = crc32(0, reinterpret_cast<const Bytef*>(in.data()), static_cast<uInt>(length));
  return piece;
}

void store_little(std::byte* to, std::uint32_t value) noexcept {
  for (int i = 0; i < 4; ++i) to[i] = static_cast<std::byte>(value >> (8 * i));
}

}  // namespace

std::uint64_t write_gzip(ByteSink& sink, ByteView bytes) {
  std::uint64_t end = kHeader.size();
  sink.reserve(end);
  sink.write_at(0, std::as_bytes(std::span(kHeader)));
  const auto pieces = std::max<std::size_t>(1, (bytes.size() + kPieceBytes - 1) / kPieceBytes);
  uLong check = 0;
  for (std::size_t first = 0; first < pieces; first += kBatchPieces) {
    std::vector<Piece> batch(std::min(kBatchPieces, pieces - first));
    parallel_for(batch.size(), [&](std::size_t i) { batch[i] = deflated(bytes, first + i); });
    for (std::size_t i = 0; i < batch.size(); ++i) {
      const auto length = std::min(kPieceBytes, bytes.size() - (first + i) * kPieceBytes);
      check = crc32_combine(check, batch[i].check, static_cast<z_off_t>(length));
      sink.reserve(end + batch[i].deflated.size());
      sink.write_at(end, batch[i].deflated);
      end += batch[i].deflated.size();
    }
  }
  std::array<std::byte, 8> trailer;
  store_little(trailer.data(), static_cast<std::uint32_t>(check));
  store_little(trailer.data() + 4, static_cast<std::uint32_t>(bytes.size()));
  sink.reserve(end + trailer.size());
  sink.write_at(end, trailer);
  return end + trailer.size();
}

}  // namespace torchfits
