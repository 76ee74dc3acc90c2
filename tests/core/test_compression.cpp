// SPDX-License-Identifier: BSD-3-Clause
#include <gtest/gtest.h>

#include <algorithm>
#include <array>
#include <cstdlib>
#include <filesystem>
#include <fstream>
#include <iterator>
#include <memory>
#include <random>
#include <string>
#include <vector>

#include "base/defaults.h"
#include "base/error.h"
#include "base/stats.h"
#include "deflated.h"
#include "io/compression.h"
#include "io/file_source.h"
#include "io/memory_source.h"
#include "io/stream_source.h"

namespace torchfits {
namespace {

using testing::deflated;
using testing::kGzipWrapper;

std::shared_ptr<const ByteSource> source_of(const std::string& text) {
  const auto owner = std::make_shared<const std::string>(text);
  return borrow_bytes(std::as_bytes(std::span(*owner)), owner);
}

std::unique_ptr<ByteStream> inflater(OuterCompression kind, const std::string& compressed) {
  return make_inflater(kind, source_of(compressed));
}

/// All that comes out in steps of `step` bytes; an error after that is left in `error`.
std::string drain(ByteStream& stream, std::size_t step, std::string* error = nullptr) {
  std::string out;
  std::string block(step, '\0');
  try {
    while (const auto got = stream.read(std::as_writable_bytes(std::span(block)))) {
      out.append(block, 0, got);
    }
  } catch (const FitsError& problem) {
    if (error == nullptr) throw;
    *error = problem.what();
  }
  return out;
}

std::string numbers(int count) {
  std::string text;
  for (long i = 0; i < count; ++i) text += std::to_string(i * i % 977) + ",";
  return text;
}

TEST(DetectCompression, ByTheFirstBytes) {
  const auto detect = [](std::string_view text) {
    return detect_compression(std::as_bytes(std::span(text)));
  };
  EXPECT_EQ(detect("\x1f\x8b\x08"), OuterCompression::gzip);
  EXPECT_EQ(detect("\x1f\x9d\x90"), OuterCompression::compress);
  EXPECT_EQ(detect("BZh9"), OuterCompression::bzip2);
  EXPECT_EQ(detect(std::string_view("\xfd"
                                    "7zXZ\0",
                                    6)),
            OuterCompression::xz);
  EXPECT_EQ(detect("PK\x03\x04"), OuterCompression::zip);
  EXPECT_EQ(detect("SIMPLE  ="), OuterCompression::none);
  EXPECT_EQ(detect(""), OuterCompression::none);
  EXPECT_EQ(detect("\x1f"), OuterCompression::none);
}

TEST(MakeInflater, RefusesWhatItCannot) {
  for (const auto kind : {OuterCompression::none, OuterCompression::bzip2, OuterCompression::xz,
                          OuterCompression::zip}) {
    EXPECT_THROW((void)inflater(kind, "x"), FitsError);
  }
}

TEST(Gzip, InflatesInStepsOfAnySize) {
  const auto text = numbers(100'000);
  for (const auto level : {0, 1, 9}) {
    for (const std::size_t step : {1UL, 2880UL, 65'536UL, text.size(), text.size() + 1}) {
      EXPECT_EQ(drain(*inflater(OuterCompression::gzip, deflated(text, kGzipWrapper, level)), step),
                text);
    }
  }
}

TEST(Gzip, JoinsMembersAndIgnoresWhatFollows) {
  const auto first = numbers(1000);
  const auto both = deflated(first) + deflated("") + deflated("second");
  for (const auto& tail : {std::string(), std::string(5000, '\0'), std::string("garbage"),
                           std::string("\x1f"), std::string("\0\x1f\x8b\x08", 4)}) {
    for (const std::size_t step : {1UL, first.size(), 100'000UL}) {
      EXPECT_EQ(drain(*inflater(OuterCompression::gzip, both + tail), step), first + "second");
    }
  }
}

TEST(Gzip, SkipsTheOptionalFieldsOfTheHeader) {
  auto plain = deflated("hello");
  auto header = plain.substr(0, 10);
  header[3] = 0x1c;  // FEXTRA | FNAME | FCOMMENT
  const std::string fields = std::string(
                                 "\x03\x00"
                                 "abc",
                                 5) +
                             std::string("name.fits\0", 10) + std::string("why\0", 4);
  EXPECT_EQ(drain(*inflater(OuterCompression::gzip, header + fields + plain.substr(10)), 100),
            "hello");
}

TEST(Gzip, CutAnywhereGivesAPrefixAndSaysTruncated) {
  const auto text = numbers(3000);
  const auto whole = deflated(text);
  for (std::size_t cut = 2; cut < whole.size(); cut += cut < 30 ? 1 : 97) {
    std::string error;
    const auto out = drain(*inflater(OuterCompression::gzip, whole.substr(0, cut)), 500, &error);
    EXPECT_EQ(out, text.substr(0, out.size()));
    EXPECT_NE(error.find("truncated"), std::string::npos) << cut << error;
    EXPECT_NE(error.find("byte " + std::to_string(cut)), std::string::npos) << error;
  }
}

TEST(Gzip, WrongCheckValuesAreErrorsWhateverTheStep) {
  const auto text = numbers(3000);
  for (const std::size_t from_end : {8U, 1U}) {  // CRC-32, length
    auto bad = deflated(text);
    bad[bad.size() - from_end] = static_cast<char>(bad[bad.size() - from_end] ^ 1);
    for (const std::size_t step : {text.size(), text.size() / 2, text.size() + 100}) {
      std::string error;
      const auto out = drain(*inflater(OuterCompression::gzip, bad), step, &error);
      EXPECT_LT(out.size(), text.size());
      EXPECT_NE(error.find("check"), std::string::npos) << error;
    }
  }
}

TEST(Gzip, DamageIsReportedWithItsPlace) {
  auto bad = deflated(numbers(30'000));
  bad[bad.size() / 2] = static_cast<char>(~bad[bad.size() / 2]);
  std::string error;
  drain(*inflater(OuterCompression::gzip, bad), 1000, &error);
  EXPECT_NE(error.find("damaged"), std::string::npos) << error;
  EXPECT_NE(error.find("before byte"), std::string::npos) << error;
}

TEST(Gzip, TheFirstBytesOfALargeFileCostKilobytes) {
  std::string text(4 * MiB, '\0');
  std::mt19937 random(1);
  for (auto& c : text) c = static_cast<char>(random());
  const auto compressed = deflated(text, kGzipWrapper, 1);
  ASSERT_GT(compressed.size(), MiB);
  reset_stats();
  const auto source = retain_stream(inflater(OuterCompression::gzip, compressed), "x.gz");
  EXPECT_EQ(source->extent(5760), 5760U);
  EXPECT_LE(stats().bytes_read, 128 * KiB);
}

// Made with compress 5.0 (ncompress): the string, the width, the output.
TEST(Lzw, ExpandsWhatItIsAboutToLearn) {
  const std::string ten_a("\x1f\x9d\x8c\x61\x02\x0a\x1c\x08",
                          8);  // printf aaaaaaaaaa | compress -b 12
  for (const std::size_t step : {1U, 3U, 100U}) {
    EXPECT_EQ(drain(*inflater(OuterCompression::compress, ten_a), step), "aaaaaaaaaa");
  }
}

/// Packs codes as compress(1) does: groups of eight, padded where the width changes.
class CodeWriter {
 public:
  CodeWriter(unsigned max_width, bool block_mode)
      : out_{'\x1f', '\x9d', static_cast<char>(max_width | (block_mode ? 0x80U : 0U))} {}
  CodeWriter& put(std::uint32_t code) {
    for (unsigned bit = 0; bit < width_; ++bit) push((code >> bit & 1U) != 0);
    in_group_ = (in_group_ + 1) % 8;
    return *this;
  }
  CodeWriter& width(unsigned width) {
    while (in_group_ != 0) put(0);
    width_ = width;
    return *this;
  }
  [[nodiscard]] std::string str() const { return out_; }

 private:
  void push(bool bit) {
    if (bits_ % 8 == 0) out_ += '\0';
    if (bit)
      out_.back() =
          static_cast<char>(static_cast<unsigned char>(out_.back()) | (1U << (bits_ % 8)));
    ++bits_;
  }
  std::string out_;
  std::size_t bits_ = 0;
  unsigned width_ = 9;
  unsigned in_group_ = 0;
};

TEST(Lzw, FollowsWidthChangesAndClearCodes) {
  CodeWriter writer(10, true);
  std::string expected;
  const auto literals = [&](int count) {
    for (int i = 0; i < count; ++i) {
      writer.put(static_cast<std::uint32_t>(i % 251));
      expected += static_cast<char>(i % 251);
    }
  };
  literals(256);  // 255 strings learnt: 257 ... 511, and the table needs ten bits
  writer.width(10);
  literals(700);  // the table is full at 1024 strings
  writer.put(257);
  expected += std::string("\0\1", 2);
  writer.put(256).width(9);
  literals(3);
  writer.put(257);
  expected += std::string("\0\1", 2);
  for (const std::size_t step : {1U, 100U, 5000U}) {
    EXPECT_EQ(drain(*inflater(OuterCompression::compress, writer.str()), step), expected);
  }
}

TEST(Lzw, WithoutBlockModeCode256IsAString) {
  CodeWriter writer(16, false);
  writer.put('a').put('b').put(256);
  EXPECT_EQ(drain(*inflater(OuterCompression::compress, writer.str()), 10), "abab");
}

TEST(Lzw, CodesThatNameNothingAreErrorsAfterTheGoodBytes) {
  for (const std::uint32_t bad : {259U, 300U, 511U}) {
    CodeWriter writer(16, true);
    writer.put('a').put('b').put(bad);
    std::string error;
    EXPECT_EQ(drain(*inflater(OuterCompression::compress, writer.str()), 10, &error), "ab");
    EXPECT_NE(error.find("code " + std::to_string(bad)), std::string::npos) << error;
  }
  CodeWriter writer(16, true);
  writer.put(300);
  EXPECT_THROW(drain(*inflater(OuterCompression::compress, writer.str()), 10), FitsError);
}

TEST(Lzw, RefusesBadHeaders) {
  for (const auto& header :
       {std::string("\x1f\x9d"), std::string("\x1f\x9d\x88"), std::string("\x1f\x9d\x91")}) {
    EXPECT_THROW((void)inflater(OuterCompression::compress, header), FitsError);
  }
}

TEST(Lzw, AgreesWithTheFileOfTheCorpus) {
  const char* shared = std::getenv("TORCHFITS_SHARED");
  const auto path =
      std::filesystem::path(shared != nullptr ? shared : "../shared") / "corpus/image/lzw.fits.Z";
  if (!std::filesystem::exists(path)) GTEST_SKIP() << path << " is absent; set TORCHFITS_SHARED";
  const auto source =
      retain_stream(make_inflater(OuterCompression::compress, open_file(path.string())), "lzw");
  const auto size = source->extent(UINT64_MAX);
  EXPECT_EQ(size, 34'560U);
  std::string bytes(size, '\0');
  source->read({0, size}, std::as_writable_bytes(std::span(bytes)));
  // CRC-32 of what gzip -dc makes of it.
  EXPECT_EQ(crc32(0, reinterpret_cast<const Bytef*>(bytes.data()), static_cast<uInt>(size)),
            0xb57c590fU);
}

}  // namespace
}  // namespace torchfits
