// SPDX-License-Identifier: BSD-3-Clause
// Streams made by hand; a plain decoder of the format, bit by bit and in the order of its
// description; and CFITSIO, where it is there.
#include <gtest/gtest.h>

#include <array>
#include <cmath>
#include <cstring>
#include <limits>
#include <random>
#include <string>
#include <vector>

#include "codec/hcompress.h"
#include "plain_hcompress.h"

#ifdef TORCHFITS_HAVE_CFITSIO
#include <fitsio.h>
#endif

namespace torchfits {
namespace {

template <class Word>
Bytes encoded(Pixels<Word> pixels, TileSize size, std::int32_t scale = 0) {
  Bytes bytes(hcompress_bound<Word>(size));
  bytes.resize(hcompress_encode<Word>(pixels, size, scale, bytes));
  return bytes;
}

template <class Word>
Pixels<Word> decoded(const Bytes& bytes, TileSize size, bool smooth = false) {
  Pixels<Word> out(count_of(size));
  const auto result = hcompress_decode<Word>(bytes, smooth, size, out);
  EXPECT_STREQ(result.ok() ? "" : result.problem, "");
  EXPECT_EQ(result.used, bytes.size());
  EXPECT_EQ(result.made, out.size());
  return out;
}

template <class Word = std::int32_t>
std::string problem(const Bytes& bytes, TileSize size) {
  Pixels<Word> out(count_of(size));
  const auto result = hcompress_decode<Word>(bytes, false, size, out);
  EXPECT_LE(result.used, bytes.size());
  EXPECT_EQ(result.made, result.ok() ? out.size() : 0);
  return result.ok() ? "none" : result.problem;
}

void append_number(Bytes& bytes, std::int64_t value, unsigned size) {
  while (size-- > 0) bytes.push_back(static_cast<std::byte>(value >> 8 * size));
}

/// "0" and "1", filled up to a byte; blanks are for the reader.
void append_bits(Bytes& bytes, std::string bits) {
  std::erase(bits, ' ');
  bits.resize((bits.size() + 7) / 8 * 8, '0');
  for (std::size_t i = 0; i < bits.size(); i += 8)
    bytes.push_back(static_cast<std::byte>(std::stoul(bits.substr(i, 8), nullptr, 2)));
}

struct Stream {
  TileSize size;
  std::int32_t scale = 0;
  std::int64_t sum = 0;
  std::array<int, 3> planes{};
  std::string bits, signs;

  [[nodiscard]] Bytes bytes() const {
    Bytes all;
    append_number(all, 0xdd99, 2);
    append_number(all, static_cast<std::int64_t>(size.rows), 4);
    append_number(all, static_cast<std::int64_t>(size.columns), 4);
    append_number(all, scale, 4);
    append_number(all, sum, 8);
    for (const auto count : planes) append_number(all, count, 1);
    append_bits(all, bits);
    append_bits(all, signs);
    return all;
  }
};

// Pixels 1 2 / 3 4: h0 = 10, rounded to 12, hx = 4, hy = 2, hc = 0. Three planes for hy (010) and
// hx (100): 1111 and the code of the nybble, 111110 for 0, 011 for 8.
const Stream kFour{{2, 2},
                   0,
                   12,
                   {0, 3, 0},
                   "1111 111110  1111 011  1111 111110   1111 011  1111 111110  1111 111110  0000",
                   "00"};

// Pixels 5 9: h0 = 2 (5 + 9), hy = 2 (9 - 5). The lower left quadrant has no pixels, but planes.
const Stream kPair{{1, 2},
                   0,
                   28,
                   {0, 4, 0},
                   "1111 011  1111 111110  1111 111110  1111 111110"
                   "1111 111110  1111 111110  1111 111110  1111 111110  0000",
                   "0"};

TEST(Hcompress, ASinglePixelIsTheSum) {
  const Stream stream{{1, 1}, 0, -42, {0, 0, 0}, "0000", ""};
  EXPECT_EQ(decoded<std::int32_t>(stream.bytes(), {1, 1}), Pixels<std::int32_t>{-42});
  EXPECT_EQ(encoded<std::int32_t>({-42}, {1, 1}), stream.bytes());
}

TEST(Hcompress, FourPixelsByHand) {
  EXPECT_EQ(decoded<std::int32_t>(kFour.bytes(), {2, 2}), (Pixels<std::int32_t>{1, 2, 3, 4}));
  EXPECT_EQ(decoded<std::int64_t>(kFour.bytes(), {2, 2}), (Pixels<std::int64_t>{1, 2, 3, 4}));
  EXPECT_EQ(encoded<std::int32_t>({1, 2, 3, 4}, {2, 2}), kFour.bytes());
}

TEST(Hcompress, SignsBelongToCoefficientsThatAreNotZero) {
  // hy and hx in the order of rows, both negative: 4 3 / 2 1.
  auto stream = kFour;
  stream.signs = "11";
  EXPECT_EQ(decoded<std::int32_t>(stream.bytes(), {2, 2}), (Pixels<std::int32_t>{4, 3, 2, 1}));
}

TEST(Hcompress, PlanesMayBeStoredAsTheyAre) {
  auto stream = kFour;
  stream.bits = "0000 0000  0000 1000  0000 0000   0000 1000  1111 111110  0000 0000  0000";
  EXPECT_EQ(decoded<std::int32_t>(stream.bytes(), {2, 2}), (Pixels<std::int32_t>{1, 2, 3, 4}));
}

TEST(Hcompress, OneRowHasEmptyQuadrants) {
  EXPECT_EQ(decoded<std::int32_t>(kPair.bytes(), {1, 2}), (Pixels<std::int32_t>{5, 9}));
  EXPECT_EQ(encoded<std::int32_t>({5, 9}, {1, 2}), kPair.bytes());
}

TEST(Hcompress, ScaleMultipliesAllCoefficients) {
  auto stream = kFour;
  stream.scale = 10;
  // h0 = 120, hx = 40, hy = 20.
  EXPECT_EQ(decoded<std::int32_t>(stream.bytes(), {2, 2}), (Pixels<std::int32_t>{15, 25, 35, 45}));
}

TEST(Hcompress, TheSplitIntoRowsIsTheStreams) {
  EXPECT_EQ(decoded<std::int32_t>(kPair.bytes(), {2, 1}), (Pixels<std::int32_t>{5, 9}));
}

TEST(Hcompress, ProblemsAreNamed) {
  EXPECT_EQ(problem({}, {2, 2}), "the stream ends in its head");
  auto bytes = kFour.bytes();
  bytes[1] = std::byte{0x98};
  EXPECT_EQ(problem(bytes, {2, 2}), "the stream has no head");

  auto stream = kFour;
  stream.planes = {0, 33, 0};
  EXPECT_EQ(problem(stream.bytes(), {2, 2}), "more bit planes than a coefficient has bits");
  stream.planes = {65, 3, 0};
  EXPECT_EQ(problem<std::int64_t>(stream.bytes(), {2, 2}),
            "more bit planes than a coefficient has bits");
  stream = kFour;
  stream.bits[0] = '0';
  EXPECT_EQ(problem(stream.bytes(), {2, 2}), "a bit plane has an unknown coding");
  stream = kFour;
  stream.bits.back() = '1';
  EXPECT_EQ(problem(stream.bytes(), {2, 2}), "the bit planes have no end mark");
  stream = kPair;
  stream.bits.replace(stream.bits.size() - 12, 6, "011");
  EXPECT_EQ(problem(stream.bytes(), {1, 2}), "a bit plane without pixels is not empty");
  stream = kFour;
  stream.signs.clear();
  EXPECT_EQ(problem(stream.bytes(), {2, 2}), "the signs run past the end");
  stream.bits.resize(20);
  EXPECT_EQ(problem(stream.bytes(), {2, 2}), "the bit planes run past the end");
}

TEST(Hcompress, AnotherSizeWritesNothing) {
  const auto bytes = kFour.bytes();
  for (const TileSize size : {TileSize{2, 3}, TileSize{1, 2}, TileSize{16, 16}}) {
    Pixels<std::int32_t> out(count_of(size), 77);
    const auto result = hcompress_decode<std::int32_t>(bytes, false, size, out);
    EXPECT_STREQ(result.problem, "the stream is of another size than the tile");
    EXPECT_EQ(out, Pixels<std::int32_t>(count_of(size), 77));
  }
  for (const std::int64_t rows : {-2, 0, 1 << 30, 0x7fffffff}) {
    auto stream = kFour;
    stream.size.rows = static_cast<std::size_t>(rows);
    EXPECT_EQ(problem(stream.bytes(), {2, 2}), "the stream is of another size than the tile");
  }
}

enum class Scene { noise, smooth, zero, sparse, full };
constexpr std::array kScenes{Scene::noise, Scene::smooth, Scene::zero, Scene::sparse, Scene::full};

/// Values of 16 bits in int32 words, of 32 bits in int64 words.
template <class Word>
Pixels<Word> make_pixels(Scene scene, TileSize size) {
  std::mt19937_64 random(count_of(size) * 8 + size.rows);
  std::normal_distribution<double> normal(0, 30);
  const auto any = [&]() -> Word {
    if constexpr (sizeof(Word) == 4) return static_cast<std::int16_t>(random());
    return static_cast<std::int32_t>(random());
  };
  Pixels<Word> pixels(count_of(size));
  for (std::size_t i = 0; i < pixels.size(); ++i) {
    const auto x = static_cast<double>(i % size.columns), y = static_cast<double>(i / size.columns);
    switch (scene) {
      case Scene::noise: pixels[i] = static_cast<Word>(normal(random)); break;
      case Scene::smooth:
        pixels[i] = static_cast<Word>(4000 * std::exp(-(x * x + y * y) / 300) - 3 * x);
        break;
      case Scene::zero: break;
      case Scene::sparse: pixels[i] = random() % 50 == 0 ? any() : Word{0}; break;
      case Scene::full: pixels[i] = any(); break;
    }
  }
  return pixels;
}

const std::vector<TileSize> kSizes{{1, 1},   {1, 2},   {2, 1},   {1, 7},   {7, 1},   {2, 2},
                                   {3, 3},   {4, 4},   {5, 3},   {3, 5},   {4, 9},   {16, 17},
                                   {17, 16}, {33, 15}, {31, 64}, {64, 31}, {16, 130}};

template <class Word>
class HcompressWords : public testing::Test {};
using Words = testing::Types<std::int32_t, std::int64_t>;
TYPED_TEST_SUITE(HcompressWords, Words);

TYPED_TEST(HcompressWords, RoundTripsWithoutLoss) {
  for (const auto size : kSizes) {
    for (const auto scene : kScenes) {
      const auto pixels = make_pixels<TypeParam>(scene, size);
      for (const std::int32_t scale : {0, 1}) {
        const auto bytes = encoded(pixels, size, scale);
        ASSERT_EQ(decoded<TypeParam>(bytes, size), pixels) << size.rows << " x " << size.columns;
        ASSERT_EQ(decoded<TypeParam>(bytes, size, true), pixels);
      }
    }
  }
}

TYPED_TEST(HcompressWords, DecodesAsTheFormatSays) {
  for (const auto size : kSizes) {
    for (const auto scene : kScenes) {
      for (const std::int32_t scale : {0, 2, 3, 16, 75, 1001}) {
        const auto bytes = encoded(make_pixels<TypeParam>(scene, size), size, scale);
        for (const bool smooth : {false, true}) {
          const PlainDecoder plain(bytes, smooth);
          ASSERT_EQ(decoded<TypeParam>(bytes, size, smooth), plain.pixels<TypeParam>())
              << size.rows << " x " << size.columns << " scale " << scale << " " << smooth;
        }
      }
    }
  }
}

TYPED_TEST(HcompressWords, ErrorsStayNearTheScale) {
  const TileSize size{33, 40};
  const auto pixels = make_pixels<TypeParam>(Scene::noise, size);
  const auto out = decoded<TypeParam>(encoded(pixels, size, 16), size);
  for (std::size_t i = 0; i < out.size(); ++i)
    EXPECT_LE(std::abs(static_cast<double>(out[i] - pixels[i])), 16);
}

TYPED_TEST(HcompressWords, ExtremeWordsWrap) {
  using Limits = std::numeric_limits<TypeParam>;
  std::mt19937_64 random(3);
  for (const auto size : kSizes) {
    for (const std::int32_t scale : {0, 7, std::numeric_limits<std::int32_t>::max()}) {
      Pixels<TypeParam> pixels(count_of(size));
      for (auto& pixel : pixels) pixel = random() % 2 == 0 ? Limits::min() : Limits::max();
      const auto bytes = encoded(pixels, size, scale);
      static_cast<void>(decoded<TypeParam>(bytes, size, true));
    }
  }
}

TEST(Hcompress, ExtremesOfThePixelTypesAreKept) {
  const TileSize size{20, 21};
  for (const int low : {0, -32768}) {
    Pixels<std::int32_t> pixels(count_of(size));
    for (std::size_t i = 0; i < pixels.size(); ++i) pixels[i] = i % 3 == 0 ? low : 32767;
    EXPECT_EQ(decoded<std::int32_t>(encoded(pixels, size), size), pixels);
  }
  Pixels<std::int64_t> pixels(count_of(size));
  using Limits = std::numeric_limits<std::int32_t>;
  for (std::size_t i = 0; i < pixels.size(); ++i)
    pixels[i] = i % 5 < 2 ? Limits::min() : Limits::max();
  EXPECT_EQ(decoded<std::int64_t>(encoded(pixels, size), size), pixels);
}

TYPED_TEST(HcompressWords, EveryCutIsAProblem) {
  for (const TileSize size : {TileSize{1, 1}, TileSize{4, 4}, TileSize{9, 14}}) {
    for (const auto scene : kScenes) {
      const auto bytes = encoded(make_pixels<TypeParam>(scene, size), size);
      for (std::size_t length = 0; length < bytes.size(); ++length) {
        // A copy of its own: a sanitizer then sees every byte read past the end.
        const Bytes cut(bytes.begin(), bytes.begin() + static_cast<std::ptrdiff_t>(length));
        EXPECT_NE(problem<TypeParam>(cut, size), "none") << length;
      }
    }
  }
}

TYPED_TEST(HcompressWords, ChangedBytesStayInBounds) {
  const TileSize size{9, 14};
  constexpr TypeParam kGuard = 123456789;
  for (const auto scene : kScenes) {
    const auto bytes = encoded(make_pixels<TypeParam>(scene, size), size, 4);
    for (std::size_t at = 0; at < bytes.size(); ++at) {
      for (const unsigned change : {0x01U, 0x80U, 0xffU, 0x5aU}) {
        auto changed = bytes;
        changed[at] ^= static_cast<std::byte>(change);
        Pixels<TypeParam> out(count_of(size) + 2, kGuard);
        const std::span inside(out.data() + 1, count_of(size));
        const auto result = hcompress_decode<TypeParam>(changed, true, size, inside);
        EXPECT_LE(result.used, changed.size());
        EXPECT_EQ(out.front(), kGuard);
        EXPECT_EQ(out.back(), kGuard);
      }
    }
  }
}

#ifdef TORCHFITS_HAVE_CFITSIO

template <class Word>
Bytes cfitsio_encoded(Pixels<Word> pixels, TileSize size, int scale) {
  Bytes bytes(2 * sizeof(Word) * pixels.size() + 4096);
  auto length = static_cast<long>(bytes.size());
  int status = 0;
  const auto columns = static_cast<int>(size.columns), rows = static_cast<int>(size.rows);
  auto* out = reinterpret_cast<char*>(bytes.data());
  if constexpr (sizeof(Word) == 4) {
    fits_hcompress(pixels.data(), columns, rows, scale, out, &length, &status);
  } else {
    auto* words = reinterpret_cast<LONGLONG*>(pixels.data());
    fits_hcompress64(words, columns, rows, scale, out, &length, &status);
  }
  EXPECT_EQ(status, 0);
  bytes.resize(static_cast<std::size_t>(length));
  return bytes;
}

/// It leaves int32 in either case.
template <class Word>
Pixels<std::int32_t> cfitsio_decoded(Bytes bytes, TileSize size, bool smooth) {
  bytes.resize(bytes.size() + 64);
  Pixels<Word> words(count_of(size));
  int columns = 0, rows = 0, scale = 0, status = 0;
  auto* in = reinterpret_cast<unsigned char*>(bytes.data());
  if constexpr (sizeof(Word) == 4) {
    fits_hdecompress(in, smooth, words.data(), &columns, &rows, &scale, &status);
  } else {
    auto* out = reinterpret_cast<LONGLONG*>(words.data());
    fits_hdecompress64(in, smooth, out, &columns, &rows, &scale, &status);
  }
  EXPECT_EQ(status, 0);
  Pixels<std::int32_t> out(words.size());
  std::memcpy(out.data(), words.data(), out.size() * sizeof out[0]);
  return out;
}

TYPED_TEST(HcompressWords, IsWhatCfitsioWritesAndReads) {
  auto sizes = kSizes;
  std::erase_if(sizes, [](TileSize size) { return size.rows < 2 || size.columns < 2; });
  for (const auto size : sizes) {
    for (const auto scene : kScenes) {
      const auto pixels = make_pixels<TypeParam>(scene, size);
      for (const int scale : {0, 1, 2, 5, 64, 1001}) {
        const auto bytes = cfitsio_encoded(pixels, size, scale);
        ASSERT_EQ(encoded(pixels, size, scale), bytes) << size.rows << " x " << size.columns;
        for (const bool smooth : {false, true}) {
          const auto ours = decoded<TypeParam>(bytes, size, smooth);
          ASSERT_EQ(Pixels<std::int32_t>(ours.begin(), ours.end()),
                    cfitsio_decoded<TypeParam>(bytes, size, smooth));
        }
      }
    }
  }
}

#endif

}  // namespace
}  // namespace torchfits
