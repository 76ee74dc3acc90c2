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

using testing::card_text;
using Cards = std::vector<std::pair<std::string, std::string>>;
using Rule = ElementCoding::Rule;

HduRecord record(const Cards& cards, std::uint64_t row_bytes, std::uint64_t rows = 3) {
  HduRecord hdu;
  hdu.kind = HduKind::ascii_table;
  hdu.axes = {row_bytes, rows};
  hdu.data_bytes = row_bytes * rows;
  std::string text;
  for (const auto& [keyword, value] : cards) text += card_text(keyword, value);
  hdu.header = Header(text);
  return hdu;
}

struct Made {
  TableLayout table;
  std::vector<std::string> warnings;
};

Made make(const Cards& cards, std::uint64_t row_bytes) {
  Made made;
  made.table = read_ascii_layout(record(cards, row_bytes), made.warnings).table;
  return made;
}

void expect_refusal(const Cards& cards, std::uint64_t row_bytes,
                    const std::vector<std::string_view>& words) {
  try {
    static_cast<void>(make(cards, row_bytes));
    ADD_FAILURE() << "accepted";
  } catch (const FitsError& error) {
    EXPECT_EQ(error.code(), ErrorCode::format);
    for (const auto word : words) {
      EXPECT_NE(error.problem().find(word), std::string::npos) << error.problem();
    }
  }
}

TEST(AsciiLayout, FieldsLieWhereTbcolSays) {
  const auto made = make({{"TFIELDS", "4"},
                          {"TTYPE1", "'NAME'              / of the star"},
                          {"TFORM1", "'A8'"},
                          {"TBCOL1", "13"},
                          {"TTYPE2", "'N'"},
                          {"TFORM2", "'I5'"},
                          {"TBCOL2", "1"},
                          {"TUNIT2", "'count'"},
                          {"TDISP2", "'I8'"},
                          {"TFORM3", "'F6.2'"},
                          {"TBCOL3", "6"},
                          {"TNULL3", "' -9.99 '"},
                          {"TFORM4", "'d10.3'"},
                          {"TBCOL4", "1."}},
                         20);
  const auto& columns = made.table.columns;
  ASSERT_EQ(columns.size(), 4U);
  EXPECT_EQ(made.table.rows, 3U);
  EXPECT_EQ(made.table.row_bytes, 20U);
  EXPECT_EQ(made.table.heap_bytes, 0U);
  const std::vector<std::uint64_t> offsets{12, 0, 5, 0}, widths{8, 5, 6, 10};
  const std::vector<std::string> names{"NAME", "N", "COL3", "COL4"},
      formats{"A8", "I5", "F6.2", "D10.3"};
  const std::vector<ElementType> types{ElementType::u8, ElementType::i64, ElementType::f64,
                                       ElementType::f64};
  for (std::size_t i = 0; i < columns.size(); ++i) {
    EXPECT_EQ(columns[i].offset, offsets[i]);
    EXPECT_EQ(columns[i].width, widths[i]);
    EXPECT_EQ(columns[i].name, names[i]);
    EXPECT_EQ(columns[i].format(), formats[i]);
    EXPECT_EQ(columns[i].coding.natural, types[i]);
    EXPECT_TRUE(columns[i].shape.empty());
  }
  EXPECT_EQ(columns[0].characters, 8U);
  EXPECT_EQ(columns[0].comment, "of the star");
  EXPECT_EQ(columns[1].unit, "count");
  EXPECT_EQ(columns[1].display, "I8");
  EXPECT_EQ(columns[2].null_text, "-9.99");
  EXPECT_EQ(columns[2].text->digits, 2U);
  ASSERT_EQ(made.warnings.size(), 1U);
  EXPECT_NE(made.warnings[0].find("TBCOL4"), std::string::npos);
}

TEST(AsciiLayout, ScalingGivesDoubles) {
  const auto made = make({{"TFIELDS", "4"},
                          {"TFORM1", "'I5'"},
                          {"TBCOL1", "1"},
                          {"TSCAL1", "0.5"},
                          {"TFORM2", "'E5.1'"},
                          {"TBCOL2", "1"},
                          {"TZERO2", "3"},
                          {"TFORM3", "'I5'"},
                          {"TBCOL3", "1"},
                          {"TZERO3", "9223372036854775808"},
                          {"TFORM4", "'A5'"},
                          {"TBCOL4", "1"},
                          {"TSCAL4", "2"}},
                         5);
  const auto& columns = made.table.columns;
  EXPECT_EQ(columns[0].coding.natural, ElementType::f64);
  EXPECT_EQ(columns[0].coding.rule, Rule::scale);
  EXPECT_EQ(columns[0].coding.scaling.scale, 0.5);
  EXPECT_EQ(columns[1].coding.natural, ElementType::f64);
  EXPECT_EQ(columns[1].coding.scaling.zero, 3.0);
  EXPECT_EQ(columns[2].coding.natural, ElementType::u64);
  EXPECT_EQ(columns[3].coding.rule, Rule::copy);
  ASSERT_EQ(made.warnings.size(), 1U);
  EXPECT_NE(made.warnings[0].find("TSCAL4 of column 'COL4'"), std::string::npos);
}

TEST(AsciiLayout, ATnullThatIsANumberIsTakenByItsDigits) {
  const auto made =
      make({{"TFIELDS", "1"}, {"TFORM1", "'I5'"}, {"TBCOL1", "1"}, {"TNULL1", "-99"}}, 5);
  EXPECT_EQ(made.table.columns[0].null_text, "-99");
  ASSERT_EQ(made.warnings.size(), 1U);
  EXPECT_NE(made.warnings[0].find("TNULL1"), std::string::npos);
}

TEST(AsciiLayout, FieldsMayOverlapAndTouchTheEnd) {
  const auto made = make(
      {{"TFIELDS", "2"}, {"TFORM1", "'A7'"}, {"TBCOL1", "1"}, {"TFORM2", "'A3'"}, {"TBCOL2", "5"}},
      7);
  EXPECT_EQ(made.table.columns[1].offset, 4U);
  EXPECT_TRUE(made.warnings.empty());
}

TEST(AsciiLayout, AFieldOutsideOfTheRowIsRefused) {
  for (const std::string tbcol : {"0", "-3", "4", "8", "9223372036854775807"}) {
    expect_refusal({{"TFIELDS", "1"}, {"TTYPE1", "'X'"}, {"TFORM1", "'I5'"}, {"TBCOL1", tbcol}}, 7,
                   {"TBCOL1 = " + tbcol, "'X'", "'I5'", "NAXIS1 = 7"});
  }
  expect_refusal({{"TFIELDS", "1"}, {"TFORM1", "'I18446744073709551615'"}, {"TBCOL1", "2"}}, 7,
                 {"TBCOL1", "NAXIS1 = 7"});
}

TEST(AsciiLayout, AMissingOrOddTbcolIsRefused) {
  expect_refusal({{"TFIELDS", "1"}, {"TTYPE1", "'X'"}, {"TFORM1", "'I5'"}}, 7,
                 {"TBCOL1 is missing", "'X'"});
  for (const std::string tbcol : {"'1'", "1.5", "T"}) {
    expect_refusal({{"TFIELDS", "1"}, {"TFORM1", "'I5'"}, {"TBCOL1", tbcol}}, 7,
                   {"TBCOL1", "not an integer"});
  }
}

TEST(AsciiLayout, MalformedFormsAreRefused) {
  for (const std::string form : {"", "5A", "1J", "L1", "I", "A", "I-5", "F8.", "F8.2x", "I5.2",
                                 "E0.0", "I0", "D25.17E3", "I99999999999999999999"}) {
    expect_refusal({{"TFIELDS", "1"}, {"TFORM1", "'" + form + "'"}, {"TBCOL1", "1"}}, 30,
                   {"TFORM1", "Aw, Iw, Fw.d, Ew.d, Dw.d"});
  }
  expect_refusal({{"TFIELDS", "1"}, {"TBCOL1", "1"}}, 7, {"TFORM1 is missing"});
  expect_refusal({{"TFIELDS", "1"}, {"TBCOL1", "1"}, {"TFORM1", "5"}}, 7, {"TFORM1"});
}

TEST(AsciiLayout, CountsAreChecked) {
  expect_refusal({{"TFORM1", "'I5'"}, {"TBCOL1", "1"}}, 7, {"TFIELDS is missing"});
  expect_refusal({{"TFIELDS", "1000"}}, 7, {"TFIELDS"});
  expect_refusal({{"TFIELDS", "900"}}, 7, {"TFIELDS = 900"});
  std::vector<std::string> warnings;
  const Cards none{{"TFIELDS", "0"}};
  EXPECT_THROW(static_cast<void>(read_ascii_layout(record(none, 1, UINT64_MAX), warnings)),
               FitsError);
  auto cube = record(none, 1);
  cube.axes.push_back(2);
  EXPECT_THROW(static_cast<void>(read_ascii_layout(cube, warnings)), FitsError);
}

TEST(AsciiForm, TextAndBack) {
  for (const std::string form : {"A1", "I10", "F8.3", "E15.7", "D25.17", "F8"}) {
    EXPECT_EQ(AsciiForm::parse(form).str(), form);
  }
  EXPECT_EQ(AsciiForm::parse(" e012.05 ").str(), "E12.5");
  EXPECT_EQ(AsciiForm::parse("F8").digits, std::nullopt);
}

}  // namespace
}  // namespace torchfits
