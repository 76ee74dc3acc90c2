// SPDX-License-Identifier: BSD-3-Clause
// Locks that are free in a forked child: a fork waits until no thread holds one.
#pragma once

#include <mutex>

namespace torchfits {

/// A mutex for state that a forked child goes on using. No thread waits for one while it holds the
/// GIL: a fork in progress may need the GIL to end. No holder waits for a pool thread that takes
/// one.
class ForkMutex {
 public:
  void lock();
  void unlock();

 private:
  std::mutex mutex_;
};

/// Before fork(), without the GIL and holding no ForkMutex: waits until no thread holds one, and
/// lets none be taken.
void lock_for_fork();
/// After fork(), in parent and child. The binding registers both with os.register_at_fork.
void unlock_after_fork() noexcept;

}  // namespace torchfits
