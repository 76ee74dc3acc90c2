// SPDX-License-Identifier: BSD-3-Clause
#include <gtest/gtest.h>

#include <map>
#include <string>
#include <vector>

#include "base/error.h"
#include "fits/layout.h"
#include "header_text.h"

namespace torchfits {
namespace {

using testing::bytes_of;
using testing::card_text;

using Shape = std::vector<std::uint64_t>;
/// Cards by keyword; an empty value takes a card away.
using Changes = std::map<std::string, std::string>;

/// A table of 4 tiles of 5 x 30 pixels of an image of 20 x 30, with the changes.
TiledImageLayout layout_with(const Changes& changes, std::vector<std::string>* warnings = nullptr) {
  Changes cards{{"TFIELDS", "1"},         {"TTYPE1", "'COMPRESSED_DATA'"},
                {"TFORM1", "'1PB(9)'"},   {"ZIMAGE", "T"},
                {"ZCMPTYPE", "'RICE_1'"}, {"ZBITPIX", "16"},
                {"ZNAXIS", "2"},          {"ZNAXIS1", "30"},
                {"ZNAXIS2", "20"},        {"ZTILE1", "30"},
                {"ZTILE2", "5"}};
  std::string text;
  for (const auto& [keyword, value] : std::vector<std::pair<std::string, std::string>>{
           {"XTENSION", "'BINTABLE'"},
           {"BITPIX", "8"},
           {"NAXIS", "2"},
           {"NAXIS1", changes.contains("NAXIS1") ? changes.at("NAXIS1") : "8"},
           {"NAXIS2", changes.contains("NAXIS2") ? changes.at("NAXIS2") : "4"},
           {"PCOUNT", "100"},
           {"GCOUNT", "1"}})
    text += card_text(keyword, value);
  for (const auto& [keyword, value] : changes) {
    if (keyword != "NAXIS1" && keyword != "NAXIS2") cards[keyword] = value;
  }
  for (const auto& [keyword, value] : cards) {
    if (!value.empty()) text += card_text(keyword, value);
  }
  text = testing::padded_to_block(text + "END", ' ');
  const auto hdu = std::get<HduRecord>(scan_hdu(1, 0, bytes_of(text), true));
  std::vector<std::string> own;
  return std::get<TiledImageLayout>(read_layout(hdu, warnings != nullptr ? *warnings : own));
}

/// Why the pixels are refused; the shape is known all the same.
std::string refusal(const Changes& changes) {
  const auto layout = layout_with(changes);
  return layout.refused ? layout.refused->problem() : "";
}

std::string error(const Changes& changes) {
  try {
    static_cast<void>(layout_with(changes));
  } catch (const FitsError& error) {
    EXPECT_EQ(error.code(), ErrorCode::format);
    return error.problem();
  }
  return "";
}

void expect_word(const std::string& problem, const std::string& word) {
  EXPECT_NE(problem.find(word), std::string::npos) << "'" << problem << "' lacks " << word;
}

TEST(TiledLayout, IsDescribedByItsZKeywords) {
  const auto layout = layout_with({{"ZBLANK", "-5"}, {"BLANK", "-6"}, {"BSCALE", "0.5"}});
  EXPECT_FALSE(layout.refused);
  EXPECT_EQ(layout.algorithm, TileAlgorithm::rice);
  EXPECT_EQ(layout.image.shape, (Shape{20, 30}));
  EXPECT_EQ(layout.tile, (Shape{5, 30}));
  EXPECT_EQ(layout.image.coding.stored, ElementType::i16);
  EXPECT_EQ(layout.image.coding.natural, ElementType::f32);
  EXPECT_EQ(layout.image.coding.null, -5);
  EXPECT_EQ(layout.compressed, 0U);
  EXPECT_FALSE(layout.gzipped || layout.null_mask);
}

TEST(TiledLayout, BlankStandsInForZblankOfIntegers) {
  EXPECT_EQ(layout_with({{"BLANK", "-6"}}).image.coding.null, -6);
  EXPECT_EQ(layout_with({{"BLANK", "-6"}, {"ZBITPIX", "-32"}, {"ZSCALE", "1.0"}}).image.coding.null,
            std::nullopt);
}

TEST(TiledLayout, TheScalingIsReadAsThatOfAPlainImage) {
  const Changes whole{{"ZBITPIX", "64"}, {"ZCMPTYPE", "'GZIP_1'"}, {"BZERO", "9007199254740993"}};
  EXPECT_EQ(layout_with(whole).image.coding.offset, 9007199254740993);  // 2^53 + 1
  for (const auto* keyword : {"BSCALE", "BZERO"}) {
    for (const auto* value : {"'abc'", "T", "1E999", "1.2.3"}) {
      expect_word(error({{keyword, value}, {"ZBLANK", "3"}}),
                  std::string(keyword) + " is not a finite number");
    }
  }
}

TEST(TiledLayout, DefaultsAreThoseOfTheStandard) {
  const auto layout = layout_with({{"ZTILE1", ""}, {"ZTILE2", ""}, {"NAXIS2", "20"}});
  EXPECT_EQ(layout.tile, (Shape{1, 30}));  // a line
  EXPECT_EQ(layout.rice_bytes, 4U);        // section 10.4.1
  EXPECT_EQ(layout.rice_block, 32U);
  EXPECT_EQ(layout_with({{"ZTILE1", "99"}, {"ZTILE2", "99"}}).tile, (Shape{20, 30}));
}

TEST(TiledLayout, ParametersAreFoundByTheirNames) {
  const auto layout = layout_with({{"ZNAME1", "'bytepix'"},
                                   {"ZVAL1", "2"},
                                   {"ZNAME2", "'BLOCKSIZE'"},
                                   {"ZVAL2", "16"},
                                   {"ZCMPTYPE", "'RICE_ONE'"}});
  EXPECT_EQ(layout.rice_bytes, 2U);
  EXPECT_EQ(layout.rice_block, 16U);
  EXPECT_TRUE(layout_with({{"ZCMPTYPE", "'HCOMPRESS_1'"},
                           {"ZNAME1", "'SCALE'"},
                           {"ZVAL1", "4"},
                           {"ZNAME2", "'SMOOTH'"},
                           {"ZVAL2", "1"}})
                  .smooth);
  expect_word(refusal({{"ZNAME1", "'BYTEPIX'"}, {"ZVAL1", "8"}}), "64-bit RICE_1");
  expect_word(refusal({{"ZNAME1", "'BYTEPIX'"}, {"ZVAL1", "3"}}), "BYTEPIX = 3");
  expect_word(refusal({{"ZNAME1", "'BLOCKSIZE'"}, {"ZVAL1", "0"}}), "BLOCKSIZE = 0");
  expect_word(refusal({{"ZNAME1", "'BLOCKSIZE'"}}), "ZVAL1");
}

TEST(TiledLayout, FloatsAreQuantisedWhereTheyHaveScales) {
  const Changes floats{{"ZBITPIX", "-32"}, {"ZCMPTYPE", "'GZIP_2'"}, {"ZQUANTIZ", "'NO_DITHER'"}};
  EXPECT_FALSE(layout_with(floats).quantized);
  auto scaled = floats;
  scaled.insert({{"ZSCALE", "0.5"}, {"ZZERO", "3.0"}});
  EXPECT_TRUE(layout_with(scaled).quantized);
  EXPECT_EQ(layout_with(scaled).scale.keyword, 0.5);
  scaled["ZQUANTIZ"] = "'SUBTRACTIVE_DITHER_2'";
  expect_word(refusal(scaled), "ZDITHER0");
  scaled["ZDITHER0"] = "42";
  EXPECT_EQ(layout_with(scaled).dither, Dither::subtractive_2);
  EXPECT_EQ(layout_with(scaled).dither_seed, 42U);
  scaled["ZQUANTIZ"] = "'OTHER'";
  expect_word(refusal(scaled), "ZQUANTIZ = 'OTHER'");
  expect_word(refusal({{"ZBITPIX", "-64"}}), "need ZSCALE and ZZERO");
}

TEST(TiledLayout, ColumnsAreCheckedByName) {
  const auto second = [](const std::string& name, const std::string& form, const std::string& row) {
    return Changes{{"TFIELDS", "2"}, {"TTYPE2", name}, {"TFORM2", form}, {"NAXIS1", row}};
  };
  EXPECT_EQ(layout_with(second("'gzip_compressed_data'", "'1QB'", "24")).gzipped, 1U);
  EXPECT_EQ(layout_with(second("'UNCOMPRESSED_DATA'", "'1PI'", "16")).uncompressed, 1U);
  EXPECT_EQ(layout_with(second("'ZBLANK'", "'1J'", "12")).blank.column, 1U);
  expect_word(refusal(second("'ZSCALE'", "'2D'", "24")), "no single number");
  expect_word(refusal(second("'NULL_PIXEL_MASK'", "'1J'", "12")), "no variable-length array");
  expect_word(refusal({{"TTYPE1", "'DATA'"}}), "COMPRESSED_DATA is missing");
}

TEST(TiledLayout, AnIntegerImageWithNullsOfItsOwnIsReadAsFloats) {
  const auto layout = layout_with(
      {{"TFIELDS", "2"}, {"TTYPE2", "'NULL_PIXEL_MASK'"}, {"TFORM2", "'1PB'"}, {"NAXIS1", "16"}});
  EXPECT_TRUE(layout.reserved_null);
  EXPECT_EQ(layout.image.coding.null, -32768);
  EXPECT_EQ(layout.image.coding.natural, ElementType::f32);
}

TEST(TiledLayout, WhatCannotBeDescribedIsAnError) {
  expect_word(error({{"ZBITPIX", ""}}), "ZBITPIX");
  expect_word(error({{"ZBITPIX", "7"}}), "ZBITPIX = 7");
  expect_word(error({{"ZNAXIS", ""}}), "ZNAXIS");
  expect_word(error({{"ZNAXIS", "65"}}), "ZNAXIS = 65");
  expect_word(error({{"ZNAXIS", "-1"}}), "ZNAXIS = -1");
  expect_word(error({{"ZNAXIS2", ""}}), "ZNAXIS2");
  expect_word(error({{"ZNAXIS2", "-20"}}), "ZNAXIS2");
}

TEST(TiledLayout, WhatCannotBeDecodedKeepsItsShape) {
  expect_word(refusal({{"ZTILE1", "0"}}), "ZTILE1 = 0");
  expect_word(refusal({{"ZTILE2", "-3"}}), "ZTILE2 = -3");
  expect_word(refusal({{"ZTILE2", "4"}}), "5 tiles, but the table has NAXIS2 = 4 rows");
  expect_word(refusal({{"ZCMPTYPE", "'LZW_9'"}}), "ZCMPTYPE = 'LZW_9'");
  expect_word(refusal({{"ZCMPTYPE", ""}}), "ZCMPTYPE");
  expect_word(refusal({{"ZNAXIS1", "9000000000000000000"}, {"ZTILE1", "9000000000000000000"}}),
              "does not fit 63 bits");
  expect_word(
      refusal({{"ZCMPTYPE", "'HCOMPRESS_1'"}, {"ZNAXIS", "3"}, {"ZNAXIS3", "2"}, {"ZTILE3", "2"}}),
      "must be a plane");
  EXPECT_EQ(layout_with({{"ZTILE1", "0"}}).image.shape, (Shape{20, 30}));
}

}  // namespace
}  // namespace torchfits
