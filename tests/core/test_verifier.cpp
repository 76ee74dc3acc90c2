// SPDX-License-Identifier: BSD-3-Clause
#include <gtest/gtest.h>

#include <algorithm>
#include <string>
#include <vector>

#include "file/salvage.h"
#include "fits/checksum.h"
#include "fits/header_check.h"
#include "header_text.h"
#include "io/memory_source.h"
#include "verify/verifier.h"

namespace torchfits {
namespace {

using testing::bytes_of;
using testing::card_text;
using testing::header_blocks;
using testing::padded_to_block;

const std::string kPrimary = header_blocks({{"SIMPLE", "T"}, {"BITPIX", "8"}, {"NAXIS", "0"}});

/// Of 3 lines of 4 bytes.
std::string image(std::string_view bitpix, std::initializer_list<testing::KeyValue> more = {}) {
  std::vector<testing::KeyValue> cards{{"XTENSION", "'IMAGE   '          "},
                                       {"BITPIX", bitpix},
                                       {"NAXIS", "2"},
                                       {"NAXIS1", "4"},
                                       {"NAXIS2", "3"},
                                       {"PCOUNT", "0"},
                                       {"GCOUNT", "1"}};
  cards.insert(cards.end(), more.begin(), more.end());
  std::string text;
  for (const auto& [keyword, value] : cards) text += card_text(keyword, value);
  return padded_to_block(text + "END", ' ');
}

FileReport verify(const std::string& text) {
  const File file(borrow_bytes(bytes_of(text), nullptr));
  return verify_file(file, {});
}

std::vector<std::string> rules(const std::vector<Finding>& findings) {
  std::vector<std::string> found;
  for (const auto& finding : findings) found.emplace_back(finding.rule);
  return found;
}

using Rules = std::vector<std::string>;

TEST(Verifier, ARightFileHasNoFindings) {
  const auto report = verify(kPrimary + image("8") + padded_to_block(std::string(12, '\7'), '\0'));
  ASSERT_EQ(report.hdus.size(), 2u);
  EXPECT_EQ(report.size, 3u * 2880);
  EXPECT_EQ(report.hdus[1].offset, 2880u);
  EXPECT_EQ(report.hdus[1].data_bytes, 12u);
  EXPECT_TRUE(report.findings.empty());
  for (const auto& hdu : report.hdus) EXPECT_TRUE(hdu.findings.empty());
}

TEST(Verifier, TellsWhatIsWrongInItsHdu) {
  auto text = kPrimary + image("8", {{"NAXIS3", "1"}, {"DATE", "'now'"}}) +
              padded_to_block(std::string(12, '\7'), ' ');
  text += "rest";
  const auto report = verify(text);
  EXPECT_TRUE(report.hdus[0].findings.empty());
  EXPECT_EQ(rules(report.hdus[1].findings),
            (Rules{"keyword-place", "keyword-value", "data-padding"}));
  EXPECT_EQ(report.hdus[1].findings[0].where, "card 8 (NAXIS3)");
  EXPECT_EQ(report.hdus[1].findings[2].where, "byte 5772");
  EXPECT_EQ(rules(report.findings), Rules{"trailing-bytes"});
}

TEST(Verifier, AHeaderThatCannotBeReadEndsTheListAndIsExplained) {
  auto broken = image("8");
  broken.replace(broken.find("NAXIS2"), 6, "NAXISX");
  const auto report = verify(kPrimary + broken);
  ASSERT_EQ(report.hdus.size(), 1u);
  const auto found = rules(report.findings);
  ASSERT_FALSE(found.empty());
  EXPECT_EQ(found.front(), "header-unreadable");
  EXPECT_NE(std::find(found.begin(), found.end(), "mandatory-missing"), found.end());
}

/// The sum of big-endian words as the Standard's Appendix J describes it, one word at a time.
std::uint32_t plain_sum(std::string_view text) {
  std::uint64_t sum = 0;
  for (std::size_t at = 0; at < text.size(); at += 4) {
    sum += load_be<std::uint32_t>(bytes_of(text).data() + at);
    sum = (sum & 0xffffffffU) + (sum >> 32U);
  }
  return static_cast<std::uint32_t>(sum);
}

TEST(Verifier, ComparesSums) {
  const auto data = padded_to_block("some pixels!", '\0');
  const auto header = [&](std::uint32_t sum, const std::string& checksum) {
    return image(
        "8", {{"DATASUM", "'" + std::to_string(sum) + "'"}, {"CHECKSUM", "'" + checksum + "'  "}});
  };
  const auto sum = plain_sum(data);
  const auto unset = header(sum, kUnsetChecksum) + data;
  const auto right = header(sum, encode_checksum(plain_sum(unset))) + data;
  EXPECT_EQ(plain_sum(right), 0xffffffffU);
  const auto report = verify(kPrimary + right);
  EXPECT_EQ(report.hdus[1].datasum, SumVerdict::right);
  EXPECT_EQ(report.hdus[1].checksum, SumVerdict::right);
  auto changed = kPrimary + right;
  changed[2 * 2880] = 'S';
  const auto wrong = verify(changed);
  EXPECT_EQ(wrong.hdus[1].datasum, SumVerdict::wrong);
  EXPECT_EQ(wrong.hdus[1].checksum, SumVerdict::wrong);
  EXPECT_EQ(rules(wrong.hdus[1].findings), (Rules{"datasum", "checksum"}));
  EXPECT_EQ(wrong.hdus[0].checksum, SumVerdict::absent);
}

TEST(Verifier, SumsAreTheSameInPieces) {
  std::string bytes(1000004, '\0');
  for (std::size_t i = 0; i < bytes.size(); ++i)
    bytes[i] = static_cast<char>(i * 2654435761U >> 7U);
  const auto source = borrow_bytes(bytes_of(bytes), nullptr);
  EXPECT_EQ(sum_range(*source, {0, bytes.size()}).value(), plain_sum(bytes));
  EXPECT_EQ(sum_range(*source, {4, 400000}).value(), plain_sum(bytes.substr(4, 400000)));
}

TEST(Findings, OfARuleTheFirstAreKeptAndTheOthersCounted) {
  Findings findings;
  for (int i = 0; i < 25; ++i) findings.error("rule", std::to_string(i), "pro\nblem", "remedy");
  findings.warning("rule", "", "other", "remedy");
  const auto list = findings.list();
  ASSERT_EQ(list.size(), Findings::kMostOfARule + 1);
  EXPECT_EQ(list[9].problem, "pro?blem (and 15 more of this kind)");
  EXPECT_EQ(list[10].problem, "other");
}

HduRecord record(const std::string& header) {
  const auto step = scan_hdu(1, 0, bytes_of(header), true);
  return std::get<HduRecord>(step);
}

TEST(Salvage, KeepsWholeLines) {
  auto hdu = record(image("16"));
  ASSERT_TRUE(cut_to_present(hdu, 17));
  EXPECT_EQ(hdu.axes, (std::vector<std::uint64_t>{4, 2}));
  EXPECT_EQ(hdu.data_bytes, 16u);
  auto whole = record(image("16"));
  EXPECT_FALSE(cut_to_present(whole, 24));
  EXPECT_EQ(whole.data_bytes, 24u);
  auto none = record(image("16"));
  ASSERT_TRUE(cut_to_present(none, 7));
  EXPECT_EQ(none.axes.back(), 0u);
}

TEST(Salvage, KeepsRowsAndTheRestOfTheHeap) {
  const auto table = header_blocks({{"XTENSION", "'BINTABLE'          "},
                                    {"BITPIX", "8"},
                                    {"NAXIS", "2"},
                                    {"NAXIS1", "8"},
                                    {"NAXIS2", "5"},
                                    {"PCOUNT", "30"},
                                    {"GCOUNT", "1"},
                                    {"TFIELDS", "1"},
                                    {"TFORM1", "'PB      '"}});
  auto hdu = record(table);
  ASSERT_TRUE(cut_to_present(hdu, 50));
  EXPECT_EQ(hdu.axes.back(), 5u);
  EXPECT_EQ(hdu.pcount, 10u);
  EXPECT_EQ(hdu.data_bytes, 50u);
  auto rows = record(table);
  ASSERT_TRUE(cut_to_present(rows, 39));
  EXPECT_EQ(rows.axes.back(), 4u);
  EXPECT_EQ(rows.pcount, 0u);
  EXPECT_EQ(rows.data_bytes, 32u);
}

TEST(HeaderCheck, DisplayFormatsFollowTheColumn) {
  const auto errors = [](std::string_view tform, std::string_view tdisp) {
    const auto text = header_blocks({{"XTENSION", "'BINTABLE'          "},
                                     {"BITPIX", "8"},
                                     {"NAXIS", "2"},
                                     {"NAXIS1", "8"},
                                     {"NAXIS2", "0"},
                                     {"PCOUNT", "0"},
                                     {"GCOUNT", "1"},
                                     {"TFIELDS", "1"},
                                     {"TTYPE1", "'A       '"},
                                     {"TFORM1", tform},
                                     {"TDISP1", tdisp}});
    Findings findings;
    check_header(text, {false, false}, findings);
    return findings.has_errors();
  };
  for (const auto* right : {"'F8.3    '", "'E12.4   '", "'EN12.4  '", "'D15.5E3 '", "'G10.3   '"})
    EXPECT_FALSE(errors("'D       '", right)) << right;
  for (const auto* wrong : {"'F8      '", "'E5.4    '", "'A8      '", "'I8      '", "'Q3      '"})
    EXPECT_TRUE(errors("'D       '", wrong)) << wrong;
  for (const auto* right : {"'I8      '", "'Z8.8    '", "'B16     '", "'F8.0    '"})
    EXPECT_FALSE(errors("'K       '", right)) << right;
}

}  // namespace
}  // namespace torchfits
