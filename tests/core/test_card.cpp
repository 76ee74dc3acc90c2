// SPDX-License-Identifier: BSD-3-Clause
// Expected values are those of FITS 4.0 section 4 and of the cards it prints as examples.
#include <gtest/gtest.h>

#include <clocale>
#include <limits>
#include <string>
#include <string_view>
#include <vector>

#include "base/error.h"
#include "fits/card.h"

namespace torchfits {
namespace {

std::string padded_line(std::string_view text) {
  std::string line(text);
  line.resize(kCardSize, ' ');
  return line;
}

Card parse(std::string_view text) { return Card::parse(padded_line(text)); }

Card parse_lines(const std::vector<std::string_view>& lines) {
  std::string text;
  for (const auto line : lines) text += padded_line(line);
  return Card::parse(text);
}

CardValue text(std::string_view value) { return std::string(value); }

struct Spelling {
  std::string_view card;
  CardValue value;
  std::string_view comment;
};

class CleanCard : public testing::TestWithParam<Spelling> {};

TEST_P(CleanCard, HasValueAndComment) {
  const auto card = parse(GetParam().card);
  EXPECT_EQ(card.kind, CardKind::value);
  EXPECT_EQ(card.value, GetParam().value) << GetParam().card;
  EXPECT_EQ(card.comment, GetParam().comment) << GetParam().card;
  EXPECT_EQ(card.problem, "") << GetParam().card;
}

INSTANTIATE_TEST_SUITE_P(
    Standard, CleanCard,
    testing::Values(
        Spelling{"SIMPLE  =                    T / file conforms", true, "file conforms"},
        Spelling{"FLAG    = F", false, ""}, Spelling{"FLAG    =  F /", false, ""},
        Spelling{"NAXIS   =                    2", std::int64_t{2}, ""},
        Spelling{"K       = 00042", std::int64_t{42}, ""},
        Spelling{"K       = +7 /c", std::int64_t{7}, "c"},
        Spelling{"K       = -0", std::int64_t{0}, ""},
        Spelling{"K       = 9223372036854775807", std::numeric_limits<std::int64_t>::max(), ""},
        Spelling{"K       = -9223372036854775808", std::numeric_limits<std::int64_t>::min(), ""},
        Spelling{"K       = 9223372036854775808", BigInteger{"9223372036854775808"}, ""},
        Spelling{"K       = -000123456789012345678901234567890",
                 BigInteger{"-123456789012345678901234567890"}, ""},
        Spelling{"K       = 1.5", 1.5, ""}, Spelling{"K       = .5", 0.5, ""},
        Spelling{"K       = -5.", -5.0, ""}, Spelling{"K       = 1.5D3", 1500.0, ""},
        Spelling{"K       = 1E5", 100000.0, ""}, Spelling{"K       = -1.0E-07", -1e-7, ""},
        Spelling{"K       = 1.0E-400", 0.0, ""},
        Spelling{"K       = 4.9406564584124654E-324", std::numeric_limits<double>::denorm_min(),
                 ""},
        Spelling{"K       = (1.0, -2.0) / z", std::complex<double>(1, -2), "z"},
        Spelling{"K       = (1,2)", std::complex<double>(1, 2), ""},
        Spelling{"K       =", std::monostate{}, ""},
        Spelling{"K       =                      / why", std::monostate{}, "why"},
        Spelling{"DATE    = 25/12/99", std::int64_t{25}, "12/99"}));

INSTANTIATE_TEST_SUITE_P(
    Strings, CleanCard,
    testing::Values(
        Spelling{"KEYWORD1= ''        / null string keyword", text(""), "null string keyword"},
        Spelling{"KEYWORD2= '   '     / empty string keyword", text(""), "empty string keyword"},
        Spelling{"K       = 'it''s'", text("it's"), ""}, Spelling{"K       = ''''", text("'"), ""},
        Spelling{"K       = '  lead   '", text("  lead"), ""},
        Spelling{"K       = 'a/b' / c", text("a/b"), "c"},
        Spelling{"K       = 'a' /  'b'", text("a"), " 'b'"},
        Spelling{"K       = 'AXIS.1: 2.5'", text("AXIS.1: 2.5"), ""},
        Spelling{"K       = 'abc&'", text("abc&"), ""},
        Spelling{"HIERARCH ESO DET CHIP1 ID = 'x' / c", text("x"), "c"}));

struct Odd {
  std::string_view card;
  std::string_view keyword;
  CardValue value;
};

class LenientCard : public testing::TestWithParam<Odd> {};

TEST_P(LenientCard, IsReadWithAProblem) {
  const auto card = parse(GetParam().card);
  EXPECT_EQ(card.kind, CardKind::value);
  EXPECT_EQ(card.keyword, GetParam().keyword);
  EXPECT_EQ(card.value, GetParam().value) << GetParam().card;
  EXPECT_NE(card.problem, "") << GetParam().card;
  EXPECT_EQ(card_keyword(padded_line(GetParam().card)), card.keyword);
}

INSTANTIATE_TEST_SUITE_P(
    Values, LenientCard,
    testing::Values(
        Odd{"K       = 25-3", "K", text("25-3")}, Odd{"K       = 1_000", "K", text("1_000")},
        Odd{"K       = NAN", "K", text("NAN")}, Odd{"K       = -INF", "K", text("-INF")},
        Odd{"K       = 0x1F", "K", text("0x1F")}, Odd{"K       = 1,5", "K", text("1,5")},
        Odd{"K       = T5", "K", text("T5")}, Odd{"K       = 1.0E400", "K", text("1.0E400")},
        Odd{"K       = 1E", "K", text("1E")}, Odd{"K       = .", "K", text(".")},
        Odd{"K       = (1.0)", "K", text("(1.0)")}, Odd{"K       = (1,2,3)", "K", text("(1,2,3)")},
        Odd{"K       = 1.5e3", "K", 1500.0}, Odd{"K       = - 5", "K", std::int64_t{-5}},
        Odd{"K       = 1.5 E 3", "K", 1500.0}, Odd{"K       = 'abc", "K", text("abc")},
        Odd{"K       = 'it's so'", "K", text("it's so")},
        Odd{"K       = 'abc'def", "K", text("abc")}));

INSTANTIATE_TEST_SUITE_P(
    Keywords, LenientCard,
    testing::Values(
        Odd{"naxis   = 2", "NAXIS", std::int64_t{2}}, Odd{"FOO     =5", "FOO", std::int64_t{5}},
        Odd{"FOO= 5", "FOO", std::int64_t{5}}, Odd{"FOO      = 5", "FOO", std::int64_t{5}},
        Odd{"  FOO   = 5", "FOO", std::int64_t{5}}, Odd{"DATE OBS= 'x'", "DATE OBS", text("x")},
        Odd{"A.B     = 5", "A.B", std::int64_t{5}}, Odd{"K\xe9Y     = 5", "K?Y", std::int64_t{5}},
        Odd{"K       = 'Zo\xe9'", "K", text("Zo?")}, Odd{"K       = 'a\nb'", "K", text("a?b")},
        Odd{std::string_view("K       = 'ab\0\0'", 15), "K", text("ab")}));

TEST(Commentary, KeepsColumns9To80) {
  for (const std::string_view keyword : {"COMMENT ", "HISTORY ", "        "}) {
    const auto card = parse(std::string(keyword) + "= 'x' / no value here  ");
    EXPECT_EQ(card.kind, CardKind::commentary);
    EXPECT_EQ(card.keyword, trim_right(keyword));
    EXPECT_EQ(card.value, text("= 'x' / no value here"));
    EXPECT_EQ(card.problem, "");
  }
  EXPECT_EQ(parse("HISTORY   two blanks lead").value, text("  two blanks lead"));
  EXPECT_EQ(parse(std::string(80, 'H')).kind, CardKind::commentary);
}

TEST(Commentary, KeywordWithoutValueIndicator) {
  const auto card = parse("FOO     ==== section ====");
  EXPECT_EQ(card.kind, CardKind::commentary);
  EXPECT_EQ(card.keyword, "FOO");
  EXPECT_EQ(card.value, text("==== section ===="));
  EXPECT_EQ(parse("END").kind, CardKind::commentary);
  EXPECT_EQ(parse("HIERARCH without equals").keyword, "HIERARCH");
  EXPECT_EQ(parse("CONTINUE  'orphan'").kind, CardKind::commentary);
}

TEST(Junk, IsKeptVerbatim) {
  const auto card = parse("This is junk, no card.");
  EXPECT_EQ(card.kind, CardKind::junk);
  EXPECT_EQ(card.value, text("This is junk, no card."));
  EXPECT_NE(card.problem, "");
  EXPECT_EQ(card.format(), padded_line("This is junk, no card."));
}

TEST(Hierarch, KeywordIsWhatFollows) {
  EXPECT_EQ(parse("HIERARCH ESO X Y= 5").keyword, "ESO X Y");
  EXPECT_EQ(parse("HIERARCH  eso x = 5").keyword, "ESO X");
  EXPECT_EQ(parse("HIERARCH= 5").keyword, "HIERARCH");
  EXPECT_EQ(normal_keyword(" hierarch ESO X "), "ESO X");
}

// The example of FITS 4.0 section 4.2.1.2.
TEST(Continue, JoinsLongStrings) {
  const auto card = parse_lines({"WEATHER = 'Partly cloudy during the evening f&'",
                                 "CONTINUE  'ollowed by cloudy skies overnight.&'",
                                 "CONTINUE  ' Low 21C. Winds NNE at 5 to 10 mph.'"});
  EXPECT_EQ(card.value,
            text("Partly cloudy during the evening followed by cloudy skies overnight. Low "
                 "21C. Winds NNE at 5 to 10 mph."));
  EXPECT_EQ(card.problem, "");
}

TEST(Continue, JoinsComments) {
  const auto card = parse_lines({"STRKEY  = 'This keyword value is continued &'",
                                 "CONTINUE  ' over multiple keyword cards.&' / the comment",
                                 "CONTINUE  '' / goes on"});
  EXPECT_EQ(card.value, text("This keyword value is continued  over multiple keyword cards."));
  EXPECT_EQ(card.comment, "the comment goes on");
}

TEST(Continue, WithoutContinuationTheAmpersandStays) {
  EXPECT_EQ(parse_lines({"K       = 'abc&'", "L       = 'def'"}).value, text("abc&"));
  EXPECT_EQ(parse_lines({"K       = 'abc&'", "CONTINUE  'def&'", "L       = 1"}).value,
            text("abcdef&"));
  EXPECT_EQ(parse_lines({"K       = 'abc'", "CONTINUE  'def'"}).value, text("abc"));
  EXPECT_EQ(parse_lines({"K       = 'abc&'", "CONTINUE  25"}).value, text("abc&"));
}

TEST(Continue, WithAnEqualsSignIsReadWithAProblem) {
  const auto card = parse_lines({"K       = 'abc&'", "CONTINUE= 'def'"});
  EXPECT_EQ(card.value, text("abcdef"));
  EXPECT_NE(card.problem, "");
}

TEST(Continue, CountsLines) {
  const auto lines = padded_line("HIERARCH ESO LONG KEY = 'a&'") + padded_line("CONTINUE  'b&'") +
                     padded_line("CONTINUE  'c'") + padded_line("CONTINUE  'd'");
  EXPECT_EQ(card_lines(lines), 3U);
  EXPECT_EQ(card_lines(padded_line("K       = 'a&'")), 1U);
  EXPECT_EQ(card_lines(""), 1U);
}

std::string format(std::string_view keyword, CardValue value, std::string comment = {}) {
  return Card::make(keyword, std::move(value), std::move(comment)).format();
}

TEST(Format, FixedFormat) {
  EXPECT_EQ(format("simple", true, "c"), padded_line("SIMPLE  =                    T / c"));
  EXPECT_EQ(format("NAXIS", std::int64_t{2}), padded_line("NAXIS   =                    2"));
  EXPECT_EQ(format("K", text("abc"), "c"), padded_line("K       = 'abc     '           / c"));
  EXPECT_EQ(format("K", text("it's")), padded_line("K       = 'it''s   '"));
  EXPECT_EQ(format("K", text("")), padded_line("K       = ''"));
  EXPECT_EQ(format("K", std::monostate{}), padded_line("K       ="));
  EXPECT_EQ(format("K", std::complex<double>(1, -2)),
            padded_line("K       =          (1.0, -2.0)"));
  EXPECT_EQ(format("HISTORY", text("  done")), padded_line("HISTORY   done"));
  EXPECT_EQ(format("ESO DET ID", std::int64_t{1}, "c"), padded_line("HIERARCH ESO DET ID = 1 / c"));
  EXPECT_EQ(format("LONGKEYWORD", false), padded_line("HIERARCH LONGKEYWORD = F"));
}

TEST(Format, ShortestFloatInAnyLocale) {
  std::setlocale(LC_ALL, "de_DE.UTF-8");
  EXPECT_EQ(format("K", 0.1), padded_line("K       =                  0.1"));
  EXPECT_EQ(format("K", 1e20), padded_line("K       =              1.0E+20"));
  EXPECT_EQ(format("K", -1e-7), padded_line("K       =             -1.0E-07"));
  EXPECT_EQ(format("K", 3.0), padded_line("K       =                  3.0"));
  EXPECT_EQ(std::get<double>(parse("K       = 2.5").value), 2.5);
  std::setlocale(LC_ALL, "C");
  for (const double value : {1.0 / 3, -1.7976931348623157e308, 5e-324, 123456789.125, 1e15, -0.0}) {
    EXPECT_EQ(std::get<double>(Card::parse(format("K", value)).value), value);
  }
}

TEST(Format, LongStringsAndCommentsReadBack) {
  for (std::size_t size = 0; size < 220; ++size) {
    for (const std::string_view fill : {"a", "'", "&", "word "}) {
      std::string value;
      while (value.size() < size) value += fill;
      value.resize(size);
      value += '.';
      for (const std::string_view keyword : {"K", "ESO INS SOME LONG KEYWORD"}) {
        const auto lines = format(keyword, value, "what it is");
        EXPECT_EQ(lines.size() % kCardSize, 0U);
        EXPECT_EQ(card_lines(lines) * kCardSize, lines.size());
        EXPECT_EQ(Card::parse(lines).value, text(value));
      }
    }
  }
  std::string comment = "comment";
  for (int i = 0; i < 30; ++i) comment += " and more";
  EXPECT_EQ(Card::parse(format("K", std::string(100, 'x'), comment)).comment, comment);
}

TEST(Format, CutsAComment) {
  const auto line = format("K", std::int64_t{1}, std::string(100, 'c'));
  EXPECT_EQ(line,
            padded_line("K       =                    1 / ").substr(0, 33) + std::string(47, 'c'));
}

TEST(Format, RefusesWhatNoCardHolds) {
  const auto refuses = [](std::string_view keyword, CardValue value, std::string comment = {}) {
    try {
      static_cast<void>(format(keyword, std::move(value), std::move(comment)));
    } catch (const FitsError& error) {
      return error.code() == ErrorCode::value;
    }
    return false;
  };
  EXPECT_TRUE(refuses("K", std::numeric_limits<double>::quiet_NaN()));
  EXPECT_TRUE(refuses("K", std::numeric_limits<double>::infinity()));
  EXPECT_TRUE(refuses("K", std::complex<double>(0, std::numeric_limits<double>::infinity())));
  EXPECT_TRUE(refuses("K", text("Zo\xc3\xa9")));
  EXPECT_TRUE(refuses("K", text("a\nb")));
  EXPECT_TRUE(refuses("K", std::int64_t{1}, "tab\t"));
  EXPECT_TRUE(refuses("A=B", std::int64_t{1}));
  EXPECT_TRUE(refuses("K\xe9Y", std::int64_t{1}));
  EXPECT_TRUE(refuses(std::string(75, 'K'), std::int64_t{1}));
  EXPECT_TRUE(refuses("HISTORY", std::string(73, 'x')));
  EXPECT_TRUE(refuses("HISTORY", std::int64_t{1}));
}

}  // namespace
}  // namespace torchfits
