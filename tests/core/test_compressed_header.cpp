// SPDX-License-Identifier: BSD-3-Clause
#include <gtest/gtest.h>

#include <string>
#include <utility>
#include <vector>

#include "fits/compressed_header.h"
#include "header_text.h"

namespace torchfits {
namespace {

using testing::bytes_of;
using testing::card_text;
using testing::padded_to_block;

/// `text` filled up to a card.
std::string line(std::string text) {
  text.resize(kCardSize, ' ');
  return text;
}

HduRecord scanned(const std::string& cards) {
  const auto text = padded_to_block(cards + "END", ' ');
  return std::get<HduRecord>(scan_hdu(1, 0, bytes_of(text), true));
}

/// The mandatory cards of a table of `tiles` rows of `width` bytes and `fields` columns.
std::string outer(const std::string& width, const std::string& tiles, const std::string& fields) {
  return card_text("XTENSION", "'BINTABLE'") + card_text("BITPIX", "8") + card_text("NAXIS", "2") +
         card_text("NAXIS1", width) + card_text("NAXIS2", tiles) + card_text("PCOUNT", "100") +
         card_text("GCOUNT", "1") + card_text("TFIELDS", fields);
}

std::string tile_columns() {
  return card_text("TTYPE1", "'COMPRESSED_DATA'") + card_text("TFORM1", "'1PB(9)'") +
         card_text("TUNIT1", "'byte'");
}

/// Each card without its trailing blanks.
std::vector<std::string> lines(const Header& header) {
  std::vector<std::string> found;
  for (std::size_t at = 0; at < header.text().size(); at += kCardSize) {
    auto text = header.text().substr(at, kCardSize);
    text.erase(text.find_last_not_of(' ') + 1);
    found.push_back(text);
  }
  return found;
}

using Lines = std::vector<std::string>;

TEST(CompressedHeader, t36_an_image_extension) {
  const auto hdu = scanned(
      outer("8", "2", "1") + tile_columns() + card_text("ZIMAGE", "T") +
      line("ZTENSION= 'IMAGE   '           / it was an extension") + card_text("EXTNAME", "'SCI'") +
      card_text("ZCMPTYPE", "'RICE_1'") + card_text("ZNAME1", "'BLOCKSIZE'") +
      card_text("ZVAL1", "32") + line("ZBITPIX =                   16 / two bytes") +
      card_text("ZNAXIS2", "2") + card_text("ZNAXIS1", "3") + card_text("ZNAXIS", "2") +
      card_text("ZTILE1", "3") + card_text("ZTILE2", "1") + card_text("ZGCOUNT", "1") +
      card_text("ZPCOUNT", "0") + line("COMMENT ZBITPIX = 8 is only text") +
      line("HIERARCH ZTILE1 = 5 / not ours") + card_text("ZEROCOR", "1.5") +
      line("LONG    = 'one &'") + line("CONTINUE  'two'") + card_text("TUNIT2", "'kept'") +
      card_text("ZHECKSUM", "'abc'") + card_text("CHECKSUM", "'outer'") +
      card_text("DATASUM", "'0'") + line("HISTORY made") + line(""));
  ASSERT_EQ(hdu.kind, HduKind::compressed_image);
  EXPECT_EQ(lines(uncompressed_header(hdu)),
            (Lines{"XTENSION= 'IMAGE   '           / it was an extension",
                   "BITPIX  =                   16 / two bytes", "NAXIS   =                    2",
                   "NAXIS1  =                    3", "NAXIS2  =                    2",
                   "PCOUNT  =                    0", "GCOUNT  =                    1",
                   "EXTNAME =                'SCI'", "COMMENT ZBITPIX = 8 is only text",
                   "HIERARCH ZTILE1 = 5 / not ours", "ZEROCOR =                  1.5",
                   "LONG    = 'one &'", "CONTINUE  'two'", "TUNIT2  =               'kept'",
                   "CHECKSUM=                'abc'", "HISTORY made", ""}));
}

TEST(CompressedHeader, t36_a_primary_array) {
  const auto hdu =
      scanned(outer("8", "1", "1") + tile_columns() + card_text("ZIMAGE", "T") +
              card_text("EXTNAME", "'COMPRESSED_IMAGE'") + card_text("ZBITPIX", "8") +
              line("ZSIMPLE =                    T / conforms") + card_text("ZNAXIS", "1") +
              card_text("ZNAXIS1", "3") + card_text("OBJECT", "'M13'") + card_text("EXTEND", "F") +
              line("ZEXTEND =                    T / more") + card_text("ZDATASUM", "'7'"));
  EXPECT_EQ(lines(uncompressed_header(hdu)),
            (Lines{"SIMPLE  =                    T / conforms", "BITPIX  =                    8",
                   "NAXIS   =                    1", "NAXIS1  =                    3",
                   "OBJECT  =                'M13'", "EXTEND  =                    T / more",
                   "DATASUM =                  '7'"}));
}

TEST(CompressedHeader, t36_what_an_image_needs_is_added) {
  const auto hdu = scanned(outer("8", "1", "1") + tile_columns() + card_text("ZIMAGE", "T") +
                           card_text("ZBITPIX", "8") + card_text("ZNAXIS", "0"));
  const auto header = uncompressed_header(hdu);
  EXPECT_EQ(header.string("XTENSION"), "IMAGE");
  EXPECT_EQ(header.integer("PCOUNT"), 0);
  EXPECT_EQ(header.integer("GCOUNT"), 1);
  EXPECT_EQ(header.size(), 5U);
}

TEST(CompressedHeader, t28_zblank_of_integers_is_blank) {
  const auto with = [](const std::string& bitpix, const std::string& more) {
    return uncompressed_header(scanned(
        outer("8", "1", "1") + tile_columns() + card_text("ZIMAGE", "T") +
        card_text("ZBITPIX", bitpix) + card_text("ZNAXIS", "0") + card_text("ZBLANK", "-5") +
        card_text("ZSCALE", "2.0") + card_text("ZZERO", "1.0") + more));
  };
  EXPECT_EQ(with("16", "").integer("BLANK"), -5);
  EXPECT_EQ(with("16", card_text("BLANK", "-9")).integer("BLANK"), -9);
  EXPECT_EQ(with("16", card_text("BLANK", "-9")).count("BLANK"), 1U);
  EXPECT_FALSE(with("-32", "").find("BLANK"));
  for (const auto* keyword : {"ZBLANK", "ZSCALE", "ZZERO"}) {
    EXPECT_FALSE(with("16", "").find(keyword)) << keyword;
  }
}

TEST(CompressedHeader, t39_a_table) {
  const auto hdu = scanned(
      outer("32", "1", "2") + card_text("TTYPE1", "'A'") + card_text("TFORM1", "'1QB(5)'") +
      card_text("TUNIT1", "'m'") + card_text("TFORM2", "'1QB(7)'") + card_text("THEAP", "32") +
      card_text("EXTNAME", "'T'") + card_text("ZTABLE", "T") + card_text("ZTILELEN", "10") +
      line("ZNAXIS1 =                    6 / of a row") + card_text("ZNAXIS2", "10") +
      card_text("ZPCOUNT", "0") + line("ZFORM1  = '1J      '           / whole numbers") +
      card_text("ZFORM2", "'1I'") + card_text("ZCTYP1", "'RICE_1'") +
      card_text("ZCTYP2", "'GZIP_2'") + card_text("ZTHEAP", "60") + card_text("ZDATASUM", "'1'") +
      card_text("CHECKSUM", "'outer'") + card_text("DATASUM", "'outer'") + line("HISTORY end"));
  ASSERT_TRUE(is_compressed_table(hdu));
  EXPECT_EQ(
      lines(uncompressed_header(hdu)),
      (Lines{"XTENSION=           'BINTABLE'", "BITPIX  =                    8",
             "NAXIS   =                    2", "NAXIS1  =                    6 / of a row",
             "NAXIS2  =                   10", "PCOUNT  =                    0",
             "GCOUNT  =                    1", "TFIELDS =                    2",
             "TTYPE1  =                  'A'", "TFORM1  = '1J      '           / whole numbers",
             "TUNIT1  =                  'm'", "TFORM2  =                 '1I'",
             "EXTNAME =                  'T'", "THEAP   =                   60",
             "DATASUM =                  '1'", "HISTORY end"}));
}

TEST(CompressedHeader, other_hdus_keep_theirs) {
  const auto cards = outer("8", "1", "1") + tile_columns();
  for (const auto* value : {"F", "'T'", "1"}) {
    const auto hdu = scanned(cards + card_text("ZTABLE", value));
    EXPECT_FALSE(is_compressed_table(hdu)) << value;
    EXPECT_EQ(uncompressed_header(hdu).text(), hdu.header.text());
  }
}

}  // namespace
}  // namespace torchfits
