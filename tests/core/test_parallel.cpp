// SPDX-License-Identifier: BSD-3-Clause
#include <gtest/gtest.h>
#include <sys/wait.h>
#include <unistd.h>

#include <atomic>
#include <chrono>
#include <filesystem>
#include <fstream>
#include <future>
#include <memory>
#include <set>
#include <stdexcept>
#include <thread>
#include <vector>

#include "base/cpu.h"
#include "base/parallel.h"

namespace torchfits {
namespace {

class Parallel : public testing::Test {
 protected:
  void SetUp() override { set_num_threads(4); }
  void TearDown() override { set_num_threads(0); }
};

std::size_t threads_of_process() {
  const std::filesystem::directory_iterator tasks("/proc/self/task");
  return static_cast<std::size_t>(std::distance(begin(tasks), end(tasks)));
}

TEST_F(Parallel, CallsTheBodyOnceForEachIndex) {
  for (const std::size_t count : {0U, 1U, 2U, 7U, 1000U}) {
    std::vector<std::atomic<int>> calls(count);
    parallel_for(count, [&](std::size_t i) { ++calls[i]; });
    for (const auto& n : calls) EXPECT_EQ(n, 1);
  }
}

TEST_F(Parallel, UsesSeveralThreads) {
  std::atomic<int> present{0};
  // Each body waits until another one runs at the same time.
  parallel_for(2, [&](std::size_t) {
    ++present;
    const auto limit = std::chrono::steady_clock::now() + std::chrono::seconds(20);
    while (present < 2 && std::chrono::steady_clock::now() < limit) std::this_thread::yield();
  });
  EXPECT_EQ(present, 2);
}

TEST_F(Parallel, RunsNestedCallsInline) {
  std::atomic<int> strays{0};
  std::atomic<int> calls{0};
  parallel_for(8, [&](std::size_t) {
    const auto here = std::this_thread::get_id();
    parallel_for(8, [&](std::size_t) {
      ++calls;
      if (std::this_thread::get_id() != here) ++strays;
    });
  });
  EXPECT_EQ(calls, 64);
  EXPECT_EQ(strays, 0);
}

TEST_F(Parallel, RethrowsAndGoesOn) {
  for (int round = 0; round < 50; ++round) {
    EXPECT_THROW(parallel_for(100,
                              [](std::size_t i) {
                                if (i % 7 == 3) throw std::runtime_error("x");
                              }),
                 std::runtime_error);
  }
  std::atomic<int> calls{0};
  parallel_for(100, [&](std::size_t) { ++calls; });
  EXPECT_EQ(calls, 100);
}

TEST_F(Parallel, DropsWhatHasNotBegunAfterAnError) {
  std::atomic<int> calls{0};
  EXPECT_THROW(parallel_for(1'000'000,
                            [&](std::size_t) {
                              ++calls;
                              throw std::runtime_error("x");
                            }),
               std::runtime_error);
  EXPECT_LE(calls, 4);
}

TEST_F(Parallel, ServesManyCallersAtOnce) {
  std::atomic<int> calls{0};
  std::vector<std::thread> callers;
  for (int c = 0; c < 6; ++c) {
    callers.emplace_back([&] {
      for (int round = 0; round < 50; ++round) parallel_for(20, [&](std::size_t) { ++calls; });
    });
  }
  for (auto& caller : callers) caller.join();
  EXPECT_EQ(calls, 6 * 50 * 20);
}

int run_in_child() {
  const auto pid = fork();
  if (pid == 0) {
    alarm(20);  // a hang fails too
    std::atomic<int> calls{0};
    parallel_for(50, [&](std::size_t) { ++calls; });
    std::exit(calls == 50 ? 0 : 1);
  }
  int status = -1;
  waitpid(pid, &status, 0);
  return status;
}

TEST_F(Parallel, ForkedChildStartsItsOwnPoolAndExits) {
  parallel_for(50, [](std::size_t) {});
  EXPECT_EQ(run_in_child(), 0);
  std::atomic<int> calls{0};
  parallel_for(50, [&](std::size_t) { ++calls; });
  EXPECT_EQ(calls, 50);
}

/// Says in which thread it ends.
std::shared_ptr<const void> mourned(std::promise<std::thread::id>& end) {
  return {&end, [&end](const void*) { end.set_value(std::this_thread::get_id()); }};
}

TEST_F(Parallel, LetsGoOnAnotherThread) {
  parallel_for(50, [](std::size_t) {});
  std::promise<std::thread::id> end;
  release_later(mourned(end));
  EXPECT_NE(end.get_future().get(), std::this_thread::get_id());
}

TEST_F(Parallel, LetsGoAtOnceWhereOneThreadDoesAllTheWork) {
  parallel_for(50, [](std::size_t) {});
  set_num_threads(1);
  std::promise<std::thread::id> end;
  release_later(mourned(end));
  auto ended = end.get_future();
  ASSERT_EQ(ended.wait_for(std::chrono::seconds(0)), std::future_status::ready);
  EXPECT_EQ(ended.get(), std::this_thread::get_id());
}

TEST_F(Parallel, LetsGoOfAllThatFollowEachOtherAndWorksOn) {
  std::atomic<int> ended{0};
  std::atomic<int> calls{0};
  for (int i = 0; i < 200; ++i) {
    parallel_for(8, [&](std::size_t) { ++calls; });
    release_later({&ended, [&](const void*) { ++ended; }});
  }
  while (ended < 200) std::this_thread::yield();
  EXPECT_EQ(calls, 1600);
}

TEST_F(Parallel, OneThreadStartsNone) {
  const auto pid = fork();  // a process without a pool
  if (pid == 0) {
    set_num_threads(1);
    parallel_for(50, [](std::size_t) {});
    const auto alone = threads_of_process();
    set_num_threads(3);
    parallel_for(50, [](std::size_t) {});
    std::_Exit(alone == 1 && threads_of_process() == 3 ? 0 : 1);
  }
  int status = -1;
  waitpid(pid, &status, 0);
  EXPECT_EQ(status, 0);
}

TEST(NumThreads, IsSetAndRestored) {
  const auto usual = num_threads();
  EXPECT_GE(usual, 1U);
  set_num_threads(7);
  EXPECT_EQ(num_threads(), 7U);
  set_num_threads(0);
  EXPECT_EQ(num_threads(), usual);
}

class CgroupCpus : public testing::Test {
 protected:
  void SetUp() override {
    root_ =
        std::filesystem::temp_directory_path() / ("torchfits_cgroup_" + std::to_string(getpid()));
    std::filesystem::remove_all(root_);
  }
  void TearDown() override { std::filesystem::remove_all(root_); }
  void put(const std::string& path, const std::string& text) const {
    std::filesystem::create_directories((root_ / path).parent_path());
    std::ofstream(root_ / path) << text;
  }
  std::filesystem::path root_;
};

TEST_F(CgroupCpus, NoneWithoutGroupsOrLimit) {
  EXPECT_EQ(cgroup_cpus(root_), std::nullopt);
  put("proc/self/cgroup", "0::/a\n");
  put("sys/fs/cgroup/a/cpu.max", "max 100000\n");
  EXPECT_EQ(cgroup_cpus(root_), std::nullopt);
}

TEST_F(CgroupCpus, Version2RoundsUpAndTakesTheTightestAncestor) {
  put("proc/self/cgroup", "0::/a/b\n");
  put("sys/fs/cgroup/a/b/cpu.max", "450000 100000\n");
  EXPECT_EQ(cgroup_cpus(root_), 5U);
  put("sys/fs/cgroup/a/cpu.max", "150000 100000\n");
  EXPECT_EQ(cgroup_cpus(root_), 2U);
}

TEST_F(CgroupCpus, GroupOfTheHostIsTheMountInsideAContainer) {
  put("proc/self/cgroup", "0::/docker/0123\n");
  put("sys/fs/cgroup/cpu.max", "300000 100000\n");
  EXPECT_EQ(cgroup_cpus(root_), 3U);
}

TEST_F(CgroupCpus, Version1) {
  put("proc/self/cgroup", "5:memory:/x\n4:cpu,cpuacct:/x\n");
  put("sys/fs/cgroup/cpu,cpuacct/x/cpu.cfs_quota_us", "50000\n");
  put("sys/fs/cgroup/cpu,cpuacct/x/cpu.cfs_period_us", "100000\n");
  EXPECT_EQ(cgroup_cpus(root_), 1U);
  put("sys/fs/cgroup/cpu,cpuacct/x/cpu.cfs_quota_us", "-1\n");
  EXPECT_EQ(cgroup_cpus(root_), std::nullopt);
}

}  // namespace
}  // namespace torchfits
