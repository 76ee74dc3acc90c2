// SPDX-License-Identifier: BSD-3-Clause
// Edits of a header against a plain list of cards, and the cards that must not grow together.
#include <gtest/gtest.h>

#include <random>
#include <string>
#include <string_view>
#include <vector>

#include "base/error.h"
#include "fits/hdu_cards.h"
#include "fits/header.h"

namespace torchfits {
namespace {

std::string line(std::string_view text) {
  std::string padded(text);
  padded.resize(kCardSize, ' ');
  return padded;
}

Card number(std::string_view keyword, std::int64_t value) { return Card::make(keyword, value, ""); }

std::string code_and_text(Header& header, void (*edit)(Header&)) {
  try {
    edit(header);
  } catch (const FitsError& error) {
    return error.code() == ErrorCode::value ? error.what() : "another error";
  }
  return "no error";
}

TEST(HeaderEdit, RandomEditsEqualThoseOfAList) {
  std::mt19937 random(7);
  Header header;
  std::vector<std::string> model;
  for (int round = 0; round < 2000; ++round) {
    const auto at = random() % (model.size() + 1);
    const auto text =
        Card::make("K" + std::to_string(round), std::string(random() % 200, 'x'), "c").format();
    const auto choice = random() % 5;
    const auto where = model.begin() + static_cast<std::ptrdiff_t>(at);
    if (choice < 2 || at == model.size()) {
      header.splice(at, 0, text);
      model.insert(where, text);
    } else if (choice == 2) {
      header.splice(at, 1, text);
      *where = text;
    } else if (choice == 3) {
      header.erase(at);
      model.erase(where);
    } else {
      header.erase(std::vector<std::size_t>{at, 0, at});
      model.erase(where);
      if (at != 0) model.erase(model.begin());
    }
    ASSERT_EQ(header.size(), model.size());
    const auto fresh = Header(header.text());
    ASSERT_EQ(fresh.size(), model.size());
    for (std::size_t i = 0; i < model.size(); ++i) {
      ASSERT_EQ(header.card_text(i), model[i]);
      ASSERT_EQ(fresh.card_text(i), model[i]);
    }
  }
}

TEST(HeaderEdit, SplicesSeveralCards) {
  Header header(line("A       = 1") + line("B       = 2") + line("C       = 3"));
  const Header other(line("L       = 'a&'") + line("CONTINUE  'b'") + line("M       = 5"));
  header.splice(1, 2, other.text());
  EXPECT_EQ(header.text(), line("A       = 1") + other.text());
  EXPECT_EQ(header.size(), 3U);
  header.splice(3, 0, header.card_text(1));
  EXPECT_EQ(header.positions("L"), (std::vector<std::size_t>{1, 3}));
  header.splice(0, 4, {});
  EXPECT_EQ(header.size(), 0U);
  EXPECT_EQ(header.text(), "");
}

TEST(HeaderEdit, RefusesPositionsOutside) {
  Header header(line("A       = 1"));
  EXPECT_THROW(header.splice(2, 0, {}), FitsError);
  EXPECT_THROW(header.splice(0, 2, {}), FitsError);
  EXPECT_THROW(header.splice(1, std::size_t{0} - 1, {}), FitsError);
  EXPECT_THROW(header.erase(std::vector<std::size_t>{0, 1}), FitsError);
  EXPECT_EQ(header.size(), 1U);
}

TEST(HeaderEdit, AStrayContinueCardStaysApart) {
  const auto text = line("A       = 'abc&'") + line("B       = 1") + line("CONTINUE  'stray'");
  Header header(text);
  const std::vector<void (*)(Header&)> edits{
      [](Header& h) { h.erase(1); },
      [](Header& h) { h.erase(std::vector<std::size_t>{1}); },
      [](Header& h) { h.replace(1, Card::make("B", std::string("text&"), "")); },
      [](Header& h) { h.insert(2, Card::make("C", std::string("text&"), "")); },
      [](Header& h) { h.splice(1, 0, std::string(h.card_text(2))); },
      [](Header& h) { static_cast<void>(h.select({0, 2})); },
  };
  for (const auto edit : edits) {
    EXPECT_NE(code_and_text(header, edit).find("remove that card first"), std::string::npos);
    EXPECT_EQ(header.text(), text);
    EXPECT_EQ(header.size(), 3U);
  }
  header.erase(std::vector<std::size_t>{2, 1});
  EXPECT_EQ(header.text(), line("A       = 'abc&'"));
}

TEST(HeaderEdit, FindsTheEndOfTheCards) {
  Header header(line("A       = 1") + line("") + line("        text") + line("") + line(""));
  EXPECT_EQ(header.end_of_cards(), 3U);
  header.insert(3, number("B", 2));
  EXPECT_EQ(header.end_of_cards(), 4U);
  EXPECT_EQ(Header(line("") + line("")).end_of_cards(), 0U);
  EXPECT_EQ(Header().end_of_cards(), 0U);
}

TEST(HeaderEdit, CopiesDoNotShareTheIndex) {
  Header header(line("A       = 1") + line("B       = 2"));
  ASSERT_EQ(header.size(), 2U);
  const auto copy = header;
  header.insert(0, number("C", 3));
  EXPECT_EQ(copy.keyword(0), "A");
  EXPECT_EQ(header.keyword(2), "B");
  EXPECT_EQ(copy.size(), 2U);
}

TEST(HeaderEdit, ALongStringThatEndsWithAnAmpersandGetsAPieceMore) {
  const auto value = std::string(100, 'x') + "&";
  const auto text = Card::make("K", value, "").format();
  EXPECT_EQ(text.substr(text.size() - kCardSize), line("CONTINUE  ''"));
  EXPECT_EQ(std::get<std::string>(Card::parse(text).value), value);
}

TEST(HeaderEdit, NamesTheLineThatIsTooLong) {
  try {
    static_cast<void>(Header::from_text("A = 1\nB = 2\n" + std::string(85, 'x') + "\nEND\n"));
    FAIL() << "no error";
  } catch (const FitsError& error) {
    EXPECT_NE(std::string(error.what()).find("line 3 has 85"), std::string::npos);
  }
  const auto blanks = "A = 1" + std::string(90, ' ') + "\nB = 2\n";
  EXPECT_EQ(Header::from_text(blanks).size(), 2U);
}

TEST(HeaderEdit, KnowsTheKeywordsThatDescribeData) {
  for (const std::string_view keyword : {"SIMPLE", "NAXIS2", "TFORM12", "ZTILE1", "CHECKSUM"})
    EXPECT_TRUE(describes_data(keyword)) << keyword;
  for (const std::string_view keyword : {"EXTNAME", "NAXISX", "CRVAL1", "TFORM", "TELESCOP", ""})
    EXPECT_FALSE(describes_data(keyword)) << keyword;
}

}  // namespace
}  // namespace torchfits
