// SPDX-License-Identifier: BSD-3-Clause
// HDUs of small files put together card by card, and what becomes of their bytes.
#include <gtest/gtest.h>

#include <array>
#include <string>

#include "base/error.h"
#include "fits/block.h"
#include "header_text.h"
#include "io/file_source.h"
#include "scratch_folder.h"
#include "update/hdu_updates.h"
#include "update/header_updates.h"

namespace torchfits {
namespace {

using testing::bytes_of;
using testing::card_text;
using testing::header_blocks;
using testing::padded_to_block;
using testing::read_text;
using testing::ScratchFolder;
using testing::write_text;

const std::string kPrimary = header_blocks({{"SIMPLE", "T"},
                                            {"BITPIX", "8"},
                                            {"NAXIS", "1"},
                                            {"NAXIS1", "3"},
                                            {"EXTEND", "T"},
                                            {"OBJECT", "'M31     '"}}) +
                             padded_to_block("abc", '\0');
std::string line(std::string text) {
  text.resize(80, ' ');
  return text;
}

const std::string kDemoted = padded_to_block(
    line("XTENSION= 'IMAGE   '           / image extension") + card_text("BITPIX", "8") +
        card_text("NAXIS", "1") + card_text("NAXIS1", "3") +
        line("PCOUNT  =                    0 / bytes of the heap") +
        line("GCOUNT  =                    1 / number of groups") +
        card_text("OBJECT", "'M31     '") + "END",
    ' ');

std::string extension(std::string_view name, char fill) {
  return header_blocks({{"XTENSION", "'IMAGE   '"},
                        {"BITPIX", "8"},
                        {"NAXIS", "1"},
                        {"NAXIS1", "5"},
                        {"PCOUNT", "0"},
                        {"GCOUNT", "1"},
                        {"EXTNAME", name}}) +
         padded_to_block(std::string(5, fill), '\0');
}

const std::string kFirst = extension("'FIRST   '", '1');
const std::string kSecond = extension("'SECOND  '", '2');
const std::string kFile = kPrimary + kFirst + kSecond;

const std::array<std::uint8_t, 4> kPixels{1, 2, 3, 4};

NewHdu image_hdu() {
  NewHdu hdu;
  MemoryImage image;
  image.data = reinterpret_cast<const std::byte*>(kPixels.data());
  image.natural = ElementType::u8;
  image.shape = {4};
  hdu.data = image;
  return hdu;
}

const std::string kImageData = padded_to_block("\1\2\3\4", '\0');

NewHdu compressed_hdu() {
  auto hdu = image_hdu();
  hdu.compression = Compression{};
  return hdu;
}

class HduUpdates : public ::testing::Test {
 protected:
  /// Runs `work` on a file of these bytes; gives what they became.
  template <class Work>
  std::string after(const std::string& bytes, Work&& work) {
    write_text(path(), bytes);
    Updater updater(path(), false);
    const File file(updater.source());
    work(updater, file);
    EXPECT_EQ(folder_.files(), 1U);
    return read_text(path());
  }

  /// `edit` changes the header of an HDU as the user sees it.
  template <class Edit>
  std::string with_header(const std::string& bytes, std::size_t index, Edit&& edit) {
    return after(bytes, [&](Updater& updater, const File& file) {
      HeaderEdit change{index, file.hdu(index).header};
      edit(change.wanted);
      set_headers(updater, file, {&change, 1});
    });
  }

  /// The cards and kind of the HDU at `index` of the file as it is now.
  [[nodiscard]] Header header(std::size_t index) const {
    return File(open_file(path())).hdu(index).header;
  }
  [[nodiscard]] std::string path() const { return folder_.path(); }
  ScratchFolder folder_;
};

template <class Work>
void expect_refused(ErrorCode code, Work&& work) {
  try {
    work();
    ADD_FAILURE() << "no error";
  } catch (const FitsError& error) {
    EXPECT_EQ(error.code(), code) << error.what();
  }
}

TEST_F(HduUpdates, ACardIsReplacedWhereItStands) {
  auto expected = kFile;
  const auto at = expected.find("OBJECT  =");
  expected.replace(at, 80, line("OBJECT  = 'M33     '"));
  EXPECT_EQ(with_header(kFile, 0,
                        [](Header& header) {
                          const auto place = header.find("OBJECT").value();
                          header.replace(place, Card::make("OBJECT", std::string("M33"), ""));
                        }),
            expected);
}

TEST_F(HduUpdates, WhereTheDataLieIsNotTheUsersToSay) {
  const auto vandalise = [](Header& header) {
    header.replace(header.find("NAXIS1").value(), Card::make("NAXIS1", std::int64_t{99}, ""));
    header.erase(header.find("BITPIX").value());
    header.insert(0, Card::make("TFIELDS", std::int64_t{1}, ""));
    header.insert(header.size(), Card::make("NAXIS", std::int64_t{0}, ""));
  };
  EXPECT_EQ(with_header(kFile, 1, vandalise), kFile);
  // With another edit beside it, that one is made.
  const auto edited = with_header(kFile, 1, [&](Header& header) {
    vandalise(header);
    header.insert(header.size(), Card::make("NEW", std::int64_t{7}, ""));
  });
  auto expected = kFile;
  const auto end = expected.find("END", kPrimary.size());
  expected.replace(end, 83, card_text("NEW", "7") + "END");
  EXPECT_EQ(edited, expected);
}

void add_cards(Header& header, int count) {
  for (int i = 0; i < count; ++i)
    header.insert(header.size(), Card::make("K" + std::to_string(i), std::int64_t{i}, ""));
}

TEST_F(HduUpdates, AHeaderGrowsAndKeepsItsBlocksWhenItShrinks) {
  // 7 cards and END: 28 more fill the block, 29 need another.
  const auto full = with_header(kFile, 1, [](Header& header) { add_cards(header, 28); });
  EXPECT_EQ(full.size(), kFile.size());
  const auto grown = with_header(full, 1, [](Header& header) {
    header.insert(header.size(), Card::make("LAST", std::int64_t{1}, ""));
  });
  EXPECT_EQ(grown.size(), kFile.size() + 2880);
  EXPECT_EQ(grown.substr(0, kPrimary.size()), kPrimary);
  EXPECT_EQ(grown.substr(grown.size() - kSecond.size() - 2880), kFirst.substr(2880) + kSecond);
  EXPECT_EQ(header(1).integer("LAST"), 1);

  const auto shrunk = with_header(grown, 1, [](Header& header) {
    for (int i = 0; i < 28; ++i) header.erase(header.find("K" + std::to_string(i)).value());
  });
  EXPECT_EQ(shrunk.size(), grown.size());
  const auto block = kPrimary.size() + 2880;  // END stands in the last block, behind blank cards
  EXPECT_EQ(shrunk.substr(block, 2880), padded_to_block("END", ' '));
  // The blank cards are used up before the file grows again.
  const auto again = with_header(shrunk, 1, [](Header& header) { add_cards(header, 60); });
  EXPECT_EQ(again.size(), grown.size());
  EXPECT_EQ(header(1).integer("K59"), 59);
  EXPECT_EQ(again.substr(again.size() - kSecond.size()), kSecond);
}

TEST_F(HduUpdates, ManyHeadersChangeAtOnce) {
  const auto result = after(kFile, [&](Updater& updater, const File& file) {
    std::array<HeaderEdit, 2> edits{HeaderEdit{2, file.hdu(2).header},
                                    HeaderEdit{0, file.hdu(0).header}};
    add_cards(edits[0].wanted, 1);
    add_cards(edits[1].wanted, 40);
    set_headers(updater, file, edits);
  });
  EXPECT_EQ(result.size(), kFile.size() + 2880);
  EXPECT_EQ(header(0).integer("K39"), 39);
  EXPECT_EQ(header(2).integer("K0"), 0);
  EXPECT_EQ(result.substr(2 * 2880 + 2880, kFirst.size()), kFirst);
}

/// All words of the HDU, big-endian, in ones' complement: the definition, word by word.
std::uint32_t plain_sum(std::string_view hdu) {
  std::uint64_t sum = 0;
  for (std::size_t i = 0; i < hdu.size(); i += 4) {
    std::uint64_t word = 0;
    for (std::size_t k = 0; k < 4; ++k) word = word << 8U | static_cast<unsigned char>(hdu[i + k]);
    sum += word;
    if (sum > 0xffffffffU) sum = (sum & 0xffffffffU) + 1;
  }
  return static_cast<std::uint32_t>(sum);
}

TEST_F(HduUpdates, SumsStayRightAndWrongOnesWrong) {
  auto right = after(kFile, [](Updater& updater, const File& file) {
    append_hdu(updater, &file, image_hdu(), true);
  });
  const auto start = kFile.size();
  EXPECT_EQ(plain_sum(right.substr(start)), 0xffffffffU);
  const auto data_sum = header(3).string("DATASUM");
  EXPECT_EQ(data_sum, std::to_string(0x01020304));
  for (const int cards : {1, 40}) {
    const auto edited = with_header(right, 3, [&](Header& header) { add_cards(header, cards); });
    EXPECT_EQ(plain_sum(edited.substr(start)), 0xffffffffU);
    EXPECT_EQ(header(3).string("DATASUM"), data_sum);
  }
  auto wrong = right;
  wrong[wrong.size() - 2880] = '\7';
  EXPECT_NE(plain_sum(wrong.substr(start)), 0xffffffffU);
  wrong = with_header(wrong, 3, [&](Header& header) { add_cards(header, 1); });
  EXPECT_NE(plain_sum(wrong.substr(start)), 0xffffffffU);

  const auto dropped = with_header(right, 3, [&](Header& header) {
    header.erase(header.find("CHECKSUM").value());
    header.erase(header.find("DATASUM").value());
  });
  EXPECT_EQ(dropped.find("CHECKSUM"), std::string::npos);
  // Those that are new are computed, whatever the user wrote there.
  const auto added = with_header(dropped, 3, [&](Header& header) {
    header.insert(header.size(), Card::make("CHECKSUM", std::string("x"), ""));
    header.insert(header.size(), Card::make("DATASUM", std::string("1"), ""));
  });
  EXPECT_EQ(plain_sum(added.substr(start)), 0xffffffffU);
  EXPECT_EQ(header(3).string("DATASUM"), data_sum);
}

TEST_F(HduUpdates, HdusAreAppendedInsertedReplacedAndRemoved) {
  const auto appended = after(kFile, [](Updater& updater, const File& file) {
    EXPECT_EQ(append_hdu(updater, &file, image_hdu(), false), 3U);
  });
  const auto hdu = appended.substr(kFile.size());
  EXPECT_EQ(appended, kFile + hdu);
  EXPECT_EQ(hdu.substr(0, 30), line("XTENSION= 'IMAGE   '").substr(0, 30));
  EXPECT_EQ(hdu.substr(2880), kImageData);

  EXPECT_EQ(after(kFile,
                  [](Updater& updater, const File& file) {
                    EXPECT_EQ(insert_hdu(updater, file, 1, image_hdu(), false), 1U);
                  }),
            kPrimary + hdu + kFirst + kSecond);
  EXPECT_EQ(after(kFile,
                  [](Updater& updater, const File& file) {
                    EXPECT_EQ(replace_hdu(updater, file, 2, image_hdu(), false), 2U);
                  }),
            kPrimary + kFirst + hdu);
  EXPECT_EQ(after(kFile, [](Updater& updater, const File& file) { remove_hdu(updater, file, 1); }),
            kPrimary + kSecond);
  EXPECT_EQ(after(kFile, [](Updater& updater, const File& file) { remove_hdu(updater, file, 2); }),
            kPrimary + kFirst);
  EXPECT_EQ(after(kFile, [](Updater& updater, const File& file) { move_hdu(updater, file, 1, 2); }),
            kPrimary + kSecond + kFirst);
  EXPECT_EQ(after(kFile, [](Updater& updater, const File& file) { move_hdu(updater, file, 2, 1); }),
            kPrimary + kSecond + kFirst);
}

TEST_F(HduUpdates, TheFirstHduIsAlwaysAPrimary) {
  const auto first = after(kFile, [](Updater& updater, const File& file) {
    EXPECT_EQ(insert_hdu(updater, file, 0, image_hdu(), false), 0U);
  });
  EXPECT_TRUE(first.starts_with("SIMPLE  ="));
  EXPECT_EQ(first.substr(2880), kImageData + kDemoted + kPrimary.substr(2880) + kFirst + kSecond);

  const auto behind = after(kFile, [](Updater& updater, const File& file) {
    EXPECT_EQ(insert_hdu(updater, file, 0, compressed_hdu(), false), 1U);
  });
  EXPECT_TRUE(behind.starts_with("SIMPLE  ="));
  EXPECT_EQ(behind.substr(2880, 20), "XTENSION= 'BINTABLE'");
  EXPECT_TRUE(behind.ends_with(kDemoted + kPrimary.substr(2880) + kFirst + kSecond));

  after(kFile, [](Updater& updater, const File& file) {
    EXPECT_EQ(replace_hdu(updater, file, 0, compressed_hdu(), false), 1U);
  });
  EXPECT_EQ(File(open_file(path())).count(), 4U);
  EXPECT_EQ(header(0).integer("NAXIS"), 0);
  const auto removed =
      after(kFile, [](Updater& updater, const File& file) { remove_hdu(updater, file, 0); });
  EXPECT_EQ(header(0).integer("NAXIS"), 0);
  EXPECT_EQ(removed.substr(2880), kFirst + kSecond);
  for (const auto& [index, to] : {std::pair{0, 1}, std::pair{2, 0}}) {
    EXPECT_EQ(after(kFile,
                    [&](Updater& updater, const File& file) {
                      expect_refused(ErrorCode::value, [&] {
                        move_hdu(updater, file, static_cast<std::size_t>(index),
                                 static_cast<std::size_t>(to));
                      });
                    }),
              kFile);
  }
}

TEST_F(HduUpdates, TheSumOfAPrimaryThatIsDemotedStaysRight) {
  write_text(path(), "");
  {
    auto made = Updater::create(path(), true, false);
    EXPECT_EQ(append_hdu(made, nullptr, image_hdu(), true), 0U);
    made.commit();
  }
  const auto primary = read_text(path());
  EXPECT_EQ(plain_sum(primary), 0xffffffffU);
  const auto both = after(primary, [](Updater& updater, const File& file) {
    insert_hdu(updater, file, 0, image_hdu(), true);
  });
  EXPECT_EQ(both.size(), 2 * primary.size());
  EXPECT_TRUE(both.substr(primary.size()).starts_with("XTENSION"));
  EXPECT_EQ(plain_sum(both.substr(0, primary.size())), 0xffffffffU);
  EXPECT_EQ(plain_sum(both.substr(primary.size())), 0xffffffffU);
}

TEST_F(HduUpdates, RandomGroupsStayFirst) {
  const auto groups = header_blocks({{"SIMPLE", "T"},
                                     {"BITPIX", "8"},
                                     {"NAXIS", "2"},
                                     {"NAXIS1", "0"},
                                     {"NAXIS2", "4"},
                                     {"GROUPS", "T"},
                                     {"PCOUNT", "0"},
                                     {"GCOUNT", "2"}}) +
                      padded_to_block("12345678", '\0');
  EXPECT_EQ(after(groups,
                  [](Updater& updater, const File& file) {
                    expect_refused(ErrorCode::unsupported,
                                   [&] { insert_hdu(updater, file, 0, image_hdu(), false); });
                  }),
            groups);
}

TEST_F(HduUpdates, MissingPaddingIsAddedAndMissingDataAreNot) {
  const auto append = [](Updater& updater, const File& file) {
    append_hdu(updater, &file, image_hdu(), false);
  };
  const auto whole = after(kFile, append);
  const auto unpadded = kFile.substr(0, kFile.size() - 2880 + 5);
  EXPECT_EQ(after(unpadded, append), whole);
  EXPECT_EQ(
      after(unpadded, [](Updater& updater, const File& file) { move_hdu(updater, file, 2, 1); }),
      kPrimary + kSecond + kFirst);
  const auto cut = kFile.substr(0, kFile.size() - 2880 + 4);
  EXPECT_EQ(after(cut,
                  [&](Updater& updater, const File& file) {
                    expect_refused(ErrorCode::truncated, [&] { append(updater, file); });
                    expect_refused(ErrorCode::truncated, [&] { move_hdu(updater, file, 2, 1); });
                  }),
            cut);
  EXPECT_EQ(after(cut, [](Updater& updater, const File& file) { remove_hdu(updater, file, 2); }),
            kPrimary + kFirst);

  auto header_alone = header_blocks({{"SIMPLE", "T"}, {"BITPIX", "8"}, {"NAXIS", "0"}});
  const auto padded_header = header_alone;
  header_alone.resize(4 * 80);
  EXPECT_EQ(after(header_alone, append), padded_header + whole.substr(kFile.size()));
  const auto edited = with_header(header_alone, 0, [](Header& header) { add_cards(header, 2); });
  EXPECT_EQ(
      edited,
      header_blocks({{"SIMPLE", "T"}, {"BITPIX", "8"}, {"NAXIS", "0"}, {"K0", "0"}, {"K1", "1"}}));
}

TEST_F(HduUpdates, WhatFollowsTheLastHduIsKept) {
  const auto special = padded_to_block("special records", '\0');
  EXPECT_EQ(after(kFile + special,
                  [](Updater& updater, const File& file) { remove_hdu(updater, file, 2); }),
            kPrimary + kFirst + special);
  EXPECT_EQ(after(kFile + special,
                  [](Updater& updater, const File& file) { move_hdu(updater, file, 1, 2); }),
            kPrimary + kSecond + kFirst + special);
  EXPECT_EQ(after(kFile + special,
                  [](Updater& updater, const File& file) {
                    expect_refused(ErrorCode::io,
                                   [&] { append_hdu(updater, &file, image_hdu(), false); });
                  }),
            kFile + special);
}

TEST_F(HduUpdates, TheHeaderOfACompressedImageIsEditedAsThatOfTheImage) {
  auto bytes = after(kFile, [](Updater& updater, const File& file) {
    append_hdu(updater, &file, compressed_hdu(), true);
  });
  const auto stored = header(3);
  const auto start = kFile.size();
  bytes = after(bytes, [](Updater& updater, const File& file) {
    const auto cards = header_blocks({{"XTENSION", "'IMAGE   '"},
                                      {"BITPIX", "16"},
                                      {"NAXIS", "1"},
                                      {"NAXIS1", "4"},
                                      {"OBJECT", "'M31     '"}});
    const HeaderEdit edit{file.count() - 1, Header(cards.substr(0, 5 * 80))};
    set_headers(updater, file, {&edit, 1});
  });
  EXPECT_EQ(plain_sum(bytes.substr(start)), 0xffffffffU);
  const auto edited = header(3);
  EXPECT_EQ(edited.string("OBJECT"), "M31");
  EXPECT_EQ(edited.string("XTENSION"), "BINTABLE");
  for (const auto* keyword : {"BITPIX", "NAXIS", "NAXIS1", "ZBITPIX", "ZNAXIS1", "TFORM1", "ZIMAGE",
                              "ZCMPTYPE", "TFIELDS", "PCOUNT", "DATASUM"}) {
    EXPECT_EQ(edited.find_card(keyword)->value, stored.find_card(keyword)->value) << keyword;
    EXPECT_EQ(edited.count(keyword), 1U) << keyword;
  }
}

}  // namespace
}  // namespace torchfits
