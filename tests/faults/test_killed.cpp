// SPDX-License-Identifier: BSD-3-Clause
// A process that is killed while it changes a file: who opens the file next finds the old one or
// the new one. Temporary files that the dead leave are no obstacle and are not taken for data.
#include <gtest/gtest.h>
#include <signal.h>
#include <sys/resource.h>
#include <sys/wait.h>
#include <unistd.h>

#include <algorithm>
#include <chrono>
#include <random>
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

/// Runs `work` in a forked child; gives its process.
template <class Work>
pid_t start_child(Work&& work) {
  const auto child = fork();
  if (child != 0) return child;
  alarm(20);
  work();
  std::_Exit(0);
}

bool was_killed(pid_t child) {
  int status = 0;
  EXPECT_EQ(waitpid(child, &status, 0), child);
  EXPECT_TRUE(WIFEXITED(status) || WTERMSIG(status) == SIGKILL);
  return WIFSIGNALED(status);
}

/// The HDUs as they stand in the file, as a reader finds them; empty where there is no file.
std::string seen_by_a_reader(const std::string& path) {
  if (!std::filesystem::exists(path)) return "";
  const File file(open_file(path));
  const auto& last = file.hdu(file.count() - 1);
  return read_text(path).substr(0, static_cast<std::size_t>(last.end()));
}

struct Outcomes {
  int old = 0, fresh = 0, taken_back = 0;
};

/// Looks at what a dead process left, repairs it as the next updater does, and makes the change.
void check_what_is_left(const ScratchFolder& folder, const Scenario& scenario,
                        const std::string& wanted, const std::string& where, Outcomes& outcomes) {
  const auto path = folder.path();
  std::string seen;
  try {
    seen = seen_by_a_reader(path);
  } catch (const FitsError& error) {
    EXPECT_EQ(error.code(), ErrorCode::io) << where << ": " << error.what();
    EXPECT_NE(std::string(error.what()).find("r+"), std::string::npos) << error.what();
    {
      const Updater updater(path, false);
    }
    seen = seen_by_a_reader(path);
    EXPECT_EQ(seen, scenario.old) << where;
    ++outcomes.taken_back;
  }
  EXPECT_TRUE(seen == scenario.old || seen == wanted) << where;
  ++(seen == wanted ? outcomes.fresh : outcomes.old);
  if (seen == wanted) return;
  scenario.change(path, false);
  EXPECT_EQ(read_text(path), wanted) << where;
}

int calls_of(const ScratchFolder& folder, const Scenario& scenario, bool durable) {
  lay_out(folder, scenario);
  const CountedCalls counted(Fault::none, 0);
  scenario.change(folder.path(), durable);
  return CountedCalls::calls();
}

TEST(Killed, AtEachCallOfEachChange) {
  Outcomes outcomes;
  int kills = 0;
  for (const auto& scenario : testing::scenarios()) {
    const ScratchFolder folder;
    const auto wanted = testing::result_of(folder, scenario);
    const auto calls = calls_of(folder, scenario, false);
    for (int number = 0; number < calls; ++number) {
      for (const auto fault : {Fault::kill_before, Fault::kill_halfway, Fault::kill_after}) {
        lay_out(folder, scenario);
        kills += was_killed(start_child([&] {
          const CountedCalls deadly(fault, number);
          scenario.change(folder.path(), false);
        }));
        const auto where = scenario.name + ", call " + std::to_string(number) + ", way " +
                           std::to_string(static_cast<int>(fault));
        check_what_is_left(folder, scenario, wanted, where, outcomes);
      }
    }
  }
  EXPECT_GT(kills, 150);
  EXPECT_GT(outcomes.old, 20);
  EXPECT_GT(outcomes.fresh, 15);
  EXPECT_GT(outcomes.taken_back, 10);
}

TEST(Killed, AtRandomMoments) {
  std::mt19937 random(20261122);
  Outcomes outcomes;
  int kills = 0;
  const auto all = testing::scenarios();
  for (int round = 0; round < 300; ++round) {
    const auto& scenario = all[static_cast<std::size_t>(round) % all.size()];
    const ScratchFolder folder;
    const auto wanted = testing::result_of(folder, scenario);
    lay_out(folder, scenario);
    int go[2];
    ASSERT_EQ(pipe(go), 0);
    const auto child = start_child([&] {
      const char ready = 'r';
      if (write(go[1], &ready, 1) != 1) std::_Exit(1);
      scenario.change(folder.path(), false);
    });
    char ready = 0;
    EXPECT_EQ(read(go[0], &ready, 1), 1);
    const auto end = std::chrono::steady_clock::now() + std::chrono::microseconds(random() % 1500);
    while (std::chrono::steady_clock::now() < end) {
    }
    kill(child, SIGKILL);
    kills += was_killed(child);
    close(go[0]);
    close(go[1]);
    check_what_is_left(folder, scenario, wanted, scenario.name + ", round " + std::to_string(round),
                       outcomes);
  }
  EXPECT_GT(kills, 30);
}

/// No room: RLIMIT_FSIZE, as on a full disk.
TEST(NoRoom, TheOldFileStays) {
  for (const auto& scenario : testing::scenarios()) {
    const ScratchFolder folder;
    const auto wanted = testing::result_of(folder, scenario);
    for (const auto limit : {100UL, 10000UL, scenario.old.size() + 1}) {
      lay_out(folder, scenario);
      const auto child = start_child([&] {
        signal(SIGXFSZ, SIG_IGN);
        const rlimit most{limit, limit};
        setrlimit(RLIMIT_FSIZE, &most);
        try {
          scenario.change(folder.path(), false);
        } catch (const FitsError& error) {
          std::_Exit(error.code() == ErrorCode::io ? 3 : 4);
        }
      });
      int status = 0;
      waitpid(child, &status, 0);
      ASSERT_TRUE(WIFEXITED(status)) << scenario.name;
      const auto now = read_text(folder.path());
      const auto code = WEXITSTATUS(status);
      EXPECT_TRUE((code == 3 && now == scenario.old) || (code == 0 && now == wanted))
          << scenario.name << ", limit " << limit << ": exit " << code;
      EXPECT_EQ(folder.files(), now.empty() ? 0U : 1U) << scenario.name;
    }
  }
}

/// A child that a fork made shares the lock of its parent.
class TwoProcesses : public ::testing::Test {
 protected:
  void SetUp() override { testing::write_text(path(), testing::three_hdus(100)); }
  [[nodiscard]] std::string path() const { return folder_.path(); }

  /// The exit code of a child that runs `work`.
  template <class Work>
  static int in_child(Work&& work) {
    int status = 0;
    waitpid(start_child([&] { std::_Exit(work()); }), &status, 0);
    return WIFEXITED(status) ? WEXITSTATUS(status) : -1;
  }
  /// 0 if the file can be opened for updating, 1 if it is locked.
  [[nodiscard]] int try_to_update() const {
    try {
      const Updater updater(path(), false);
      return 0;
    } catch (const FitsError& error) {
      const bool clear = std::string(error.what()).find("elsewhere") != std::string::npos;
      return error.code() == ErrorCode::io && clear ? 1 : 2;
    }
  }
  ScratchFolder folder_;
};

TEST_F(TwoProcesses, TheSecondIsRefusedUntilTheFirstIsDone) {
  auto updater = std::make_unique<Updater>(path(), false);
  EXPECT_EQ(in_child([&] { return try_to_update(); }), 1);
  // A reader is never refused.
  EXPECT_EQ(in_child([&] { return File(open_file(path())).count() == 3 ? 0 : 1; }), 0);
  updater.reset();
  EXPECT_EQ(in_child([&] { return try_to_update(); }), 0);
}

TEST_F(TwoProcesses, AForkedChildNeitherChangesTheFileNorUnlocksIt) {
  auto updater = std::make_unique<Updater>(path(), false);
  auto fresh = std::make_unique<Updater>(Updater::create(folder_.path("new.fits"), true, false));
  append_hdu(*fresh, nullptr, testing::new_image(10), false);
  EXPECT_EQ(in_child([&] {
              for (auto* one : {updater.get(), fresh.get()}) {
                try {
                  one->cut(2880);
                  return 2;
                } catch (const FitsError& error) {
                  if (error.code() != ErrorCode::value) return 3;
                }
              }
              updater.reset();
              fresh.reset();
              return 0;
            }),
            0);
  EXPECT_EQ(try_to_update(), 1);
  fresh->commit();
  EXPECT_TRUE(std::filesystem::exists(folder_.path("new.fits")));
}

TEST_F(TwoProcesses, AChildThatLivesOnDoesNotKeepTheLock) {
  auto updater = std::make_unique<Updater>(path(), false);
  const auto child = start_child([] { pause(); });
  updater.reset();
  EXPECT_EQ(try_to_update(), 0);
  kill(child, SIGKILL);
  waitpid(child, nullptr, 0);
}

}  // namespace
}  // namespace torchfits
