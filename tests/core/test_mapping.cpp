// SPDX-License-Identifier: BSD-3-Clause
#include <gtest/gtest.h>
#include <signal.h>
#include <sys/mman.h>
#include <unistd.h>

#include <list>
#include <string>
#include <thread>
#include <vector>

#include "base/defaults.h"
#include "base/error.h"
#include "platform/mapping.h"
#include "platform/memory.h"
#include "platform/temporary_file.h"

namespace torchfits {
namespace {

constexpr std::size_t kPage = 4096;

std::byte pattern(std::uint64_t position) {
  return static_cast<std::byte>(position * 7 + position / 256);
}

FileHandle patterned_file(std::size_t size) {
  std::vector<std::byte> bytes(size);
  for (std::size_t i = 0; i < size; ++i) bytes[i] = pattern(i);
  auto file = open_temporary_file();
  file.write_at(0, bytes);
  return file;
}

/// Reads every byte, through volatile so that no read is left out.
unsigned sum(ByteView bytes) {
  const volatile std::byte* from = bytes.data();
  unsigned total = 0;
  for (std::size_t i = 0; i < bytes.size(); ++i) total += std::to_integer<unsigned>(from[i]);
  return total;
}

TEST(Mapping, ShowsAnyRange) {
  const auto file = patterned_file(5 * kPage + 17);
  for (const ByteRange range :
       {ByteRange{0, 1}, ByteRange{4095, 2}, ByteRange{1, 5 * kPage + 16}, ByteRange{kPage, 0}}) {
    const MappedWindow window(file, range);
    ASSERT_EQ(window.bytes().size(), range.length);
    for (std::size_t i = 0; i < range.length; ++i)
      ASSERT_EQ(window.bytes()[i], pattern(range.offset + i));
    EXPECT_TRUE(window.intact());
  }
}

TEST(Mapping, LostPagesAreZerosAndRemembered) {
  const auto file = patterned_file(64 * kPage);
  const MappedWindow window(file, {100, 64 * kPage - 100});
  const MappedWindow other(file, {0, kPage});
  ASSERT_EQ(ftruncate(file.descriptor(), 2 * kPage), 0);
  EXPECT_EQ(window.bytes()[kPage], pattern(100 + kPage));
  EXPECT_TRUE(window.intact());
  EXPECT_EQ(sum(window.bytes().subspan(2 * kPage)), 0U);
  EXPECT_FALSE(window.intact());
  EXPECT_EQ(other.bytes()[5], pattern(5));
  EXPECT_TRUE(other.intact());
}

TEST(Mapping, ManyThreadsLoseTheirWindowsAtOnce) {
  const auto file = patterned_file(256 * kPage);
  std::list<MappedWindow> windows;
  for (int i = 0; i < 200; ++i) windows.emplace_back(file, ByteRange{0, 256 * kPage});
  ASSERT_EQ(ftruncate(file.descriptor(), 0), 0);
  std::vector<std::thread> threads;
  for (auto& window : windows) {
    if (threads.size() < 16) threads.emplace_back([&] { sum(window.bytes()); });
  }
  for (auto& thread : threads) thread.join();
  std::size_t index = 0;
  for (auto& window : windows) EXPECT_EQ(window.intact(), index++ >= 16);
}

TEST(Mapping, ARemadeWindowIsClean) {
  const auto file = patterned_file(4 * kPage);
  {
    const MappedWindow window(file, {0, 4 * kPage});
    ASSERT_EQ(ftruncate(file.descriptor(), kPage), 0);
    sum(window.bytes());
    ASSERT_FALSE(window.intact());
  }
  const MappedWindow window(file, {0, kPage});
  sum(window.bytes());
  EXPECT_TRUE(window.intact());
}

void fault_outside_of_windows() {
  const auto file = patterned_file(4 * kPage);
  const MappedWindow window(file, {0, kPage});  // the handler is there
  auto* stray = static_cast<const volatile char*>(
      mmap(nullptr, 4 * kPage, PROT_READ, MAP_PRIVATE, file.descriptor(), 0));
  if (ftruncate(file.descriptor(), 0) != 0) return;
  (void)stray[2 * kPage];
}

TEST(MappingDeathTest, OtherBusErrorsStillEndTheProcess) {
  EXPECT_EXIT(fault_outside_of_windows(), [](int status) { return status != 0; }, "");
  EXPECT_EXIT(
      {
        const auto file = patterned_file(kPage);
        const MappedWindow window(file, {0, kPage});
        raise(SIGBUS);
      },
      [](int status) { return status != 0; }, "");
}

TEST(MappingDeathTest, TheHandlerThatWasThereBeforeGetsOtherBusErrors) {
  testing::FLAGS_gtest_death_test_style =
      "threadsafe";  // a process whose handler is not installed yet
  EXPECT_EXIT(
      {
        signal(SIGBUS, [](int) { _exit(42); });
        fault_outside_of_windows();
      },
      testing::ExitedWithCode(42), "");
}

TEST(Mapping, RefusesImpossibleRanges) {
  const auto file = patterned_file(10);
  EXPECT_THROW(MappedWindow(file, {UINT64_MAX - 5, 100}), FitsError);
  EXPECT_THROW(MappedWindow(file, {std::uint64_t{1} << 63, 100}), FitsError);
  EXPECT_THROW(MappedWindow(file, {0, UINT64_MAX}), FitsError);
}

TEST(HugePages, AdviceTakesAnyRange) {
  std::vector<std::byte> memory(kHugePageBytes + 3 * kPage);
  for (const std::size_t offset : {std::size_t{0}, std::size_t{1}, std::size_t{4095}}) {
    for (const std::size_t size : {std::size_t{0}, std::size_t{1}, std::size_t{5000},
                                   kHugePageBytes, kHugePageBytes + 5000}) {
      advise_huge_pages(memory.data() + offset, size);
    }
  }
  advise_huge_pages(nullptr, 0);
  EXPECT_EQ(sum(memory), 0U);
}

}  // namespace
}  // namespace torchfits
