// SPDX-License-Identifier: BSD-3-Clause
#include "base/fork.h"

#include <algorithm>
#include <vector>

namespace torchfits {

/// Never destroyed, so that a ForkMutex may outlive the static objects of the process.
struct ForkMutex::Registry {
  struct Entry {
    ForkMutex* owner;  // valid while `mutex` guards the registry
    std::shared_ptr<std::mutex> mutex;
    Rank rank;
  };

  static Registry& instance() {
    static auto* registry = new Registry;
    return *registry;
  }

  /// The entries in the order in which they are to be locked.
  [[nodiscard]] std::vector<Entry> by_rank() {
    const std::lock_guard lock(mutex);
    auto ordered = entries;
    std::stable_sort(ordered.begin(), ordered.end(),
                     [](const Entry& a, const Entry& b) { return a.rank < b.rank; });
    return ordered;
  }

  /// Takes what was registered since `held` was; the registry is locked. A new lock is rarely held
  /// by anybody, and to wait for one out of its turn could be a deadlock: then nothing is taken and
  /// the answer is false.
  [[nodiscard]] bool take_new(std::vector<std::shared_ptr<std::mutex>>& taken) {
    const auto before = taken.size();
    auto known = taken;
    std::sort(known.begin(), known.end());
    for (const auto& entry : entries) {
      if (std::binary_search(known.begin(), known.end(), entry.mutex)) continue;
      if (!entry.mutex->try_lock()) {
        release(taken, before);
        return false;
      }
      taken.push_back(entry.mutex);
    }
    return true;
  }

  static void release(std::vector<std::shared_ptr<std::mutex>>& taken, std::size_t keep) {
    while (taken.size() > keep) {
      taken.back()->unlock();
      taken.pop_back();
    }
  }

  std::mutex forking;  // one fork at a time; held from lock_for_fork() to unlock_after_fork()
  std::mutex mutex;    // guards `entries`; no thread waits for another lock while it holds this one
  std::vector<Entry> entries;
  std::vector<std::shared_ptr<std::mutex>> held;  // by the fork in progress
};

ForkMutex::ForkMutex(Rank rank) : mutex_(std::make_shared<std::mutex>()) {
  auto& registry = Registry::instance();
  const std::lock_guard lock(registry.mutex);
  position_ = registry.entries.size();
  registry.entries.push_back({this, mutex_, rank});
}

ForkMutex::~ForkMutex() {
  auto& registry = Registry::instance();
  const std::lock_guard lock(registry.mutex);
  auto& entries = registry.entries;
  entries[position_] = std::move(entries.back());
  entries[position_].owner->position_ = position_;
  entries.pop_back();
}

void lock_for_fork() {
  auto& registry = ForkMutex::Registry::instance();
  registry.forking.lock();
  auto& held = registry.held;
  while (true) {
    for (auto& entry : registry.by_rank()) {
      entry.mutex->lock();
      held.push_back(std::move(entry.mutex));
    }
    registry.mutex.lock();
    if (registry.take_new(held)) return;
    registry.mutex.unlock();
    registry.release(held, 0);
  }
}

void unlock_after_fork() noexcept {
  auto& registry = ForkMutex::Registry::instance();
  registry.release(registry.held, 0);
  registry.mutex.unlock();
  registry.forking.unlock();
}

}  // namespace torchfits
