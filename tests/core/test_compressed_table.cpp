// SPDX-License-Identifier: BSD-3-Clause
#include <gtest/gtest.h>

#include <functional>
#include <string>
#include <vector>

#include "compressed_table_bytes.h"
#include "fits/compressed_table.h"

namespace torchfits {
namespace {

using testing::bytes_of;
using testing::CompressedTable;

/// Five rows of J, 2I and PE(3) in tiles of two; 24 bytes of heap.
CompressedTable sample() {
  CompressedTable table(16, 5, 2);
  table.column("J", "RICE_1").column("2I", "GZIP_2").column("PE(3)", "GZIP_1").pcount(24);
  for (int i = 0; i < 9; ++i) table.stream("0123456789");
  return table;
}

struct Read {
  CompressedTableLayout layout;
  std::vector<std::string> warnings;
};

Read read(const CompressedTable& table) {
  const auto text = table.text();
  const auto hdu = std::get<HduRecord>(scan_hdu(1, 0, bytes_of(text), true));
  Read read;
  read.layout = read_compressed_table(hdu, read.warnings);
  return read;
}

std::string error_of(const CompressedTable& table) {
  try {
    read(table);
  } catch (const FitsError& error) {
    EXPECT_EQ(error.code(), ErrorCode::format);
    return error.what();
  }
  return "no error";
}

TEST(CompressedTable, t39_layout_of_the_held_table) {
  const auto [layout, warnings] = read(sample());
  EXPECT_EQ(layout.held.rows, 5U);
  EXPECT_EQ(layout.held.row_bytes, 16U);
  EXPECT_EQ(layout.held.heap_offset, 80U);
  EXPECT_EQ(layout.held.heap_bytes, 24U);
  EXPECT_EQ(layout.held_bytes(), 104U);
  ASSERT_EQ(layout.held.columns.size(), 3U);
  EXPECT_EQ(layout.held.columns[1].name, "C2");
  EXPECT_EQ(layout.held.columns[1].offset, 4U);
  EXPECT_EQ(layout.held.columns[2].form.heap_code, 'E');
  EXPECT_EQ(layout.stored.rows, 3U);
  EXPECT_EQ(layout.tile_rows, 2U);
  EXPECT_EQ(layout.rows_of(0), 2U);
  EXPECT_EQ(layout.rows_of(2), 1U);
  EXPECT_TRUE(warnings.empty());
}

TEST(CompressedTable, t39_algorithms_by_column) {
  const auto columns = read(sample()).layout.columns;
  EXPECT_EQ(columns[0].algorithm, TileAlgorithm::rice);
  EXPECT_EQ(columns[0].rice_width, 4U);
  EXPECT_EQ(columns[1].algorithm, TileAlgorithm::gzip_2);
  EXPECT_EQ(columns[1].shuffle_width, 2U);
  EXPECT_EQ(columns[2].algorithm, TileAlgorithm::gzip_1);
  EXPECT_EQ(read(sample().set("ZCTYP1", "'NOCOMPRESS'")).layout.columns[0].algorithm,
            TileAlgorithm::none);
}

TEST(CompressedTable, t39_a_missing_algorithm_is_gzip_2) {
  const auto [layout, warnings] = read(sample().set("ZCTYP2", ""));
  EXPECT_EQ(layout.columns[1].algorithm, TileAlgorithm::gzip_2);
  ASSERT_EQ(warnings.size(), 1U);
  EXPECT_NE(warnings[0].find("ZCTYP2 is missing; column 'C2'"), std::string::npos);
}

TEST(CompressedTable, t39_other_algorithms_are_refused_for_their_column) {
  const auto named = read(sample().set("ZCTYP2", "'PLIO_1'")).layout.columns;
  EXPECT_FALSE(named[0].refused);
  ASSERT_TRUE(named[1].refused);
  EXPECT_EQ(named[1].refused->code(), ErrorCode::unsupported);
  EXPECT_NE(named[1].refused->problem().find("ZCTYP2 = 'PLIO_1' of column 'C2'"),
            std::string::npos);
  const auto rice = read(sample().set("ZCTYP3", "'RICE_1'")).layout.columns;
  ASSERT_TRUE(rice[2].refused);
  EXPECT_NE(rice[2].refused->problem().find("codes B, I and J, not E"), std::string::npos);
}

/// CFITSIO writes complex columns unshuffled under the name GZIP_2, and arrays of complex floats
/// shuffled as eight bytes.
TEST(CompressedTable, t39_what_gzip_2_shuffles) {
  const std::vector<std::pair<std::string, std::size_t>> widths{
      {"B", 1},  {"L", 1},  {"11X", 1}, {"4A", 1}, {"I", 2},  {"J", 4},
      {"E", 4},  {"K", 8},  {"D", 8},   {"C", 1},  {"M", 1},  {"PB", 1},
      {"QI", 2}, {"PE", 4}, {"QD", 8},  {"PC", 8}, {"QM", 1}, {"PA", 1}};
  for (const auto& [form, width] : widths) {
    CompressedTable table(*TForm::parse(form).width(), 1, 1);
    table.column(form, "GZIP_2").stream("0123456789");
    EXPECT_EQ(read(table).layout.columns[0].shuffle_width, width) << form;
  }
}

TEST(CompressedTable, t39_long_tiles_and_empty_tables) {
  EXPECT_EQ(read(sample().set("ZTILELEN", "9223372036854775807")).layout.tile_rows, 5U);
  const auto empty = read(sample().set("ZNAXIS2", "0").set("ZPCOUNT", "0")).layout;
  EXPECT_EQ(empty.held.rows, 0U);
  EXPECT_EQ(empty.held_bytes(), 0U);
}

TEST(CompressedTable, the_heap_may_leave_a_gap) {
  auto table = sample().set("ZPCOUNT", "124").set("GCOUNT", "1");
  // 80 bytes of rows, 100 of gap.
  auto text = table.text();
  const auto end = text.find("END     ");
  text.replace(end, 80, testing::card_text("ZTHEAP", "180"));
  text.replace(end + 80, 3, "END");
  const auto hdu = std::get<HduRecord>(scan_hdu(1, 0, bytes_of(text), true));
  std::vector<std::string> warnings;
  const auto layout = read_compressed_table(hdu, warnings);
  EXPECT_EQ(layout.held.heap_offset, 180U);
  EXPECT_EQ(layout.held.heap_bytes, 24U);
}

TEST(CompressedTable, what_is_missing_or_wrong_is_named) {
  const std::vector<std::pair<std::pair<std::string, std::string>, std::string>> cases{
      {{"ZNAXIS1", ""}, "ZNAXIS1 is missing"},
      {{"ZNAXIS2", ""}, "ZNAXIS2 is missing"},
      {{"ZNAXIS2", "-3"}, "ZNAXIS2 is no count"},
      {{"ZNAXIS2", "'many'"}, "ZNAXIS2 is no count"},
      {{"ZPCOUNT", ""}, "ZPCOUNT is missing"},
      {{"ZTILELEN", ""}, "ZTILELEN is missing"},
      {{"ZTILELEN", "0"}, "ZTILELEN = 0: a tile has at least one row"},
      {{"ZTILELEN", "1"},
       "ZNAXIS2 = 5 rows in tiles of ZTILELEN = 1 make 5 tiles, but the table "
       "has NAXIS2 = 3 rows"},
      {{"ZFORM2", ""}, "ZFORM2 is missing: what column 'C2'"},
      {{"ZFORM2", "7"}, "ZFORM2 is no string"},
      {{"ZFORM2", "'2Y'"}, "TFORM2"},
      {{"ZFORM2", "'I'"}, "ZFORMn take 14 bytes of a row, not ZNAXIS1 = 16"},
      {{"ZFORM2", "'5I'"}, "passes the end of a row of NAXIS1 = 16 bytes"},
      {{"TFORM2", "'2J'"}, "TFORM2 = '2J' of a compressed table is no array of bytes"},
      {{"TFORM2", "'1QJ'"}, "TFORM2 = 'QJ' of a compressed table is no array of bytes"},
      {{"ZNAXIS2", "9000000000000000000"}, "does not fit 63 bits"},
      {{"ZPCOUNT", "9223372036854775807"}, "does not fit 63 bits"},
      {{"ZPCOUNT", "1000000"}, "announce 1000080 bytes, more than the 234 compressed ones"},
  };
  for (const auto& [change, message] : cases) {
    const auto said = error_of(sample().set(change.first, change.second));
    EXPECT_NE(said.find(message), std::string::npos) << change.first << ": " << said;
  }
}

}  // namespace
}  // namespace torchfits
