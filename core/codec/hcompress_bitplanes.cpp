// SPDX-License-Identifier: BSD-3-Clause
// Why it is fast:
// - a plane does not touch the coefficients: eight planes at a time are gathered in bytes, of which
// a vector register holds many, and then go to the coefficients at once;
// - signs are taken without a branch, a word of 32 of them at a time.
#include "codec/hcompress_bitplanes.h"

#include <algorithm>
#include <bit>
#include <cstring>
#include <limits>

#include "codec/hcompress_quadtree.h"

namespace torchfits {
namespace {

template <class Word>
using Unsigned = std::make_unsigned_t<Word>;

constexpr unsigned kByteBits = 8;
constexpr std::size_t kSignsInWord = 32;  ///< of the 57 bits that peek() gives

constexpr std::uint64_t kEachByte = 0x0101010101010101;

/// Eight bytes, in which bits of each byte are worked on.
std::uint64_t load_word(const std::uint8_t* from) noexcept {
  std::uint64_t word = 0;
  std::memcpy(&word, from, sizeof word);
  return word;
}
void store_word(std::uint8_t* to, std::uint64_t word) noexcept {
  std::memcpy(to, &word, sizeof word);
}

struct Quadrant {
  std::size_t row = 0, column = 0;
  TileSize size;
  std::size_t kind = 0;  ///< of PlaneCounts

  [[nodiscard]] NybbleGrid grid() const noexcept {
    return NybbleGrid{size.rows, size.columns}.half();
  }
};

std::array<Quadrant, 4> quadrants_of(TileSize tile) noexcept {
  const auto upper = (tile.rows + 1) / 2, left = (tile.columns + 1) / 2;
  const auto lower = tile.rows / 2, right = tile.columns / 2;
  return {{{0, 0, {upper, left}, 0},
           {0, left, {upper, right}, 1},
           {upper, 0, {lower, left}, 1},
           {upper, left, {lower, right}, 2}}};
}

/// Eight planes of a quadrant: a byte for each coefficient, those with the same place in their
/// block of 2 x 2 together, in the order of a nybble's bits.
class PlaneBytes {
 public:
  explicit PlaneBytes(NybbleGrid largest) : memory_(4 * padded(largest)) {}

  /// The bytes of one place in the blocks; a row of blocks has stride() bytes.
  [[nodiscard]] std::uint8_t* place(unsigned place, NybbleGrid grid) const noexcept {
    return reinterpret_cast<std::uint8_t*>(memory_.data()) + place * padded(grid);
  }
  void clear() const noexcept { std::memset(memory_.data(), 0, memory_.size()); }

 private:
  static std::size_t padded(NybbleGrid grid) noexcept {
    return grid.rows * QuadtreeWriter::stride(grid.columns);
  }
  Scratch memory_;
};

/// Appends a plane to those before it, eight nybbles at a time. What lies behind them has room.
void append_plane(const std::uint8_t* nybbles, NybbleGrid grid, const PlaneBytes& bytes) noexcept {
  const std::array<std::uint8_t*, 4> places{bytes.place(0, grid), bytes.place(1, grid),
                                            bytes.place(2, grid), bytes.place(3, grid)};
  for (std::size_t i = 0; i < grid.size(); i += 8) {
    const auto eight = load_word(nybbles + i);
    for (unsigned place = 0; place < 4; ++place) {
      const auto before = load_word(places[place] + i) & kEachByte * 0x7f;
      store_word(places[place] + i, before << 1 | (eight >> (3 - place) & kEachByte));
    }
  }
}

/// Calls use(word, place) for `count` words from column `begin` of a quadrant's row; place is where
/// the byte of a word is, counted from `left` or from `right`, which alternate.
template <class Word, class Byte, class Use>
[[gnu::always_inline]] inline void pair_with_bytes(Word* __restrict words, std::size_t begin,
                                                   std::size_t end, Byte* __restrict left,
                                                   Byte* __restrict right, Use use) noexcept {
  if (begin % 2 != 0 && begin < end) use(*words++, right[begin++ / 2]);
  left += begin / 2;
  right += begin / 2;
  const auto count = end - begin;
  for (std::size_t j = 0; j < count / 2; ++j) {
    use(words[2 * j], left[j]);
    use(words[2 * j + 1], right[j]);
  }
  if (count % 2 != 0) use(words[count - 1], left[count / 2]);
}

/// Bytes become words, or eight more bits of them.
template <class Word>
void merge(const PlaneBytes& bytes, bool first, const Quadrant& quadrant,
           const Coefficients<Word>& out) noexcept {
  const auto grid = quadrant.grid();
  const auto column = quadrant.column;
  for (std::size_t row = 0; row < quadrant.size.rows; ++row) {
    const auto place = row % 2 == 0 ? 0 : 2;
    const auto start = row / 2 * grid.columns;
    const std::uint8_t* left = bytes.place(place, grid) + start;
    const std::uint8_t* right = bytes.place(place + 1, grid) + start;
    out.for_each_part(
        quadrant.row + row, column, column + quadrant.size.columns,
        [=](Word* words, std::size_t begin, std::size_t end) {
          if (first) {
            pair_with_bytes(words, begin - column, end - column, left, right,
                            [](Word& word, std::uint8_t byte) { word = byte; });
          } else {
            pair_with_bytes(
                words, begin - column, end - column, left, right,
                [](Word& word, std::uint8_t byte) {
                  word = static_cast<Word>(static_cast<Unsigned<Word>>(word) << kByteBits | byte);
                });
          }
        });
  }
}

/// The first planes are those above a multiple of eight.
template <class Word>
const char* read_quadrant(BitReader& in, unsigned planes, const Quadrant& quadrant,
                          QuadtreeReader& reader, const PlaneBytes& bytes,
                          const Coefficients<Word>& out) {
  const auto grid = quadrant.grid();
  bytes.clear();
  bool first = true;
  for (auto plane = planes; plane-- > 0;) {
    if (const auto* problem = reader.read(in, grid)) return problem;
    append_plane(reader.nybbles(), grid, bytes);
    if (plane % kByteBits != 0) continue;
    merge(bytes, first, quadrant, out);
    first = false;
  }
  if (planes == 0) merge(bytes, true, quadrant, out);
  return nullptr;
}

}  // namespace

template <HcompressWord Word>
const char* read_planes(BitReader& in, const PlaneCounts& planes, const Coefficients<Word>& out) {
  const auto quadrants = quadrants_of(out.size);
  const auto largest = quadrants[0].grid();
  QuadtreeReader reader(largest);
  const PlaneBytes bytes(largest);
  for (const auto& quadrant : quadrants) {
    const auto* problem = read_quadrant(in, planes[quadrant.kind], quadrant, reader, bytes, out);
    if (problem != nullptr) return problem;
  }
  return nullptr;
}

namespace {

/// Of four coefficients, the first one in the highest bit: those that are not zero and those that
/// are negative.
struct SignsOfFour {
  std::array<std::uint8_t, 4> bytes{};  ///< 0xff where negative
  std::uint8_t packed = 0;              ///< signs of those that are not zero
  std::uint8_t count = 0;               ///< of those that are not zero
};

/// By the mask of those that are not zero in the upper four bits, and below it either the signs to
/// come, packed from the highest bit on (`spread`), or the mask of those that are negative.
constexpr std::array<SignsOfFour, 256> make_signs(bool spread) {
  std::array<SignsOfFour, 256> all{};
  for (unsigned i = 0; i < all.size(); ++i) {
    auto& signs = all[i];
    for (unsigned place = 0; place < 4; ++place) {
      if ((i >> 4 >> (3 - place) & 1) == 0) continue;
      const auto negative = (i >> (3 - (spread ? signs.count : place)) & 1) != 0;
      signs.bytes[place] = negative ? 0xff : 0;
      signs.packed = static_cast<std::uint8_t>(signs.packed << 1 | (negative ? 1 : 0));
      ++signs.count;
    }
  }
  return all;
}
constexpr auto kSpreadSigns = make_signs(true);
constexpr auto kPackedSigns = make_signs(false);

using Flags = std::array<std::uint8_t, kSignsInWord>;

/// Of eight flags, 0 or 1; the first one in the highest bit.
unsigned mask_of(const std::uint8_t* flags) noexcept {
  const auto eight = load_be<std::uint64_t>(reinterpret_cast<const std::byte*>(flags));
  return static_cast<unsigned>(eight * 0x0102040810204080 >> 56);
}

template <class Word>
void read_signs(BitReader& in, Word* words, std::size_t count) noexcept {
  using U = Unsigned<Word>;
  Flags held{}, negative{};
  for (std::size_t i = 0; i < count; ++i) held[i] = words[i] != 0 ? 1 : 0;
  auto bits = in.peek();
  unsigned taken = 0;
  for (std::size_t i = 0; i < count; i += 8) {
    const auto mask = mask_of(held.data() + i);
    const auto& first = kSpreadSigns[(mask & 0xf0) | bits >> 60];
    bits <<= first.count;
    const auto& second = kSpreadSigns[(mask << 4 & 0xf0) | bits >> 60];
    bits <<= second.count;
    std::memcpy(negative.data() + i, first.bytes.data(), 4);
    std::memcpy(negative.data() + i + 4, second.bytes.data(), 4);
    taken += first.count + second.count;
  }
  in.skip(taken);
  for (std::size_t i = 0; i < count; ++i) {
    const auto flip = static_cast<U>(static_cast<std::int8_t>(negative[i]));
    words[i] = static_cast<Word>((static_cast<U>(words[i]) ^ flip) - flip);
  }
}

/// Returns all bits of all magnitudes.
template <class Word>
Unsigned<Word> take_signs(BitWriter& out, Word* words, std::size_t count) noexcept {
  using U = Unsigned<Word>;
  Flags held{}, negative{};
  U all = 0;
  for (std::size_t i = 0; i < count; ++i) {
    held[i] = words[i] != 0 ? 1 : 0;
    negative[i] = words[i] < 0 ? 1 : 0;
    const auto flip = static_cast<U>(words[i] < 0 ? -1 : 0);
    const auto magnitude = (static_cast<U>(words[i]) ^ flip) - flip;
    words[i] = static_cast<Word>(magnitude);
    all |= magnitude;
  }
  std::uint64_t bits = 0;
  unsigned taken = 0;
  for (std::size_t i = 0; i < count; i += 8) {
    const auto mask = mask_of(held.data() + i), below = mask_of(negative.data() + i);
    const auto& first = kPackedSigns[(mask & 0xf0) | below >> 4];
    const auto& second = kPackedSigns[(mask << 4 & 0xf0) | (below & 0xf)];
    bits = (bits << first.count | first.packed) << second.count | second.packed;
    taken += first.count + second.count;
  }
  out.put(bits, taken);
  return all;
}

}  // namespace

template <HcompressWord Word>
void read_signs(BitReader& in, const Coefficients<Word>& out) noexcept {
  const auto read = [&](Word* words, std::size_t begin, std::size_t end) {
    for (; begin + kSignsInWord <= end; begin += kSignsInWord, words += kSignsInWord)
      read_signs(in, words, kSignsInWord);
    read_signs(in, words, end - begin);
  };
  for (std::size_t row = 0; row < out.size.rows; ++row)
    out.for_each_part(row, 0, out.size.columns, read);
}

template <HcompressWord Word>
PlaneCounts take_signs(BitWriter& out, const Coefficients<Word>& from) noexcept {
  using U = Unsigned<Word>;
  std::array<U, 3> bits{};
  const auto lower = (from.size.rows + 1) / 2, right = (from.size.columns + 1) / 2;
  for (std::size_t row = 0; row < from.size.rows; ++row) {
    const std::size_t kind = row < lower ? 0 : 1;
    const auto take = [&](U& all) {
      return [&](Word* words, std::size_t begin, std::size_t end) {
        for (; begin + kSignsInWord <= end; begin += kSignsInWord, words += kSignsInWord)
          all |= take_signs(out, words, kSignsInWord);
        all |= take_signs(out, words, end - begin);
      };
    };
    from.for_each_part(row, 0, right, take(bits[kind]));
    from.for_each_part(row, right, from.size.columns, take(bits[kind + 1]));
  }
  PlaneCounts planes{};
  for (std::size_t kind = 0; kind < planes.size(); ++kind)
    planes[kind] = static_cast<std::uint8_t>(
        std::bit_width(bits[kind] & static_cast<U>(std::numeric_limits<Word>::max())));
  return planes;
}

namespace {

/// Bits `shift` to `shift` + 7 of a quadrant.
template <class Word>
void take_bytes(const Coefficients<Word>& from, const Quadrant& quadrant, unsigned shift,
                const PlaneBytes& bytes) noexcept {
  const auto grid = quadrant.grid();
  const auto column = quadrant.column;
  bytes.clear();
  for (std::size_t row = 0; row < quadrant.size.rows; ++row) {
    const auto place = row % 2 == 0 ? 0 : 2;
    const auto start = row / 2 * QuadtreeWriter::stride(grid.columns);
    auto* left = bytes.place(place, grid) + start;
    auto* right = bytes.place(place + 1, grid) + start;
    from.for_each_part(quadrant.row + row, column, column + quadrant.size.columns,
                       [=](const Word* words, std::size_t begin, std::size_t end) {
                         pair_with_bytes(words, begin - column, end - column, left, right,
                                         [shift](const Word& word, std::uint8_t& byte) {
                                           byte = static_cast<std::uint8_t>(word >> shift);
                                         });
                       });
  }
}

void make_nybbles(const PlaneBytes& bytes, NybbleGrid grid, unsigned bit,
                  std::uint8_t* nybbles) noexcept {
  const std::array<const std::uint8_t*, 4> places{bytes.place(0, grid), bytes.place(1, grid),
                                                  bytes.place(2, grid), bytes.place(3, grid)};
  for (std::size_t i = 0; i < grid.rows * QuadtreeWriter::stride(grid.columns); i += 8) {
    std::uint64_t eight = 0;
    for (const auto* place : places) eight = eight << 1 | (load_word(place + i) >> bit & kEachByte);
    store_word(nybbles + i, eight);
  }
}

}  // namespace

template <HcompressWord Word>
void write_planes(BitWriter& out, const PlaneCounts& planes, const Coefficients<Word>& from) {
  const auto quadrants = quadrants_of(from.size);
  const auto largest = quadrants[0].grid();
  const QuadtreeWriter writer(largest);
  const PlaneBytes bytes(largest);
  for (const auto& quadrant : quadrants) {
    const auto grid = quadrant.grid();
    for (unsigned plane = planes[quadrant.kind], held = plane + kByteBits; plane-- > 0;) {
      if (plane / kByteBits != held / kByteBits) take_bytes(from, quadrant, plane / 8 * 8, bytes);
      held = plane;
      make_nybbles(bytes, grid, plane % kByteBits, writer.nybbles());
      writer.write(out, grid);
    }
  }
}

template <HcompressWord Word>
std::size_t planes_bound(TileSize size) noexcept {
  std::size_t bits = 0;
  for (const auto& quadrant : quadrants_of(size)) bits += QuadtreeWriter::bound(quadrant.grid());
  return bits * std::numeric_limits<Word>::digits;
}

template const char* read_planes(BitReader&, const PlaneCounts&, const Coefficients<std::int32_t>&);
template const char* read_planes(BitReader&, const PlaneCounts&, const Coefficients<std::int64_t>&);
template void read_signs(BitReader&, const Coefficients<std::int32_t>&) noexcept;
template void read_signs(BitReader&, const Coefficients<std::int64_t>&) noexcept;
template PlaneCounts take_signs(BitWriter&, const Coefficients<std::int32_t>&) noexcept;
template PlaneCounts take_signs(BitWriter&, const Coefficients<std::int64_t>&) noexcept;
template void write_planes(BitWriter&, const PlaneCounts&, const Coefficients<std::int32_t>&);
template void write_planes(BitWriter&, const PlaneCounts&, const Coefficients<std::int64_t>&);
template std::size_t planes_bound<std::int32_t>(TileSize) noexcept;
template std::size_t planes_bound<std::int64_t>(TileSize) noexcept;

}  // namespace torchfits
