// SPDX-License-Identifier: BSD-3-Clause
#include <gtest/gtest.h>

#include <string>
#include <vector>

#include "base/error.h"
#include "fits/table_cards.h"
#include "header_text.h"

namespace torchfits {
namespace {

using testing::card_text;

std::vector<std::string> names_of(const std::vector<std::string>& spellings) {
  std::vector<Column> columns(spellings.size());
  for (std::size_t i = 0; i < columns.size(); ++i) columns[i].ttype = spellings[i];
  name_columns(columns);
  std::vector<std::string> names;
  for (const auto& column : columns) names.push_back(column.name);
  return names;
}

TEST(TableCards, TheFirstCardOfAKeywordCountsInAnyCase) {
  const auto header = card_text("TTYPE2", "'B'") + card_text("ttype1", "'a'") +
                      card_text("TTYPE2", "'C'") + card_text("TTYPE04", "'D'") +
                      card_text("TTYPE0", "'E'") + card_text("PTYPE3", "'P'") +
                      card_text("TFIELDS", "2");
  const auto cards = TableCards::collect(header);
  ASSERT_EQ(cards.columns.size(), 3U);
  std::vector<std::string> warnings;
  EXPECT_EQ(ColumnCardReader(cards.columns[0], 0, warnings).text(ttype), "a");
  EXPECT_EQ(ColumnCardReader(cards.columns[1], 1, warnings).text(ttype), "B");
  EXPECT_EQ(ColumnCardReader(cards.columns[2], 2, warnings).text(ptype), "P");
  EXPECT_FALSE(cards.tfields.empty());
  EXPECT_TRUE(warnings.empty());
}

TEST(TableCards, WarningsNameTheColumn) {
  const auto header = card_text("TTYPE1", "'RA'") + card_text("TUNIT1", "5") +
                      card_text("TUNIT2", "T") + card_text("TTYPE2", "7");
  const auto cards = TableCards::collect(header);
  std::vector<std::string> warnings;
  ColumnCardReader first(cards.columns[0], 0, warnings), second(cards.columns[1], 1, warnings);
  EXPECT_EQ(first.text(tunit), "");
  EXPECT_EQ(second.text(tunit), "");
  EXPECT_EQ(second.text(ttype), "");
  const std::vector<std::string> expected{"TUNIT1 of column 'RA' is not a string; it is ignored",
                                          "TUNIT2 of column 'COL2' is not a string; it is ignored",
                                          "TTYPE2 of column 'COL2' is not a string; it is ignored"};
  EXPECT_EQ(warnings, expected);
}

TEST(TableCards, ScalingIsFiniteNumbers) {
  const auto header = card_text("TSCAL1", "2") + card_text("TZERO1", "9223372036854775808") +
                      card_text("PSCAL1", "'x'");
  const auto cards = TableCards::collect(header);
  std::vector<std::string> warnings;
  const ColumnCardReader reader(cards.columns[0], 0, warnings);
  EXPECT_EQ(reader.scaling(tscal, tzero).scale, 2.0);
  EXPECT_EQ(reader.scaling(tscal, tzero).zero, 9223372036854775808.0);
  EXPECT_EQ(reader.scaling(tdim, pzero).scale, 1.0);
  EXPECT_THROW(static_cast<void>(reader.scaling(pscal, pzero)), FitsError);
}

// Two columns whose names differ in case only are repeated ones (FITS 4.0 section 7.3.2).
TEST(NameColumns, RepeatedAndNamelessTakeWhatIsFree) {
  using Names = std::vector<std::string>;
  EXPECT_EQ(names_of({"a", "A", ""}), (Names{"a", "A_2", "COL3"}));
  EXPECT_EQ(names_of({"X", "X", "X_2", "X"}), (Names{"X", "X_3", "X_2", "X_4"}));
  EXPECT_EQ(names_of({"", "COL1"}), (Names{"COL1_2", "COL1"}));
}

}  // namespace
}  // namespace torchfits
