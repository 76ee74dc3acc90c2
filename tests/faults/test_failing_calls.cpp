// SPDX-License-Identifier: BSD-3-Clause
// Each call of the operating system fails once: afterwards the file is the old one or the new one,
// and nothing is left beside it.
#include <gtest/gtest.h>

#include <string>

#include "base/error.h"
#include "counted_calls.h"
#include "update_scenarios.h"

namespace torchfits {
namespace {

using testing::CountedCalls;
using testing::Fault;
using testing::lay_out;
using testing::read_text;
using testing::Scenario;
using testing::ScratchFolder;

/// Whether it told of the failure.
bool told(const Scenario& scenario, const std::string& path, bool durable) {
  try {
    scenario.change(path, durable);
    return false;
  } catch (const FitsError& error) {
    EXPECT_NE(std::string(error.what()).find(path), std::string::npos) << error.what();
    return true;
  }
}

/// Fails call after call, until there are no more; gives how many there were.
int fail_each(const Scenario& scenario, const std::string& wanted, bool durable, int error) {
  const ScratchFolder folder;
  for (int number = 0;; ++number) {
    lay_out(folder, scenario);
    bool failed = false;
    int calls = 0;
    {
      const CountedCalls faulty(Fault::error, number, error);
      failed = told(scenario, folder.path(), durable);
      calls = CountedCalls::calls();
    }
    const auto where = scenario.name + ", call " + std::to_string(number) +
                       (durable ? " (durable), error " : ", error ") + std::to_string(error);
    const auto now = read_text(folder.path());
    const bool is_new = now == wanted;
    EXPECT_TRUE(is_new || now == scenario.old) << where;
    EXPECT_TRUE(is_new || failed) << where << ": nothing is said";
    EXPECT_EQ(folder.files(), now.empty() ? 0U : 1U) << where;
    if (number >= calls) {
      EXPECT_TRUE(is_new && !failed) << where;
      return number;
    }
  }
}

TEST(FailingCalls, TheFileIsTheOldOneOrTheNewOne) {
  int faults = 0;
  for (const auto& scenario : testing::scenarios()) {
    const ScratchFolder folder;
    const auto wanted = testing::result_of(folder, scenario);
    for (const bool durable : {false, true}) {
      for (const int error : {EIO, ENOSPC}) faults += fail_each(scenario, wanted, durable, error);
    }
  }
  EXPECT_GT(faults, 300);
}

/// What cannot be done in one way is done in another.
TEST(FailingCalls, CallsThatAFileSystemLacksAreNotMissed) {
  for (const auto& scenario : testing::scenarios()) {
    const ScratchFolder folder;
    const auto wanted = testing::result_of(folder, scenario);
    const auto saved = system_calls;
    system_calls.copy_file_range = [](int, off_t, int, off_t, std::size_t) -> ssize_t {
      errno = EXDEV;
      return -1;
    };
    system_calls.fallocate = [](int, off_t) {
      errno = EOPNOTSUPP;
      return -1;
    };
    system_calls.link = [](const char*, const char*) {
      errno = EPERM;
      return -1;
    };
    system_calls.exchange = [](const char*, const char*) {
      errno = EINVAL;
      return -1;
    };
    lay_out(folder, scenario);
    scenario.change(folder.path(), true);
    system_calls = saved;
    EXPECT_EQ(read_text(folder.path()), wanted) << scenario.name;
  }
}

}  // namespace
}  // namespace torchfits
