// SPDX-License-Identifier: BSD-3-Clause
// How a signal handler finds the window of an address without a lock:
// - Slots lie in blocks that are linked once and never freed; a guard owns one slot for its life.
// - The thread that faults reads a live window, whose slot therefore does not change under the
//   handler.
// - Other slots may change meanwhile: a slot counts only if `end` was the same before and after
//   reading `begin`, and a guard ends before its memory is unmapped, so that no stale pair can
//   cover a live address.
#include "platform/bus_guard.h"

#include <signal.h>
#include <sys/mman.h>
#include <unistd.h>

#include <array>
#include <atomic>
#include <cerrno>
#include <cstdint>
#include <mutex>

namespace torchfits {

struct BusGuard::Slot {
  std::atomic<bool> taken{false};
  std::atomic<bool> hit{false};
  std::atomic<std::uintptr_t> begin{0};
  std::atomic<std::uintptr_t> end{0};  // 0: no window
};

namespace {

static_assert(std::atomic<std::uintptr_t>::is_always_lock_free);

struct Block {
  std::array<BusGuard::Slot, 64> slots;
  std::atomic<Block*> next{nullptr};
};

constinit Block first_block;
struct sigaction previous_action{};
std::uintptr_t page_bytes = 4096;  // set before the handler is there

bool covers(const BusGuard::Slot& slot, std::uintptr_t address) noexcept {
  const auto end = slot.end.load(std::memory_order_acquire);
  const auto begin = slot.begin.load(std::memory_order_acquire);
  return end != 0 && address >= begin && address < end &&
         slot.end.load(std::memory_order_acquire) == end;
}

BusGuard::Slot* find(std::uintptr_t address) noexcept {
  for (auto* block = &first_block; block != nullptr; block = block->next.load()) {
    for (auto& slot : block->slots) {
      if (covers(slot, address)) return &slot;
    }
  }
  return nullptr;
}

void pass_on(int number, siginfo_t* info, void* context) noexcept {
  if ((previous_action.sa_flags & SA_SIGINFO) != 0) {
    previous_action.sa_sigaction(number, info, context);
  } else if (previous_action.sa_handler != SIG_DFL && previous_action.sa_handler != SIG_IGN) {
    previous_action.sa_handler(number);
  } else {  // ends the process as if there were no handler, once this one returns
    signal(SIGBUS, SIG_DFL);
    raise(SIGBUS);
  }
}

void on_bus_error(int number, siginfo_t* info, void* context) {
  const auto saved = errno;
  const auto address = reinterpret_cast<std::uintptr_t>(info->si_addr);
  auto* slot = info->si_code > 0 ? find(address) : nullptr;  // not for a signal sent by kill()
  if (slot == nullptr) {
    pass_on(number, info, context);
  } else {
    // What follows in the file is lost too: zeros up to the end of the window, in whole pages from
    // the faulting one.
    slot->hit.store(true);
    const auto page = address & ~(page_bytes - 1);
    auto* from = reinterpret_cast<void*>(page);
    if (mmap(from, slot->end.load() - page, PROT_READ, MAP_PRIVATE | MAP_ANONYMOUS | MAP_FIXED, -1,
             0) == MAP_FAILED) {
      pass_on(number, info, context);
    }
  }
  errno = saved;
}

void install_handler() {
  static std::once_flag once;
  std::call_once(once, [] {
    page_bytes = static_cast<std::uintptr_t>(sysconf(_SC_PAGESIZE));
    struct sigaction action{};
    action.sa_sigaction = on_bus_error;
    action.sa_flags = SA_SIGINFO | SA_ONSTACK;
    sigemptyset(&action.sa_mask);
    sigaction(SIGBUS, nullptr, &previous_action);
    sigaction(SIGBUS, &action, nullptr);
  });
}

BusGuard::Slot* take_slot() {
  for (auto* block = &first_block;;) {
    for (auto& slot : block->slots) {
      if (!slot.taken.load(std::memory_order_relaxed) && !slot.taken.exchange(true)) return &slot;
    }
    auto* next = block->next.load();
    if (next == nullptr) {
      auto* fresh = new Block;
      if (block->next.compare_exchange_strong(next, fresh)) {
        next = fresh;
      } else {
        delete fresh;
      }
    }
    block = next;
  }
}

}  // namespace

BusGuard::BusGuard(std::byte* begin, std::size_t size) {
  install_handler();
  slot_ = take_slot();
  const auto address = reinterpret_cast<std::uintptr_t>(begin);
  slot_->hit.store(false);
  slot_->begin.store(address);
  slot_->end.store(address + size);
}

BusGuard::~BusGuard() {
  slot_->end.store(0);
  slot_->taken.store(false);
}

bool BusGuard::hit() const noexcept { return slot_->hit.load(); }

}  // namespace torchfits
