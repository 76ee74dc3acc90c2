// SPDX-License-Identifier: BSD-3-Clause
#include <gtest/gtest.h>

#include <string>
#include <utility>
#include <vector>

#include "base/defaults.h"
#include "base/error.h"
#include "fits/layout.h"

namespace torchfits {
namespace {

using Shape = std::vector<std::uint64_t>;
using Cards = std::vector<std::pair<std::string, std::string>>;

/// One 80-byte line; `value` as it stands in the file.
std::string line(const std::string& keyword, const std::string& value) {
  auto text = keyword;
  text.resize(8, ' ');
  text += "= " + value;
  text.resize(80, ' ');
  return text;
}

std::string quoted(const std::string& text) { return "'" + text + "'"; }

struct Made {
  TableLayout table;
  std::vector<std::string> warnings;

  [[nodiscard]] const Column& column(std::size_t index) const { return table.columns.at(index); }
  [[nodiscard]] bool warns(std::string_view word) const {
    for (const auto& warning : warnings) {
      if (warning.find(word) != std::string::npos) return true;
    }
    return false;
  }
};

HduRecord record(const std::string& header, std::uint64_t row_bytes, std::uint64_t rows = 3) {
  HduRecord hdu;
  hdu.kind = HduKind::table;
  hdu.axes = {row_bytes, rows};
  hdu.data_bytes = row_bytes * rows;
  hdu.header = Header(header);
  return hdu;
}

std::string header_of(const std::vector<std::string>& forms, const Cards& extra) {
  auto text = line("TFIELDS", std::to_string(forms.size()));
  for (std::size_t i = 0; i < forms.size(); ++i) {
    text += line("TFORM" + std::to_string(i + 1), quoted(forms[i]));
  }
  for (const auto& [keyword, value] : extra) text += line(keyword, value);
  return text;
}

Made make(std::uint64_t row_bytes, const std::vector<std::string>& forms, const Cards& extra = {}) {
  Made made;
  made.table = read_table_layout(record(header_of(forms, extra), row_bytes), made.warnings);
  return made;
}

std::string refusal(const HduRecord& hdu) {
  std::vector<std::string> warnings;
  try {
    static_cast<void>(read_table_layout(hdu, warnings));
  } catch (const FitsError& error) {
    EXPECT_EQ(error.code(), ErrorCode::format);
    return error.problem();
  }
  ADD_FAILURE() << "accepted";
  return "";
}

std::string refusal(std::uint64_t row_bytes, const std::vector<std::string>& forms,
                    const Cards& extra = {}) {
  return refusal(record(header_of(forms, extra), row_bytes));
}

bool contains(const std::string& text, std::string_view part) {
  return text.find(part) != std::string::npos;
}

TEST(TableLayout, PlacesTheFieldsOneAfterTheOther) {
  const auto made = make(53, {"K", "D", "D", "E", "E", "J", "16A", "L"},
                         {{"TTYPE1", "'ID'"},
                          {"TTYPE2", "'RA      '           / right ascension"},
                          {"TUNIT2", "'deg'"},
                          {"TDISP2", "'F10.5'"},
                          {"TUCD2", "'pos.eq.ra'"}});
  const std::vector<std::uint64_t> offsets{0, 8, 16, 24, 28, 32, 36, 52};
  ASSERT_EQ(made.table.columns.size(), offsets.size());
  for (std::size_t i = 0; i < offsets.size(); ++i) {
    EXPECT_EQ(made.column(i).offset, offsets[i]);
    EXPECT_TRUE(made.column(i).shape.empty());
  }
  const auto& ra = made.column(1);
  EXPECT_EQ(ra.name, "RA");
  EXPECT_EQ(ra.comment, "right ascension");
  EXPECT_EQ(ra.unit, "deg");
  EXPECT_EQ(ra.display, "F10.5");
  EXPECT_EQ(ra.ucd, "pos.eq.ra");
  EXPECT_EQ(made.column(6).characters, 16U);
  EXPECT_EQ(made.column(6).width, 16U);
  EXPECT_EQ(made.table.rows, 3U);
  EXPECT_EQ(made.table.row_bytes, 53U);
  EXPECT_EQ(made.table.heap_offset, 159U);
  EXPECT_EQ(made.table.heap_bytes, 0U);
  EXPECT_TRUE(made.warnings.empty());
}

TEST(TableLayout, ShapesFollowTheRepeatCount) {
  const auto made = make(40, {"J", "3E", "1X", "12X", "0D", "5L", "2C"});
  EXPECT_EQ(made.column(0).shape, Shape{});
  EXPECT_EQ(made.column(1).shape, Shape{3});
  EXPECT_EQ(made.column(2).shape, Shape{1});
  EXPECT_EQ(made.column(3).shape, Shape{12});
  EXPECT_EQ(made.column(4).shape, Shape{0});
  EXPECT_EQ(made.column(5).shape, Shape{5});
  EXPECT_EQ(made.column(6).shape, Shape{2});
}

TEST(TableLayout, test_t51_tdim_is_in_fortran_order) {
  const auto made = make(24 + 12 + 2, {"6J", "12A", "12X"},
                         {{"TDIM1", "'(2,3)'"}, {"TDIM2", "'(4,3)'"}, {"TDIM3", "'( 4, 3 )'"}});
  EXPECT_EQ(made.column(0).shape, (Shape{3, 2}));
  EXPECT_EQ(made.column(1).shape, Shape{3});
  EXPECT_EQ(made.column(1).characters, 4U);
  EXPECT_EQ(made.column(2).shape, (Shape{3, 4}));
  EXPECT_EQ(made.column(0).dim, "(2,3)");
  EXPECT_TRUE(made.warnings.empty());
}

TEST(TableLayout, test_t51_tdim_of_one_or_of_fewer_elements) {
  const auto made = make(4 + 24 + 12, {"J", "6J", "12A"},
                         {{"TDIM1", "'(1)'"}, {"TDIM2", "'(2,2)'"}, {"TDIM3", "'(5)'"}});
  EXPECT_EQ(made.column(0).shape, Shape{1});
  EXPECT_EQ(made.column(1).shape, (Shape{2, 2}));
  EXPECT_EQ(made.column(1).width, 24U);
  EXPECT_EQ(made.column(2).characters, 5U);
  EXPECT_EQ(made.column(2).shape, Shape{});
  EXPECT_TRUE(made.warnings.empty());
}

TEST(TableLayout, test_t51_tdim_that_does_not_fit_is_ignored_with_a_warning) {
  for (const auto* dim : {"(2,5)", "(7)", "(4294967296,4294967296)", "(2,x)", "2,3", "(-1)"}) {
    const auto made = make(24, {"6J"}, {{"TTYPE1", "'P'"}, {"TDIM1", quoted(dim)}});
    EXPECT_EQ(made.column(0).shape, Shape{6}) << dim;
    EXPECT_TRUE(made.warns("TDIM1 of column 'P'")) << dim;
  }
  const auto text = make(12, {"12A"}, {{"TDIM1", "'(4,4)'"}});
  EXPECT_EQ(text.column(0).characters, 12U);
  EXPECT_EQ(text.column(0).shape, Shape{});
}

TEST(TableLayout, TdimOfMoreAxesThanATensorHasIsIgnored) {
  std::string dim = "(1";
  for (int i = 0; i < 63; ++i) dim += ",1";
  dim += ")";
  // 129 characters do not fit a card: the rest goes on in a CONTINUE card.
  auto text = header_of({"J"}, {}) + line("TDIM1", quoted(dim.substr(0, 60) + "&"));
  for (std::size_t at = 60; at < dim.size(); at += 60) {
    auto more = "CONTINUE  " + quoted(dim.substr(at, 60) + (at + 60 < dim.size() ? "&" : ""));
    more.resize(80, ' ');
    text += more;
  }
  std::vector<std::string> warnings;
  const auto table = read_table_layout(record(text, 4), warnings);
  EXPECT_EQ(table.columns[0].dim, dim);
  EXPECT_EQ(table.columns[0].shape, Shape{});
  EXPECT_EQ(warnings.size(), 1U);
}

TEST(TableLayout, test_t53_zero_width_columns_take_no_bytes) {
  const auto made = make(8, {"0A", "J", "0J", "J"});
  EXPECT_EQ(made.column(0).characters, 0U);
  EXPECT_EQ(made.column(1).offset, 0U);
  EXPECT_EQ(made.column(2).width, 0U);
  EXPECT_EQ(made.column(2).offset, 4U);
  EXPECT_EQ(made.column(3).offset, 4U);
  EXPECT_TRUE(made.warnings.empty());
}

TEST(TableLayout, NamesAreUniqueAndTheFilesSpellingIsKept) {
  const auto made = make(40, {"J", "J", "J", "J", "J", "J", "J", "J", "J", "J"},
                         {{"TTYPE1", "'X'"},
                          {"TTYPE2", "'x'"},
                          {"TTYPE3", "'X_2'"},
                          {"TTYPE4", "'X'"},
                          {"TTYPE6", "''"},
                          {"TTYPE7", "'COL5'"},
                          {"TTYPE8", "'Y   '"},
                          {"TTYPE9", "'Y'"},
                          {"TTYPE10", "' Y'"}});
  const std::vector<std::string> names{"X",    "x_3",  "X_2", "X_4", "COL5_2",
                                       "COL6", "COL5", "Y",   "Y_2", " Y"};
  for (std::size_t i = 0; i < names.size(); ++i) EXPECT_EQ(made.column(i).name, names[i]);
  EXPECT_EQ(made.column(1).ttype, "x");
  EXPECT_EQ(made.column(4).ttype, "");
  EXPECT_EQ(made.column(8).ttype, "Y");
}

TEST(TableLayout, TheFirstOfRepeatedKeywordsWins) {
  const auto made = make(4, {"J"}, {{"TTYPE1", "'A'"}, {"TTYPE1", "'B'"}, {"TFORM1", "'D'"}});
  EXPECT_EQ(made.column(0).name, "A");
  EXPECT_EQ(made.column(0).form.code, 'J');
}

TEST(TableLayout, KeywordsThatOnlyLookLikeColumnKeywordsAreLeftAlone) {
  const auto made = make(4, {"J"},
                         {{"TTYPE01", "'A'"},
                          {"TTYPE0", "'A'"},
                          {"TTYPEX", "'A'"},
                          {"TTYPE", "'A'"},
                          {"TTYPE1A", "'A'"},
                          {"TFORM999", "'Z'"},
                          {"TDIMX", "1"}});
  EXPECT_EQ(made.table.columns.size(), 1U);
  EXPECT_EQ(made.column(0).name, "COL1");
}

TEST(TableLayout, test_t42_tnull_belongs_to_integer_columns) {
  const auto made = make(20, {"J", "E", "I", "K", "B", "L"},
                         {{"TNULL1", "-99"},
                          {"TNULL2", "5"},
                          {"TNULL3", "-32768."},
                          {"TNULL4", "'x'"},
                          {"TNULL6", "1"}});
  EXPECT_EQ(made.column(0).coding.null, -99);
  EXPECT_EQ(made.column(0).null_text, "-99");
  EXPECT_EQ(made.column(1).coding.null, std::nullopt);
  EXPECT_TRUE(made.warns("TNULL2"));
  EXPECT_EQ(made.column(2).coding.null, -32768);
  EXPECT_TRUE(made.warns("TNULL3"));
  EXPECT_EQ(made.column(3).coding.null, std::nullopt);
  EXPECT_TRUE(made.warns("TNULL4"));
  EXPECT_EQ(made.column(4).coding.null, std::nullopt);
  EXPECT_TRUE(made.warns("TNULL6"));
}

TEST(TableLayout, test_t44_t45_unsigned_and_signed_byte_columns) {
  const auto made = make(1 + 2 + 4 + 8 + 4, {"B", "I", "J", "K", "J"},
                         {{"TZERO1", "-128"},
                          {"TZERO2", "32768"},
                          {"TZERO3", "2147483648.0"},
                          {"TZERO4", "9223372036854775808"},
                          {"TSCAL5", "0.5"},
                          {"TZERO5", "1D0"}});
  EXPECT_EQ(made.column(0).coding.natural, ElementType::i8);
  EXPECT_EQ(made.column(1).coding.natural, ElementType::u16);
  EXPECT_EQ(made.column(2).coding.natural, ElementType::u32);
  EXPECT_EQ(made.column(3).coding.natural, ElementType::u64);
  EXPECT_EQ(made.column(4).coding.natural, ElementType::f64);
  EXPECT_EQ(made.column(4).coding.scaling.scale, 0.5);
  EXPECT_EQ(made.column(4).coding.scaling.zero, 1.0);
}

TEST(TableLayout, ScalingOfTextAndLogicalsIsIgnoredWithAWarning) {
  const auto made =
      make(6, {"4A", "L", "8X"}, {{"TZERO1", "5"}, {"TSCAL2", "2.0"}, {"TSCAL3", "2"}});
  EXPECT_EQ(made.warnings.size(), 3U);
  EXPECT_EQ(made.column(1).coding.natural, ElementType::boolean);
  EXPECT_EQ(made.column(2).coding.natural, ElementType::boolean);
}

TEST(TableLayout, VariableLengthColumnsKeepTheirDescriptorWidth) {
  auto hdu =
      record(header_of({"PJ(5)", "1QE", "0PB"}, {{"TDIM1", "'(2,2)'"}, {"THEAP", "80"}}), 24);
  hdu.pcount = 40;
  hdu.data_bytes += 40;
  std::vector<std::string> warnings;
  const auto table = read_table_layout(hdu, warnings);
  EXPECT_EQ(table.columns[1].offset, 8U);
  EXPECT_EQ(table.columns[2].offset, 24U);
  EXPECT_EQ(table.columns[2].width, 0U);
  EXPECT_EQ(table.heap_offset, 80U);
  EXPECT_EQ(table.heap_bytes, 32U);
  EXPECT_TRUE(warnings.empty());
}

TEST(TableLayout, AHeapOutsideTheDataIsIgnoredWithAWarning) {
  for (const auto* theap : {"-1", "11", "13", "9223372036854775807", "'x'"}) {
    const auto made = make(4, {"J"}, {{"THEAP", theap}});
    EXPECT_EQ(made.table.heap_offset, 12U) << theap;
    EXPECT_TRUE(made.warns("THEAP")) << theap;
  }
}

TEST(TableLayout, ARowWiderThanItsColumnsIsReadWithAWarning) {
  const auto made = make(12, {"J", "I"});
  EXPECT_EQ(made.column(1).offset, 4U);
  EXPECT_TRUE(made.warns("the columns take 6 of the NAXIS1 = 12 bytes"));
}

TEST(TableLayout, AColumnThatPassesTheRowIsRefusedByName) {
  const auto problem = refusal(6, {"I", "J", "J"}, {{"TTYPE2", "'FLUX'"}, {"TTYPE3", "'ERR'"}});
  EXPECT_TRUE(contains(problem, "column 3 'ERR'")) << problem;
  EXPECT_TRUE(contains(problem, "NAXIS1 = 6")) << problem;
  EXPECT_TRUE(contains(refusal(8, {"J", "18446744073709551615B"}), "column 2"));
  EXPECT_TRUE(contains(refusal(8, {"2305843009213693952D"}), "column 1"));
  EXPECT_TRUE(contains(refusal(0, {"J"}), "column 1"));
}

TEST(TableLayout, ACountBehindTheCodeIsTakenWhereTheRowAgrees) {
  const auto wide = make(11, {"A7", "J"});
  EXPECT_EQ(wide.column(0).characters, 7U);
  EXPECT_EQ(wide.column(1).offset, 7U);
  EXPECT_TRUE(wide.warns("TFORM1"));
  const auto strict = make(5, {"A7", "J"});
  EXPECT_EQ(strict.column(0).characters, 1U);
  EXPECT_EQ(strict.column(1).offset, 1U);
  EXPECT_TRUE(strict.warnings.empty());
}

TEST(TableLayout, CountsThatCannotBeAreRefused) {
  for (const auto* count :
       {"-1", "1000", "9223372036854775807", "99999999999999999999999", "1.5", "'3'", "T", ""}) {
    EXPECT_TRUE(
        contains(refusal(record(line("TFIELDS", count) + line("TFORM1", "'J'"), 4)), "TFIELDS"))
        << count;
  }
  EXPECT_TRUE(
      contains(refusal(record(line("TFIELDS", "900") + line("TFORM1", "'J'"), 4)), "2 cards"));
  EXPECT_TRUE(contains(refusal(record(line("TFORM1", "'J'"), 4)), "TFIELDS is missing"));
  EXPECT_TRUE(contains(refusal(record("", 4)), "TFIELDS is missing"));
}

TEST(TableLayout, AWholeFloatCountIsReadWithAWarning) {
  std::vector<std::string> warnings;
  const auto table =
      read_table_layout(record(line("TFIELDS", "1.") + line("TFORM1", "'J'"), 4), warnings);
  EXPECT_EQ(table.columns.size(), 1U);
  ASSERT_EQ(warnings.size(), 1U);
  EXPECT_TRUE(contains(warnings[0], "TFIELDS"));
}

TEST(TableLayout, FormatsThatCannotBeReadAreRefusedByKeyword) {
  auto two = line("TFIELDS", "2") + line("TFORM1", "'J'");
  EXPECT_TRUE(contains(refusal(record(two, 4)), "TFORM2 is missing"));
  EXPECT_TRUE(contains(refusal(record(two + line("TFORM2", "5"), 4)), "TFORM2 is not a string"));
  EXPECT_TRUE(contains(refusal(4, {"J", "F8.3"}), "TFORM2: TFORM 'F8.3'"));
  EXPECT_TRUE(contains(refusal(4, {"J"}, {{"TSCAL1", "'abc'"}}), "TSCAL1"));
}

TEST(TableLayout, AxesThatAreNoTableAreRefused) {
  auto hdu = record(header_of({"J"}, {}), 4);
  hdu.axes = {4};
  EXPECT_TRUE(contains(refusal(hdu), "NAXIS"));
  hdu.axes = {4, 1ULL << 63};
  EXPECT_TRUE(contains(refusal(hdu), "NAXIS2"));
  hdu.axes = {1ULL << 62, 1ULL << 62};
  EXPECT_TRUE(contains(refusal(hdu), "64 bits"));
}

/// What takes no bytes of the file must not make masks and lists of rows huge.
TEST(TableLayout, RowsWithoutBytesAreBounded) {
  for (const auto* form : {"0J", "0A", "0PJ"}) {
    auto hdu = record(header_of({form}, {}), 0);
    for (const auto rows : {kMaxEmptyRows + 1, std::uint64_t{1} << 62}) {
      hdu.axes = {0, rows};
      EXPECT_TRUE(contains(refusal(hdu), "NAXIS2 = " + std::to_string(rows) + " rows of no bytes"));
    }
    hdu.axes = {0, kMaxEmptyRows};
    std::vector<std::string> warnings;
    EXPECT_EQ(read_table_layout(hdu, warnings).rows, kMaxEmptyRows);
  }
}

}  // namespace
}  // namespace torchfits
