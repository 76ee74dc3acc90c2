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
using Names = std::vector<std::string>;
using Shape = std::vector<std::uint64_t>;

struct Groups {
  std::int64_t bitpix = -32;
  Shape axes{0, 3, 2};
  std::uint64_t pcount = 0, gcount = 5;
  Cards cards{};
};

RandomGroupsLayout make(const Groups& groups, std::vector<std::string>& warnings) {
  HduRecord hdu;
  hdu.kind = HduKind::random_groups;
  hdu.bitpix = groups.bitpix;
  hdu.axes = groups.axes;
  hdu.pcount = groups.pcount;
  hdu.gcount = groups.gcount;
  std::string text;
  for (const auto& [keyword, value] : groups.cards) text += card_text(keyword, value);
  hdu.header = Header(text);
  return read_groups_layout(hdu, warnings);
}

RandomGroupsLayout make(const Groups& groups) {
  std::vector<std::string> warnings;
  auto layout = make(groups, warnings);
  EXPECT_TRUE(warnings.empty());
  return layout;
}

Names names(const RandomGroupsLayout& groups) {
  Names names;
  for (const auto& column : groups.table.columns) names.push_back(column.name);
  return names;
}

TEST(GroupsLayout, ARowIsParametersAndArray) {
  const auto made = make({.bitpix = 16,
                          .pcount = 2,
                          .cards = {{"PTYPE1", "'UU'                / east"},
                                    {"PTYPE2", "'BASELINE'"},
                                    {"PSCAL1", "0.5"},
                                    {"BUNIT", "'JY'"},
                                    {"BSCALE", "2.0"},
                                    {"BLANK", "-1"}}});
  const auto& table = made.table;
  EXPECT_EQ(made.shape, (Shape{2, 3}));
  EXPECT_EQ(table.rows, 5U);
  EXPECT_EQ(table.row_bytes, 2U * (2 + 6));
  EXPECT_EQ(table.heap_bytes, 0U);
  ASSERT_EQ(names(made), (Names{"UU", "BASELINE", "DATA"}));
  EXPECT_EQ(table.columns[0].comment, "east");
  EXPECT_EQ(table.columns[0].coding.natural, ElementType::f64);
  EXPECT_EQ(table.columns[1].coding.natural, ElementType::i16);
  EXPECT_EQ(table.columns[1].offset, 2U);
  const auto& data = table.columns[2];
  EXPECT_EQ(data.offset, 4U);
  EXPECT_EQ(data.width, 12U);
  EXPECT_EQ(data.shape, (Shape{2, 3}));
  EXPECT_EQ(data.coding.natural, ElementType::f32);
  EXPECT_EQ(data.coding.null, -1);
  EXPECT_EQ(data.unit, "JY");
  EXPECT_EQ(data.format(), "6I");
  EXPECT_EQ(data.ttype, "");
}

// FITS 4.0 section 6.1.2: parameters of one name are to be added.
TEST(GroupsLayout, ParametersOfOneNameHaveASumAndNamesOfTheirOwn) {
  const auto made = make({.pcount = 4,
                          .cards = {{"PTYPE1", "'DATE'"},
                                    {"PZERO1", "2445728.5"},
                                    {"PTYPE2", "'UU'"},
                                    {"PTYPE3", "'date'"},
                                    {"PTYPE4", "'DATE'"}}});
  ASSERT_EQ(names(made), (Names{"DATE", "DATE_1", "UU", "date_2", "DATE_3", "DATA"}));
  const auto& sum = made.table.columns[0];
  EXPECT_EQ(sum.coding.natural, ElementType::f64);
  EXPECT_EQ(sum.offset, 0U);
  EXPECT_EQ(sum.width, 16U);
  ASSERT_EQ(sum.terms.size(), 3U);
  EXPECT_EQ(sum.terms[0].offset, 0U);
  EXPECT_EQ(sum.terms[1].offset, 8U);
  EXPECT_EQ(sum.terms[2].offset, 12U);
  EXPECT_EQ(sum.terms[0].coding.scaling.zero, 2445728.5);
  EXPECT_EQ(made.table.columns[1].coding.natural, ElementType::f64);
  EXPECT_EQ(made.table.columns[3].coding.natural, ElementType::f32);
  EXPECT_EQ(made.table.columns[3].ttype, "date");
  EXPECT_TRUE(made.table.columns[3].terms.empty());
}

TEST(GroupsLayout, NamesAreUnique) {
  const auto made = make({.pcount = 6,
                          .cards = {{"PTYPE1", "'DATA'"},
                                    {"PTYPE2", "'X'"},
                                    {"PTYPE3", "'X'"},
                                    {"PTYPE4", "'X_2'"},
                                    {"PTYPE6", "'  '"}}});
  // Nameless parameters are not repeated ones: nothing is added.
  EXPECT_EQ(names(made), (Names{"DATA_2", "X", "X_1", "X_2", "X_2_2", "COL5", "COL6", "DATA"}));
}

TEST(GroupsLayout, AnArrayMayBeEmptyOrOneNumber) {
  const auto one = make({.axes = {0}, .pcount = 1});
  EXPECT_TRUE(one.shape.empty());
  EXPECT_EQ(one.table.row_bytes, 8U);
  const auto empty = make({.axes = {0, 3, 0, 7}, .pcount = 1});
  EXPECT_EQ(empty.shape, (Shape{7, 0, 3}));
  EXPECT_EQ(empty.table.columns[1].width, 0U);
  EXPECT_EQ(empty.table.row_bytes, 4U);
}

TEST(GroupsLayout, CountsAreChecked) {
  constexpr auto kHuge = std::uint64_t{1} << 62;
  const std::vector<Groups> bad{{.pcount = 1000},
                                {.pcount = kHuge},
                                {.gcount = UINT64_MAX},
                                {.axes = {0, kHuge, 8}},
                                {.axes = {0, kHuge}, .gcount = 0},
                                {.axes = {0, 1024}, .gcount = kHuge},
                                {.axes = Shape(65, 1)}};
  for (const auto& groups : bad) {
    std::vector<std::string> warnings;
    EXPECT_THROW(static_cast<void>(make(groups, warnings)), FitsError);
  }
  const Groups odd{.pcount = 1, .cards = {{"PTYPE1", "'UU'"}, {"PSCAL1", "'x'"}}};
  std::vector<std::string> warnings;
  try {
    static_cast<void>(make(odd, warnings));
    ADD_FAILURE() << "accepted";
  } catch (const FitsError& error) {
    EXPECT_NE(error.problem().find("PSCAL1"), std::string::npos);
  }
}

}  // namespace
}  // namespace torchfits
