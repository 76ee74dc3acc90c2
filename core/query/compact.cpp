// SPDX-License-Identifier: BSD-3-Clause
// Why it is fast:
// - no branch depends on the data: a register of cells is permuted by a table
// of all masks, stored
//   whole, and the next one is stored behind the cells that count;
// - large results are stored past the caches: no line is read only to be
// overwritten.
#include "query/compact.h"

#include <bit>
#include <cstring>

#if defined(__x86_64__)
#include <immintrin.h>

#include <array>

#include "base/defaults.h"
#endif

namespace torchfits {

#if defined(__x86_64__)
namespace {

using Lanes = std::array<std::uint8_t, 8>;

/// For each mask of 8 cells, or of 4 cells of two lanes each: the lanes that it
/// keeps.
template <std::size_t Cells>
constexpr auto lanes_kept() {
  constexpr std::size_t width = 8 / Cells;
  std::array<Lanes, std::size_t{1} << Cells> all{};
  for (std::size_t mask = 0; mask < all.size(); ++mask) {
    std::size_t made = 0;
    for (std::size_t cell = 0; cell < Cells; ++cell) {
      if ((mask >> cell & 1U) == 0) continue;
      for (std::size_t lane = 0; lane < width; ++lane)
        all[mask][made++] = static_cast<std::uint8_t>(cell * width + lane);
    }
  }
  return all;
}

/// Lines are asked for so many bytes before they are looked at: machines do not look that far
/// ahead.
constexpr std::size_t kAhead = 4096;

alignas(64) constexpr auto kKeptOf8 = lanes_kept<8>();
alignas(64) constexpr auto kKeptOf4 = lanes_kept<4>();
alignas(64) constexpr auto kKeptOf2 = lanes_kept<2>();

/// Cells of a register.
template <std::size_t Size>
inline constexpr std::size_t kCells = Size >= 4 ? 32 / Size : 8;

template <std::size_t Size>
inline const std::uint8_t* kept_lanes(std::size_t mask) noexcept {
  if constexpr (kCells<Size> == 8) return kKeptOf8[mask].data();
  if constexpr (kCells<Size> == 4) return kKeptOf4[mask].data();
  return kKeptOf2[mask % kKeptOf2.size()].data();
}

/// The cells at `from` that the mask keeps; Size is that of a cell.
template <std::size_t Size>
[[gnu::target("avx2")]] inline void keep(std::size_t mask, const std::byte* from, std::byte* to) {
  const auto* kept = kept_lanes<Size>(mask);
  const auto lanes = _mm_loadl_epi64(reinterpret_cast<const __m128i*>(kept));
  if constexpr (Size == 1) {
    const auto cells = _mm_loadl_epi64(reinterpret_cast<const __m128i*>(from));
    _mm_storel_epi64(reinterpret_cast<__m128i*>(to), _mm_shuffle_epi8(cells, lanes));
  } else if constexpr (Size == 2) {
    const auto low = _mm_add_epi8(lanes, lanes);
    const auto both = _mm_unpacklo_epi8(low, _mm_add_epi8(low, _mm_set1_epi8(1)));
    const auto cells = _mm_loadu_si128(reinterpret_cast<const __m128i*>(from));
    _mm_storeu_si128(reinterpret_cast<__m128i*>(to), _mm_shuffle_epi8(cells, both));
  } else {
    const auto cells = _mm256_loadu_si256(reinterpret_cast<const __m256i*>(from));
    _mm256_storeu_si256(reinterpret_cast<__m256i*>(to),
                        _mm256_permutevar8x32_epi32(cells, _mm256_cvtepu8_epi32(lanes)));
  }
}

template <std::size_t Size>
[[gnu::target("avx2,popcnt")]] void compact(const std::uint64_t* bits, std::size_t rows,
                                            const std::byte* from, std::byte* to) {
  constexpr auto cells = kCells<Size>;
  std::size_t row = 0;
  for (; row + 64 <= rows; row += 64, ++bits) {
    for (std::size_t line = 0; line < Size; ++line)
      __builtin_prefetch(from + row * Size + kAhead + line * kCacheLineBytes);
    auto word = *bits;
    for (std::size_t i = 0; i < 64; i += cells, word >>= cells) {
      const auto mask = word & ((1U << cells) - 1);
      keep<Size>(mask, from + (row + i) * Size, to);
      to += static_cast<std::size_t>(__builtin_popcountll(mask)) * Size;
    }
  }
  if (row == rows) return;
  for (auto left = *bits; left != 0; left &= left - 1, to += Size)
    std::memcpy(to, from + (row + static_cast<std::size_t>(std::countr_zero(left))) * Size, Size);
}

}  // namespace

Compact compact_cells(std::size_t cell_bytes, Simd simd) noexcept {
  if (simd != Simd::avx2) return nullptr;
  switch (cell_bytes) {
    case 1: return &compact<1>;
    case 2: return &compact<2>;
    case 4: return &compact<4>;
    case 8: return &compact<8>;
    case 16: return &compact<16>;
    default: return nullptr;
  }
}

void copy_past_caches(std::byte* to, const std::byte* from, std::size_t size) noexcept {
  constexpr std::size_t line = 64;
  const auto misplaced = reinterpret_cast<std::uintptr_t>(to) % line;
  const auto head = misplaced == 0 ? 0 : line - misplaced;
  if (size < 4 * line) {
    std::memcpy(to, from, size);
    return;
  }
  std::memcpy(to, from, head);
  auto done = head;
  for (; done + line <= size; done += line) {
    for (std::size_t part = done; part < done + line; part += sizeof(__m128i)) {
      _mm_stream_si128(reinterpret_cast<__m128i*>(to + part),
                       _mm_loadu_si128(reinterpret_cast<const __m128i*>(from + part)));
    }
  }
  std::memcpy(to + done, from + done, size - done);
  _mm_sfence();  // other threads see it as if it were stored otherwise
}

#else

Compact compact_cells(std::size_t, Simd) noexcept { return nullptr; }

void copy_past_caches(std::byte* to, const std::byte* from, std::size_t size) noexcept {
  std::memcpy(to, from, size);
}

#endif

}  // namespace torchfits
