// SPDX-License-Identifier: BSD-3-Clause
#include <gtest/gtest.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/un.h>
#include <unistd.h>

#include <algorithm>
#include <chrono>
#include <cstring>
#include <filesystem>
#include <string>
#include <vector>

#include "base/defaults.h"
#include "base/error.h"
#include "base/stats.h"
#include "io/file_source.h"
#include "io/file_windows.h"
#include "io/range_groups.h"
#include "scratch_file.h"

namespace torchfits {
namespace {

using Bytes = std::vector<std::byte>;

template <class Action>
FitsError error_of(Action action) {
  try {
    action();
  } catch (const FitsError& error) {
    return error;
  }
  ADD_FAILURE() << "no error";
  return FitsError::format("none");
}

void expect_refused(const std::string& path, const std::string& kind) {
  const auto error = error_of([&] { (void)open_file(path); });
  EXPECT_EQ(error.code(), ErrorCode::io);
  EXPECT_NE(std::string(error.what()).find(path), std::string::npos) << error.what();
  EXPECT_NE(std::string(error.what()).find(kind), std::string::npos) << error.what();
}

TEST(OpenFile, NamesWhatIsNotThere) {
  const auto error = error_of([] { (void)open_file("/nowhere/none.fits"); });
  EXPECT_EQ(error.code(), ErrorCode::file_not_found);
  EXPECT_NE(std::string(error.what()).find("/nowhere/none.fits"), std::string::npos);
}

TEST(OpenFile, RefusesWhatIsNoRegularFileWithoutWaiting) {
  const ScratchFile place({});
  const auto path = place.path() + ".other";
  expect_refused("/tmp", "directory");
  expect_refused("/dev/zero", "device");
  ASSERT_EQ(mkfifo(path.c_str(), 0600), 0);
  expect_refused(path, "pipe");
  std::filesystem::remove(path);
  const int listener = socket(AF_UNIX, SOCK_STREAM, 0);
  sockaddr_un address{};
  address.sun_family = AF_UNIX;
  std::strncpy(address.sun_path, path.c_str(), sizeof address.sun_path - 1);
  ASSERT_EQ(bind(listener, reinterpret_cast<const sockaddr*>(&address), sizeof address), 0);
  expect_refused(path, "socket");
  close(listener);
  std::filesystem::remove(path);
}

TEST(OpenFile, RefusesAPathWithNul) {
  EXPECT_EQ(error_of([] { (void)open_file(std::string("/etc/passwd\0.fits", 17)); }).code(),
            ErrorCode::value);
}

TEST(FileSource, CountsWhatItReads) {
  const ScratchFile file(Bytes(200'000));
  reset_stats();
  const auto source = open_file(file.path());
  const std::vector<ByteRange> ranges{{0, 2880}, {100'000, 1000}};
  source->for_each(ranges, [](std::size_t, ByteView) {});
  EXPECT_EQ(stats().files_opened, 1U);
  EXPECT_EQ(stats().bytes_read, 3880U);
}

TEST(FileSource, CopiesToWhereTheCallerWouldHaveIt) {
  Bytes content(400'000);
  for (std::size_t i = 0; i < content.size(); ++i) content[i] = static_cast<std::byte>(i / 3);
  const ScratchFile file(content);
  const auto source = open_file(file.path());
  const std::vector<ByteRange> ranges{{20'000, kMaxRangeBytes}, {200'000, 100'000}, {310'000, 10}};
  Bytes memory(kMaxRangeBytes + 100'000);
  const std::vector<ByteSpan> places{
      {memory.data(), kMaxRangeBytes}, {memory.data() + kMaxRangeBytes, 100'000}, {}};
  std::size_t seen = 0;
  source->for_each(ranges,
                   [&](std::size_t i, ByteView bytes) {
                     ++seen;
                     EXPECT_TRUE(std::ranges::equal(
                         bytes, ByteView(content).subspan(ranges[i].offset, ranges[i].length)));
                     EXPECT_EQ(i == 0, bytes.data() == memory.data());
                   },
                   {.landing = [&](std::size_t i) { return places[i]; }});
  EXPECT_EQ(seen, 3U);
}

class Changed : public testing::Test {
 protected:
  static constexpr std::size_t kSize = 6 * MiB;
  Changed() : file_(Bytes(kSize, std::byte{7})), source_(open_file(file_.path())) {}

  static void expect_changed(const ByteSource& source, const std::vector<ByteRange>& ranges) {
    const auto error = error_of([&] { source.for_each(ranges, [](std::size_t, ByteView) {}); });
    EXPECT_EQ(error.code(), ErrorCode::changed) << error.what();
  }
  /// Copied, mapped whole, mapped in part.
  [[nodiscard]] static std::vector<std::vector<ByteRange>> requests() {
    return {{{kSize - 100, 100}},
            {{0, kSize}},
            {{kMiddle, 10}, {kMiddle + 100 * KiB, 10}, {kMiddle + 200 * KiB, 10}}};
  }
  static constexpr std::uint64_t kMiddle = 3 * MiB;

  ScratchFile file_;
  std::shared_ptr<const ByteSource> source_;
};

TEST_F(Changed, ByShrinking) {
  for (const auto& ranges : requests()) source_->for_each(ranges, [](std::size_t, ByteView) {});
  ASSERT_EQ(truncate(file_.path().c_str(), 1000), 0);
  for (const auto& ranges : requests()) expect_changed(*source_, ranges);
}

TEST_F(Changed, ByGrowing) {
  file_.write(Bytes(kSize + 1));
  for (const auto& ranges : requests()) expect_changed(*source_, ranges);
}

TEST_F(Changed, ByOverwritingInPlace) {
  std::filesystem::last_write_time(
      file_.path(), std::filesystem::last_write_time(file_.path()) + std::chrono::seconds(1));
  for (const auto& ranges : requests()) expect_changed(*source_, ranges);
}

TEST_F(Changed, WhileTheBytesAreBeingRead) {
  for (const auto& ranges : requests()) {
    file_.write(Bytes(kSize, std::byte{7}));
    const auto source = open_file(file_.path());
    unsigned total = 0;
    const auto error = error_of([&] {
      source->for_each(ranges, [&](std::size_t, ByteView bytes) {
        EXPECT_EQ(truncate(file_.path().c_str(), 1000), 0);
        for (const auto b : bytes) total += std::to_integer<unsigned>(b);
      });
    });
    EXPECT_EQ(error.code(), ErrorCode::changed) << error.what();
  }
}

TEST(FileSource, LendsASparseRequestFromOneWindow) {
  Bytes content(3 * MiB);
  for (std::size_t i = 0; i < content.size(); ++i) content[i] = static_cast<std::byte>(i / 3);
  const ScratchFile file(content);
  const auto source = open_file(file.path());
  std::vector<ByteRange> ranges;
  for (std::uint64_t at = 12'345; at + kMaxRangeBytes < content.size(); at += kMaxRangeBytes) {
    ranges.push_back({at, kMaxRangeBytes});
  }
  std::vector<const std::byte*> lent(ranges.size());
  source->for_each(ranges,
                   [&](std::size_t i, ByteView bytes) {
                     lent[i] = bytes.data();
                     EXPECT_TRUE(std::ranges::equal(
                         bytes, ByteView(content).subspan(ranges[i].offset, ranges[i].length)));
                   },
                   {.sparse = true});
  for (std::size_t i = 1; i < lent.size(); ++i) EXPECT_EQ(lent[i], lent[0] + i * kMaxRangeBytes);
}

TEST_F(Changed, WhileSomeOfTheBytesAreBeingLookedAt) {
  const std::vector<ByteRange> all{{0, kSize}};
  const auto error = error_of([&] {
    source_->for_each(all,
                      [&](std::size_t, ByteView bytes) {
                        EXPECT_EQ(truncate(file_.path().c_str(), 1000), 0);
                        EXPECT_NE(bytes.back(), std::byte{1});
                      },
                      {.sparse = true});
  });
  EXPECT_EQ(error.code(), ErrorCode::changed) << error.what();
}

TEST_F(Changed, ComplaintsAboutLostBytesAreNotPassedOn) {
  const std::vector<ByteRange> all{{0, kSize}};
  const auto error = error_of([&] {
    source_->for_each(all, [&](std::size_t, ByteView) {
      EXPECT_EQ(truncate(file_.path().c_str(), 1000), 0);
      throw FitsError::format("these bytes make no sense");
    });
  });
  EXPECT_EQ(error.code(), ErrorCode::changed);
}

TEST_F(Changed, AReplacedFileIsStillTheOneThatWasOpened) {
  const ScratchFile other(Bytes(10));
  std::filesystem::rename(other.path(), file_.path());
  for (const auto& ranges : requests()) {
    EXPECT_NO_THROW(source_->for_each(
        ranges, [](std::size_t, ByteView bytes) { EXPECT_EQ(bytes[0], std::byte{7}); }));
  }
}

TEST(ChooseAccess, CopiesSmallAndRemoteSpansAndMapsTheRest) {
  EXPECT_EQ(choose_access(2880, 2880, 2880, false), Access::copy);
  EXPECT_EQ(choose_access(4 * MiB, 4 * MiB, 4 * MiB, true), Access::copy);
  EXPECT_EQ(choose_access(4 * MiB, 4 * MiB, 400 * MiB, false), Access::map_all);
  EXPECT_EQ(choose_access(4 * MiB, 4 * MiB, 16 * MiB, false), Access::copy);
  EXPECT_EQ(choose_access(800 * KiB, 40 * KiB, 800 * KiB, false), Access::map_some);
}

TEST(RangeGroups, JoinNeighboursUpToTheLimits) {
  const std::vector<ByteRange> ranges{{100, 10}, {0, 10}, {110, 5}, {1000, 10}, {0, 50}};
  RangeGroups request(ranges, 2000);
  EXPECT_EQ(request.wanted(), 85U);
  EXPECT_EQ(request.span(), (ByteRange{0, 1010}));
  const auto groups = request.split({.max_span = 200, .max_gap = 60});
  ASSERT_EQ(groups.size(), 2U);
  EXPECT_EQ(groups[0].span, (ByteRange{0, 115}));
  EXPECT_EQ(groups[0].wanted, 75U);
  EXPECT_EQ(groups[0].count, 4U);
  EXPECT_EQ(groups[1].span, (ByteRange{1000, 10}));
  EXPECT_EQ(request.index(groups[1].first), 3U);
  EXPECT_EQ(request.split({.max_span = 200, .max_gap = 49}).size(), 3U);
  EXPECT_EQ(request.split({.max_span = 60, .max_gap = 1000}).size(), 3U);
}

}  // namespace
}  // namespace torchfits
