// SPDX-License-Identifier: BSD-3-Clause
#include <gtest/gtest.h>

#include <string>
#include <tuple>
#include <utility>
#include <vector>

#include "base/error.h"
#include "fits/tform.h"

namespace torchfits {
namespace {

std::string problem_of(std::string_view text) {
  try {
    static_cast<void>(TForm::parse(text));
  } catch (const FitsError& error) {
    EXPECT_EQ(error.code(), ErrorCode::format);
    return error.problem();
  }
  return "";
}

struct Case {
  std::string text;
  TForm form;
  std::string canonical;
  std::optional<std::uint64_t> width;
};

class TFormParse : public testing::TestWithParam<Case> {};

TEST_P(TFormParse, ReadsPrintsAndMeasures) {
  const auto& expected = GetParam();
  const auto form = TForm::parse(expected.text);
  EXPECT_EQ(form, expected.form) << form.str();
  EXPECT_EQ(form.str(), expected.canonical);
  EXPECT_EQ(form.width(), expected.width);
  EXPECT_EQ(TForm::parse(form.str()), form);
}

// Widths from FITS 4.0 table 18.
INSTANTIATE_TEST_SUITE_P(
    Standard, TFormParse,
    testing::Values(
        Case{"L", {1, 'L', 0, {}, ""}, "L", 1}, Case{"1J", {1, 'J', 0, {}, ""}, "J", 4},
        Case{"12X", {12, 'X', 0, {}, ""}, "12X", 2}, Case{"16X", {16, 'X', 0, {}, ""}, "16X", 2},
        Case{"0X", {0, 'X', 0, {}, ""}, "0X", 0}, Case{"3B", {3, 'B', 0, {}, ""}, "3B", 3},
        Case{"2I", {2, 'I', 0, {}, ""}, "2I", 4}, Case{"K", {1, 'K', 0, {}, ""}, "K", 8},
        Case{"20A", {20, 'A', 0, {}, ""}, "20A", 20}, Case{"5E", {5, 'E', 0, {}, ""}, "5E", 20},
        Case{"D", {1, 'D', 0, {}, ""}, "D", 8}, Case{"2C", {2, 'C', 0, {}, ""}, "2C", 16},
        Case{"2M", {2, 'M', 0, {}, ""}, "2M", 32},
        Case{"1PB(12)", {1, 'P', 'B', 12, ""}, "PB(12)", 8},
        Case{"PJ", {1, 'P', 'J', {}, ""}, "PJ", 8},
        Case{"QE(3)", {1, 'Q', 'E', 3, ""}, "QE(3)", 16},
        Case{"0PI(0)", {0, 'P', 'I', 0, ""}, "0PI(0)", 0},
        Case{"0J", {0, 'J', 0, {}, ""}, "0J", 0}));

INSTANTIATE_TEST_SUITE_P(
    Lenient, TFormParse,
    testing::Values(Case{" 2e ", {2, 'E', 0, {}, ""}, "2E", 8},
                    Case{"1pb(4)", {1, 'P', 'B', 4, ""}, "PB(4)", 8},
                    Case{"21A7", {21, 'A', 0, {}, "7"}, "21A7", 21},
                    Case{"00012I", {12, 'I', 0, {}, ""}, "12I", 24},
                    Case{"1Jabc", {1, 'J', 0, {}, "abc"}, "Jabc", 4},
                    Case{"PB(many)", {1, 'P', 'B', {}, "(many)"}, "PB(many)", 8},
                    Case{"PB(5", {1, 'P', 'B', {}, "(5"}, "PB(5", 8},
                    Case{"PB(99999999999999999999)",
                         {1, 'P', 'B', {}, "(99999999999999999999)"},
                         "PB(99999999999999999999)",
                         8}));

// The widest fields that 64 bits hold, and the first that they do not.
INSTANTIATE_TEST_SUITE_P(
    Limits, TFormParse,
    testing::Values(
        Case{"18446744073709551615B", {~0ULL, 'B', 0, {}, ""}, "18446744073709551615B", ~0ULL},
        Case{"18446744073709551615X", {~0ULL, 'X', 0, {}, ""}, "18446744073709551615X", 1ULL << 61},
        Case{"2305843009213693952D",
             {1ULL << 61, 'D', 0, {}, ""},
             "2305843009213693952D",
             std::nullopt}));

TEST(TForm, RefusesWhatIsNoFormatAndNamesIt) {
  EXPECT_NE(problem_of("F8.3").find("'F'"), std::string::npos);
  EXPECT_NE(problem_of("2 E").find("' '"), std::string::npos);
  EXPECT_NE(problem_of("").find("no type code"), std::string::npos);
  EXPECT_NE(problem_of("   ").find("no type code"), std::string::npos);
  EXPECT_NE(problem_of("12").find("no type code"), std::string::npos);
  EXPECT_NE(problem_of("-1J").find("'-'"), std::string::npos);
  EXPECT_NE(problem_of("18446744073709551616J").find("64 bits"), std::string::npos);
  EXPECT_NE(problem_of("P").find("type of its arrays"), std::string::npos);
  EXPECT_NE(problem_of("PP").find("type of its arrays"), std::string::npos);
  EXPECT_NE(problem_of("QZ(3)").find("type of its arrays"), std::string::npos);
  EXPECT_NE(problem_of("2PJ(3)").find("0 or 1"), std::string::npos);
  for (const auto* allowed : {"F8.3", "2 E", "", "Z"}) {
    EXPECT_NE(problem_of(allowed).find("L X B I J K A E D C M P Q"), std::string::npos) << allowed;
  }
}

TEST(TForm, ElementSizesAreTheStandards) {
  const std::string codes = "LXBIJKAEDCMPQ";
  const std::vector<std::uint64_t> sizes{1, 1, 1, 2, 4, 8, 1, 4, 8, 8, 16, 8, 16};
  for (std::size_t i = 0; i < codes.size(); ++i)
    EXPECT_EQ(tform_element_size(codes[i]), sizes[i]) << codes[i];
  EXPECT_EQ(tform_element_size('F'), 0U);
  EXPECT_EQ(tform_element_size('\0'), 0U);
}

// Tables 18 and 19 of the Standard.
TEST(TForm, EveryTypeThatATableHoldsHasACode) {
  using enum ElementType;
  const std::vector<std::pair<ElementType, char>> codes{
      {boolean, 'L'}, {u8, 'B'},  {i8, 'B'},   {i16, 'I'}, {u16, 'I'},
      {i32, 'J'},     {u32, 'J'}, {i64, 'K'},  {u64, 'K'}, {f32, 'E'},
      {f64, 'D'},     {c64, 'C'}, {c128, 'M'}, {f16, 0},   {bf16, 0}};
  ASSERT_EQ(codes.size(), kElementTypes.size());
  for (const auto& [type, code] : codes) EXPECT_EQ(tform_code(type), code) << info(type).name;
}

TEST(TDim, ReadsDimensionsInTheOrderOfTheHeader) {
  using Dimensions = std::vector<std::uint64_t>;
  EXPECT_EQ(parse_tdim("(2,3,4)"), (Dimensions{2, 3, 4}));
  EXPECT_EQ(parse_tdim(" ( 2 , 3 ) "), (Dimensions{2, 3}));
  EXPECT_EQ(parse_tdim("(1)"), (Dimensions{1}));
  EXPECT_EQ(parse_tdim("(0)"), (Dimensions{0}));
  EXPECT_EQ(parse_tdim("(18446744073709551615)"), (Dimensions{~0ULL}));
  for (const auto* text : {"", "()", "(", ")", "2,3", "(2,3", "(2,,3)", "(2,)", "(,2)", "(-1,2)",
                           "(2.0)", "(2 3)", "(2)x", "(18446744073709551616)", "(+2)"}) {
    EXPECT_EQ(parse_tdim(text), std::nullopt) << text;
  }
}

}  // namespace
}  // namespace torchfits
