// SPDX-License-Identifier: BSD-3-Clause
#include <gtest/gtest.h>

#include <memory>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "base/stats.h"
#include "decoded_column.h"
#include "file/table_reader.h"
#include "header_text.h"
#include "io/memory_source.h"

namespace torchfits {
namespace {

using testing::bytes_of;
using testing::card_text;
using testing::header_blocks;
using testing::padded_to_block;

using namespace std::string_view_literals;

using Cards = std::vector<std::pair<std::string, std::string>>;

/// A file whose HDU 1 is a table of rows of `row_bytes` bytes.
std::string file_of(std::string_view kind, std::size_t row_bytes, std::string_view rows,
                    const Cards& columns) {
  auto text = card_text("XTENSION", kind) + card_text("BITPIX", "8") + card_text("NAXIS", "2") +
              card_text("NAXIS1", std::to_string(row_bytes)) +
              card_text("NAXIS2", std::to_string(row_bytes == 0 ? 0 : rows.size() / row_bytes)) +
              card_text("PCOUNT", "0") + card_text("GCOUNT", "1");
  for (const auto& [keyword, value] : columns) text += card_text(keyword, value);
  text += "END";
  const auto primary = header_blocks({{"SIMPLE", "T"}, {"BITPIX", "8"}, {"NAXIS", "0"}});
  return primary + padded_to_block(text, ' ') + padded_to_block(std::string(rows), '\0');
}

/// Of a row: ID 1J, 7 is null; POS 2I; NAME 3A; GOOD 1L; FLUX 1E; BITS 3X; COUNT 1I, unsigned.
constexpr auto kRows =
    "\x00\x00\x00\x01"
    "\x00\x0A\xFF\xF6"
    "abc"
    "T"
    "\x3F\x80\x00\x00"
    "\xA0"
    "\x80\x00"
    "\x00\x00\x00\x07"
    "\x00\x14\xFF\xEC"
    "d  "
    "F"
    "\x40\x00\x00\x00"
    "\x40"
    "\x80\x01"
    "\xFF\xFF\xFF\xFE"
    "\x00\x1E\xFF\xE2"
    "ef\0"
    "\0"
    "\xBF\x80\x00\x00"
    "\x20"
    "\x7F\xFF"
    "\x00\x01\x00\x00"
    "\x00\x28\xFF\xD8"
    "   "
    "T"
    "\x3F\x00\x00\x00"
    "\xE0"
    "\x00\x00"sv;
constexpr std::size_t kRowBytes = 4 + 4 + 3 + 1 + 4 + 1 + 2;
static_assert(kRows.size() == 4 * kRowBytes);

const Cards kColumns{
    {"TFIELDS", "7"},      {"TTYPE1", "'ID'"}, {"TFORM1", "'1J'"},   {"TNULL1", "7"},
    {"TTYPE2", "'POS'"},   {"TFORM2", "'2I'"}, {"TTYPE3", "'NAME'"}, {"TFORM3", "'3A'"},
    {"TTYPE4", "'GOOD'"},  {"TFORM4", "'1L'"}, {"TTYPE5", "'FLUX'"}, {"TFORM5", "'1E'"},
    {"TSCAL5", "2.0"},     {"TZERO5", "1.0"},  {"TTYPE6", "'BITS'"}, {"TFORM6", "'3X'"},
    {"TTYPE7", "'COUNT'"}, {"TFORM7", "'1I'"}, {"TZERO7", "32768.0"}};
const std::string kTable = file_of("'BINTABLE'", kRowBytes, kRows, kColumns);

File open(std::string text) {
  auto owner = std::make_shared<const std::string>(std::move(text));
  return File(borrow_bytes(bytes_of(*owner), owner));
}

/// One column of some rows, and what was said about its nulls.
struct Read : testing::DecodedColumn {
  std::uint64_t nulls = 0;
};

/// All the columns in one read, each element set before to what no test expects.
std::vector<Read> read(const File& file, const std::vector<std::string>& names, RowSelection rows,
                       bool scaled = true) {
  const auto& table = table_layout(file, 1);
  std::vector<Read> columns(names.size());
  std::vector<ColumnOutput> outputs;
  std::vector<ColumnRequest> requests;
  for (std::size_t i = 0; i < names.size(); ++i) {
    const auto position = find_column(table, names[i]);
    requests.push_back(request_column(table.columns[position], scaled));
    columns[i].type = requests[i].type;
    columns[i].data.assign(rows.count * requests[i].elements * info(requests[i].type).size,
                           std::byte{0x5A});
    columns[i].mask.assign(rows.count * requests[i].elements, 9);
    outputs.push_back({position, columns[i].data.data(), columns[i].mask.data()});
  }
  const auto nulls = read_table(table_data(file, 1), rows, outputs, requests);
  for (std::size_t i = 0; i < names.size(); ++i) columns[i].nulls = nulls.at(i);
  return columns;
}

Read read_one(const std::string& name, RowSelection rows, bool scaled = true) {
  return read(open(kTable), {name}, rows, scaled).front();
}

template <class Work>
void expect_error(Work&& work, ErrorCode code, std::string_view words) {
  try {
    work();
    ADD_FAILURE() << "no error";
  } catch (const FitsError& error) {
    EXPECT_EQ(error.code(), code) << error.what();
    EXPECT_NE(std::string(error.what()).find(words), std::string::npos) << error.what();
  }
}

constexpr RowSelection kAll{0, 1, 4, {}};
using Mask = std::vector<std::uint8_t>;
using Ints = std::vector<std::int32_t>;

TEST(TableReader, AllColumnsInOneRead) {
  const auto file = open(kTable);
  const auto columns = read(file, {"ID", "POS", "NAME", "GOOD", "FLUX", "BITS", "COUNT"}, kAll);
  EXPECT_EQ(columns[0].values<std::int32_t>(), (Ints{1, 7, -2, 65536}));
  EXPECT_EQ(columns[1].values<std::int16_t>(),
            (std::vector<std::int16_t>{10, -10, 20, -20, 30, -30, 40, -40}));
  const auto text = columns[2].values<std::uint8_t>();
  EXPECT_EQ(std::string(text.begin(), text.end()), std::string("abcd  ef\0   ", 12));
  EXPECT_EQ(columns[3].values<bool>(), (std::vector<bool>{true, false, false, true}));
  EXPECT_EQ(columns[4].values<double>(), (std::vector<double>{3, 5, -1, 2}));
  EXPECT_EQ(columns[5].values<bool>(), (std::vector<bool>{true, false, true, false, true, false,
                                                          false, false, true, true, true, true}));
  EXPECT_EQ(columns[6].values<std::uint16_t>(), (std::vector<std::uint16_t>{0, 1, 65535, 32768}));
}

TEST(TableReader, NullsAreCountedAndMarked) {
  const auto columns = read(open(kTable), {"ID", "GOOD", "FLUX", "POS"}, kAll);
  EXPECT_EQ(columns[0].nulls, 1u);
  EXPECT_EQ(columns[0].mask, (Mask{0, 1, 0, 0}));
  EXPECT_EQ(columns[1].nulls, 1u);
  EXPECT_EQ(columns[1].mask, (Mask{0, 0, 1, 0}));
  EXPECT_EQ(columns[2].nulls, 0u);
  EXPECT_EQ(columns[2].mask, Mask(4, 0));
  EXPECT_EQ(columns[3].mask, Mask(8, 0));
  const auto some = read_one("ID", {2, 1, 2, {}});
  EXPECT_EQ(some.nulls, 0u);
  EXPECT_EQ(some.mask, (Mask{0, 0}));
}

TEST(TableReader, NullsAreCountedWithoutAMask) {
  const auto file = open(kTable);
  const auto& table = table_layout(file, 1);
  Ints values(4);
  const auto nulls =
      read_table(table_data(file, 1), kAll, {{0, reinterpret_cast<std::byte*>(values.data())}},
                 {request_column(table.columns[0], true)});
  EXPECT_EQ(nulls, std::vector<std::uint64_t>{1});
  EXPECT_EQ(values, (Ints{1, 7, -2, 65536}));
}

TEST(TableReader, RowsBySliceStepAndList) {
  EXPECT_EQ(read_one("ID", {1, 1, 2, {}}).values<std::int32_t>(), (Ints{7, -2}));
  EXPECT_EQ(read_one("ID", {0, 2, 2, {}}).values<std::int32_t>(), (Ints{1, -2}));
  EXPECT_EQ(read_one("ID", {3, -1, 4, {}}).values<std::int32_t>(), (Ints{65536, -2, 7, 1}));
  EXPECT_EQ(read_one("ID", {3, -2, 2, {}}).values<std::int32_t>(), (Ints{65536, 7}));
  EXPECT_EQ(read_one("ID", {2, 1, 0, {}}).values<std::int32_t>(), Ints{});
  const std::vector<std::int64_t> list{2, 2, 0, 1, 3};
  const auto listed = read_one("ID", {0, 1, list.size(), list});
  EXPECT_EQ(listed.values<std::int32_t>(), (Ints{-2, -2, 1, 7, 65536}));
  EXPECT_EQ(listed.mask, (Mask{0, 0, 0, 1, 0}));
}

TEST(TableReader, StoredNumbers) {
  const auto columns = read(open(kTable), {"ID", "FLUX", "COUNT", "BITS"}, kAll, false);
  EXPECT_EQ(columns[0].values<std::int32_t>(), (Ints{1, 7, -2, 65536}));
  EXPECT_EQ(columns[0].nulls, 0u);
  EXPECT_EQ(columns[1].values<float>(), (std::vector<float>{1, 2, -1, 0.5}));
  EXPECT_EQ(columns[2].values<std::int16_t>(),
            (std::vector<std::int16_t>{-32768, -32767, 32767, 0}));
  EXPECT_EQ(columns[3].type, ElementType::boolean);
}

TEST(TableReader, OneColumnTwiceAndInAnyOrder) {
  const auto columns = read(open(kTable), {"COUNT", "ID", "COUNT"}, {0, 3, 2, {}});
  EXPECT_EQ(columns[0].values<std::uint16_t>(), (std::vector<std::uint16_t>{0, 32768}));
  EXPECT_EQ(columns[1].values<std::int32_t>(), (Ints{1, 65536}));
  EXPECT_EQ(columns[2].data, columns[0].data);
}

// More rows than one block takes, and more blocks than are handed over together.
TEST(TableReader, ThousandsOfScatteredRows) {
  constexpr std::size_t rows = 5000;
  std::string data;
  for (std::size_t i = 0; i < rows; ++i) {
    data += {static_cast<char>(i >> 8), static_cast<char>(i & 255), 'x'};
  }
  const auto text = file_of("'BINTABLE'", 3, data, {{"TFIELDS", "1"}, {"TFORM1", "'1I'"}});
  std::vector<std::int64_t> list;
  for (std::size_t i = 0; i < rows; ++i) list.push_back(static_cast<std::int64_t>(i * 7 % rows));
  const auto values = read(open(text), {"COL1"}, {0, 1, rows, list}).front().values<std::int16_t>();
  for (std::size_t i = 0; i < rows; ++i) ASSERT_EQ(values[i], list[i]) << i;
  const auto down = read(open(text), {"COL1"}, {4999, -1, rows, {}}).front().values<std::int16_t>();
  for (std::size_t i = 0; i < rows; ++i) ASSERT_EQ(down[i], static_cast<int>(4999 - i)) << i;
}

TEST(TableReader, ATableWithoutRowsOrWidth) {
  const auto no_rows = file_of("'BINTABLE'", 4, "", {{"TFIELDS", "1"}, {"TFORM1", "'1J'"}});
  EXPECT_TRUE(read(open(no_rows), {"COL1"}, {0, 1, 0, {}}).front().data.empty());
  const auto empty_cells =
      file_of("'BINTABLE'", 2, "abcd", {{"TFIELDS", "2"}, {"TFORM1", "'0J'"}, {"TFORM2", "'2B'"}});
  const auto columns = read(open(empty_cells), {"COL1", "COL2"}, {0, 1, 2, {}});
  EXPECT_TRUE(columns[0].data.empty());
  EXPECT_EQ(columns[1].values<std::uint8_t>(), (std::vector<std::uint8_t>{'a', 'b', 'c', 'd'}));
}

TEST(TableReader, TruncatedRowsWriteNothing) {
  const auto text = kTable.substr(0, 2 * 2880 + 4 * kRowBytes - 1);
  const auto file = open(text);
  const auto& table = table_layout(file, 1);
  std::int32_t value = 42;
  expect_error(
      [&] {
        read_table(table_data(file, 1), {0, 1, 1, {}}, {{0, reinterpret_cast<std::byte*>(&value)}},
                   {request_column(table.columns[0], true)});
      },
      ErrorCode::truncated, "HDU 1: ");
  EXPECT_EQ(value, 42);
}

TEST(TableReader, AByteThatIsNoLogicalNamesItsRow) {
  auto rows = std::string(kRows);
  rows[2 * kRowBytes + 11] = 'x';
  const auto text = file_of("'BINTABLE'", kRowBytes, rows, kColumns);
  expect_error([&] { read(open(text), {"GOOD"}, kAll); }, ErrorCode::format,
               "column 'GOOD', row 2: byte 0x78");
  EXPECT_EQ(read(open(text), {"GOOD"}, {0, 1, 2, {}}).front().values<bool>(),
            (std::vector<bool>{true, false}));
}

TEST(TableReader, OtherKindsAreNamed) {
  const auto refuse = [](const std::string& text, std::size_t hdu, ErrorCode code,
                         std::string_view words) {
    const auto file = open(text);
    expect_error([&] { static_cast<void>(table_layout(file, hdu)); }, code, words);
  };
  const Cards column{{"TFIELDS", "1"}, {"TFORM1", "'1B'"}};
  refuse(kTable, 0, ErrorCode::type, "not a table but of kind 'image'");
  refuse(file_of("'TABLE   '", 2, "ab", column), 1, ErrorCode::format, "HDU 1: TFORM1");
  refuse(file_of("'FOREIGN '", 2, "ab", column), 1, ErrorCode::type, "'unknown'");
  const Cards tiled{{"TFIELDS", "1"}, {"TFORM1", "'1B'"}, {"ZIMAGE", "T"},
                    {"ZBITPIX", "8"}, {"ZNAXIS", "1"},    {"ZNAXIS1", "2"}};
  refuse(file_of("'BINTABLE'", 2, "ab", tiled), 1, ErrorCode::type, "'compressed_image'");
  refuse(file_of("'BINTABLE'", 2, "ab", {}), 1, ErrorCode::format, "HDU 1: TFIELDS");
  refuse(kTable, 2, ErrorCode::hdu_index, "no HDU 2");
}

TableLayout named(const std::vector<std::string>& names) {
  TableLayout table;
  for (const auto& name : names) {
    Column column;
    column.name = column.ttype = name;
    table.columns.push_back(std::move(column));
  }
  return table;
}

TEST(FindColumn, ExactlyElseInAnyCase) {
  const auto table = named({"Flux", "FLUX", "ra_J2000"});
  EXPECT_EQ(find_column(table, "Flux"), 0u);
  EXPECT_EQ(find_column(table, "FLUX"), 1u);
  EXPECT_EQ(find_column(table, "RA_J2000"), 2u);
  expect_error([&] { static_cast<void>(find_column(table, "flux")); }, ErrorCode::column_name,
               "'flux' is ambiguous: spell 'Flux' or 'FLUX' exactly");
}

TEST(FindColumn, AMissingNameListsTheOthers) {
  const auto table = named({"Flux", "ra"});
  for (const auto* name : {"dec", "", "fl", "Flux "}) {
    expect_error([&] { static_cast<void>(find_column(table, name)); }, ErrorCode::column_name,
                 "the table has Flux, ra");
  }
  std::vector<std::string> many;
  for (int i = 0; i < 41; ++i) many.push_back("C" + std::to_string(i));
  expect_error([&] { static_cast<void>(find_column(named(many), "X")); }, ErrorCode::column_name,
               "C39, ...");
}

TEST(FindColumn, RepeatedAndNamelessColumns) {
  const auto text = file_of("'BINTABLE'", 3, "abc",
                            {{"TFIELDS", "3"},
                             {"TTYPE1", "'A'"},
                             {"TFORM1", "'1B'"},
                             {"TTYPE2", "'A'"},
                             {"TFORM2", "'1B'"},
                             {"TFORM3", "'1B'"}});
  const auto file = open(text);
  const auto& table = table_layout(file, 1);
  EXPECT_EQ(find_column(table, "A"), 0u);
  EXPECT_EQ(find_column(table, "a_2"), 1u);
  EXPECT_EQ(find_column(table, "a"), 0u);
  EXPECT_EQ(find_column(table, "col3"), 2u);
  expect_error([&] { static_cast<void>(find_column(table, "")); }, ErrorCode::column_name,
               "no column ''");
}

TEST(FindColumn, NamesThatDifferInCaseAreFoundAsTheFileSpellsThem) {
  const auto text = file_of("'BINTABLE'", 2, "ab",
                            {{"TFIELDS", "2"},
                             {"TTYPE1", "'RA'"},
                             {"TFORM1", "'1B'"},
                             {"TTYPE2", "'ra'"},
                             {"TFORM2", "'1B'"}});
  const auto file = open(text);
  const auto& table = table_layout(file, 1);
  EXPECT_EQ(find_column(table, "RA"), 0u);
  EXPECT_EQ(find_column(table, "ra"), 1u);
  EXPECT_EQ(find_column(table, "RA_2"), 1u);
  expect_error([&] { static_cast<void>(find_column(table, "Ra")); }, ErrorCode::column_name,
               "spell 'RA' or 'ra_2' exactly");
}

TEST(TableReader, StatsCountTheFieldsThatWereSelected) {
  const auto file = open(kTable);
  static_cast<void>(table_layout(file, 1));
  reset_stats();
  static_cast<void>(read(file, {"ID", "BITS"}, {0, 1, 2, {}}));
  // From the first byte of ID in row 0 to BITS in row 1.
  EXPECT_EQ(stats().bytes_read, kRowBytes + 17);
  EXPECT_EQ(stats().bytes_decoded, 2u * (4 + 1));
  EXPECT_EQ(stats().bytes_written, 2u * (4 + 3));
}

}  // namespace
}  // namespace torchfits
