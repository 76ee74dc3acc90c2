// SPDX-License-Identifier: BSD-3-Clause
#include <gtest/gtest.h>
#include <sys/wait.h>
#include <unistd.h>

#include <atomic>
#include <chrono>
#include <mutex>
#include <thread>
#include <vector>

#include "base/fork.h"

namespace torchfits {
namespace {

/// Runs `check` in a forked child, with the locks taken around the fork as the binding does.
template <class Check>
bool holds_in_child(Check check) {
  lock_for_fork();
  const auto pid = fork();
  unlock_after_fork();
  if (pid == 0) {
    alarm(20);  // a deadlock fails too
    std::_Exit(check() ? 0 : 1);
  }
  int status = -1;
  waitpid(pid, &status, 0);
  return status == 0;
}

TEST(Fork, LocksAreFreeInParentAndChild) {
  ForkMutex file;
  ForkMutex stream;
  const auto usable = [&] {
    const std::lock_guard outer(file);
    const std::lock_guard inner(stream);
    return true;
  };
  EXPECT_TRUE(holds_in_child(usable));
  EXPECT_TRUE(usable());
}

TEST(Fork, WaitsForAHolder) {
  ForkMutex mutex;
  std::atomic<bool> held{false};
  std::atomic<bool> released{false};
  std::thread holder([&] {
    const std::lock_guard lock(mutex);
    held = true;
    std::this_thread::sleep_for(std::chrono::milliseconds(50));
    released = true;
  });
  while (!held) std::this_thread::yield();
  lock_for_fork();
  EXPECT_TRUE(released);
  std::atomic<bool> taken{false};
  std::thread late([&] {
    const std::lock_guard lock(mutex);
    taken = true;
  });
  std::this_thread::sleep_for(std::chrono::milliseconds(20));
  EXPECT_FALSE(taken);
  unlock_after_fork();
  late.join();
  EXPECT_TRUE(taken);
  holder.join();
}

TEST(Fork, HolderMayMakeAndEndLocksMeanwhile) {
  std::atomic<bool> stop{false};
  std::vector<std::thread> busy;
  ForkMutex file;
  for (int t = 0; t < 3; ++t) {
    busy.emplace_back([&] {
      while (!stop) {
        const std::lock_guard outer(file);
        ForkMutex stream;
        const std::lock_guard inner(stream);
      }
    });
  }
  for (int round = 0; round < 20; ++round) {
    EXPECT_TRUE(holds_in_child([&] {
      const std::lock_guard lock(file);
      return true;
    }));
  }
  stop = true;
  for (auto& thread : busy) thread.join();
}

}  // namespace
}  // namespace torchfits
