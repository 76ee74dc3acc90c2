// SPDX-License-Identifier: BSD-3-Clause
// Format: a tile's big-endian pixels as one gzip member (RFC 1952). GZIP_2 first splits each pixel
// into its bytes: all most significant ones, then all second ones, and so on; what is alike comes
// to lie side by side.
// Why it is fast:
// - libdeflate works on whole buffers: wide copies, no state machine, checksums by SIMD.
// - Its decoder and encoder are kept, one of each per thread: a tile costs no allocation.
// - Undoing the shuffle writes native elements at once: no pass of its own for the byte order.
// - The loops over the planes have a fixed width and no aliases, so that compilers vectorise them.
#include "codec/gzip.h"

#include <libdeflate.h>

#include <cstdint>
#include <cstring>
#include <memory>
#include <new>

namespace torchfits {
namespace {

struct FreeDecompressor {
  void operator()(libdeflate_decompressor* it) const noexcept { libdeflate_free_decompressor(it); }
};

struct FreeCompressor {
  void operator()(libdeflate_compressor* it) const noexcept { libdeflate_free_compressor(it); }
};

/// A thread's own: nothing is locked, so a fork can interrupt nothing.
libdeflate_decompressor* thread_decompressor() {
  thread_local std::unique_ptr<libdeflate_decompressor, FreeDecompressor> kept;
  if (!kept) kept.reset(libdeflate_alloc_decompressor());
  if (!kept) throw std::bad_alloc();
  return kept.get();
}

/// The one of the level that this thread used last.
libdeflate_compressor* thread_compressor(int level) {
  thread_local std::unique_ptr<libdeflate_compressor, FreeCompressor> kept;
  thread_local int kept_level = 0;
  if (!kept || kept_level != level) {
    kept.reset();  // first: a compressor takes up to megabytes
    kept.reset(libdeflate_alloc_compressor(level));
    kept_level = level;
  }
  if (!kept) throw std::bad_alloc();
  return kept.get();
}

/// By their first bytes: RFC 1952 section 2.3.1; RFC 1950 section 2.2 (method 8, then a multiple
/// of 31).
enum class Wrapper : std::uint8_t { none, gzip, zlib };

Wrapper wrapper_of(ByteView in) noexcept {
  if (in.size() < 2) return Wrapper::none;
  const auto word = load_be<std::uint16_t>(in.data());
  if (word == 0x1f8b) return Wrapper::gzip;
  return (word >> 8 & 0x0f) == 8 && word % 31 == 0 ? Wrapper::zlib : Wrapper::none;
}

const char* problem_of(libdeflate_result result) noexcept {
  switch (result) {
    case LIBDEFLATE_SUCCESS: return nullptr;
    case LIBDEFLATE_INSUFFICIENT_SPACE: return "the gzip stream holds more bytes than expected";
    case LIBDEFLATE_SHORT_OUTPUT: return "the gzip stream holds fewer bytes than expected";
    case LIBDEFLATE_BAD_DATA: break;
  }
  return "the gzip stream is damaged or cut short";
}

/// Element `i` of `out` from byte `i` of each of the planes; `count` of each.
template <std::size_t Width>
void join_planes(const std::byte* __restrict in, std::size_t count,
                 std::byte* __restrict out) noexcept {
  using Word = UintOfSize<Width>;
  for (std::size_t i = 0; i < count; ++i) {
    Word word = 0;
    for (std::size_t plane = 0; plane < Width; ++plane) {
      const auto shift = 8 * (Width - 1 - plane);
      word |= static_cast<Word>(std::to_integer<Word>(in[plane * count + i]) << shift);
    }
    std::memcpy(out + i * Width, &word, Width);
  }
}

template <std::size_t Width>
void split_planes(const std::byte* __restrict in, std::size_t count,
                  std::byte* __restrict out) noexcept {
  using Word = UintOfSize<Width>;
  for (std::size_t plane = 0; plane < Width; ++plane) {
    const auto shift = 8 * (Width - 1 - plane);
    for (std::size_t i = 0; i < count; ++i) {
      Word word;
      std::memcpy(&word, in + i * Width, Width);
      out[plane * count + i] = static_cast<std::byte>(word >> shift);
    }
  }
}

}  // namespace

CodecResult gzip_decode(ByteView in, ByteSpan out) {
  const auto wrapper = wrapper_of(in);
  if (wrapper == Wrapper::none) return {.problem = "the bytes are no gzip stream"};
  const auto inflate =
      wrapper == Wrapper::gzip ? &libdeflate_gzip_decompress_ex : &libdeflate_zlib_decompress_ex;
  CodecResult result;
  const auto outcome = inflate(thread_decompressor(), in.data(), in.size(), out.data(), out.size(),
                               &result.used, &result.made);
  result.problem = problem_of(outcome);
  return result;
}

std::size_t gzip_bound(std::size_t size) { return libdeflate_gzip_compress_bound(nullptr, size); }

std::size_t gzip_encode(ByteView in, int level, ByteSpan out) {
  return libdeflate_gzip_compress(thread_compressor(level), in.data(), in.size(), out.data(),
                                  out.size());
}

void unshuffle(ByteView in, std::size_t width, ByteSpan out) noexcept {
  switch (width) {
    case 2: return join_planes<2>(in.data(), in.size() / 2, out.data());
    case 4: return join_planes<4>(in.data(), in.size() / 4, out.data());
    case 8: return join_planes<8>(in.data(), in.size() / 8, out.data());
    default:
      if (!in.empty()) std::memcpy(out.data(), in.data(), in.size());
  }
}

void shuffle(ByteView in, std::size_t width, ByteSpan out) noexcept {
  switch (width) {
    case 2: return split_planes<2>(in.data(), in.size() / 2, out.data());
    case 4: return split_planes<4>(in.data(), in.size() / 4, out.data());
    case 8: return split_planes<8>(in.data(), in.size() / 8, out.data());
    default:
      if (!in.empty()) std::memcpy(out.data(), in.data(), in.size());
  }
}

}  // namespace torchfits
