// SPDX-License-Identifier: BSD-3-Clause
#include <gtest/gtest.h>

#include "base/error.h"
#include "fits/scan.h"
#include "header_text.h"

namespace torchfits {
namespace {

using testing::bytes_of;
using testing::card_text;
using testing::header_blocks;

HduRecord scanned(const std::string& text, std::size_t index = 0, std::uint64_t offset = 0) {
  return std::get<HduRecord>(scan_hdu(index, offset, bytes_of(text), true));
}

ErrorCode error_of(const std::string& text, std::size_t index = 0) {
  try {
    static_cast<void>(scan_hdu(index, 0, bytes_of(text), true));
  } catch (const FitsError& error) {
    return error.code();
  }
  ADD_FAILURE() << "no error";
  return ErrorCode::io;
}

TEST(Scan, PrimaryImage) {
  const auto hdu = scanned(header_blocks(
      {{"SIMPLE", "T"}, {"BITPIX", "-32"}, {"NAXIS", "2"}, {"NAXIS1", "10"}, {"NAXIS2", "3"}}));
  EXPECT_EQ(hdu.kind, HduKind::image);
  EXPECT_EQ(hdu.axes, (std::vector<std::uint64_t>{10, 3}));
  EXPECT_EQ(hdu.data_offset, 2880u);
  EXPECT_EQ(hdu.data_bytes, 120u);
  EXPECT_EQ(hdu.end(), 5760u);
  EXPECT_EQ(hdu.name(), "PRIMARY");
  EXPECT_TRUE(hdu.warnings.empty());
}

// FITS 4.0 section 4.4.1.2, equation 2: |BITPIX| * GCOUNT * (PCOUNT + NAXIS1 * ... * NAXISm) bits.
TEST(Scan, ExtensionSizeCountsHeapAndGroups) {
  const auto hdu = scanned(header_blocks({{"XTENSION", "'BINTABLE'"},
                                          {"BITPIX", "8"},
                                          {"NAXIS", "2"},
                                          {"NAXIS1", "12"},
                                          {"NAXIS2", "5"},
                                          {"PCOUNT", "7"},
                                          {"GCOUNT", "1"}}),
                           1, 5760);
  EXPECT_EQ(hdu.kind, HduKind::table);
  EXPECT_EQ(hdu.data_bytes, 67u);
  EXPECT_EQ(hdu.data_offset, 8640u);
}

// Section 6.1.1, equation 4: NAXIS1 = 0 is left out of the product.
TEST(Scan, RandomGroups) {
  const auto hdu = scanned(header_blocks({{"SIMPLE", "T"},
                                          {"BITPIX", "16"},
                                          {"NAXIS", "3"},
                                          {"NAXIS1", "0"},
                                          {"NAXIS2", "4"},
                                          {"NAXIS3", "2"},
                                          {"GROUPS", "T"},
                                          {"PCOUNT", "3"},
                                          {"GCOUNT", "5"}}));
  EXPECT_EQ(hdu.kind, HduKind::random_groups);
  EXPECT_EQ(hdu.data_bytes, 2u * 5 * (3 + 8));
}

TEST(Scan, GroupsWithoutZeroAxisIsAnImage) {
  const auto hdu =
      scanned(header_blocks({{"SIMPLE", "T"}, {"BITPIX", "8"}, {"NAXIS", "0"}, {"GROUPS", "T"}}));
  EXPECT_EQ(hdu.kind, HduKind::image);
  EXPECT_EQ(hdu.data_bytes, 0u);
}

TEST(Scan, NonLogicalGroupsIsNoCrash) {
  const auto hdu = scanned(header_blocks(
      {{"SIMPLE", "T"}, {"BITPIX", "8"}, {"NAXIS", "1"}, {"NAXIS1", "0"}, {"GROUPS", "'yes'"}}));
  EXPECT_EQ(hdu.kind, HduKind::image);
}

TEST(Scan, CompressedImageIsToldByZimage) {
  const auto hdu = scanned(header_blocks({{"XTENSION", "'BINTABLE'"},
                                          {"BITPIX", "8"},
                                          {"NAXIS", "2"},
                                          {"NAXIS1", "8"},
                                          {"NAXIS2", "1"},
                                          {"ZIMAGE", "T"}}),
                           1);
  EXPECT_EQ(hdu.kind, HduKind::compressed_image);
}

TEST(Scan, AsksForMoreUntilEnd) {
  const auto text = header_blocks({{"SIMPLE", "T"}, {"BITPIX", "8"}, {"NAXIS", "0"}});
  EXPECT_TRUE(std::holds_alternative<NeedBytes>(scan_hdu(0, 0, bytes_of(text).first(40), false)));
  const auto step = scan_hdu(0, 0, bytes_of(text).first(160), false);
  ASSERT_TRUE(std::holds_alternative<NeedBytes>(step));
  EXPECT_GT(std::get<NeedBytes>(step).bytes, 160u);
}

TEST(Scan, EndOfFile) {
  EXPECT_TRUE(std::get<NoMoreHdus>(scan_hdu(1, 2880, {}, true)).warning.empty());
  const std::string junk(2880, '\0');
  EXPECT_FALSE(std::get<NoMoreHdus>(scan_hdu(1, 2880, bytes_of(junk), true)).warning.empty());
}

TEST(Scan, WholeFloatsAreReadWithAWarning) {
  const auto hdu = scanned(
      header_blocks({{"SIMPLE", "T"}, {"BITPIX", "8"}, {"NAXIS", "1"}, {"NAXIS1", "100."}}));
  EXPECT_EQ(hdu.axes.at(0), 100u);
  ASSERT_EQ(hdu.warnings.size(), 1u);
  EXPECT_NE(hdu.warnings[0].find("NAXIS1"), std::string::npos);
}

TEST(Scan, TheFirstOfRepeatedKeywordsWins) {
  const auto hdu = scanned(header_blocks(
      {{"SIMPLE", "T"}, {"BITPIX", "8"}, {"NAXIS", "1"}, {"NAXIS1", "4"}, {"NAXIS1", "9"}}));
  EXPECT_EQ(hdu.axes.at(0), 4u);
}

TEST(Scan, EndInsideACardIsNoEnd) {
  auto text = card_text("SIMPLE", "T") + card_text("BITPIX", "8") + card_text("NAXIS", "0");
  auto comment = std::string("COMMENT END");
  comment.resize(80, ' ');
  auto keyword = card_text("ENDING", "3");
  text += comment + keyword + "END";
  text.resize(2880, '\0');  // NULs as padding
  EXPECT_EQ(scanned(text).header.text().size(), 5u * 80);
}

TEST(Scan, Refusals) {
  EXPECT_EQ(error_of(""), ErrorCode::format);
  EXPECT_EQ(error_of(std::string(2880, 'x')), ErrorCode::format);
  EXPECT_EQ(error_of(card_text("SIMPLE", "T")), ErrorCode::truncated);
  const auto with = [](std::string_view naxis1) {
    return header_blocks(
        {{"SIMPLE", "T"}, {"BITPIX", "64"}, {"NAXIS", "2"}, {"NAXIS1", naxis1}, {"NAXIS2", "8"}});
  };
  for (const auto* bad :
       {"-1", "9223372036854775807", "99999999999999999999999", "1.5", "'2'", "T"}) {
    EXPECT_EQ(error_of(with(bad)), ErrorCode::format) << bad;
  }
  EXPECT_EQ(error_of(header_blocks({{"SIMPLE", "T"}, {"BITPIX", "8"}, {"NAXIS", "1000"}})),
            ErrorCode::format);
  EXPECT_EQ(error_of(header_blocks({{"SIMPLE", "T"}, {"BITPIX", "8"}, {"NAXIS", "1"}})),
            ErrorCode::format);
  EXPECT_EQ(
      error_of(header_blocks({{"SIMPLE", "T"}, {"BITPIX", "7"}, {"NAXIS", "1"}, {"NAXIS1", "1"}})),
      ErrorCode::format);
}

}  // namespace
}  // namespace torchfits
