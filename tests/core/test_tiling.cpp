// SPDX-License-Identifier: BSD-3-Clause
#include <gtest/gtest.h>

#include <string>
#include <vector>

#include "base/error.h"
#include "encode/tiling.h"
#include "fits/image_header.h"

namespace torchfits {
namespace {

TiledImageLayout layout_of(ElementType type, std::vector<std::uint64_t> shape,
                           const Compression& wish = {}) {
  return tiled_layout_of({std::move(shape), image_storage(type)}, wish);
}

std::string forms(const TiledImageLayout& layout) {
  std::string text;
  for (const auto& column : layout.table.columns)
    text += (text.empty() ? "" : " ") + column.ttype + ":" + column.form.str();
  return text;
}

std::string refusal(ElementType type, std::vector<std::uint64_t> shape, const Compression& wish) {
  try {
    static_cast<void>(layout_of(type, std::move(shape), wish));
  } catch (const FitsError& error) {
    EXPECT_EQ(error.code(), ErrorCode::value);
    return error.problem();
  }
  return "";
}

TEST(Tiling, ATileIsALineByDefault) {
  const auto layout = layout_of(ElementType::i16, {3, 40, 50});
  EXPECT_EQ(layout.tile, (std::vector<std::uint64_t>{1, 1, 50}));
  EXPECT_EQ(layout.table.rows, 120U);
  EXPECT_EQ(layout.rice_bytes, 2U);
  EXPECT_EQ(forms(layout), "COMPRESSED_DATA:PB");
  EXPECT_EQ(layout.table.heap_offset, 120U * 8U);
}

TEST(Tiling, QuantisedFloatsHaveColumnsForTheirScale) {
  EXPECT_EQ(forms(layout_of(ElementType::f64, {4, 4})),
            "COMPRESSED_DATA:PB GZIP_COMPRESSED_DATA:PB ZSCALE:D ZZERO:D");
  const auto lossless = layout_of(ElementType::f32, {4, 4},
                                  {.algorithm = TileAlgorithm::gzip_2, .quantize_level = 0});
  EXPECT_FALSE(lossless.quantized);
  EXPECT_EQ(forms(lossless), "COMPRESSED_DATA:PB");
}

TEST(Tiling, T34LongDescriptorsWhereTheHeapMayOutgrowShortOnes) {
  EXPECT_EQ(forms(layout_of(ElementType::i32, {18000, 18000})), "COMPRESSED_DATA:PB");
  EXPECT_EQ(forms(layout_of(ElementType::i32, {19000, 19000})), "COMPRESSED_DATA:QB");
  EXPECT_EQ(forms(layout_of(ElementType::f64, {13500, 13500})),
            "COMPRESSED_DATA:QB GZIP_COMPRESSED_DATA:QB ZSCALE:D ZZERO:D");
  EXPECT_EQ(forms(layout_of(ElementType::i32, {19000, 19000}, {.algorithm = TileAlgorithm::plio})),
            "COMPRESSED_DATA:QI");
  // Many small tiles weigh more than their pixels.
  EXPECT_EQ(
      forms(layout_of(ElementType::u8, {5000, 5000}, {.tile = std::vector<std::uint64_t>{1, 1}})),
      "COMPRESSED_DATA:QB");
}

TEST(Tiling, LongIntegersKeepTheirRawTilesWhereAllReadersFindThem) {
  const Compression raw{.algorithm = TileAlgorithm::none};
  EXPECT_EQ(forms(layout_of(ElementType::f32, {4, 4}, raw)),
            "COMPRESSED_DATA:PB UNCOMPRESSED_DATA:PE");
  EXPECT_EQ(forms(layout_of(ElementType::i64, {4, 4}, raw)), "COMPRESSED_DATA:PB");
}

TEST(Tiling, WhatCannotBeIsRefusedWithWhatCan) {
  const auto plio = refusal(ElementType::u16, {4, 4}, {.algorithm = TileAlgorithm::plio});
  EXPECT_NE(plio.find("int32"), std::string::npos) << plio;
  const auto rice = refusal(ElementType::f32, {4, 4}, {.quantize_level = 0});
  EXPECT_NE(rice.find("GZIP_2"), std::string::npos) << rice;
  EXPECT_NE(refusal(ElementType::u8, {4, 0}, {}), "");
  EXPECT_NE(refusal(ElementType::u8, {4, 4}, {.tile = std::vector<std::uint64_t>{4}}), "");
}

TEST(Tiling, OnlyGzipAndRawTilesKeepLongIntegers) {
  using enum TileAlgorithm;
  for (const auto algorithm : {rice, hcompress, plio}) {
    EXPECT_TRUE(narrows(algorithm, ElementType::u64));
    EXPECT_FALSE(narrows(algorithm, ElementType::i32));
  }
  for (const auto algorithm : {gzip_1, gzip_2, none})
    EXPECT_FALSE(narrows(algorithm, ElementType::i64));
}

}  // namespace
}  // namespace torchfits
