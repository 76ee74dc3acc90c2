// SPDX-License-Identifier: BSD-3-Clause
#include <gtest/gtest.h>

#include <bit>
#include <limits>
#include <memory>
#include <numeric>
#include <optional>
#include <random>
#include <string>
#include <vector>

#include "codec/rice.h"

#ifdef TORCHFITS_HAVE_CFITSIO
extern "C" {
int fits_rcomp(int[], int, unsigned char*, int, int);
int fits_rcomp_short(short[], int, unsigned char*, int, int);
int fits_rcomp_byte(signed char[], int, unsigned char*, int, int);
int fits_rdecomp(unsigned char*, int, unsigned int[], int, int);
int fits_rdecomp_short(unsigned char*, int, unsigned short[], int, int);
int fits_rdecomp_byte(unsigned char*, int, unsigned char[], int, int);
}
#endif

namespace torchfits {
namespace {

using Bytes = std::vector<std::byte>;

constexpr std::size_t kBlocks[] = {1, 2, 7, 16, 32, 33, 64};

/// "0110 1.." to bytes, the last filled up with zeros; blanks only part the groups.
Bytes bits(const std::string& text) {
  Bytes bytes;
  std::size_t count = 0;
  for (const auto c : text) {
    if (c == ' ') continue;
    if (count % 8 == 0) bytes.push_back(std::byte{0});
    if (c == '1') bytes.back() |= std::byte{0x80} >> (count % 8);
    ++count;
  }
  return bytes;
}

template <class Word>
struct Decoded {
  std::vector<Word> pixels;
  std::size_t used = 0;
  friend bool operator==(const Decoded&, const Decoded&) = default;
};

/// The Standard's section 10.4.1 word for word, one bit at a time.
class SlowBits {
 public:
  explicit SlowBits(ByteView in) : in_(in) {}

  unsigned next() {
    if (place_ >= in_.size() * 8) {
      ended_ = true;
      return 1;
    }
    const auto byte = std::to_integer<unsigned>(in_[place_ / 8]);
    const auto bit = byte >> (7 - place_ % 8) & 1;
    ++place_;
    return bit;
  }
  std::uint32_t number(unsigned count) {
    std::uint32_t value = 0;
    for (unsigned i = 0; i < count; ++i) value = value << 1 | next();
    return value;
  }
  [[nodiscard]] bool ended() const { return ended_; }
  [[nodiscard]] std::size_t used() const { return (place_ + 7) / 8; }

 private:
  ByteView in_;
  std::size_t place_ = 0;
  bool ended_ = false;
};

template <class Word>
std::optional<Decoded<Word>> slow_decode(ByteView in, std::size_t block, std::size_t count) {
  constexpr unsigned kField = sizeof(Word) == 1 ? 3 : sizeof(Word) == 2 ? 4 : 5;
  constexpr unsigned kPlain = sizeof(Word) == 1 ? 6 : sizeof(Word) == 2 ? 14 : 25;
  SlowBits from(in);
  Decoded<Word> result;
  auto pixel = from.number(8 * sizeof(Word));
  unsigned field = 0;
  for (std::size_t i = 0; i < count && !from.ended(); ++i) {
    if (i % block == 0) field = from.number(kField);
    std::uint32_t code = 0;
    if (field == kPlain + 1) {
      code = from.number(8 * sizeof(Word));
    } else if (field != 0) {
      while (from.next() == 0) ++code;
      for (unsigned bit = 1; bit < field; ++bit) code = code << 1 | from.next();
    }
    pixel += (code & 1) != 0 ? ~(code >> 1) : code >> 1;
    result.pixels.push_back(static_cast<Word>(pixel));
  }
  if (from.ended()) return std::nullopt;
  result.used = from.used();
  return result;
}

/// From and to memory of the exact size, so that a sanitizer sees any step outside.
template <class Word>
std::optional<Decoded<Word>> decode(ByteView in, std::size_t block, std::size_t count) {
  const auto bytes = std::make_unique<std::byte[]>(in.size());
  std::copy(in.begin(), in.end(), bytes.get());
  const auto pixels = std::make_unique<Word[]>(count);
  const auto result =
      rice_decode<Word>({bytes.get(), in.size()}, block, std::span(pixels.get(), count));
  EXPECT_LE(result.used, in.size());
  EXPECT_LE(result.made, count);
  if (!result.ok()) return std::nullopt;
  EXPECT_EQ(result.made, count);
  return Decoded<Word>{{pixels.get(), pixels.get() + count}, result.used};
}

template <class Word>
Bytes encode(const std::vector<Word>& pixels, std::size_t block) {
  const auto bound = rice_bound<Word>(pixels.size(), block);
  const auto bytes = std::make_unique<std::byte[]>(bound);
  const auto size = rice_encode<Word>(pixels, block, {bytes.get(), bound});
  EXPECT_LE(size, bound);
  return {bytes.get(), bytes.get() + size};
}

/// Rows of every kind: constant, smooth, noise of all widths, jumps from end to end of the range.
template <class Word>
std::vector<std::vector<Word>> samples() {
  using Limits = std::numeric_limits<Word>;
  std::mt19937 random(20);
  std::vector<std::vector<Word>> all = {{}, {Word{7}}, std::vector<Word>(100, Limits::min())};
  for (unsigned width = 0; width <= Limits::digits + 1; ++width) {
    std::vector<Word> noise(257);
    for (auto& pixel : noise)
      pixel = static_cast<Word>(std::uint64_t{random()} & ((std::uint64_t{1} << width) - 1));
    all.push_back(noise);
    noise[100] = Limits::max();  // a star in flat sky
    all.push_back(noise);
  }
  std::vector<Word> smooth(300);
  std::vector<Word> jumps(130);
  for (std::size_t i = 0; i < smooth.size(); ++i) smooth[i] = static_cast<Word>(i * i / 100);
  for (std::size_t i = 0; i < jumps.size(); ++i)
    jumps[i] = i % 2 == 0 ? Limits::min() : Limits::max();
  all.push_back(smooth);
  all.push_back(jumps);
  std::vector<Word> rare(700, Word{3});
  for (const auto i : {0, 40, 300, 301, 699}) rare[static_cast<std::size_t>(i)] = Limits::max();
  all.push_back(rare);
  return all;
}

TEST(Rice, HandMadeInt16) {
  // 10, 10 + 3, 13 - 2: codes 0, 6, 3; split 1: 0 -> 1|0, 6 -> 0001|0, 3 -> 01|1.
  const auto in = bits("0000000000001010 0010 1 0 0001 0 01 1");
  EXPECT_EQ(decode<std::int16_t>(in, 32, 3), (Decoded<std::int16_t>{{10, 13, 11}, 4}));
}

TEST(Rice, HandMadeUint8OfAllKindsOfBlocks) {
  // Wrapping: 254 + 3 = 1; plain codes 255 and 1 are -128 and -1.
  const auto in = bits("11111110  000  001 1 0000001  111 11111111 00000001  010 1 1");
  EXPECT_EQ(decode<std::uint8_t>(in, 2, 7),
            (Decoded<std::uint8_t>{{254, 254, 254, 1, 129, 128, 129 - 2}, 6}));
}

TEST(Rice, HandMadeInt32) {
  // Plain codes 2^32 - 1 and 2^32 - 2 are the lowest and the highest difference.
  const auto in = bits("10000000000000000000000000000000 11010 " + std::string(32, '0') +
                       std::string(31, '1') + "0" + std::string(32, '1'));
  EXPECT_EQ(decode<std::int32_t>(in, 3, 3),
            (Decoded<std::int32_t>{{INT32_MIN, -1, INT32_MAX}, 17}));
}

TEST(Rice, LongUnaryParts) {
  for (const std::size_t zeros : {55, 56, 57, 63, 64, 65, 111, 112, 113, 1000}) {
    const auto in = bits(std::string(16, '0') + "0001" + "1" + std::string(2 * zeros, '0') + "111");
    const auto value = static_cast<std::int16_t>(zeros);
    const auto decoded = decode<std::int16_t>(in, 4, 4);
    ASSERT_TRUE(decoded);
    EXPECT_EQ(decoded->pixels, (std::vector<std::int16_t>{0, value, value, value}));
    EXPECT_EQ(decoded->used, in.size());
  }
}

TEST(Rice, EncodesWhatIsMadeByHand) {
  // Sum of the codes 9, (9 - 1 - 1) / 3 = 2: split 1.
  EXPECT_EQ(encode<std::int16_t>({10, 13, 11}, 32), bits("0000000000001010 0010 1 0 0001 0 01 1"));
  EXPECT_EQ(encode<std::uint8_t>({200, 200, 200}, 2), bits("11001000 000 000"));
  EXPECT_EQ(encode<std::uint8_t>({0, 1, 0}, 32), bits("00000000 001 1 001 01"));
  // The split is the logarithm of (sum - 1 - 1) / 2: codes 0 and 6 with 1, codes 0 and 5 with 0.
  EXPECT_EQ(encode<std::uint8_t>({0, 3}, 2), bits("00000000 010 1 0 0001 0"));
  EXPECT_EQ(encode<std::uint8_t>({0, 253}, 2), bits("00000000 001 1 000001"));
  // Codes 0 and 255, (255 - 1 - 1) / 2 = 126: split 6, the mark of plain codes.
  EXPECT_EQ(encode<std::uint8_t>({0, 128}, 2), bits("00000000 111 00000000 11111111"));
}

TEST(Rice, NothingAndNoBytes) {
  EXPECT_EQ(encode<std::int32_t>({}, 32), Bytes());
  EXPECT_TRUE(decode<std::int32_t>({}, 32, 0));
  EXPECT_FALSE(decode<std::int32_t>({}, 32, 1));
  EXPECT_FALSE(decode<std::int16_t>(Bytes(1), 32, 1));
  EXPECT_FALSE(decode<std::uint8_t>(Bytes(1), 32, 1));
  EXPECT_TRUE(decode<std::uint8_t>(Bytes(2), std::numeric_limits<std::size_t>::max(), 9));
}

TEST(Rice, TrailingBytesAreLeft) {
  const auto in = bits("00000101 000 11111 11111111 11111111");
  EXPECT_EQ(decode<std::uint8_t>(in, 32, 2), (Decoded<std::uint8_t>{{5, 5}, 2}));
}

template <class Word>
class RiceOf : public testing::Test {};
using Words = testing::Types<std::uint8_t, std::int16_t, std::int32_t>;
TYPED_TEST_SUITE(RiceOf, Words);

TYPED_TEST(RiceOf, RoundTripsAsTheSlowDecoderReads) {
  for (const auto& pixels : samples<TypeParam>()) {
    for (const auto block : kBlocks) {
      const auto bytes = encode(pixels, block);
      const Decoded<TypeParam> expected{pixels, bytes.size()};
      if (!pixels.empty()) {
        ASSERT_EQ(slow_decode<TypeParam>(bytes, block, pixels.size()), expected);
      }
      ASSERT_EQ(decode<TypeParam>(bytes, block, pixels.size()), expected);
    }
    for (const std::size_t block : {255, 256, 257, 1 << 30}) {
      const auto bytes = encode(pixels, block);
      ASSERT_EQ(decode<TypeParam>(bytes, block, pixels.size()),
                (Decoded<TypeParam>{pixels, bytes.size()}));
    }
  }
}

TYPED_TEST(RiceOf, ATileCutAnywhereIsAProblem) {
  for (const auto& pixels : samples<TypeParam>()) {
    const auto bytes = encode(pixels, 32);
    for (std::size_t size = 0; size < bytes.size(); ++size)
      ASSERT_FALSE(decode<TypeParam>(ByteView(bytes).first(size), 32, pixels.size()));
  }
}

TYPED_TEST(RiceOf, EveryChangedByteDecodesAsTheSlowDecoderReads) {
  const auto all = samples<TypeParam>();
  for (std::size_t i = 1; i < all.size(); i += 6) {
    const std::vector<TypeParam> pixels(
        all[i].begin(), all[i].begin() + std::min<std::ptrdiff_t>(40, std::ssize(all[i])));
    const auto block = kBlocks[i % std::size(kBlocks)];
    auto bytes = encode(pixels, block);
    for (auto& byte : bytes) {
      const auto before = byte;
      for (unsigned value = 0; value < 256; ++value) {
        byte = static_cast<std::byte>(value);
        ASSERT_EQ(decode<TypeParam>(bytes, block, pixels.size()),
                  slow_decode<TypeParam>(bytes, block, pixels.size()));
      }
      byte = before;
    }
  }
}

TYPED_TEST(RiceOf, AnyBytesDecodeAsTheSlowDecoderReads) {
  std::mt19937 random(3);
  for (int trial = 0; trial < 20000; ++trial) {
    Bytes bytes(random() % 80);
    const auto mask = random() | random();  // more zeros than ones, now and then
    for (auto& byte : bytes) byte = static_cast<std::byte>(random() & (trial % 2 == 0 ? mask : 1));
    const auto block = kBlocks[random() % std::size(kBlocks)];
    const auto count = 1 + random() % 100;
    ASSERT_EQ(decode<TypeParam>(bytes, block, count), slow_decode<TypeParam>(bytes, block, count));
  }
}

#ifdef TORCHFITS_HAVE_CFITSIO

int cfitsio_encode(std::vector<std::uint8_t> in, unsigned char* out, int room, int block) {
  return fits_rcomp_byte(reinterpret_cast<signed char*>(in.data()), static_cast<int>(in.size()),
                         out, room, block);
}
int cfitsio_encode(std::vector<std::int16_t> in, unsigned char* out, int room, int block) {
  return fits_rcomp_short(in.data(), static_cast<int>(in.size()), out, room, block);
}
int cfitsio_encode(std::vector<std::int32_t> in, unsigned char* out, int room, int block) {
  return fits_rcomp(in.data(), static_cast<int>(in.size()), out, room, block);
}

int cfitsio_decode(unsigned char* in, int size, std::vector<std::uint8_t>& out, int block) {
  return fits_rdecomp_byte(in, size, out.data(), static_cast<int>(out.size()), block);
}
int cfitsio_decode(unsigned char* in, int size, std::vector<std::int16_t>& out, int block) {
  return fits_rdecomp_short(in, size, reinterpret_cast<unsigned short*>(out.data()),
                            static_cast<int>(out.size()), block);
}
int cfitsio_decode(unsigned char* in, int size, std::vector<std::int32_t>& out, int block) {
  return fits_rdecomp(in, size, reinterpret_cast<unsigned int*>(out.data()),
                      static_cast<int>(out.size()), block);
}

/// Blocks up to 64: in longer ones of 32-bit words CFITSIO takes large codes for negative ones.
TYPED_TEST(RiceOf, TheSameBytesAsCfitsio) {
  for (const auto& pixels : samples<TypeParam>()) {
    if (pixels.empty()) continue;
    for (const auto block : kBlocks) {
      auto ours = encode(pixels, block);
      std::vector<unsigned char> theirs(8 * pixels.size() + 100);
      const auto size = cfitsio_encode(pixels, theirs.data(), static_cast<int>(theirs.size()),
                                       static_cast<int>(block));
      theirs.resize(static_cast<std::size_t>(size));
      const auto bytes = std::as_bytes(std::span(theirs));
      ASSERT_EQ(ours, Bytes(bytes.begin(), bytes.end()));
      std::vector<TypeParam> back(pixels.size());
      ours.resize(ours.size() + 1);  // CFITSIO looks one byte ahead
      ASSERT_EQ(cfitsio_decode(reinterpret_cast<unsigned char*>(ours.data()), size, back,
                               static_cast<int>(block)),
                0);
      ASSERT_EQ(back, pixels);
    }
  }
}

#endif

}  // namespace
}  // namespace torchfits
