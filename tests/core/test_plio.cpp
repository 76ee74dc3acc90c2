// SPDX-License-Identifier: BSD-3-Clause
#include <gtest/gtest.h>

#include <algorithm>
#include <initializer_list>
#include <random>
#include <string_view>
#include <vector>

#include "codec/plio.h"

#ifdef TORCHFITS_HAVE_CFITSIO
// Exported by CFITSIO, but not in its header. Both keep their state in static variables.
extern "C" {
int pl_p2li(int* pixels, int first, short* list, int count);
int pl_l2pi(short* list, int first, int* pixels, int count);
}
#endif

namespace torchfits {
namespace {

using Bytes = std::vector<std::byte>;
using Pixels = std::vector<std::int32_t>;
using Words = std::vector<std::uint16_t>;

// The instructions of FITS 4.0, section 10.4.3.
constexpr int kZn = 0x0000, kSh = 0x1000, kIh = 0x2000, kDh = 0x3000;
constexpr int kHn = 0x4000, kPn = 0x5000, kIs = 0x6000, kDs = 0x7000;

Bytes bytes_of(const Words& words) {
  Bytes out;
  for (const auto word : words) {
    out.push_back(static_cast<std::byte>(word >> 8));
    out.push_back(static_cast<std::byte>(word & 0xff));
  }
  return out;
}

Words words_of(const Bytes& bytes) {
  Words out;
  for (std::size_t i = 0; i + 1 < bytes.size(); i += 2) {
    out.push_back(static_cast<std::uint16_t>(std::to_integer<int>(bytes[i]) << 8 |
                                             std::to_integer<int>(bytes[i + 1])));
  }
  return out;
}

Bytes old_list(std::initializer_list<int> instructions) {
  Words words{0, 0, static_cast<std::uint16_t>(3 + instructions.size())};
  for (const int word : instructions) words.push_back(static_cast<std::uint16_t>(word));
  return bytes_of(words);
}

Bytes new_list(std::initializer_list<int> instructions) {
  Words words{0, 7, 0xff9c, static_cast<std::uint16_t>(7 + instructions.size()), 0, 0, 0};
  for (const int word : instructions) words.push_back(static_cast<std::uint16_t>(word));
  return bytes_of(words);
}

/// The pixels of a tile of `count`, with a guard around them.
Pixels decoded(const Bytes& in, std::size_t count, const char** problem = nullptr) {
  Pixels guarded(count + 2, -77);
  const auto result = plio_decode<std::int32_t>(in, std::span(guarded).subspan(1, count));
  EXPECT_EQ(guarded.front(), -77);
  EXPECT_EQ(guarded.back(), -77);
  EXPECT_LE(result.made, count);
  EXPECT_LE(result.used, in.size());
  if (problem != nullptr) {
    *problem = result.problem;
  } else {
    EXPECT_TRUE(result.ok()) << result.problem;
    EXPECT_EQ(result.made, count);
  }
  return {guarded.begin() + 1, guarded.end() - 1};
}

std::string_view problem_of(const Bytes& in, std::size_t count) {
  const char* problem = nullptr;
  decoded(in, count, &problem);
  return problem == nullptr ? "none" : problem;
}

Bytes encoded(const Pixels& pixels) {
  Bytes out(plio_bound(pixels.size()));
  const auto size = plio_encode(pixels, out);
  EXPECT_LE(size, out.size());
  out.resize(size);
  return out;
}

TEST(Plio, DecodesEachInstruction) {
  EXPECT_EQ(decoded(old_list({kHn | 3}), 3), (Pixels{1, 1, 1}));  // the high value begins at 1
  EXPECT_EQ(decoded(old_list({kZn | 2, kHn | 1}), 3), (Pixels{0, 0, 1}));
  EXPECT_EQ(decoded(old_list({kSh | 0x345, 0x0012, kHn | 2}), 2), (Pixels{0x12345, 0x12345}));
  EXPECT_EQ(decoded(old_list({kIh | 41, kHn | 2}), 2), (Pixels{42, 42}));
  EXPECT_EQ(decoded(old_list({kIh | 41, kDh | 2, kHn | 2}), 2), (Pixels{40, 40}));
  EXPECT_EQ(decoded(old_list({kIh | 4, kPn | 3, kPn | 1}), 4), (Pixels{0, 0, 5, 5}));
  EXPECT_EQ(decoded(old_list({kIs | 9, kIs | 0, kDs | 3, kHn | 1}), 4), (Pixels{10, 10, 7, 7}));
}

TEST(Plio, BothHeadersSayWhereTheInstructionsAre) {
  const Pixels expected{0, 0, 0, 0, 6, 6};
  EXPECT_EQ(decoded(old_list({kZn | 4, kIh | 5, kHn | 2}), 6), expected);
  EXPECT_EQ(decoded(new_list({kZn | 4, kIh | 5, kHn | 2}), 6), expected);
  // A header may be longer than it needs to be.
  EXPECT_EQ(decoded(bytes_of({0, 8, 0xff9c, 9, 0, 0, 0, 0x7fff, kHn | 1}), 1), Pixels{1});
}

TEST(Plio, ALongListHasItsLengthInTwoWords) {
  Words words(40007, kIs | 1);
  std::copy_n(Words{0, 7, 0xff9c, 40007 % 32768, 40007 / 32768, 0, 0}.begin(), 7, words.begin());
  const auto pixels = decoded(bytes_of(words), 40000);
  EXPECT_EQ(pixels.front(), 2);
  EXPECT_EQ(pixels.back(), 40001);
}

TEST(Plio, WhatAListLeavesOutIsZero) {
  EXPECT_EQ(decoded(new_list({}), 3), (Pixels{0, 0, 0}));
  Pixels expected(40, 0);
  expected[0] = expected[1] = 1;
  EXPECT_EQ(decoded(new_list({kHn | 2}), 40), expected);
}

TEST(Plio, BytesBehindTheListAreLeftAlone) {
  auto in = new_list({kHn | 2});
  in.resize(in.size() + 3, std::byte{0xff});
  Pixels out(2);
  const auto result = plio_decode<std::int32_t>(in, out);
  ASSERT_TRUE(result.ok()) << result.problem;
  EXPECT_EQ(result.used, in.size() - 3);
}

TEST(Plio, NamesWhatIsWrong) {
  EXPECT_EQ(problem_of({}, 4), "the line list is shorter than its header");
  EXPECT_EQ(problem_of(bytes_of({0, 7, 0xff9c, 7}), 4), "the line list is shorter than its header");
  EXPECT_EQ(problem_of(bytes_of({0, 0, 0, 0, 0}), 4),
            "the line list has a header of impossible length");
  EXPECT_EQ(problem_of(bytes_of({0, 0x8000, 0xff9c, 5, 0}), 4),
            "the line list has a header of impossible length");
  EXPECT_EQ(problem_of(bytes_of({0, 0, 2}), 4), "the line list is said to end within its header");
  EXPECT_EQ(problem_of(bytes_of({0, 7, 0xff9c, 0xffff, 0, 0, 0}), 4),
            "the line list is said to end within its header");
  EXPECT_EQ(problem_of(bytes_of({0, 0, 4}), 4), "the line list is said to be longer than the data");
  EXPECT_EQ(problem_of(bytes_of({0, 7, 0xff9c, 0x7fff, 0x7fff, 0, 0}), 4),
            "the line list is said to be longer than the data");
  EXPECT_EQ(problem_of(old_list({kSh | 1}), 4), "the line list ends within an instruction");
  EXPECT_EQ(problem_of(old_list({0x8001}), 4), "the line list has an unknown instruction");
  EXPECT_EQ(problem_of(old_list({0xf001}), 4), "the line list has an unknown instruction");
  for (const int run : {kZn | 5, kHn | 5, kPn | 5, kZn | 4095}) {
    EXPECT_EQ(problem_of(old_list({run}), 4), "a run passes the end of the tile") << run;
  }
  EXPECT_EQ(problem_of(old_list({kHn | 4, kIs | 1}), 4), "a run passes the end of the tile");
  EXPECT_EQ(problem_of(old_list({kDh | 2}), 4), "a value is outside 0 to 16777215");
  EXPECT_EQ(problem_of(old_list({kSh | 0, 0x1000}), 4), "a value is outside 0 to 16777215");
  EXPECT_EQ(problem_of(old_list({kSh | 0, 0x8000}), 4), "a value is outside 0 to 16777215");
  EXPECT_EQ(problem_of(old_list({kSh | 0xfff, 0x0fff, kHn | 4}), 4), "none");
  EXPECT_EQ(problem_of(old_list({kSh | 0xfff, 0x0fff, kIs | 1}), 4),
            "a value is outside 0 to 16777215");
}

TEST(Plio, EncodesToTheShortestInstructions) {
  const auto instructions = [](const Pixels& pixels) {
    const auto words = words_of(encoded(pixels));
    EXPECT_EQ(Words(words.begin(), words.begin() + 3), (Words{0, 7, 0xff9c}));
    EXPECT_EQ(words[3] + words[4] * 32768U, words.size());
    return Words(words.begin() + 7, words.end());
  };
  EXPECT_EQ(instructions({0, 0, 0}), (Words{kZn | 3}));
  EXPECT_EQ(instructions({1, 1}), (Words{kHn | 2}));
  EXPECT_EQ(instructions({0, 0, 1, 0}), (Words{kPn | 3, kZn | 1}));
  EXPECT_EQ(instructions({5, 3, 3, 3}), (Words{kIs | 4, kDh | 2, kHn | 3}));
  EXPECT_EQ(instructions({0x12345, 0}), (Words{kSh | 0x345, 0x12, kHn | 1, kZn | 1}));
  EXPECT_EQ(instructions(Pixels(5000, 1)), (Words{kHn | 4095, kHn | 905}));
  EXPECT_EQ(encoded({}), Bytes{});
}

Pixels random_mask(std::mt19937& random, std::size_t count, std::int32_t highest) {
  Pixels pixels;
  while (pixels.size() < count) {
    const std::size_t run = random() % 4 == 0 ? random() % 9000 : 1 + random() % 20;
    const auto value = random() % 2 == 0 ? 0 : static_cast<std::int32_t>(random() % highest) + 1;
    pixels.resize(std::min(count, pixels.size() + run), value);
  }
  return pixels;
}

TEST(Plio, DecodesWhatItEncodes) {
  std::mt19937 random(5);
  for (int round = 0; round < 300; ++round) {
    for (const std::int32_t highest : {1, 3, 200, 6000, kPlioMax}) {
      const auto pixels = random_mask(random, 1 + random() % 3000, highest);
      ASSERT_EQ(decoded(encoded(pixels), pixels.size()), pixels) << highest;
    }
  }
}

TEST(Plio, DecodesALongTileThatItEncodes) {
  std::mt19937 random(6);
  auto pixels = random_mask(random, 200000, 10000);
  std::generate(pixels.begin(), pixels.begin() + 60000,
                [&] { return static_cast<std::int32_t>(random() % kPlioMax); });
  EXPECT_GT(encoded(pixels).size(), 2U * 32768);
  EXPECT_EQ(decoded(encoded(pixels), pixels.size()), pixels);
}

TEST(Plio, TheWorstTileFitsTheBound) {
  for (std::size_t count = 1; count < 50; ++count) {
    Pixels pixels(count);
    for (std::size_t i = 0; i < count; ++i) pixels[i] = i % 2 == 0 ? kPlioMax : 1;
    EXPECT_LE(encoded(pixels).size(), plio_bound(count));
    EXPECT_EQ(decoded(encoded(pixels), count), pixels);
  }
}

// PN cannot hold 4096: CFITSIO 4.2 writes 4095 zeros and one pixel as IS 0, a single pixel.
TEST(Plio, KeepsTheZerosBeforeOnePixel) {
  for (const std::size_t zeros : {4094, 4095, 4096, 8190, 8191}) {
    for (const std::int32_t value : {1, 2, 70000}) {
      Pixels pixels(zeros, 0);
      pixels.insert(pixels.end(), {value, 0, value + 1});
      EXPECT_EQ(decoded(encoded(pixels), pixels.size()), pixels) << zeros << ' ' << value;
    }
  }
}

TEST(Plio, AListThatIsCutAnywhereIsRefused) {
  std::mt19937 random(8);
  const auto in = encoded(random_mask(random, 500, 9000));
  for (std::size_t size = 0; size < in.size(); ++size) {
    EXPECT_NE(problem_of(Bytes(in.begin(), in.begin() + size), 500), "none") << size;
  }
}

TEST(Plio, AChangedByteStaysInsideTheTile) {
  std::mt19937 random(9);
  const auto in = encoded(random_mask(random, 300, 9000));
  for (std::size_t at = 0; at < in.size(); ++at) {
    for (int value = 0; value < 256; ++value) {
      auto changed = in;
      changed[at] = static_cast<std::byte>(value);
      const char* problem = nullptr;
      const auto pixels = decoded(changed, 300, &problem);
      if (problem != nullptr) continue;
      ASSERT_TRUE(std::all_of(pixels.begin(), pixels.end(), [](std::int32_t pixel) {
        return pixel >= 0 && pixel <= kPlioMax;
      })) << at;
    }
  }
}

#ifdef TORCHFITS_HAVE_CFITSIO
/// Whether CFITSIO gets it right: one pixel after 4095 n zeros it does not.
bool within_cfitsio(const Pixels& pixels) {
  std::size_t zeros = 0;
  for (std::size_t i = 0; i < pixels.size(); ++i) {
    const bool alone = i + 1 == pixels.size() || pixels[i + 1] != pixels[i];
    if (pixels[i] != 0 && alone && zeros > 0 && zeros % 4095 == 0) return false;
    zeros = pixels[i] == 0 ? zeros + 1 : 0;
  }
  return true;
}

TEST(Plio, EncodesTheBytesOfCfitsioAndDecodesTheSamePixels) {
  std::mt19937 random(10);
  for (int round = 0; round < 300; ++round) {
    for (const std::int32_t highest : {1, 3, 200, 6000, kPlioMax}) {
      auto pixels = random_mask(random, 1 + random() % 20000, highest);
      ASSERT_TRUE(within_cfitsio(pixels));
      std::vector<short> list(plio_bound(pixels.size()) / 2);
      list.resize(static_cast<std::size_t>(
          pl_p2li(pixels.data(), 1, list.data(), static_cast<int>(pixels.size()))));
      const auto ours = words_of(encoded(pixels));
      ASSERT_EQ(ours, Words(list.begin(), list.end())) << round << ' ' << highest;
      Pixels theirs(pixels.size());
      pl_l2pi(list.data(), 1, theirs.data(), static_cast<int>(theirs.size()));
      ASSERT_EQ(decoded(bytes_of(ours), theirs.size()), theirs);
    }
  }
}

TEST(Plio, DecodesOldListsAsCfitsioDoes) {
  const auto in = old_list({kZn | 3, kIh | 9, kHn | 4, kPn | 2, kDs | 3, kIs | 8, kSh | 7, 2,
                            kHn | 2, kDh | 5, kPn | 1});
  Words words = words_of(in);
  std::vector<short> list(words.begin(), words.end());
  Pixels theirs(20, -1);
  ASSERT_EQ(pl_l2pi(list.data(), 1, theirs.data(), 20), 20);
  EXPECT_EQ(decoded(in, 20), theirs);
}
#endif

template <class Word>
void expect_narrow(std::int32_t most) {
  for (const auto high : {most, most + 1}) {
    const std::vector<std::int32_t> mask{0, 0, high, high, 0, 1};
    std::vector<std::byte> list(plio_bound(mask.size()));
    list.resize(plio_encode(mask, list));
    std::vector<Word> narrow(mask.size());
    const auto result = plio_decode<Word>(list, narrow);
    EXPECT_EQ(result.ok(), high == most);
    if (result.ok()) {
      EXPECT_EQ(std::vector<std::int32_t>(narrow.begin(), narrow.end()), mask);
    }
  }
}

TEST(Plio, NarrowWordsTakeWhatFitsThem) {
  expect_narrow<std::uint8_t>(255);
  expect_narrow<std::int16_t>(32767);
}

}  // namespace
}  // namespace torchfits
