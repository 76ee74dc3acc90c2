// SPDX-License-Identifier: BSD-3-Clause
#include <gtest/gtest.h>

#include <cmath>
#include <cstring>
#include <limits>
#include <memory>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "base/stats.h"
#include "file/image_reader.h"
#include "header_text.h"
#include "io/memory_source.h"

namespace torchfits {
namespace {

using testing::bytes_of;
using testing::card_text;
using testing::header_blocks;
using testing::padded_to_block;

using namespace std::string_view_literals;

using Shape = std::vector<std::uint64_t>;

/// A primary image; `axes` and `more` are cards.
std::string image(std::string_view bitpix, const std::vector<int>& axes, const std::string& more,
                  std::string_view data) {
  auto text = card_text("SIMPLE", "T") + card_text("BITPIX", bitpix) +
              card_text("NAXIS", std::to_string(axes.size()));
  for (std::size_t n = 0; n < axes.size(); ++n) {
    text += card_text("NAXIS" + std::to_string(n + 1), std::to_string(axes[n]));
  }
  text += more + "END";
  text = padded_to_block(std::move(text), ' ');
  return text + padded_to_block(std::string(data), '\0');
}

File open(std::string text) {
  auto owner = std::make_shared<const std::string>(std::move(text));
  return File(borrow_bytes(bytes_of(*owner), owner));
}

/// NAXIS1 = 4, NAXIS2 = 3; row 0: 0 1 2 3, row 1: 256 257 258 259, row 2: -4 -3 -2 -1.
constexpr auto kShorts =
    "\x00\x00\x00\x01\x00\x02\x00\x03"
    "\x01\x00\x01\x01\x01\x02\x01\x03"
    "\xFF\xFC\xFF\xFD\xFF\xFE\xFF\xFF"sv;
const std::string kImage = image("16", {4, 3}, "", kShorts);

template <class T>
std::vector<T> read(const File& file, const ImageRequest& request) {
  Shape shape;
  std::size_t elements = 1;
  for (const auto& slice : request.selection) {
    shape.push_back(slice.count);
    elements *= slice.count;
  }
  std::vector<T> values(elements, T{99});
  read_image(file, 0, request,
             {element_type_of<T>, reinterpret_cast<std::byte*>(values.data()), shape,
              Shape(shape.size(), 0)});
  return values;
}

template <class T>
std::vector<T> read_whole(const std::string& text, bool scaled = true) {
  const auto file = open(text);
  return read<T>(file, {whole(image_layout(file, 0).shape), scaled});
}

template <class Work>
FitsError error_of(Work&& work) {
  try {
    work();
  } catch (const FitsError& error) {
    return error;
  }
  ADD_FAILURE() << "no error";
  return {ErrorCode::io, ""};
}

void expect_error(const FitsError& error, ErrorCode code, std::string_view words) {
  EXPECT_EQ(error.code(), code) << error.what();
  EXPECT_NE(std::string(error.what()).find(words), std::string::npos) << error.what();
}

TEST(ImageReader, WholeImage) {
  EXPECT_EQ(read_whole<std::int16_t>(kImage),
            (std::vector<std::int16_t>{0, 1, 2, 3, 256, 257, 258, 259, -4, -3, -2, -1}));
}

TEST(ImageReader, SectionsWithSteps) {
  const auto file = open(kImage);
  using Values = std::vector<std::int16_t>;
  EXPECT_EQ(read<std::int16_t>(file, {{{1, 1, 2}, {1, 1, 2}}, true}), (Values{257, 258, -3, -2}));
  EXPECT_EQ(read<std::int16_t>(file, {{{0, 2, 2}, {1, 2, 2}}, true}), (Values{1, 3, -3, -1}));
  EXPECT_EQ(read<std::int16_t>(file, {{{2, -2, 2}, {3, -1, 4}}, true}),
            (Values{-1, -2, -3, -4, 3, 2, 1, 0}));
  EXPECT_EQ(read<std::int16_t>(file, {{{2, 1, 1}, {3, -3, 2}}, true}), (Values{-1, -4}));
  EXPECT_EQ(read<std::int16_t>(file, {{{0, 1, 3}, {2, 1, 1}}, true}), (Values{2, 258, -2}));
  EXPECT_EQ(read<std::int16_t>(file, {{{0, 1, 0}, {2, 1, 1}}, true}), Values{});
}

TEST(ImageReader, ABoxGoesToItsPlaceAndNowhereElse) {
  const auto file = open(kImage);
  std::vector<std::int16_t> values(5 * 6, 77);
  const ImageRequest request{{{1, 1, 2}, {0, 1, 3}}, true};
  read_image(file, 0, request,
             {ElementType::i16, reinterpret_cast<std::byte*>(values.data()), {5, 6}, {2, 1}});
  std::vector<std::int16_t> expected(5 * 6, 77);
  expected[2 * 6 + 1] = 256;
  expected[2 * 6 + 2] = 257;
  expected[2 * 6 + 3] = 258;
  expected[3 * 6 + 1] = -4;
  expected[3 * 6 + 2] = -3;
  expected[3 * 6 + 3] = -2;
  EXPECT_EQ(values, expected);
}

TEST(ImageReader, ThousandsOfRuns) {
  std::string data(600 * 1100, '\0');
  for (std::size_t i = 0; i < data.size(); ++i) data[i] = static_cast<char>(i % 251);
  const auto text = image("8", {600, 1100}, "", data);
  const auto column = read<std::uint8_t>(open(text), {{{1099, -1, 1100}, {7, 1, 1}}, true});
  ASSERT_EQ(column.size(), 1100u);
  for (std::size_t i = 0; i < column.size(); ++i) {
    ASSERT_EQ(column[i], ((1099 - i) * 600 + 7) % 251) << i;
  }
}

TEST(ImageReader, ScaledAndStored) {
  const auto text =
      image("16", {4, 3}, card_text("BSCALE", "0.5") + card_text("BZERO", "10"), kShorts);
  const std::vector<float> scaled{10, 10.5, 11, 11.5, 138, 138.5, 139, 139.5, 8, 8.5, 9, 9.5};
  EXPECT_EQ(read_whole<float>(text), scaled);
  EXPECT_EQ(read_whole<double>(text), std::vector<double>(scaled.begin(), scaled.end()));
  EXPECT_EQ(read_whole<std::int16_t>(text, false), read_whole<std::int16_t>(kImage));
  EXPECT_EQ(read<float>(open(text), {{{2, 1, 1}, {3, -2, 2}}, true}),
            (std::vector<float>{9.5, 8.5}));
}

TEST(ImageReader, UnsignedIntegers) {
  const auto text =
      image("16", {4}, card_text("BZERO", "32768"), "\x80\x00\x00\x00\x7F\xFF\xFF\xFF"sv);
  EXPECT_EQ(read_whole<std::uint16_t>(text), (std::vector<std::uint16_t>{0, 32768, 65535, 32767}));
  EXPECT_EQ(read_whole<std::int16_t>(text, false),
            (std::vector<std::int16_t>{-32768, 0, 32767, -1}));
}

TEST(ImageReader, BlankIsNan) {
  const auto text = image("16", {4, 3}, card_text("BLANK", "-3"), kShorts);
  const auto values = read_whole<float>(text);
  for (std::size_t i = 0; i < values.size(); ++i) EXPECT_EQ(std::isnan(values[i]), i == 9) << i;
  EXPECT_EQ(values[8], -4.0F);
  EXPECT_EQ(read_whole<std::int16_t>(text, false)[9], -3);
}

TEST(ImageReader, BlankOfAFloatImageIsIgnored) {
  const auto text = image("-32", {3}, card_text("BLANK", "0"),
                          "\x00\x00\x00\x00\x3F\x80\x00\x00\xFF\x80\x00\x00"sv);
  const auto file = open(text);
  EXPECT_EQ(read<float>(file, {{{0, 1, 3}}, true}),
            (std::vector<float>{0, 1, -std::numeric_limits<float>::infinity()}));
  const auto warnings = file.take_warnings();
  ASSERT_EQ(warnings.size(), 1u);
  EXPECT_NE(warnings[0].find("HDU 0"), std::string::npos) << warnings[0];
  EXPECT_NE(warnings[0].find("BLANK"), std::string::npos) << warnings[0];
}

TEST(ImageReader, AZeroAxisGivesNothing) {
  const auto text = image("-64", {0, 2147483647, 2147483647, 2147483647}, "", "");
  EXPECT_TRUE(read_whole<double>(text).empty());
}

TEST(ImageReader, ATypeThatCannotHoldAValue) {
  const auto half = image("-32", {1}, "", "\x3F\x00\x00\x00"sv);
  expect_error(error_of([&] { read_whole<std::int16_t>(half); }), ErrorCode::value, "0.5");
  expect_error(error_of([&] { read_whole<std::uint8_t>(kImage); }), ErrorCode::value, "HDU 0");
  expect_error(error_of([&] {
                 const auto file = open(kImage);
                 std::byte value{};
                 read_image(file, 0, {{{0, 1, 1}, {0, 1, 1}}, true},
                            {ElementType::boolean, &value, {1, 1}, {0, 0}});
               }),
               ErrorCode::type, "bool");
}

TEST(ImageReader, TruncatedDataWriteNothing) {
  const auto text = kImage.substr(0, 2880 + 23);
  const auto file = open(text);
  std::int16_t value = 42;
  const ImageDestination destination{
      ElementType::i16, reinterpret_cast<std::byte*>(&value), {1, 1}, {0, 0}};
  const auto error =
      error_of([&] { read_image(file, 0, {{{0, 1, 1}, {0, 1, 1}}, true}, destination); });
  expect_error(error, ErrorCode::truncated, "HDU 0");
  expect_error(error, ErrorCode::truncated, "1 missing");
  EXPECT_EQ(value, 42);
}

TEST(ImageReader, MissingPaddingIsNoTruncation) {
  const auto text = kImage.substr(0, 2880 + 24);
  EXPECT_EQ(read_whole<std::int16_t>(text).back(), -1);
}

TEST(ImageReader, AHeaderAloneNamesTheHdusWithData) {
  const auto text = image("8", {}, "", "") + header_blocks({{"XTENSION", "'IMAGE   '"},
                                                            {"BITPIX", "8"},
                                                            {"NAXIS", "1"},
                                                            {"NAXIS1", "2"},
                                                            {"PCOUNT", "0"},
                                                            {"GCOUNT", "1"},
                                                            {"EXTNAME", "'SCI'"}});
  const auto file = open(text + padded_to_block("ab", '\0'));
  expect_error(error_of([&] { static_cast<void>(image_layout(file, 0)); }), ErrorCode::no_data,
               "1 'SCI'");
  expect_error(error_of([&] { static_cast<void>(image_layout(file, 2)); }), ErrorCode::hdu_index,
               "no HDU 2");
}

std::string extension(std::string_view kind, std::initializer_list<testing::KeyValue> more) {
  auto text = card_text("XTENSION", kind) + card_text("BITPIX", "8") + card_text("NAXIS", "2") +
              card_text("NAXIS1", "1") + card_text("NAXIS2", "3") + card_text("PCOUNT", "0") +
              card_text("GCOUNT", "1") + card_text("TFIELDS", "1") +
              card_text("TFORM1", kind == "'TABLE   '" ? "'A1'" : "'1B'");
  for (const auto& [keyword, value] : more) text += card_text(keyword, value);
  text += "END";
  text.resize(kBlockSize, ' ');
  return kImage + text + padded_to_block("abc", '\0');
}

void expect_no_image(const std::string& text, std::size_t hdu, ErrorCode code,
                     std::string_view words) {
  const auto file = open(text);
  std::byte value{};
  expect_error(error_of([&] {
                 read_image(file, hdu, {{{0, 1, 1}, {0, 1, 1}}, true},
                            {ElementType::u8, &value, {1, 1}, {0, 0}});
               }),
               code, words);
}

TEST(ImageReader, OtherKindsAreNamed) {
  expect_no_image(extension("'BINTABLE'", {}), 1, ErrorCode::type,
                  "HDU 1: not an image but of kind 'table'");
  expect_no_image(extension("'TABLE   '", {{"TBCOL1", "1"}}), 1, ErrorCode::type, "'ascii_table'");
  expect_no_image(extension("'FOREIGN '", {{"EXTNAME", "'F'"}}), 1, ErrorCode::type, "'unknown'");
  expect_no_image(extension("'BINTABLE'", {{"ZIMAGE", "T"},
                                           {"ZCMPTYPE", "'LZW_9'"},
                                           {"ZBITPIX", "8"},
                                           {"ZNAXIS", "1"},
                                           {"ZNAXIS1", "9"}}),
                  1, ErrorCode::unsupported, "ZCMPTYPE = 'LZW_9'");
  const auto groups =
      card_text("GROUPS", "T") + card_text("PCOUNT", "1") + card_text("GCOUNT", "1");
  expect_no_image(image("8", {0, 2}, groups, "abc"), 0, ErrorCode::type, "'random_groups'");
}

TEST(ImageReader, AnUnreadableLayoutNamesItsHdu) {
  expect_no_image(image("16", {4, 3}, card_text("BSCALE", "'x'"), kShorts), 0, ErrorCode::format,
                  "HDU 0 'PRIMARY': BSCALE");
  expect_no_image(image("8", std::vector<int>(65, 1), "", "a"), 0, ErrorCode::unsupported,
                  "65 axes");
}

TEST(ImageReader, StatsCountWhatWasSelected) {
  const auto file = open(image("16", {4, 3}, card_text("BSCALE", "2.0"), kShorts));
  static_cast<void>(image_layout(file, 0));
  reset_stats();
  static_cast<void>(read<double>(file, {{{0, 1, 2}, {0, 1, 4}}, true}));
  EXPECT_EQ(stats().bytes_read, 16u);
  EXPECT_EQ(stats().bytes_decoded, 16u);
  EXPECT_EQ(stats().bytes_written, 64u);
  static_cast<void>(read<std::int16_t>(file, {{{2, 1, 1}, {0, 3, 2}}, false}));
  EXPECT_EQ(stats().bytes_decoded, 20u);
  EXPECT_EQ(stats().bytes_written, 68u);
}

}  // namespace
}  // namespace torchfits
