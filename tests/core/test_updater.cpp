// SPDX-License-Identifier: BSD-3-Clause
// How the bytes of a file change. Expected bytes are put together by hand.
#include <gtest/gtest.h>
#include <sys/stat.h>
#include <unistd.h>

#include <array>
#include <string>

#include "base/defaults.h"
#include "base/error.h"
#include "header_text.h"
#include "io/file_source.h"
#include "platform/undo_journal.h"
#include "scratch_folder.h"
#include "update/updater.h"

namespace torchfits {
namespace {

using testing::bytes_of;
using testing::read_text;
using testing::ScratchFolder;
using testing::write_text;

constexpr std::uint64_t kLarge = (1U << 20U) + 5000;

std::uint64_t inode(const std::string& path) {
  struct stat status{};
  EXPECT_EQ(stat(path.c_str(), &status), 0);
  return status.st_ino;
}

std::string text_of(const ByteSource& source) {
  std::string text(source.extent(UINT64_MAX), '\0');
  source.read({0, text.size()}, std::as_writable_bytes(std::span(text)));
  return text;
}

template <class Work>
std::string message_of(ErrorCode code, Work&& work) {
  try {
    work();
  } catch (const FitsError& error) {
    EXPECT_EQ(error.code(), code) << error.what();
    return error.what();
  }
  ADD_FAILURE() << "no error";
  return "";
}

class UpdaterTest : public ::testing::TestWithParam<bool> {
 protected:
  [[nodiscard]] std::string path() const { return folder_.path(); }
  [[nodiscard]] std::string content() const { return read_text(path()); }
  ScratchFolder folder_;
};

/// Changes two ranges of a file of `size` bytes.
void change_two(const std::string& path, std::uint64_t size, std::array<ByteRange, 2> ranges,
                bool durable) {
  std::string expected(size, 'o');
  write_text(path, expected);
  const auto before = inode(path);
  Updater updater(path, durable);
  EXPECT_EQ(text_of(*updater.source()), expected);
  updater.change(ranges, [&](ByteSink& sink) {
    for (const auto& range : ranges)
      sink.write_at(range.offset, bytes_of(std::string(range.length, 'n')));
  });
  for (const auto& range : ranges) {
    expected.resize(std::max<std::size_t>(expected.size(), range.end()), '\0');
    expected.replace(range.offset, range.length, range.length, 'n');
  }
  EXPECT_EQ(read_text(path), expected);
  EXPECT_EQ(text_of(*updater.source()), expected);
  EXPECT_EQ(updater.size(), expected.size());
  const bool one_page = ranges[0].offset / 4096 == (ranges[1].end() - 1) / 4096;
  EXPECT_EQ(inode(path) == before, size > kReplacedBytes || (one_page && !durable));
}

TEST_P(UpdaterTest, ChangesInOnePageManyPagesAndLargeFiles) {
  change_two(path(), 9000, {{{100, 20}, {4000, 90}}}, GetParam());
  change_two(path(), 9000, {{{100, 20}, {8000, 90}}}, GetParam());
  change_two(path(), 9000, {{{100, 20}, {8990, 90}}}, GetParam());
  change_two(path(), kLarge, {{{100, 20}, {900000, 90}}}, GetParam());
  change_two(path(), kLarge, {{{100, 20}, {kLarge - 1, 90000}}}, GetParam());
  EXPECT_EQ(folder_.files(), 1U);
}

TEST_P(UpdaterTest, AChangeThatFailsIsTakenBack) {
  for (const auto size : {std::uint64_t{9000}, kLarge}) {
    const std::string old(size, 'o');
    write_text(path(), old);
    Updater updater(path(), GetParam());
    const std::array<ByteRange, 1> ranges{{{100, 8000}}};
    EXPECT_THROW(updater.change(ranges,
                                [](ByteSink& sink) {
                                  sink.write_at(200, bytes_of("new"));
                                  throw FitsError(ErrorCode::value, "no");
                                }),
                 FitsError);
    EXPECT_EQ(content(), old);
    // A write beside the ranges would not be taken back: it is refused.
    EXPECT_THROW(updater.change(ranges, [](ByteSink& sink) { sink.write_at(9, bytes_of("new")); }),
                 FitsError);
    EXPECT_THROW(
        updater.change(ranges, [](ByteSink& sink) { sink.write_at(8098, bytes_of("new")); }),
        FitsError);
    updater.change(ranges, [](ByteSink& sink) { sink.write_at(200, bytes_of("new")); });
    EXPECT_EQ(content(), std::string(old).replace(200, 3, "new"));
  }
  EXPECT_EQ(folder_.files(), 1U);
}

TEST_P(UpdaterTest, AnAppendedHduIsSeenWhenItIsWhole) {
  const std::string old(2880, 'o');
  write_text(path(), old);
  Updater updater(path(), GetParam());
  const auto before = inode(path());
  updater.append(2880, [&](ByteSink& sink, std::uint64_t offset) {
    sink.reserve(offset + 200000);
    sink.write_at(offset + 4, bytes_of("SIONrest"));
    sink.write_at(offset, bytes_of("XTEN"));
    const auto now = content();
    EXPECT_EQ(now.substr(2880, 9), std::string("\0PARTIALr", 9));
    return offset + 20;
  });
  EXPECT_EQ(content(), old + "XTENSIONrest" + std::string(8, '\0'));
  EXPECT_EQ(inode(path()), before);
  EXPECT_THROW(updater.append(2900,
                              [](ByteSink& sink, std::uint64_t offset) -> std::uint64_t {
                                sink.write_at(offset, bytes_of(std::string(5000, 'x')));
                                throw FitsError(ErrorCode::value, "no");
                              }),
               FitsError);
  EXPECT_EQ(updater.source()->extent(10000), 2900U);
  EXPECT_EQ(content().size(), 2900U);
}

TEST_P(UpdaterTest, BytesBehindTheLastHduAreOverwrittenOnlyIfTheyAreOursOrZeros) {
  const auto append = [&] {
    Updater(path(), GetParam()).append(8, [](ByteSink& sink, std::uint64_t offset) {
      sink.write_at(offset, bytes_of("XTENSION"));
      return offset + 8;
    });
  };
  for (const auto& tail :
       {std::string(3000000, '\0'), std::string("\0PARTIALrest", 12), std::string("\0", 1)}) {
    write_text(path(), "12345678" + tail);
    append();
    EXPECT_EQ(content(), "12345678XTENSION");
  }
  for (const auto& tail : {std::string("special"), std::string(2000000, '\0') + "x"}) {
    write_text(path(), "12345678" + tail);
    EXPECT_NE(message_of(ErrorCode::io, append).find("special records"), std::string::npos);
    EXPECT_EQ(content(), "12345678" + tail);
  }
}

TEST_P(UpdaterTest, AFileIsRebuiltFromKeptAndNewPieces) {
  write_text(path(), "old bytes of a file");
  chmod(path().c_str(), 0640);
  Updater updater(path(), GetParam());
  const auto before = updater.source();
  const std::array<FilePiece, 3> pieces{KeptBytes{{13, 6}},
                                        [](ByteSink& sink, std::uint64_t offset) {
                                          EXPECT_EQ(offset, 6U);
                                          sink.reserve(10000000);
                                          sink.write_at(offset, bytes_of(" with new"));
                                          return offset + 9;
                                        },
                                        KeptBytes{{3, 6}}};
  updater.rebuild(pieces);
  EXPECT_EQ(content(), "a file with new bytes");
  EXPECT_EQ(text_of(*before), "old bytes of a file");  // a reader keeps the file that it opened
  struct stat status{};
  stat(path().c_str(), &status);
  EXPECT_EQ(status.st_mode & 0777, 0640U);
  EXPECT_THROW(Updater(path(), false), FitsError);  // the lock has moved
  updater.cut(6);
  EXPECT_EQ(content(), "a file");
  EXPECT_EQ(folder_.files(), 1U);
}

TEST_P(UpdaterTest, ANewFileTakesItsNameAtCommit) {
  write_text(path(), "old");
  {
    auto updater = Updater::create(path(), true, GetParam());
    EXPECT_EQ(updater.size(), 0U);
    const auto write = [](ByteSink& sink, std::uint64_t offset) {
      sink.write_at(offset, bytes_of("0123456789"));
      return offset + 10;
    };
    updater.append(0, write);
    EXPECT_THROW(updater.append(10,
                                [&](ByteSink& sink, std::uint64_t offset) -> std::uint64_t {
                                  write(sink, offset);
                                  throw FitsError(ErrorCode::value, "no");
                                }),
                 FitsError);
    updater.append(10, write);
    const std::array<ByteRange, 1> range{{{5, 10}}};
    updater.change(range, [](ByteSink& sink) { sink.write_at(9, bytes_of("new")); });
    const std::array<FilePiece, 2> pieces{KeptBytes{{10, 5}}, KeptBytes{{0, 10}}};
    updater.rebuild(pieces);
    EXPECT_EQ(text_of(*updater.source()), "ew234012345678n");
    EXPECT_EQ(content(), "old");
    updater.commit();
    EXPECT_EQ(content(), "ew234012345678n");
  }
  {
    auto spoiled = Updater::create(path(), true, GetParam());
    spoiled.append(0, [](ByteSink& sink, std::uint64_t) {
      sink.write_at(0, bytes_of("xyz"));
      return std::uint64_t{3};
    });
    const std::array<ByteRange, 1> range{{{0, 2}}};
    EXPECT_THROW(spoiled.change(range,
                                [](ByteSink& sink) {
                                  sink.write_at(0, bytes_of("a"));
                                  throw FitsError(ErrorCode::value, "no");
                                }),
                 FitsError);
    EXPECT_NE(message_of(ErrorCode::io, [&] { spoiled.commit(); }).find("write it again"),
              std::string::npos);
  }
  {
    auto dropped = Updater::create(path(), true, GetParam());
    dropped.append(0, [](ByteSink& sink, std::uint64_t) {
      sink.write_at(0, bytes_of("x"));
      return std::uint64_t{1};
    });
  }
  EXPECT_EQ(content(), "ew234012345678n");
  EXPECT_EQ(folder_.files(), 1U);
  EXPECT_THROW(Updater::create(path(), false, GetParam()), FitsError);
}

INSTANTIATE_TEST_SUITE_P(Durable, UpdaterTest, ::testing::Bool());

TEST(Updater, LinksStayLinksAndShareTheLock) {
  const ScratchFolder folder;
  write_text(folder.path("target"), std::string(9000, 'o'));
  std::filesystem::create_symlink("target", folder.path("link"));
  Updater updater(folder.path("link"), false);
  EXPECT_THROW(Updater(folder.path("target"), false), FitsError);
  const std::array<ByteRange, 1> range{{{0, 9000}}};
  updater.change(range, [](ByteSink& sink) { sink.write_at(0, bytes_of("n")); });
  EXPECT_EQ(read_text(folder.path("target"))[0], 'n');
  EXPECT_TRUE(std::filesystem::is_symlink(folder.path("link")));
  EXPECT_THROW(Updater(folder.path("target"), false), FitsError);
}

TEST(Updater, WhatCannotBeUpdatedIsRefused) {
  const ScratchFolder folder;
  EXPECT_NE(message_of(ErrorCode::file_not_found, [&] { Updater(folder.path("no"), false); })
                .find("No such file"),
            std::string::npos);
  EXPECT_NE(message_of(ErrorCode::io, [&] { Updater(folder.path(""), false); }).find("directory"),
            std::string::npos);
  write_text(folder.path(), "\x1f\x8b\x08 compressed");
  EXPECT_NE(message_of(ErrorCode::unsupported, [&] { Updater(folder.path(), false); })
                .find("decompress it first"),
            std::string::npos);
  write_text(folder.path(), "SIMPLE");
  chmod(folder.path().c_str(), 0444);
  if (access(folder.path().c_str(), W_OK) != 0) {
    EXPECT_NE(message_of(ErrorCode::io, [&] { Updater(folder.path(), false); })
                  .find("change the permissions"),
              std::string::npos);
  }
}

TEST(Updater, AFileThatOthersChangeIsNotChangedByUs) {
  const ScratchFolder folder;
  write_text(folder.path(), "first");
  Updater updater(folder.path(), false);
  std::filesystem::rename(folder.path(), folder.path("moved"));
  write_text(folder.path(), "first");
  message_of(ErrorCode::changed, [&] { updater.cut(2); });
  EXPECT_EQ(read_text(folder.path()), "first");
  std::filesystem::rename(folder.path("moved"), folder.path());
  updater.cut(4);
  write_text(folder.path(), "longer than before");
  message_of(ErrorCode::changed, [&] { updater.cut(2); });
}

/// An interrupted change of a large file: its journal stands there, and some bytes are new.
class InterruptedTest : public ::testing::Test {
 protected:
  void SetUp() override {
    write_text(path(), old_);
    FileIdentity identity;
    const auto file = FileHandle::open_for_update(path(), identity);
    const std::array<ByteRange, 3> ranges{{{500000, 3}, {10, 5}, {kLarge - 2, 100}}};
    {
      const UndoJournal journal(file, path(), ranges, false);
      message_of(ErrorCode::changed, [&] { (void)open_file(path()); });
      std::filesystem::copy_file(journal_path(), folder_.path("kept"));
    }
    std::filesystem::rename(folder_.path("kept"), journal_path());
    file.write_at(500000, bytes_of("new"));
    file.write_at(10, bytes_of("new"));
    file.write_at(kLarge - 1, bytes_of(std::string(500, 'n')));
  }
  [[nodiscard]] std::string path() const { return folder_.path(); }
  [[nodiscard]] std::string journal_path() const { return folder_.path(".f.fits.torchfits-undo"); }
  std::string old_ = std::string(kLarge - 1, 'o') + "p";
  ScratchFolder folder_;
};

TEST_F(InterruptedTest, ReadersAreToldAndTheNextUpdaterTakesItBack) {
  EXPECT_NE(message_of(ErrorCode::io, [&] { (void)open_file(path()); }).find("mode 'r+'"),
            std::string::npos);
  std::filesystem::create_symlink("f.fits", folder_.path("link"));
  message_of(ErrorCode::io, [&] { (void)open_file(folder_.path("link")); });
  const Updater updater(folder_.path("link"), false);
  EXPECT_EQ(read_text(path()), old_);
  EXPECT_FALSE(std::filesystem::exists(journal_path()));
  EXPECT_EQ(text_of(*open_file(path())), old_);
}

TEST_F(InterruptedTest, ADamagedJournalIsNotBelieved) {
  const auto journal = read_text(journal_path());
  const auto now = read_text(path());
  for (const auto& damage :
       {journal.substr(0, 30), journal.substr(0, journal.size() - 1), journal + "x",
        std::string(journal).replace(45, 1, "x"), std::string(journal).replace(24, 8, 8, '\xff'),
        std::string(journal).replace(journal.size() - 1, 1, "x")}) {
    write_text(journal_path(), damage);
    EXPECT_NE(message_of(ErrorCode::io, [&] { Updater(path(), false); }).find("is damaged"),
              std::string::npos);
    EXPECT_EQ(read_text(path()), now);
  }
}

TEST_F(InterruptedTest, TheJournalOfAnotherFileCountsForNothing) {
  std::filesystem::remove(path());
  write_text(folder_.path("other"), old_);  // most likely with the inode that became free
  write_text(path(), old_);
  EXPECT_EQ(text_of(*open_file(path())), old_);
  const Updater updater(path(), false);
  EXPECT_EQ(read_text(path()), old_);
  EXPECT_FALSE(std::filesystem::exists(journal_path()));
}

TEST_F(InterruptedTest, TheJournalOfAFileThatHadTheInodeBeforeCountsForNothing) {
  const auto before = inode(path());
  std::filesystem::remove(path());
  const std::string other(kLarge + 7, 'x');
  write_text(path(), other);
  if (inode(path()) != before) GTEST_SKIP() << "the file system gives an inode once";
  EXPECT_TRUE(text_of(*open_file(path())) == other);
  const Updater updater(path(), false);
  EXPECT_TRUE(read_text(path()) == other);
  EXPECT_FALSE(std::filesystem::exists(journal_path()));
}

TEST_F(InterruptedTest, TheJournalOfAnotherUserIsNotBelieved) {
  const auto now = read_text(path());
  if (chown(journal_path().c_str(), 12345, 12345) != 0)
    GTEST_SKIP() << "only the superuser gives a file to another user";
  EXPECT_NE(message_of(ErrorCode::io, [&] { Updater(path(), false); }).find("another user"),
            std::string::npos);
  EXPECT_TRUE(read_text(path()) == now);
  EXPECT_EQ(chown(path().c_str(), 12345, 12345), 0);  // who owns the file may change it anyway
  const Updater updater(path(), false);
  EXPECT_TRUE(read_text(path()) == old_);
}

TEST_F(InterruptedTest, WhatIsNoRegularFileIsNoJournal) {
  std::filesystem::remove(journal_path());
  ASSERT_EQ(mkfifo(journal_path().c_str(), 0600), 0);
  const auto now = read_text(path());
  EXPECT_TRUE(text_of(*open_file(path())) == now);
  const Updater updater(path(), false);
  EXPECT_TRUE(read_text(path()) == now);
}

TEST_F(InterruptedTest, AnUnfinishedJournalGoesWithTheNextUpdater) {
  write_text(journal_path() + ".new", "TFUNDO1");
  const Updater updater(path(), false);
  EXPECT_TRUE(read_text(path()) == old_);
  EXPECT_FALSE(std::filesystem::exists(journal_path() + ".new"));
}

TEST_F(InterruptedTest, AnEmptyJournalIsThatOfACompletedChange) {
  write_text(journal_path(), "");
  const auto now = read_text(path());
  EXPECT_EQ(text_of(*open_file(path())), now);
  const Updater updater(path(), false);
  EXPECT_EQ(read_text(path()), now);
  EXPECT_FALSE(std::filesystem::exists(journal_path()));
}

}  // namespace
}  // namespace torchfits
