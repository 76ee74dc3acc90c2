// SPDX-License-Identifier: BSD-3-Clause
// Why it is fast:
// - rows stay where they are: level k works on every 2^k-th row of pixels, in which its
// coefficients lie side by side, so that all loops run along rows;
// - a pair of rows goes through buffers in the first-level cache, which sort or unsort the columns
// on the way;
// - rounding and signs are arithmetic without branches, on all lanes of a vector register.
#include "codec/hcompress_transform.h"

#include <algorithm>
#include <bit>
#include <cstring>
#include <limits>
#include <type_traits>

#include "base/stats.h"

namespace torchfits {
namespace {

template <class Word>
using Unsigned = std::make_unsigned_t<Word>;

template <class Word>
[[gnu::always_inline]] inline Word wrap(Unsigned<Word> bits) noexcept {
  return static_cast<Word>(bits);
}

/// 0, or -1 below zero.
template <class Word>
[[gnu::always_inline]] inline Word sign(Word value) noexcept {
  return value >> (std::numeric_limits<Word>::digits);
}

/// `value` negated where `mask` is -1, itself where it is 0.
template <class Word>
[[gnu::always_inline]] inline Unsigned<Word> negate_if(Word value, Word mask) noexcept {
  using U = Unsigned<Word>;
  return static_cast<U>(value ^ mask) - static_cast<U>(mask);
}

template <class Word>
[[gnu::always_inline]] inline Word difference(Word a, Word b) noexcept {
  return wrap<Word>(static_cast<Unsigned<Word>>(a) - static_cast<Unsigned<Word>>(b));
}

/// One block.
template <class Word>
struct Block {
  Word h0, hx, hy, hc;
};
/// Upper and lower, left and right pixels or sums.
template <class Word>
struct Square {
  Word ul, ur, ll, lr;
};

/// The arithmetic of level k. All four coefficients of a block have the same parity: the forward
/// transform drops the low bits that hc tells of hx and hy, and these of h0; the inverse restores
/// them. Halves are rounded away from zero.
template <class Word>
class Level {
 public:
  using U = Unsigned<Word>;

  explicit Level(unsigned k) noexcept
      : bit0_(wrap<Word>(U{1} << k)),
        bit1_(wrap<Word>(U{2} << k)),
        bit2_(wrap<Word>(U{4} << k)),
        half0_(wrap<Word>((U{1} << k) >> 1)),
        sign_of_half0_(k == 0 ? 0 : -1),
        to_top_(static_cast<unsigned>(std::numeric_limits<Word>::digits) - k),
        inverse_shift_(k == 0 ? 2 : 1),
        forward_shift_(k == 0 ? 0 : 1) {}

  /// To the nearest multiple of bit0, bit1, bit2.
  [[gnu::always_inline]] Word round0(Word h) const noexcept {
    return wrap<Word>(U(h) + U(half0_) + U(sign(h) & sign_of_half0_)) & wrap<Word>(-U(bit0_));
  }
  [[gnu::always_inline]] Word round1(Word h) const noexcept {
    return wrap<Word>(U(h) + U(bit0_) + U(sign(h))) & wrap<Word>(-U(bit1_));
  }
  [[gnu::always_inline]] Word round2(Word h) const noexcept {
    return wrap<Word>(U(h) + U(bit1_) + U(sign(h))) & wrap<Word>(-U(bit2_));
  }

  [[gnu::always_inline]] Square<Word> inverse(Block<Word> in) const noexcept {
    const Word hc = round0(in.hc);
    const Word low0 = hc & bit0_;
    const Word rounded_x = round1(in.hx), rounded_y = round1(in.hy);
    const Word hx = difference(rounded_x, wrap<Word>(negate_if<Word>(low0, sign(rounded_x))));
    const Word hy = difference(rounded_y, wrap<Word>(negate_if<Word>(low0, sign(rounded_y))));
    const Word low1 = (hc ^ hx ^ hy) & bit1_;
    const Word flip = sign(in.h0) & ~sign(wrap<Word>(U(low0) << to_top_));
    const U h0 = U(in.h0) + U(low0) - negate_if<Word>(low1, flip);
    const U x = U(hx), y = U(hy), c = U(hc);
    return {shifted(h0 - x - y + c), shifted(h0 - x + y - c), shifted(h0 + x - y - c),
            shifted(h0 + x + y + c)};
  }

  /// A block that an odd edge cuts in two: `first` and `second` pixel.
  struct Pair {
    Word first, second;
  };
  [[gnu::always_inline]] Pair inverse_half(Word in0, Word in1) const noexcept {
    const Word h = round1(in1);
    const U h0 = U(in0) - negate_if<Word>(h & bit1_, sign(in0));
    return {shifted(h0 - U(h)), shifted(h0 + U(h))};
  }
  [[gnu::always_inline]] Word inverse_corner(Word h0) const noexcept { return shifted(U(h0)); }

  [[gnu::always_inline]] Block<Word> forward(Square<Word> in) const noexcept {
    const U ul = U(in.ul), ur = U(in.ur), ll = U(in.ll), lr = U(in.lr);
    return {round2(halved(lr + ll + ur + ul)), forward_round1(halved(lr + ll - ur - ul)),
            forward_round1(halved(lr - ll + ur - ul)), halved(lr - ll - ur + ul)};
  }
  [[gnu::always_inline]] Pair forward_half(Word first, Word second) const noexcept {
    const auto up = 1 - forward_shift_;
    return {round2(wrap<Word>((U(second) + U(first)) << up)),
            forward_round1(wrap<Word>((U(second) - U(first)) << up))};
  }
  [[gnu::always_inline]] Word forward_corner(Word pixel) const noexcept {
    return round2(wrap<Word>(U(pixel) << (2 - forward_shift_)));
  }

 private:
  [[gnu::always_inline]] Word shifted(U sum) const noexcept {
    return wrap<Word>(sum) >> inverse_shift_;
  }
  [[gnu::always_inline]] Word halved(U sum) const noexcept {
    return wrap<Word>(sum) >> forward_shift_;
  }
  [[gnu::always_inline]] Word forward_round1(Word h) const noexcept {
    return wrap<Word>(U(h) + U(bit0_ & ~sign(h))) & wrap<Word>(-U(bit1_));
  }

  Word bit0_, bit1_, bit2_, half0_, sign_of_half0_;
  unsigned to_top_, inverse_shift_, forward_shift_;
};

/// Two rows of a level (or the last one), and as much room for their other order.
template <class Word>
struct RowPair {
  Word* upper;
  Word* lower;
  Word* spare;
  std::size_t columns;

  [[nodiscard]] std::size_t blocks() const noexcept { return columns / 2; }
  [[nodiscard]] std::size_t sums() const noexcept { return (columns + 1) / 2; }
};

template <class Word>
void inverse_rows(const Level<Word> level, RowPair<Word> rows) noexcept {
  const auto blocks = rows.blocks(), sums = rows.sums();
  const Word* __restrict h0 = rows.upper;
  const Word* __restrict hy = rows.upper + sums;
  const Word* __restrict hx = rows.lower;
  const Word* __restrict hc = rows.lower + sums;
  Word* __restrict upper = rows.spare;
  Word* __restrict lower = rows.spare + rows.columns;
  for (std::size_t j = 0; j < blocks; ++j) {
    const auto square = level.inverse({h0[j], hx[j], hy[j], hc[j]});
    upper[2 * j] = square.ul;
    upper[2 * j + 1] = square.ur;
    lower[2 * j] = square.ll;
    lower[2 * j + 1] = square.lr;
  }
  if (blocks != sums) {
    const auto pair = level.inverse_half(h0[blocks], hx[blocks]);
    upper[2 * blocks] = pair.first;
    lower[2 * blocks] = pair.second;
  }
  std::memcpy(rows.upper, upper, rows.columns * sizeof(Word));
  std::memcpy(rows.lower, lower, rows.columns * sizeof(Word));
}

template <class Word>
void inverse_last_row(const Level<Word> level, RowPair<Word> rows) noexcept {
  const auto blocks = rows.blocks();
  for (std::size_t j = 0; j < blocks; ++j) {
    const auto pair = level.inverse_half(rows.upper[j], rows.upper[rows.sums() + j]);
    rows.spare[2 * j] = pair.first;
    rows.spare[2 * j + 1] = pair.second;
  }
  if (blocks != rows.sums()) rows.spare[2 * blocks] = level.inverse_corner(rows.upper[blocks]);
  std::memcpy(rows.upper, rows.spare, rows.columns * sizeof(Word));
}

template <class Word>
void forward_rows(const Level<Word> level, RowPair<Word> rows) noexcept {
  const auto blocks = rows.blocks(), sums = rows.sums();
  const Word* __restrict upper = rows.upper;
  const Word* __restrict lower = rows.lower;
  Word* __restrict h0 = rows.spare;
  Word* __restrict hy = rows.spare + sums;
  Word* __restrict hx = rows.spare + rows.columns;
  Word* __restrict hc = rows.spare + rows.columns + sums;
  for (std::size_t j = 0; j < blocks; ++j) {
    const auto block =
        level.forward({upper[2 * j], upper[2 * j + 1], lower[2 * j], lower[2 * j + 1]});
    h0[j] = block.h0;
    hx[j] = block.hx;
    hy[j] = block.hy;
    hc[j] = block.hc;
  }
  if (blocks != sums) {
    const auto pair = level.forward_half(upper[2 * blocks], lower[2 * blocks]);
    h0[blocks] = pair.first;
    hx[blocks] = pair.second;
  }
  std::memcpy(rows.upper, h0, rows.columns * sizeof(Word));
  std::memcpy(rows.lower, hx, rows.columns * sizeof(Word));
}

template <class Word>
void forward_last_row(const Level<Word> level, RowPair<Word> rows) noexcept {
  const auto blocks = rows.blocks();
  for (std::size_t j = 0; j < blocks; ++j) {
    const auto pair = level.forward_half(rows.upper[2 * j], rows.upper[2 * j + 1]);
    rows.spare[j] = pair.first;
    rows.spare[rows.sums() + j] = pair.second;
  }
  if (blocks != rows.sums()) rows.spare[blocks] = level.forward_corner(rows.upper[2 * blocks]);
  std::memcpy(rows.upper, rows.spare, rows.columns * sizeof(Word));
}

/// The coefficients of one level before its pixels are made.
template <class Word>
class Smoother {
 public:
  using U = Unsigned<Word>;

  Smoother(Word* words, std::size_t row_step, TileSize size, Word most) noexcept
      : words_(words), row_step_(row_step), size_(size), most_(most) {}

  void run() const noexcept {
    for (std::size_t i = 1; 2 * i + 2 < size_.rows; ++i) smooth_x(i);
    for (std::size_t i = 0; 2 * i < size_.rows; ++i) smooth_y(i);
    for (std::size_t i = 1; 2 * i + 2 < size_.rows; ++i) smooth_c(i);
  }

 private:
  [[nodiscard]] std::size_t sums() const noexcept { return (size_.columns + 1) / 2; }
  [[nodiscard]] Word* h0(std::size_t i) const noexcept { return words_ + 2 * i * row_step_; }
  [[nodiscard]] Word* hx(std::size_t i) const noexcept { return h0(i) + row_step_; }

  [[gnu::always_inline]] static Word times(Word value, unsigned shift) noexcept {
    return wrap<Word>(U(value) << shift);
  }

  /// `h` moved towards `slope`, 2^shift times what it should be, within limits of the same scale.
  [[gnu::always_inline]] Word moved(Word h, Word slope, Word lowest, Word highest,
                                    unsigned shift) const noexcept {
    const Word wanted = std::max(std::min(slope, highest), lowest);
    const Word step = difference(wanted, times(h, shift));
    const Word rounded = wrap<Word>(U(step) + (U(sign(step)) & ((U{1} << shift) - 1))) >> shift;
    const Word change = std::max(std::min(rounded, most_), wrap<Word>(-U(most_)));
    return lowest < highest ? wrap<Word>(U(h) + U(change)) : h;
  }

  /// A difference towards the slope between both neighbours of a sum; monotonic.
  [[gnu::always_inline]] Word moved_slope(Word h, Word before, Word sum,
                                          Word after) const noexcept {
    const Word up = difference(after, sum), down = difference(sum, before);
    const Word highest = times(std::max(std::min(up, down), Word{0}), 2);
    const Word lowest = times(std::min(std::max(up, down), Word{0}), 2);
    return moved(h, difference(after, before), lowest, highest, 3);
  }

  void smooth_x(std::size_t i) const noexcept {
    Word* __restrict h = hx(i);
    const Word *before = h0(i - 1), *sum = h0(i), *after = h0(i + 1);
    for (std::size_t j = 0; j < sums(); ++j) h[j] = moved_slope(h[j], before[j], sum[j], after[j]);
  }

  void smooth_y(std::size_t i) const noexcept {
    const Word* sum = h0(i);
    Word* __restrict h = h0(i) + sums();
    for (std::size_t j = 1; 2 * j + 2 < size_.columns; ++j)
      h[j] = moved_slope(h[j], sum[j - 1], sum[j], sum[j + 1]);
  }

  void smooth_c(std::size_t i) const noexcept {
    const Word *before = h0(i - 1), *sum = h0(i), *after = h0(i + 1);
    const Word *x = hx(i), *y = sum + sums();
    Word* __restrict h = hx(i) + sums();
    for (std::size_t j = 1; 2 * j + 2 < size_.columns; ++j) {
      const Neighbours around{before[j - 1], before[j + 1], after[j - 1], after[j + 1], sum[j]};
      h[j] = moved_curvature(h[j], around, times(x[j], 1), times(y[j], 1));
    }
  }

  struct Neighbours {
    Word before_left, before_right, after_left, after_right, sum;
  };
  [[gnu::always_inline]] Word moved_curvature(Word h, const Neighbours& n, Word x2,
                                              Word y2) const noexcept {
    const Word zero = 0;
    const Word a = difference(n.after_right, n.sum), b = difference(n.sum, n.after_left);
    const Word c = difference(n.sum, n.before_right), d = difference(n.before_left, n.sum);
    const U x = U(x2), y = U(y2);
    const auto limit = [&](auto&& inner, auto&& outer) {
      return times(
          outer(
              outer(wrap<Word>(U(inner(a, zero)) - x - y), wrap<Word>(U(inner(b, zero)) + x - y)),
              outer(wrap<Word>(U(inner(c, zero)) - x + y), wrap<Word>(U(inner(d, zero)) + x + y))),
          4);
    };
    const auto most = [](Word p, Word q) { return std::max(p, q); };
    const auto least = [](Word p, Word q) { return std::min(p, q); };
    const U slope = U(n.after_right) + U(n.before_left) - U(n.before_right) - U(n.after_left);
    return moved(h, wrap<Word>(slope), limit(least, most), limit(most, least), 6);
  }

  Word* words_;
  std::size_t row_step_;
  TileSize size_;
  Word most_;
};

template <class Word>
Scratch two_rows(TileSize size) {
  return Scratch(2 * size.columns * sizeof(Word));
}

}  // namespace

template <HcompressWord Word>
void inverse_transform(Word* words, TileSize size, Word smoothing) {
  const auto levels = transform_levels(size);
  if (levels == 0) return;
  const auto spare = two_rows<Word>(size);
  words[0] = Level<Word>(levels - 1).round2(words[0]);
  for (auto k = levels; k-- > 0;) {
    const Level<Word> level(k);
    const auto [rows, columns] = level_size(size, k);
    const auto step = size.columns << k;
    if (smoothing > 0) Smoother<Word>(words, step, {rows, columns}, smoothing).run();
    auto* const room = reinterpret_cast<Word*>(spare.data());
    for (std::size_t i = 0; i + 1 < rows; i += 2)
      inverse_rows<Word>(level, {words + i * step, words + (i + 1) * step, room, columns});
    if (rows % 2 != 0)
      inverse_last_row<Word>(level, {words + (rows - 1) * step, nullptr, room, columns});
  }
}

template <HcompressWord Word>
void forward_transform(Word* words, TileSize size) {
  const auto spare = two_rows<Word>(size);
  const auto levels = transform_levels(size);
  for (unsigned k = 0; k < levels; ++k) {
    const Level<Word> level(k);
    const auto [rows, columns] = level_size(size, k);
    const auto step = size.columns << k;
    auto* const room = reinterpret_cast<Word*>(spare.data());
    for (std::size_t i = 0; i + 1 < rows; i += 2)
      forward_rows<Word>(level, {words + i * step, words + (i + 1) * step, room, columns});
    if (rows % 2 != 0)
      forward_last_row<Word>(level, {words + (rows - 1) * step, nullptr, room, columns});
  }
}

template void inverse_transform(std::int32_t*, TileSize, std::int32_t);
template void inverse_transform(std::int64_t*, TileSize, std::int64_t);
template void forward_transform(std::int32_t*, TileSize);
template void forward_transform(std::int64_t*, TileSize);

}  // namespace torchfits
