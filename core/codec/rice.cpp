// SPDX-License-Identifier: BSD-3-Clause
// The first pixel as a big-endian word; then blocks of differences to the pixel before (the first
// difference is 0). A difference d is folded to a code without sign: 2d, or -2d - 1 below zero.
// Each block starts with a field of 3, 4 or 5 bits:
//   0               all differences are 0, nothing follows;
//   split + 1       each code as its high part in unary (that many 0 bits and a 1), then its low
//                   `split` bits;
//   kVerbatim + 1   each code as a plain word, for noise that splitting cannot shorten.
// After the last block the byte is filled up with zeros. All arithmetic wraps.
//
// Why it is fast:
// - unary parts are measured by counting leading zeros, and a group of codes comes from one 64-bit
//   window: no branch per bit, nor per code; one at the end of a group asks if the window held it;
// - a code leaves the window by two rotations, so that its low part arrives in the low bits; from
//   one code to the next only the counting and one rotation have to wait for each other;
// - the split is a number in a register: blocks of another split cost no mispredicted jump;
// - the encoder folds and sums in vectors, finds the split without a division, and joins a group of
//   codes before they go to memory.
#include "codec/rice.h"

#include <algorithm>
#include <array>
#include <bit>
#include <utility>

namespace torchfits {
namespace {

template <RiceWord Word>
struct Format {
  using Code = std::make_unsigned_t<Word>;  ///< a folded difference
  static constexpr unsigned kWordBits = 8 * sizeof(Word);
  static constexpr unsigned kFieldBits = sizeof(Word) == 1 ? 3 : sizeof(Word) == 2 ? 4 : 5;
  static constexpr unsigned kVerbatim = sizeof(Word) == 1 ? 6 : sizeof(Word) == 2 ? 14 : 25;
};

/// Bits that a window surely holds after a fill, and that a put takes: 64 less those that share a
/// byte with their neighbours.
constexpr unsigned kWindowBits = 56;

/// Calls `coder` with the number of codes that nearly always fit a window together: a code of
/// `split` low bits takes split + 2.5 bits in the mean.
template <class Coder>
[[gnu::always_inline]] inline auto in_groups(unsigned split, const Coder& coder) {
  if (split <= 2) return coder.template operator()<8>();
  if (split <= 9) return coder.template operator()<4>();
  return coder.template operator()<2>();
}

/// Bits from the front of a stream, the next one on top of the window; zeros after its end.
class BitReader {
 public:
  explicit BitReader(ByteView in) noexcept : data_(in.data()), size_(in.size()) {}

  [[nodiscard]] std::uint64_t position() const noexcept { return next_ * 8 - held_; }
  [[nodiscard]] bool past_end() const noexcept { return position() > size_ * 8; }

  /// A window with kWindowBits or more; bits below those held are those that follow in the stream,
  /// or 0.
  [[gnu::always_inline]] std::uint64_t fill() noexcept {
    const auto word = next_ + sizeof(std::uint64_t) <= size_ ? load_be<std::uint64_t>(data_ + next_)
                                                             : last_bytes(data_, size_, next_);
    window_ |= word >> held_;
    next_ += (63 - held_) / 8;
    held_ |= kWindowBits;
    return window_;
  }

  /// `count` <= the bits held.
  [[gnu::always_inline]] void drop(unsigned count) noexcept {
    window_ <<= count;
    held_ -= count;
  }

  /// `count` <= kWindowBits.
  [[gnu::always_inline]] std::uint64_t take(unsigned count) noexcept {
    const auto bits = fill() >> 1 >> (63 - count);
    drop(count);
    return bits;
  }

 private:
  /// Static, so that a reader whose address nobody takes stays in registers.
  [[gnu::noinline, nodiscard]] static std::uint64_t last_bytes(const std::byte* data,
                                                               std::uint64_t size,
                                                               std::uint64_t next) noexcept {
    std::array<std::byte, sizeof(std::uint64_t)> bytes{};
    if (next < size) std::copy(data + next, data + size, bytes.begin());
    return load_be<std::uint64_t>(bytes.data());
  }

  const std::byte* data_;
  std::uint64_t size_;
  std::uint64_t next_ = 0;    ///< the first byte that is not wholly in the window
  std::uint64_t window_ = 0;  ///< of which the upper `held_` bits count
  unsigned held_ = 0;
};

/// In 32 bits for all words, as CFITSIO does.
[[nodiscard]] inline std::uint32_t unfold(std::uint32_t code) noexcept {
  return code >> 1 ^ (0 - (code & 1));
}

/// Copied into and out of the rare functions that are not inlined: see BitReader::last_bytes.
struct Decoder {
  BitReader in;
  std::uint32_t pixel = 0;
};

/// Codes of any length, each with care. Stops where the stream has ended.
template <RiceWord Word>
[[gnu::noinline]] Decoder decode_each(Decoder from, unsigned split, std::size_t count,
                                      Word* out) noexcept {
  auto& in = from.in;
  for (std::size_t i = 0; i < count; ++i) {
    std::uint32_t high = 0;
    auto window = in.fill();
    for (; window == 0 && !in.past_end(); window = in.fill()) {
      in.drop(kWindowBits);
      high += kWindowBits;
    }
    if (window == 0) return from;
    auto zeros = static_cast<unsigned>(std::countl_zero(window));
    high += zeros;
    for (; zeros >= kWindowBits; zeros -= kWindowBits) static_cast<void>(in.take(kWindowBits));
    static_cast<void>(in.take(zeros + 1));
    from.pixel += unfold((high << split) + static_cast<std::uint32_t>(in.take(split)));
    out[i] = static_cast<Word>(from.pixel);
  }
  return from;
}

/// False, and nothing taken, where the window cannot hold the codes. Codes that reach beyond the
/// window see its start again; their lengths then add up to more than it holds.
template <std::size_t Group, RiceWord Word>
[[nodiscard, gnu::always_inline]] inline bool decode_group(Decoder& from, unsigned split,
                                                           Word* out) noexcept {
  const auto mask = (std::uint32_t{1} << split) - 1;
  auto window = from.in.fill() | 1;  // never 0
  auto pixel = from.pixel;
  auto length = static_cast<unsigned>(Group) * (split + 64);
  const auto decode = [&](std::size_t i) {
    const auto lead = 63U ^ static_cast<unsigned>(std::countl_zero(window));
    window = std::rotr(std::rotl(window, static_cast<int>(split)), static_cast<int>(lead));
    pixel += unfold(((63 - lead) << split) + (static_cast<std::uint32_t>(window) & mask));
    out[i] = static_cast<Word>(pixel);
    length -= lead;
  };
  [&]<std::size_t... Is>(std::index_sequence<Is...>) {
    (decode(Is), ...);
  }(std::make_index_sequence<Group>());
  if (length > kWindowBits) return false;
  from.in.drop(length);
  from.pixel = pixel;
  return true;
}

template <std::size_t Group, RiceWord Word>
[[gnu::always_inline]] inline void decode_split(Decoder& from, unsigned split, std::size_t count,
                                                Word* out) noexcept {
  std::size_t i = 0;
  for (; count - i >= Group; i += Group) {
    if (decode_group<Group>(from, split, out + i)) continue;
    from = decode_each(from, split, Group, out + i);
    if (from.in.past_end()) return;
  }
  if (i < count) from = decode_each(from, split, count - i, out + i);
}

template <RiceWord Word>
[[gnu::always_inline]] inline void decode_verbatim(Decoder& from, std::size_t count,
                                                   Word* out) noexcept {
  for (std::size_t i = 0; i < count; ++i) {
    from.pixel += unfold(static_cast<std::uint32_t>(from.in.take(Format<Word>::kWordBits)));
    out[i] = static_cast<Word>(from.pixel);
  }
}

template <RiceWord Word>
[[gnu::always_inline]] inline void decode_block(Decoder& from, std::size_t count,
                                                Word* out) noexcept {
  const auto field = static_cast<unsigned>(from.in.take(Format<Word>::kFieldBits));
  if (field == 0) {
    std::fill_n(out, count, static_cast<Word>(from.pixel));
  } else if (field == Format<Word>::kVerbatim + 1) {
    decode_verbatim(from, count, out);
  } else {
    in_groups(field - 1, [&]<std::size_t Group>() {  // also splits that no encoder chooses
      decode_split<Group>(from, field - 1, count, out);
    });
  }
}

/// A difference folded to a code without sign.
template <RiceWord Word>
[[nodiscard]] inline auto fold(Word pixel, Word before) noexcept {
  using Code = typename Format<Word>::Code;
  const auto difference = static_cast<Code>(static_cast<Code>(pixel) - static_cast<Code>(before));
  const auto sign = static_cast<Code>(0 - (difference >> (Format<Word>::kWordBits - 1)));
  return static_cast<Code>(static_cast<Code>(difference << 1) ^ sign);
}

/// Floor of the binary logarithm of (sum of the codes - count / 2 - 1) / count; 0 below 1.
[[nodiscard]] unsigned best_split(std::uint64_t sum, std::uint64_t count) noexcept {
  const auto offset = count / 2 + 1;
  const auto excess = sum > offset ? sum - offset : 0;
  if (excess < count) return 0;
  const auto split = static_cast<unsigned>(std::bit_width(excess) - std::bit_width(count));
  return count << split > excess ? split - 1 : split;
}

class BitWriter {
 public:
  explicit BitWriter(std::byte* out) noexcept : out_(out) {}

  /// 1 <= `count` <= kWindowBits; `bits` has no others. Writes up to 8 bytes from the current one.
  [[gnu::always_inline]] void put(std::uint64_t bits, unsigned count) noexcept {
    pending_ = pending_ << count | bits;
    held_ += count;
    store_be(out_, pending_ << (64 - held_));
    out_ += held_ / 8;
    held_ %= 8;
  }

  void put_zeros(std::uint32_t count) noexcept {
    for (; count > kWindowBits; count -= kWindowBits) put(0, kWindowBits);
    if (count != 0) put(0, count);
  }

  /// Behind the last byte, begun or full.
  [[nodiscard]] std::byte* end() const noexcept { return out_ + (held_ != 0 ? 1 : 0); }

 private:
  std::byte* out_;             ///< where the byte goes that is not full
  std::uint64_t pending_ = 0;  ///< of which the lower `held_` bits count
  unsigned held_ = 0;          ///< less than 8
};

template <class Code>
void put_each(BitWriter& to, unsigned split, std::span<const Code> codes) noexcept {
  for (const std::uint32_t code : codes) {
    to.put_zeros(code >> split);
    to.put(std::uint64_t{1} << split | (code & ((std::uint64_t{1} << split) - 1)), split + 1);
  }
}

template <std::size_t Group, class Code>
[[gnu::always_inline]] inline void put_group(BitWriter& to, unsigned split,
                                             const Code* codes) noexcept {
  std::uint64_t length = Group * (split + 1);
  for (std::size_t i = 0; i < Group; ++i) length += codes[i] >> split;
  if (length > kWindowBits) return put_each(to, split, std::span<const Code>(codes, Group));
  const auto one = std::uint64_t{1} << split;
  std::uint64_t bits = 0;
  for (std::size_t i = 0; i < Group; ++i)
    bits = bits << ((codes[i] >> split) + split + 1) | one | (codes[i] & (one - 1));
  to.put(bits, static_cast<unsigned>(length));
}

template <std::size_t Group, class Code>
[[gnu::always_inline]] inline void put_split(BitWriter& writer, unsigned split,
                                             std::span<const Code> codes) noexcept {
  auto to = writer;
  std::size_t i = 0;
  for (; codes.size() - i >= Group; i += Group) put_group<Group>(to, split, codes.data() + i);
  put_each(to, split, codes.subspan(i));
  writer = to;
}

template <class Code>
[[gnu::always_inline]] inline void put_verbatim(BitWriter& writer, std::span<const Code> codes,
                                                unsigned bits) noexcept {
  auto to = writer;
  for (const auto code : codes) to.put(code, bits);
  writer = to;
}

/// Codes that are held at once; a longer block is folded twice.
constexpr std::size_t kMostCodes = 256;

template <RiceWord Word>
class Encoder {
 public:
  Encoder(std::span<const Word> in, std::byte* out) noexcept : in_(in), to_(out) {
    to_.put(static_cast<typename Format<Word>::Code>(in.front()), Format<Word>::kWordBits);
  }

  void block(std::size_t first, std::size_t count) noexcept {
    using F = Format<Word>;
    std::uint64_t sum = 0;
    for (std::size_t i = 0; i < count; i += kMostCodes) sum += fold_codes(first + i, count - i);
    const auto split = best_split(sum, count);
    const auto verbatim = split >= F::kVerbatim;
    to_.put(sum == 0 ? 0 : std::min(split, F::kVerbatim) + 1, F::kFieldBits);
    for (std::size_t i = 0; sum != 0 && i < count; i += kMostCodes) {
      if (count > kMostCodes) fold_codes(first + i, count - i);
      put_codes(verbatim, split, std::min(kMostCodes, count - i));
    }
  }

  [[nodiscard]] std::byte* end() const noexcept { return to_.end(); }

 private:
  using Code = typename Format<Word>::Code;

  /// Returns the sum of the codes of the pixels from `first` on, `count` at most.
  std::uint64_t fold_codes(std::size_t first, std::size_t count) noexcept {
    count = std::min(count, kMostCodes);
    const auto* pixels = in_.data() + first;
    codes_[0] = first == 0 ? Code{0} : fold(pixels[0], pixels[-1]);
    for (std::size_t i = 1; i < count; ++i) codes_[i] = fold(pixels[i], pixels[i - 1]);
    using Sum = std::conditional_t<sizeof(Word) == 4, std::uint64_t, std::uint32_t>;
    Sum sum = 0;
    for (std::size_t i = 0; i < count; ++i) sum += codes_[i];
    return sum;
  }

  void put_codes(bool verbatim, unsigned split, std::size_t count) noexcept {
    const std::span<const Code> codes(codes_.data(), count);
    if (verbatim) return put_verbatim(to_, codes, Format<Word>::kWordBits);
    in_groups(split, [&]<std::size_t Group>() { put_split<Group>(to_, split, codes); });
  }

  std::span<const Word> in_;
  BitWriter to_;
  std::array<Code, kMostCodes> codes_;
};

}  // namespace

template <RiceWord Word>
CodecResult rice_decode(ByteView in, std::size_t block, std::span<Word> out) {
  if (out.empty()) return {};
  Decoder from{BitReader(in)};
  from.pixel = static_cast<std::uint32_t>(from.in.take(Format<Word>::kWordBits));
  for (std::size_t made = 0; made < out.size();) {
    const auto count = std::min(block, out.size() - made);
    decode_block(from, count, out.data() + made);
    if (from.in.past_end()) return {"the codes run past the end of the tile", in.size(), made};
    made += count;
  }
  return {nullptr, static_cast<std::size_t>((from.in.position() + 7) / 8), out.size()};
}

/// A block costs its field and a word a pixel, or less by splitting; where splitting is only just
/// worth it, rounding the split adds 1/64 of a bit a pixel and 1 bit. BitWriter writes 8 bytes.
template <RiceWord Word>
std::size_t rice_bound(std::size_t count, std::size_t block) noexcept {
  using F = Format<Word>;
  const auto blocks = count / block + 1;
  const auto bits = F::kWordBits + blocks * (F::kFieldBits + 1) + count * F::kWordBits + count / 64;
  return bits / 8 + 1 + sizeof(std::uint64_t);
}

template <RiceWord Word>
std::size_t rice_encode(std::span<const Word> in, std::size_t block, ByteSpan out) noexcept {
  if (in.empty()) return 0;
  Encoder<Word> encoder(in, out.data());
  for (std::size_t i = 0; i < in.size();) {
    const auto count = std::min(block, in.size() - i);
    encoder.block(i, count);
    i += count;
  }
  return static_cast<std::size_t>(encoder.end() - out.data());
}

template CodecResult rice_decode(ByteView, std::size_t, std::span<std::uint8_t>);
template CodecResult rice_decode(ByteView, std::size_t, std::span<std::int16_t>);
template CodecResult rice_decode(ByteView, std::size_t, std::span<std::int32_t>);
template std::size_t rice_bound<std::uint8_t>(std::size_t, std::size_t) noexcept;
template std::size_t rice_bound<std::int16_t>(std::size_t, std::size_t) noexcept;
template std::size_t rice_bound<std::int32_t>(std::size_t, std::size_t) noexcept;
template std::size_t rice_encode(std::span<const std::uint8_t>, std::size_t, ByteSpan) noexcept;
template std::size_t rice_encode(std::span<const std::int16_t>, std::size_t, ByteSpan) noexcept;
template std::size_t rice_encode(std::span<const std::int32_t>, std::size_t, ByteSpan) noexcept;

}  // namespace torchfits
