// SPDX-License-Identifier: BSD-3-Clause
// Format: a list of 16-bit words: a header, then instructions of 4 bits with 12 bits of data N.
// They lay down pixels from left to right and move one "high value", which is 1 at first:
//    0 ZN  N zeros                          4 HN  N times the high value
//    1 SH  high value = next word, N        5 PN  N - 1 zeros, then the high value
//    2 IH  high value += N                  6 IS  high value += N, then lay it down once
//    3 DH  high value -= N                  7 DS  high value -= N, then lay it down once
// Headers. Old: 3 words, the third is the length of the list in words, header included. New: the
// third word is not positive; the second is the header's length (7), the fourth and fifth are the
// lower and higher 15 bits of the list's length.
// Why it is fast:
// - A run is one fill.
// - Where values change from pixel to pixel, no processor guesses the next instruction: those that
//   lay down few pixels are all done by the same moves, from a table, without a branch.
// - The encoder compares whole blocks of pixels inside a run.
#include "codec/plio.h"

#include <algorithm>
#include <array>
#include <cstdlib>
#include <cstring>
#include <limits>

namespace torchfits {
namespace {

constexpr std::int32_t kMaxData = 4095;
constexpr std::size_t kHeaderWords = 7;

template <PlioWord Word>
constexpr const char* kOutside = sizeof(Word) == 4   ? "a value is outside 0 to 16777215"
                                 : sizeof(Word) == 2 ? "a value is outside 0 to 32767"
                                                     : "a value is outside 0 to 255";

enum Opcode : std::uint16_t { zn, sh, ih, dh, hn, pn, is, ds };

struct List {
  const char* problem = nullptr;
  std::size_t begin = 0;  ///< of the instructions, in words
  std::size_t end = 0;
};

std::int16_t word_at(ByteView in, std::size_t index) noexcept {
  return load_be<std::int16_t>(in.data() + 2 * index);
}

List find_list(ByteView in) noexcept {
  const std::size_t words = in.size() / 2;
  if (words < 3) return {.problem = "the line list is shorter than its header"};
  std::int64_t begin = 3;
  std::int64_t end = word_at(in, 2);
  if (end <= 0) {
    if (words < 5) return {.problem = "the line list is shorter than its header"};
    begin = word_at(in, 1);
    end = word_at(in, 3) + std::int64_t{word_at(in, 4)} * 32768;
    if (begin < 5) return {.problem = "the line list has a header of impossible length"};
  }
  if (end < begin) return {.problem = "the line list is said to end within its header"};
  if (static_cast<std::uint64_t>(end) > words) {
    return {.problem = "the line list is said to be longer than the data"};
  }
  return {.begin = static_cast<std::size_t>(begin), .end = static_cast<std::size_t>(end)};
}

/// What an instruction does: `high` += data * rise; pixels = data * run + put; they are 0 or
/// (`high_run`) the high value, the last one 0 or (`high_last`) the high value.
struct Effect {
  std::int32_t rise = 0;
  std::int32_t run = 0;
  std::int32_t put = 0;
  std::int32_t high_run = 0;
  std::int32_t high_last = 0;
};

constexpr std::array<Effect, 8> kEffects = {{
    {.run = 1},
    {},  // SH takes two words
    {.rise = 1},
    {.rise = -1},
    {.run = 1, .high_run = 1, .high_last = 1},
    {.run = 1, .high_last = 1},
    {.rise = 1, .put = 1, .high_run = 1, .high_last = 1},
    {.rise = -1, .put = 1, .high_run = 1, .high_last = 1},
}};

/// Executes the instructions one by one. A run past the tile, a value that no mask or no Word can
/// have and an unknown instruction are problems.
template <PlioWord Word>
class Interpreter {
 public:
  Interpreter(ByteView in, List list, std::span<Word> out) noexcept
      : in_(in), at_(list.begin), end_(list.end), out_(out.data()), left_(out.size()) {}

  const char* execute() noexcept {
    while (at_ < end_) {
      const auto word = static_cast<std::uint16_t>(word_at(in_, at_++));
      const int opcode = word >> 12;
      const std::int32_t data = word & kMaxData;
      if (opcode > ds) return "the line list has an unknown instruction";
      const char* problem = opcode == sh ? set_high(data) : apply(kEffects[opcode], data);
      if (problem != nullptr) return problem;
    }
    if (left_ > 0) fill(left_, 0);
    left_ = 0;
    return nullptr;
  }

  [[nodiscard]] std::size_t position() const noexcept { return at_; }
  [[nodiscard]] std::size_t left() const noexcept { return left_; }

 private:
  /// Pixels that are written at once, more than most runs of a busy mask have. Those beyond the run
  /// are written anew by what follows.
  static constexpr std::size_t kAtOnce = 128 / sizeof(Word);

  const char* apply(const Effect& effect, std::int32_t data) noexcept {
    if (const char* problem = move(high_ + data * effect.rise)) return problem;
    const auto pixels = static_cast<std::uint32_t>(data * effect.run + effect.put);
    const auto value = static_cast<Word>(high_ * effect.high_run);
    const auto last = static_cast<Word>(high_ * effect.high_last);
    if (pixels > left_) return "a run passes the end of the tile";
    if (pixels <= kAtOnce && left_ >= kAtOnce) {
      std::fill_n(out_, kAtOnce, value);
      out_[pixels - (pixels > 0 ? 1 : 0)] = last;
    } else if (pixels > 0) {
      fill(pixels, value);
      out_[pixels - 1] = last;
    }
    out_ += pixels;
    left_ -= pixels;
    return nullptr;
  }

  void fill(std::size_t pixels, Word value) noexcept {
    if (value == 0) {
      std::memset(out_, 0, pixels * sizeof value);
    } else {
      std::fill_n(out_, pixels, value);
    }
  }

  const char* set_high(std::int32_t data) noexcept {
    if (at_ == end_) return "the line list ends within an instruction";
    return move(word_at(in_, at_++) * (kMaxData + 1) + data);
  }

  const char* move(std::int32_t value) noexcept {
    constexpr std::int32_t kMost =
        std::min<std::int32_t>(kPlioMax, std::numeric_limits<Word>::max());
    if (value < 0 || value > kMost) return kOutside<Word>;
    high_ = value;
    return nullptr;
  }

  ByteView in_;
  std::size_t at_;
  std::size_t end_;
  Word* out_;
  std::size_t left_;
  std::int32_t high_ = 1;
};

/// Writes instructions; the caller's plio_bound() leaves room for three words a pixel.
class ListWriter {
 public:
  explicit ListWriter(ByteSpan out) noexcept : out_(out.data()) {
    constexpr std::array<std::int32_t, kHeaderWords> kHeader{0, kHeaderWords, -100};
    for (const auto word : kHeader) put(true, word);
  }

  /// `zeros` zeros, then `pixels` (not 0) times `value`. Words are written whether or not they are
  /// `wanted`, so that masks without a pattern cost no wrong guesses.
  void put_pixels(std::size_t zeros, std::size_t pixels, std::int32_t value) noexcept {
    auto rise = value - high_;
    high_ = value;
    if (rise < -kMaxData || rise > kMaxData) {
      put(true, sh << 12 | (value & kMaxData));
      put(true, value >> 12);
      rise = 0;
    }
    const bool alone = zeros + pixels == 1;
    const bool down = rise < 0;
    put(rise != 0, (ih + (is - ih) * alone + down) << 12 | std::abs(rise));
    zeros = put_full_runs(zn, zeros);
    // One pixel after zeros belongs to their last instruction, where that has room for it. (CFITSIO
    // adds it to a full one too: N becomes 0, and PN the next instruction.)
    const bool joined = (pixels == 1) & (zeros - 1 < kMaxData - 1);  // 1 to 4094 zeros
    put(zeros > 0, (joined ? pn << 12 : zn << 12) + static_cast<std::int32_t>(zeros + joined));
    pixels = put_full_runs(hn, pixels);
    put(!(joined | (alone & (rise != 0))), hn << 12 | static_cast<std::int32_t>(pixels));
  }

  void put_zeros(std::size_t zeros) noexcept {
    zeros = put_full_runs(zn, zeros);
    if (zeros > 0) put(true, static_cast<std::int32_t>(zeros));
  }

  /// The bytes written, once the header says the length.
  std::size_t finish() noexcept {
    store_be(out_ + 6, static_cast<std::uint16_t>(words_ % 32768));
    store_be(out_ + 8, static_cast<std::uint16_t>(words_ / 32768));
    return 2 * words_;
  }

 private:
  void put(bool wanted, std::int32_t word) noexcept {
    store_be(out_ + 2 * words_, static_cast<std::uint16_t>(word));
    words_ += wanted ? 1 : 0;
  }

  /// Leaves a rest that one instruction can hold.
  std::size_t put_full_runs(Opcode opcode, std::size_t length) noexcept {
    for (; length > kMaxData; length -= kMaxData) put(true, opcode << 12 | kMaxData);
    return length;
  }

  std::byte* out_;
  std::size_t words_ = 0;
  std::int32_t high_ = 1;
};

/// Pixels in which the ends of runs are sought at once.
constexpr std::size_t kBlock = 16;

/// The places of the last pixels of runs among `count` (up to kBlock) at `from`, of which none is
/// the last of the tile. Returns how many there are.
std::size_t find_ends(std::span<const std::int32_t> in, std::size_t from, std::size_t count,
                      std::array<std::size_t, kBlock>& ends) noexcept {
  const auto* pixels = in.data() + from;
  std::int32_t differences = 0;
  if (count == kBlock) {
    for (std::size_t i = 0; i < kBlock; ++i) differences |= pixels[i] ^ pixels[i + 1];
    if (differences == 0) return 0;
  }
  std::size_t found = 0;
  for (std::size_t i = 0; i < count; ++i) {
    ends[found] = from + i;
    found += pixels[i] != pixels[i + 1] ? 1 : 0;
  }
  return found;
}

}  // namespace

template <PlioWord Word>
CodecResult plio_decode(ByteView in, std::span<Word> out) {
  const auto list = find_list(in);
  if (list.problem != nullptr) return {.problem = list.problem};
  Interpreter interpreter(in, list, out);
  const char* problem = interpreter.execute();
  return {.problem = problem,
          .used = 2 * interpreter.position(),
          .made = out.size() - interpreter.left()};
}

template CodecResult plio_decode(ByteView, std::span<std::uint8_t>);
template CodecResult plio_decode(ByteView, std::span<std::int16_t>);
template CodecResult plio_decode(ByteView, std::span<std::int32_t>);

std::size_t plio_bound(std::size_t count) noexcept { return 2 * (kHeaderWords + 3 * count); }

std::size_t plio_encode(std::span<const std::int32_t> in, ByteSpan out) noexcept {
  if (in.empty()) return 0;
  ListWriter list(out);
  std::array<std::size_t, kBlock> ends{};
  std::size_t begin = 0;
  std::size_t zeros = 0;
  const std::size_t last = in.size() - 1;
  for (std::size_t at = 0; at < in.size(); at += kBlock) {
    auto found = find_ends(in, at, std::min(kBlock, last - at), ends);
    if (last - at < kBlock) ends[found++] = last;
    for (std::size_t i = 0; i < found; ++i) {
      const auto value = in[ends[i]];
      const auto length = ends[i] + 1 - begin;
      begin = ends[i] + 1;
      if (value != 0) list.put_pixels(zeros, length, value);
      zeros = value != 0 ? 0 : length;
    }
  }
  list.put_zeros(zeros);
  return list.finish();
}

}  // namespace torchfits
