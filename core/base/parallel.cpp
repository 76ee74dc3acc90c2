// SPDX-License-Identifier: BSD-3-Clause
#include "base/parallel.h"

#include <algorithm>
#include <atomic>
#include <condition_variable>
#include <cstdint>
#include <deque>
#include <exception>
#include <memory>
#include <mutex>
#include <system_error>
#include <thread>
#include <utility>

#include "base/cpu.h"

namespace torchfits {
namespace {

std::atomic<std::size_t> chosen_threads{0};  // 0: the default
thread_local bool inside_body = false;

/// One call of parallel_for; lives on the stack of its caller. Threads take the next index until
/// none is left.
struct Job {
  const std::function<void(std::size_t)>& body;
  std::size_t count;
  std::size_t helpers_wanted;       // guarded by the mutex of the pool
  std::size_t helpers_running = 0;  // guarded by the mutex of the pool
  std::atomic<std::size_t> next{0};
  std::atomic<bool> failed{false};
  std::exception_ptr error{};  // written once, by the thread that set `failed`

  void work() noexcept {
    inside_body = true;
    while (!failed.load(std::memory_order_relaxed)) {
      const auto index = next.fetch_add(1, std::memory_order_relaxed);
      if (index >= count) break;
      try {
        body(index);
      } catch (...) {
        if (!failed.exchange(true)) error = std::current_exception();
      }
    }
    inside_body = false;
  }
};

/// Never destroyed: its threads are detached and sleep until the process ends, so that neither
/// exit() nor a forked child has anything to join.
class Pool {
 public:
  /// The pool of this process. A forked child finds that of its parent, whose threads it does not
  /// have.
  static Pool& of_this_process() {
    static std::atomic<Pool*> current{nullptr};
    const auto pid = process_id();
    auto* pool = current.load(std::memory_order_acquire);
    while (pool == nullptr || pool->pid_ != pid) {
      auto* fresh = new Pool(pid);
      if (current.compare_exchange_strong(pool, fresh, std::memory_order_acq_rel)) return *fresh;
      delete fresh;
    }
    return *pool;
  }

  void run(Job& job) {
    const auto helpers = job.helpers_wanted;
    {
      const std::lock_guard lock(mutex_);
      grow(helpers);
      jobs_.push_back(&job);
    }
    if (helpers == 1) {
      work_.notify_one();
    } else {
      work_.notify_all();
    }
    job.work();
    std::unique_lock lock(mutex_);
    std::erase(jobs_, &job);
    done_.wait(lock, [&] { return job.helpers_running == 0; });
  }

  /// The object itself where it cannot be left to a thread.
  [[nodiscard]] std::shared_ptr<const void> leave(std::shared_ptr<const void> object) {
    {
      const std::lock_guard lock(mutex_);
      if (threads_ == 0 || to_release_) return object;
      to_release_ = std::move(object);
    }
    work_.notify_one();
    return nullptr;
  }

 private:
  explicit Pool(std::int64_t pid) : pid_(pid) {}

  void grow(std::size_t threads) {
    while (threads_ < threads) {
      try {
        std::thread([this] { serve(); }).detach();
      } catch (const std::system_error&) {
        return;  // no more threads to be had: the caller does the work with those that there are
      }
      ++threads_;
    }
  }

  [[noreturn]] void serve() {
    std::unique_lock lock(mutex_);
    while (true) {
      work_.wait(lock, [&] { return !jobs_.empty() || to_release_; });
      if (jobs_.empty()) {
        auto object = std::exchange(to_release_, nullptr);
        lock.unlock();
        object.reset();
        lock.lock();
        continue;
      }
      auto& job = *jobs_.front();
      ++job.helpers_running;
      if (--job.helpers_wanted == 0) jobs_.pop_front();
      lock.unlock();
      job.work();
      lock.lock();
      if (--job.helpers_running == 0) done_.notify_all();
    }
  }

  const std::int64_t pid_;
  std::mutex mutex_;
  std::condition_variable work_;
  std::condition_variable done_;
  std::deque<Job*> jobs_;  // those that want more helpers
  std::shared_ptr<const void> to_release_;
  std::size_t threads_ = 0;
};

}  // namespace

std::size_t num_threads() noexcept {
  if (const auto chosen = chosen_threads.load(std::memory_order_relaxed); chosen != 0)
    return chosen;
  static const std::size_t usable = [] {
    try {
      return usable_cpus();
    } catch (const std::exception&) {
      return std::size_t{1};
    }
  }();
  return usable;
}

void set_num_threads(std::size_t count) noexcept {
  chosen_threads.store(count, std::memory_order_relaxed);
}

void parallel_for(std::size_t count, const std::function<void(std::size_t)>& body) {
  const auto threads = inside_body ? 1 : std::min(num_threads(), count);
  if (threads <= 1) {
    for (std::size_t i = 0; i < count; ++i) body(i);
    return;
  }
  Job job{.body = body, .count = count, .helpers_wanted = threads - 1};
  Pool::of_this_process().run(job);
  if (job.failed) std::rethrow_exception(job.error);
}

void release_later(std::shared_ptr<const void> object) {
  if (num_threads() > 1) object = Pool::of_this_process().leave(std::move(object));
}

}  // namespace torchfits
