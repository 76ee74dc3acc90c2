// SPDX-License-Identifier: BSD-3-Clause
#include "base/fork.h"

#include <atomic>

namespace torchfits {
namespace {

/// Counts the threads that hold locks; a fork closes it and waits until none is inside.
class Gate {
 public:
  void enter() {
    if (depth_++ > 0)
      return;  // a holder of one lock must get the next one, or it would never leave
    while (true) {
      inside_.fetch_add(1);
      if (!closed_.load()) return;
      step_out();
      closed_.wait(true);
    }
  }

  void leave() noexcept {
    if (--depth_ == 0) step_out();
  }

  void close() {
    forking_.lock();
    closed_.store(true);
    for (auto inside = inside_.load(); inside != 0; inside = inside_.load()) inside_.wait(inside);
  }

  void open() noexcept {
    closed_.store(false);
    closed_.notify_all();
    forking_.unlock();
  }

 private:
  void step_out() noexcept {
    if (inside_.fetch_sub(1) == 1) inside_.notify_all();
  }

  static thread_local unsigned depth_;  // locks that this thread holds
  std::mutex forking_;                  // one fork at a time
  std::atomic<bool> closed_{false};
  std::atomic<int> inside_{0};
};

thread_local unsigned Gate::depth_ = 0;

#ifdef _WIN32
Gate gate;  // a mutex of winpthreads has no constant initializer; nothing is locked before main()
#else
constinit Gate gate;
#endif

}  // namespace

void ForkMutex::lock() {
  gate.enter();
  mutex_.lock();
}

void ForkMutex::unlock() {
  mutex_.unlock();
  gate.leave();
}

void lock_for_fork() { gate.close(); }

void unlock_after_fork() noexcept { gate.open(); }

}  // namespace torchfits
