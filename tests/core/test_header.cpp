// SPDX-License-Identifier: BSD-3-Clause
#include <gtest/gtest.h>

#include <string>
#include <string_view>
#include <thread>
#include <utility>
#include <vector>

#include "base/error.h"
#include "fits/header.h"

namespace torchfits {
namespace {

std::string cards(const std::vector<std::string_view>& lines) {
  std::string text;
  for (const auto line : lines) {
    text += line;
    text.resize((text.size() + kCardSize - 1) / kCardSize * kCardSize, ' ');
  }
  return text;
}

Header sample() {
  return Header(cards({"SIMPLE  =                    T", "BITPIX  =                  -32",
                       "GCOUNT  =               12151.", "LONG    = 'first &'",
                       "CONTINUE  'second'", "HISTORY one", "HIERARCH ESO DET ID = 'chip'",
                       "HISTORY two", "K       = 1", "k       = 2", "K       = 3", "naxis   = 0",
                       "PAD     = 'text    '", "CONTINUE  'continues nothing'", "SCALE   = 2.5"}));
}

TEST(Header, CountsLogicalCards) {
  const auto header = sample();
  EXPECT_EQ(header.size(), 14U);
  EXPECT_EQ(header.keyword(4), "HISTORY");
  EXPECT_EQ(std::get<std::string>(header.card(3).value), "first second");
  EXPECT_EQ(header.card_text(3).size(), 160U);
  EXPECT_EQ(header.keyword(12), "CONTINUE");
  EXPECT_EQ(Header().size(), 0U);
}

TEST(Header, FindsKeywordsInAnySpelling) {
  const auto header = sample();
  EXPECT_EQ(header.find("bitpix"), 1U);
  EXPECT_EQ(header.find("HISTORY", 1), 6U);
  EXPECT_EQ(header.find("ESO DET ID"), 5U);
  EXPECT_EQ(header.find("HIERARCH eso det id"), 5U);
  EXPECT_EQ(header.find("NAXIS"), 10U);
  EXPECT_EQ(header.positions("K"), (std::vector<std::size_t>{7, 8, 9}));
  EXPECT_EQ(header.count("HISTORY"), 2U);
  EXPECT_EQ(header.find("K", 3), std::nullopt);
  EXPECT_EQ(header.find("ESO"), std::nullopt);
  EXPECT_EQ(header.find(""), std::nullopt);
}

TEST(Header, FindsIrregularCardsBeforeRegularOnes) {
  const Header header(
      cards({"HIERARCH FOO = 1", "foo     = 2", " FOO    = 3", "FOO= 4", "FOO     = 5"}));
  for (std::int64_t nth = 0; nth < 5; ++nth) {
    const auto card = header.find_card("FOO", static_cast<std::size_t>(nth));
    ASSERT_TRUE(card.has_value());
    EXPECT_EQ(std::get<std::int64_t>(card->value), nth + 1);
  }
}

TEST(Header, GivesTypedValues) {
  const auto header = sample();
  EXPECT_EQ(header.integer("BITPIX"), -32);
  EXPECT_EQ(header.integer("GCOUNT"), 12151);
  EXPECT_EQ(header.integer("SCALE"), std::nullopt);
  EXPECT_EQ(header.integer("PAD"), std::nullopt);
  EXPECT_EQ(header.integer("ABSENT"), std::nullopt);
  EXPECT_EQ(header.real("BITPIX"), -32.0);
  EXPECT_EQ(header.real("SCALE"), 2.5);
  EXPECT_EQ(header.string("PAD"), "text");
  EXPECT_EQ(header.string("HISTORY"), std::nullopt);
  EXPECT_EQ(header.logical("SIMPLE"), true);
  EXPECT_EQ(header.logical("BITPIX"), std::nullopt);
}

TEST(Header, WholeFloatsBeyondInt64AreNoIntegers) {
  const Header header(cards({"A       = 9.3E18", "B       = -9.3E18", "C       = 1E300",
                             "D       = 9223372036854775808", "E       = -9223372036854775808."}));
  for (const std::string_view keyword : {"A", "B", "C", "D"}) {
    EXPECT_EQ(header.integer(keyword), std::nullopt) << keyword;
  }
  EXPECT_EQ(header.integer("E"), std::numeric_limits<std::int64_t>::min());
  EXPECT_EQ(header.real("D"), 9223372036854775808.0);
}

TEST(Header, EditsTouchNoOtherCard) {
  auto header = sample();
  const auto before = header.text();
  header.replace(3, Card::make("LONG", std::string("short"), ""));
  EXPECT_EQ(header.size(), 14U);
  EXPECT_EQ(header.text().size(), before.size() - kCardSize);
  EXPECT_EQ(header.text().substr(0, 240), before.substr(0, 240));
  EXPECT_EQ(header.text().substr(320), before.substr(400));
  header.insert(0, Card::make("FIRST", std::int64_t{1}, ""));
  EXPECT_EQ(header.keyword(0), "FIRST");
  header.insert(header.size(), Card::make("LAST", std::int64_t{1}, ""));
  EXPECT_EQ(header.find("LAST"), header.size() - 1);
  header.erase(0);
  EXPECT_EQ(header.keyword(0), "SIMPLE");
}

TEST(Header, RefusesPositionsOutside) {
  auto header = sample();
  EXPECT_THROW(static_cast<void>(header.card(14)), FitsError);
  EXPECT_THROW(header.erase(14), FitsError);
  EXPECT_THROW(header.insert(15, Card::make("K", std::int64_t{1}, "")), FitsError);
}

TEST(Header, CopiesAreIndependent) {
  auto header = sample();
  ASSERT_EQ(header.size(), 14U);
  auto copy = header;
  copy.erase(0);
  EXPECT_EQ(header.size(), 14U);
  EXPECT_EQ(copy.size(), 13U);
  header = copy;
  EXPECT_EQ(header.size(), 13U);
  const auto moved = std::move(copy);
  EXPECT_EQ(moved.size(), 13U);
}

TEST(Header, BlocksEndWithEnd) {
  const auto blocks = sample().to_blocks();
  EXPECT_EQ(blocks.size(), kBlockSize);
  EXPECT_EQ(blocks.substr(15 * kCardSize, 8), "END     ");
  EXPECT_EQ(Header(std::string(36 * kCardSize, ' ')).to_blocks().size(), 2 * kBlockSize);
}

TEST(Header, FromText) {
  const auto text = sample().text();
  EXPECT_EQ(Header::from_text(text).text(), text);
  EXPECT_EQ(Header::from_text(sample().to_blocks()).text(), text);
  EXPECT_EQ(Header::from_text(text + "END").text(), text);
  EXPECT_EQ(Header::from_text("A       = 1\r\nCOMMENT END\nEND\nrest").text(),
            cards({"A       = 1", "COMMENT END"}));
  EXPECT_EQ(Header::from_text("A       = 1\n").size(), 1U);
  EXPECT_EQ(Header::from_text("").size(), 0U);
  EXPECT_THROW(static_cast<void>(Header::from_text(std::string(81, 'x'))), FitsError);
}

TEST(Header, SelectsCards) {
  const auto header = sample();
  EXPECT_EQ(header.select({3, 0}).text(),
            cards({"LONG    = 'first &'", "CONTINUE  'second'", "SIMPLE  =                    T"}));
}

TEST(Header, IsSafeForConcurrentReaders) {
  for (int round = 0; round < 50; ++round) {
    const auto header = sample();
    std::vector<std::size_t> sizes(4);
    std::vector<std::thread> threads;
    for (auto& size : sizes) threads.emplace_back([&] { size = header.size(); });
    for (auto& thread : threads) thread.join();
    EXPECT_EQ(sizes, std::vector<std::size_t>(4, 14));
  }
}

}  // namespace
}  // namespace torchfits
