// SPDX-License-Identifier: BSD-3-Clause
// Why it is fast:
// - the codes of a level are decoded in one go, up to three by a look-up, before their places are
// known, and then put to their places two at a time without a branch;
// - blocks of eight zeros are passed over;
// - nybbles stored as they are, and the levels that the writer builds, are moved eight at a time in
// a 64-bit word;
// - the writer knows the length of a tree before it writes: nothing is written twice.
#include "codec/hcompress_quadtree.h"

#include <algorithm>
#include <array>
#include <bit>
#include <cstring>

namespace torchfits {
namespace {

constexpr unsigned kDirect = 0x0, kTree = 0xf;  // the nybble before a plane

struct Code {
  std::uint16_t bits = 0;
  std::uint16_t length = 0;
};
constexpr std::array<Code, 16> kCodes{{{0x3e, 6},
                                       {0x00, 3},
                                       {0x01, 3},
                                       {0x08, 4},
                                       {0x02, 3},
                                       {0x09, 4},
                                       {0x1a, 5},
                                       {0x1b, 5},
                                       {0x03, 3},
                                       {0x1c, 5},
                                       {0x0a, 4},
                                       {0x1d, 5},
                                       {0x0b, 4},
                                       {0x1e, 5},
                                       {0x3f, 6},
                                       {0x0c, 4}}};
constexpr unsigned kLongestCode = 6;

constexpr std::array<std::uint8_t, 64> make_symbols() {
  std::array<std::uint8_t, 64> symbols{};
  for (unsigned nybble = 0; nybble < 16; ++nybble) {
    const auto free_bits = kLongestCode - kCodes[nybble].length;
    for (unsigned rest = 0; rest < 1U << free_bits; ++rest)
      symbols[unsigned{kCodes[nybble].bits} << free_bits | rest] =
          static_cast<std::uint8_t>(nybble);
  }
  return symbols;
}
constexpr auto kSymbols = make_symbols();  ///< by the next six bits

/// All whole codes in the next kRunBits bits.
struct CodeRun {
  std::array<std::uint8_t, 4> nybbles{};  ///< the first one last
  std::uint8_t count = 0;
  std::uint8_t bits = 0;
};
constexpr unsigned kRunBits = 11, kRunsInWord = 5;  // 55 of the 57 bits that peek() gives
constexpr std::size_t kMostInWord = 4 * std::size_t{kRunsInWord};

constexpr std::array<CodeRun, 1U << kRunBits> make_runs() {
  std::array<CodeRun, 1U << kRunBits> runs{};
  for (unsigned bits = 0; bits < runs.size(); ++bits) {
    auto& run = runs[bits];
    while (run.count < 4) {
      const auto nybble = kSymbols[bits << run.bits << kLongestCode >> kRunBits & 0x3f];
      if (run.bits + kCodes[nybble].length > kRunBits) break;
      run.nybbles[3 - run.count++] = nybble;
      run.bits = static_cast<std::uint8_t>(run.bits + kCodes[nybble].length);
    }
  }
  return runs;
}
constexpr auto kRuns = make_runs();

std::uint8_t read_code(BitReader& in) noexcept {
  const auto nybble = kSymbols[in.peek() >> (64 - kLongestCode)];
  in.skip(kCodes[nybble].length);
  return nybble;
}

/// The next `count` codes: from `end` downwards.
void read_codes(BitReader& in, std::size_t count, std::uint8_t* end) noexcept {
  auto* const begin = end - count;
  while (static_cast<std::size_t>(end - begin) >= kMostInWord) {
    auto bits = in.peek();
    std::size_t taken = 0;
    for (unsigned i = 0; i < kRunsInWord; ++i) {
      const auto& run = kRuns[bits >> (64 - kRunBits)];
      std::memcpy(end - 4, run.nybbles.data(), 4);
      end -= run.count;
      bits <<= run.bits;
      taken += run.bits;
    }
    in.skip(taken);
  }
  while (end > begin) *--end = read_code(in);
}

/// Two nybbles that lie side by side, of which the codes say those that are not zero: by their
/// flags, left 2, right 1.
struct CodePair {
  std::uint16_t mask = 0;
  std::uint8_t start = 0;  ///< bytes before the end of the codes where the pair is read
  std::uint8_t count = 0;
};
constexpr auto pair_mask(bool left, bool right) noexcept {
  return std::bit_cast<std::uint16_t>(
      std::array<std::uint8_t, 2>{std::uint8_t(left ? 0xff : 0), std::uint8_t(right ? 0xff : 0)});
}
constexpr std::array<CodePair, 4> kPairs{{{pair_mask(false, false), 0, 0},
                                          {pair_mask(false, true), 2, 1},
                                          {pair_mask(true, false), 1, 1},
                                          {pair_mask(true, true), 2, 2}}};
constexpr std::size_t kCodeSlack = 8;  ///< bytes around the codes that a pair may touch

/// One row of a level, right to left, from its row of parents. Returns the new end of the codes.
const std::uint8_t* place_codes(const std::uint8_t* parents, unsigned shift, std::size_t columns,
                                const std::uint8_t* codes, std::uint8_t* to) noexcept {
  auto column = columns / 2;
  if (columns % 2 != 0) {
    const auto flag = unsigned{parents[column]} >> shift >> 1 & 1;
    to[columns - 1] = flag != 0 ? codes[-1] : std::uint8_t{0};
    codes -= flag;
  }
  const auto place = [&] {
    --column;
    const auto& pair = kPairs[unsigned{parents[column]} >> shift & 3];
    std::uint16_t both = 0;
    std::memcpy(&both, codes - pair.start, sizeof both);
    both &= pair.mask;
    std::memcpy(to + 2 * column, &both, sizeof both);
    codes -= pair.count;
  };
  while (column % 8 != 0) place();
  while (column > 0) {
    std::uint64_t eight = 0;
    std::memcpy(&eight, parents + column - 8, sizeof eight);
    if (eight == 0) {
      column -= 8;
      std::memset(to + 2 * column, 0, 16);
    } else {
      for (int i = 0; i < 8; ++i) place();
    }
  }
  return codes;
}

/// Clears what lies beyond the edge of `grid`, whose parents these are; returns the number of
/// flags that are left.
std::size_t trim_parents(std::uint8_t* parents, NybbleGrid grid) noexcept {
  const auto [rows, columns] = grid.half();
  if (grid.columns % 2 != 0) {
    for (std::size_t row = 0; row < rows; ++row) parents[row * columns + columns - 1] &= 0xa;
  }
  if (grid.rows % 2 != 0) {
    for (std::size_t i = 0; i < columns; ++i) parents[(rows - 1) * columns + i] &= 0xc;
  }
  std::size_t flags = 0;
  for (std::size_t i = 0; i < rows * columns; ++i)
    flags += 0x4332322132212110U >> 4 * parents[i] & 0xf;
  return flags;
}

/// Eight nybbles in the low half of a word become its bytes, in their order; and back.
constexpr std::uint64_t spread(std::uint64_t nybbles) noexcept {
  nybbles = (nybbles | nybbles << 16) & 0x0000ffff0000ffff;
  nybbles = (nybbles | nybbles << 8) & 0x00ff00ff00ff00ff;
  return (nybbles | nybbles << 4) & 0x0f0f0f0f0f0f0f0f;
}
constexpr std::uint64_t pack_bytes(std::uint64_t four) noexcept {
  four = (four | four >> 8) & 0x0000ffff0000ffff;
  return (four | four >> 16) & 0xffffffff;
}
constexpr std::uint64_t pack(std::uint64_t bytes) noexcept {
  return pack_bytes((bytes | bytes >> 4) & 0x00ff00ff00ff00ff);
}

constexpr std::size_t levels_of(NybbleGrid grid) noexcept {
  return 1 + static_cast<std::size_t>(std::bit_width(std::max(grid.rows, grid.columns) - 1));
}

}  // namespace

QuadtreeReader::QuadtreeReader(NybbleGrid largest)
    : memory_(2 * largest.size() + largest.half().size() + 2 * kCodeSlack) {
  level_[0] = reinterpret_cast<std::uint8_t*>(memory_.data());
  level_[1] = level_[0] + largest.size();
  codes_end_ = level_[1] + largest.half().size() + kCodeSlack + largest.size();
}

const char* QuadtreeReader::read(BitReader& in, NybbleGrid grid) {
  const auto coding = in.take(4);
  if (coding == kDirect) {
    read_direct(in, grid.size());
  } else if (coding != kTree) {
    return "a bit plane has an unknown coding";
  } else if (grid.size() == 0) {
    if (read_code(in) != 0) return "a bit plane without pixels is not empty";
  } else {
    read_tree(in, grid);
  }
  return in.past_end() ? "the bit planes run past the end" : nullptr;
}

void QuadtreeReader::read_direct(BitReader& in, std::size_t count) {
  auto* to = reinterpret_cast<std::byte*>(level_[0]);
  std::size_t i = 0;
  for (; i + 8 <= count; i += 8) {
    store_be(to + i, spread(in.peek() >> 32));
    in.skip(32);
  }
  for (; i < count; ++i) to[i] = static_cast<std::byte>(in.take(4));
}

void QuadtreeReader::read_tree(BitReader& in, NybbleGrid grid) {
  std::array<NybbleGrid, 64> grids{grid};
  auto level = levels_of(grid) - 1;
  for (std::size_t i = 1; i <= level; ++i) grids[i] = grids[i - 1].half();
  level_[level % 2][0] = read_code(in);
  while (level-- > 0) expand(in, level, grids[level]);
}

void QuadtreeReader::expand(BitReader& in, std::size_t level, NybbleGrid grid) {
  auto* const parents = level_[(level + 1) % 2];
  const auto count = trim_parents(parents, grid);
  const auto parent_columns = grid.half().columns;
  read_codes(in, count, codes_end_);
  const auto* codes = static_cast<const std::uint8_t*>(codes_end_);
  for (auto row = grid.rows; row-- > 0;) {
    codes = place_codes(parents + row / 2 * parent_columns, row % 2 == 0 ? 2 : 0, grid.columns,
                        codes, level_[level % 2] + row * grid.columns);
  }
}

namespace {

/// By two nybbles, the first one in the upper four bits; zeros have no code.
constexpr std::array<Code, 256> make_pair_codes() {
  std::array<Code, 256> pairs{};
  for (unsigned first = 0; first < 16; ++first) {
    for (unsigned second = 0; second < 16; ++second) {
      const auto a = first == 0 ? Code{} : kCodes[first];
      const auto b = second == 0 ? Code{} : kCodes[second];
      pairs[first << 4 | second] = {static_cast<std::uint16_t>(a.bits << b.length | b.bits),
                                    static_cast<std::uint16_t>(a.length + b.length)};
    }
  }
  return pairs;
}
constexpr auto kPairCodes = make_pair_codes();

std::uint64_t eight_at(const std::uint8_t* from) noexcept {
  return load_be<std::uint64_t>(reinterpret_cast<const std::byte*>(from));
}

/// Pairs of nybbles in every second byte, each with the later one in the upper bits.
constexpr std::uint64_t pair_up(std::uint64_t eight) noexcept { return eight << 4 | eight >> 8; }

std::size_t code_bits(const std::uint8_t* nybbles, std::size_t count) noexcept {
  std::size_t bits = 0;
  for (std::size_t i = 0; i < count; i += 8) {
    const auto eight = eight_at(nybbles + i);
    if (eight == 0) continue;
    const auto pairs = pair_up(eight);
    for (unsigned shift = 0; shift < 64; shift += 16)
      bits += kPairCodes[pairs >> shift & 0xff].length;
  }
  return bits;
}

void put_codes(BitWriter& out, const std::uint8_t* nybbles, std::size_t count) noexcept {
  for (auto i = count; i > 0; i -= 8) {
    const auto eight = eight_at(nybbles + i - 8);
    if (eight == 0) continue;
    const auto pairs = pair_up(eight);
    for (unsigned shift = 0; shift < 64; shift += 32) {
      const auto a = kPairCodes[pairs >> shift & 0xff], b = kPairCodes[pairs >> shift >> 16 & 0xff];
      out.put(std::uint64_t{a.bits} << b.length | b.bits, unsigned{a.length} + b.length);
    }
  }
}

void put_direct(BitWriter& out, const std::uint8_t* nybbles, NybbleGrid grid) noexcept {
  for (std::size_t row = 0; row < grid.rows; ++row) {
    const auto* from = nybbles + row * QuadtreeWriter::stride(grid.columns);
    std::size_t i = 0;
    for (; i + 8 <= grid.columns; i += 8) out.put(pack(eight_at(from + i)), 32);
    for (; i < grid.columns; ++i) out.put(from[i], 4);
  }
}

constexpr std::uint64_t not_zero(std::uint64_t eight) noexcept {
  return (eight | eight >> 1 | eight >> 2 | eight >> 3) & 0x0101010101010101;
}

/// Parents of two rows of nybbles (of one and of zeros, at an odd edge).
void reduce_rows(const std::uint8_t* upper, const std::uint8_t* lower, std::size_t size,
                 std::uint8_t* to) noexcept {
  for (std::size_t i = 0; i < size; i += 8) {
    const auto below = lower != nullptr ? not_zero(eight_at(lower + i)) : 0;
    const auto flags = not_zero(eight_at(upper + i)) << 2 | below;
    store_be(reinterpret_cast<std::byte*>(to + i / 2),
             static_cast<std::uint32_t>(pack_bytes((flags >> 7 | flags) & 0x00ff00ff00ff00ff)));
  }
}

void reduce(const std::uint8_t* from, NybbleGrid grid, std::uint8_t* to) noexcept {
  const auto size = QuadtreeWriter::stride(grid.columns);
  const auto parent_size = QuadtreeWriter::stride(grid.half().columns);
  for (std::size_t row = 0; row < grid.rows; row += 2, to += parent_size) {
    const auto* upper = from + row * size;
    std::memset(to + parent_size - 8, 0, 8);  // the padding lies there
    reduce_rows(upper, row + 1 < grid.rows ? upper + size : nullptr, size, to);
  }
}

std::size_t padded_size(NybbleGrid grid) noexcept {
  return grid.rows * QuadtreeWriter::stride(grid.columns);
}

std::size_t tree_size(NybbleGrid grid) noexcept {
  auto size = padded_size(grid);
  for (auto level = levels_of(grid); level > 1; --level) size += padded_size(grid = grid.half());
  return size;
}

}  // namespace

QuadtreeWriter::QuadtreeWriter(NybbleGrid largest) : memory_(tree_size(largest)) {
  leaves_ = reinterpret_cast<std::uint8_t*>(memory_.data());
}

void QuadtreeWriter::write(BitWriter& out, NybbleGrid grid) const {
  // CFITSIO gives a tree up once it fills half a byte for each nybble.
  const auto most = (grid.size() + 1) / 2 * 8;
  std::array<NybbleGrid, 64> grids{grid};
  const auto levels = grid.size() == 0 ? 0 : levels_of(grid);
  std::array<std::uint8_t*, 65> starts{leaves_};
  std::size_t bits = 0;
  for (std::size_t level = 0; level < levels; ++level) {
    if (level > 0) {
      grids[level] = grids[level - 1].half();
      reduce(starts[level - 1], grids[level - 1], starts[level]);
    }
    const auto size = padded_size(grids[level]);
    starts[level + 1] = starts[level] + size;
    bits += code_bits(starts[level], size);
    if (bits < most) continue;
    out.put(kDirect, 4);
    put_direct(out, leaves_, grid);
    return;
  }
  out.put(kTree, 4);
  if (bits == 0) out.put(kCodes[0].bits, kCodes[0].length);
  for (auto level = levels; level-- > 0;) put_codes(out, starts[level], padded_size(grids[level]));
}

}  // namespace torchfits
