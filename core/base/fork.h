// SPDX-License-Identifier: BSD-3-Clause
// Locks that are free in a forked child: a fork waits until no thread holds one.
#pragma once

#include <cstddef>
#include <cstdint>
#include <memory>
#include <mutex>

namespace torchfits {

/// A mutex that lock_for_fork() takes too. Locks nest in the order of their rank only.
class ForkMutex {
 public:
  enum class Rank : std::uint8_t { file, stream, pool };
  explicit ForkMutex(Rank rank);
  ~ForkMutex();
  ForkMutex(const ForkMutex&) = delete;
  ForkMutex& operator=(const ForkMutex&) = delete;

  void lock() { mutex_->lock(); }
  void unlock() { mutex_->unlock(); }
  bool try_lock() { return mutex_->try_lock(); }

 private:
  struct Registry;
  friend void lock_for_fork();
  friend void unlock_after_fork() noexcept;
  std::shared_ptr<std::mutex>
      mutex_;                 // shared with a fork that waits for it while its owner goes away
  std::size_t position_ = 0;  // in the registry
};

/// Before fork(), without the GIL and holding no ForkMutex: waits for and takes every ForkMutex, by
/// rank. After it, in parent and child: releases them. The binding registers them with
/// os.register_at_fork.
void lock_for_fork();
void unlock_after_fork() noexcept;

}  // namespace torchfits
