// SPDX-License-Identifier: BSD-3-Clause
#include <gtest/gtest.h>

#include <string>
#include <utility>
#include <vector>

#include "base/error.h"
#include "fits/layout.h"
#include "header_text.h"

namespace torchfits {
namespace {

using testing::bytes_of;
using testing::card_text;

using Rule = ElementCoding::Rule;
using Cards = std::vector<std::pair<std::string, std::string>>;
using Shape = std::vector<std::uint64_t>;

std::string header(const Cards& cards) {
  std::string text;
  for (const auto& [keyword, value] : cards) text += card_text(keyword, value);
  text += "END";
  text = testing::padded_to_block(std::move(text), ' ');
  return text;
}

struct Made {
  Layout layout;
  std::vector<std::string> warnings;
};

Made make(std::size_t index, const Cards& cards) {
  const auto text = header(cards);
  const auto hdu = std::get<HduRecord>(scan_hdu(index, 0, bytes_of(text), true));
  Made made;
  made.layout = read_layout(hdu, made.warnings);
  return made;
}

ErrorCode error_of(std::size_t index, const Cards& cards, std::string_view word) {
  try {
    static_cast<void>(make(index, cards));
  } catch (const FitsError& error) {
    EXPECT_NE(error.problem().find(word), std::string::npos) << error.what();
    return error.code();
  }
  ADD_FAILURE() << "no error";
  return ErrorCode::io;
}

/// A primary image of one axis with more cards.
Cards line_image(const std::string& bitpix, const Cards& more) {
  Cards cards{{"SIMPLE", "T"}, {"BITPIX", bitpix}, {"NAXIS", "1"}, {"NAXIS1", "3"}};
  cards.insert(cards.end(), more.begin(), more.end());
  return cards;
}

ElementCoding coding_of(const std::string& bitpix, const Cards& more) {
  return std::get<ImageLayout>(make(0, line_image(bitpix, more)).layout).coding;
}

Cards cube(std::size_t axes) {
  Cards cards{{"SIMPLE", "T"}, {"BITPIX", "8"}, {"NAXIS", std::to_string(axes)}};
  for (std::size_t n = 1; n <= axes; ++n) cards.emplace_back("NAXIS" + std::to_string(n), "1");
  return cards;
}

TEST(Layout, TheLastAxisOfTheFileComesFirst) {
  const auto made = make(0, {{"SIMPLE", "T"},
                             {"BITPIX", "-64"},
                             {"NAXIS", "3"},
                             {"NAXIS1", "5"},
                             {"NAXIS2", "4"},
                             {"NAXIS3", "2"}});
  const auto& image = std::get<ImageLayout>(made.layout);
  EXPECT_EQ(image.shape, (Shape{2, 4, 5}));
  EXPECT_EQ(image.coding.stored, ElementType::f64);
  EXPECT_EQ(image.coding.natural, ElementType::f64);
  EXPECT_EQ(image.coding.rule, Rule::copy);
  EXPECT_TRUE(made.warnings.empty());
}

TEST(Layout, NoAxesIsAnImageWithoutShape) {
  const auto made = make(0, {{"SIMPLE", "T"}, {"BITPIX", "8"}, {"NAXIS", "0"}});
  EXPECT_TRUE(std::get<ImageLayout>(made.layout).shape.empty());
}

TEST(Layout, ATensorHasAtMost64Axes) {
  EXPECT_EQ(std::get<ImageLayout>(make(0, cube(64)).layout).shape, Shape(64, 1));
  EXPECT_EQ(error_of(0, cube(65), "65 axes"), ErrorCode::unsupported);
}

// FITS 4.0 Table 11: the integers of the unsigned and signed-byte conventions are exact.
TEST(Layout, ConventionsOfIntegersKeepTheirSize) {
  const auto natural = [](const std::string& bitpix, const std::string& bzero) {
    const auto coding = coding_of(bitpix, {{"BZERO", bzero}, {"BSCALE", "1.0"}});
    EXPECT_EQ(coding.rule, Rule::offset) << bitpix;
    return coding.natural;
  };
  EXPECT_EQ(natural("8", "-128"), ElementType::i8);
  EXPECT_EQ(natural("16", "32768"), ElementType::u16);
  EXPECT_EQ(natural("32", "2147483648.0"), ElementType::u32);
  EXPECT_EQ(natural("64", "9223372036854775808"), ElementType::u64);
}

TEST(Layout, ScaledPixelsAreFloats) {
  const auto natural = [](const std::string& bitpix) {
    const auto coding = coding_of(bitpix, {{"BSCALE", "2"}, {"BZERO", "-1.5D1"}});
    EXPECT_EQ(coding.rule, Rule::scale) << bitpix;
    EXPECT_EQ(coding.scaling.scale, 2.0);
    EXPECT_EQ(coding.scaling.zero, -15.0);
    return coding.natural;
  };
  EXPECT_EQ(natural("8"), ElementType::f32);
  EXPECT_EQ(natural("16"), ElementType::f32);
  EXPECT_EQ(natural("-32"), ElementType::f32);
  EXPECT_EQ(natural("32"), ElementType::f64);
  EXPECT_EQ(natural("64"), ElementType::f64);
  EXPECT_EQ(natural("-64"), ElementType::f64);
}

TEST(Layout, AScalingKeywordWithoutValueIsAbsent) {
  const auto coding = coding_of("16", {{"BSCALE", ""}, {"BZERO", ""}});
  EXPECT_EQ(coding.rule, Rule::copy);
  EXPECT_EQ(coding.natural, ElementType::i16);
}

TEST(Layout, AScalingKeywordThatIsNoNumberIsAnError) {
  EXPECT_EQ(error_of(0, line_image("16", {{"BSCALE", "'abc'"}}), "BSCALE"), ErrorCode::format);
  EXPECT_EQ(error_of(0, line_image("16", {{"BZERO", "T"}}), "BZERO"), ErrorCode::format);
  EXPECT_EQ(error_of(0, line_image("16", {{"BZERO", "1E999"}}), "BZERO"), ErrorCode::format);
}

TEST(Layout, BlankMakesFloatsWithNan) {
  const auto short_blank = coding_of("16", {{"BLANK", "-32768"}});
  EXPECT_EQ(short_blank.null, -32768);
  EXPECT_EQ(short_blank.natural, ElementType::f32);
  EXPECT_EQ(short_blank.rule, Rule::scale);
  EXPECT_EQ(short_blank.unscaled().natural, ElementType::i16);
  EXPECT_EQ(short_blank.unscaled().null, std::nullopt);
  EXPECT_EQ(coding_of("32", {{"BLANK", "0"}}).natural, ElementType::f64);
  EXPECT_EQ(coding_of("16", {{"BLANK", "5"}, {"BZERO", "32768"}}).natural, ElementType::f32);
}

TEST(Layout, BlankIsAnIntegerOrIgnoredWithAWarning) {
  const auto blank = [](const std::string& bitpix, const std::string& value, std::size_t warnings) {
    const auto made = make(0, line_image(bitpix, {{"BLANK", value}}));
    EXPECT_EQ(made.warnings.size(), warnings) << bitpix << ' ' << value;
    for (const auto& warning : made.warnings) EXPECT_EQ(warning.find("BLANK"), 0u) << warning;
    return std::get<ImageLayout>(made.layout).coding.null;
  };
  EXPECT_EQ(blank("16", "-7", 0), -7);
  EXPECT_EQ(blank("16", "-7.0", 1), -7);
  EXPECT_EQ(blank("16", "1.5", 1), std::nullopt);
  EXPECT_EQ(blank("16", "'none'", 1), std::nullopt);
  EXPECT_EQ(blank("16", "", 0), std::nullopt);
  EXPECT_EQ(blank("-32", "-7", 1), std::nullopt);
  EXPECT_EQ(blank("-64", "-7", 1), std::nullopt);
}

Cards extension(const std::string& kind, const Cards& more) {
  Cards cards{{"XTENSION", kind}, {"BITPIX", "8"}, {"NAXIS", "2"}, {"NAXIS1", "8"},
              {"NAXIS2", "6"},    {"PCOUNT", "0"}, {"GCOUNT", "1"}};
  cards.insert(cards.end(), more.begin(), more.end());
  return cards;
}

TEST(Layout, BinaryTable) {
  const auto made =
      make(1, extension("'BINTABLE'", {{"TFIELDS", "1"}, {"TFORM1", "'2J'"}, {"TTYPE1", "'XY'"}}));
  const auto& table = std::get<TableLayout>(made.layout);
  EXPECT_EQ(table.rows, 6u);
  EXPECT_EQ(table.row_bytes, 8u);
  ASSERT_EQ(table.columns.size(), 1u);
  EXPECT_EQ(table.columns[0].name, "XY");
  EXPECT_EQ(table.columns[0].shape, Shape{2});
}

TEST(Layout, AsciiTable) {
  const auto made = make(1, extension("'TABLE   '", {{"TFIELDS", "0"}}));
  EXPECT_EQ(std::get<AsciiTableLayout>(made.layout).table.rows, 6u);
  EXPECT_EQ(std::get<AsciiTableLayout>(made.layout).table.row_bytes, 8u);
  EXPECT_EQ(find_table(made.layout), &std::get<AsciiTableLayout>(made.layout).table);
  const Cards line{{"XTENSION", "'TABLE   '"}, {"BITPIX", "8"}, {"NAXIS", "1"}, {"NAXIS1", "8"}};
  EXPECT_EQ(error_of(1, line, "NAXIS"), ErrorCode::format);
}

TEST(Layout, RandomGroups) {
  const auto made = make(0, {{"SIMPLE", "T"},
                             {"BITPIX", "16"},
                             {"NAXIS", "3"},
                             {"NAXIS1", "0"},
                             {"NAXIS2", "4"},
                             {"NAXIS3", "2"},
                             {"GROUPS", "T"},
                             {"PCOUNT", "3"},
                             {"GCOUNT", "5"}});
  const auto& groups = std::get<RandomGroupsLayout>(made.layout);
  EXPECT_EQ(groups.table.rows, 5u);
  EXPECT_EQ(groups.table.columns.size(), 3u + 1u);
  EXPECT_EQ(find_table(made.layout), &groups.table);
  EXPECT_EQ(groups.shape, (Shape{2, 4}));
}

TEST(Layout, AnExtensionOfAnotherKindIsUnknown) {
  const auto made = make(1, extension("'FOREIGN '", {}));
  EXPECT_TRUE(std::holds_alternative<UnknownLayout>(made.layout));
  EXPECT_TRUE(made.warnings.empty());
}

// FITS 4.0 section 7.1.1: GCOUNT of an image is 1. With GCOUNT = 0 its size would be no bytes, and
// its axes would still promise pixels.
TEST(Layout, AnImageWithoutGroupsHasTheBytesOfItsAxes) {
  auto cards = extension("'IMAGE   '", {});
  cards.back() = {"GCOUNT", "0"};
  const auto text = header(cards);
  const auto hdu = std::get<HduRecord>(scan_hdu(1, 0, bytes_of(text), true));
  EXPECT_EQ(hdu.data_bytes, 48u);
  ASSERT_EQ(hdu.warnings.size(), 1u);
  EXPECT_NE(hdu.warnings[0].find("GCOUNT"), std::string::npos);
}

}  // namespace
}  // namespace torchfits
