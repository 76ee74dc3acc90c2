// SPDX-License-Identifier: BSD-3-Clause
#include "platform/memory.h"

#include <sys/mman.h>
#include <unistd.h>

#include <cerrno>
#include <cstdint>

#include "base/defaults.h"
#include "base/error.h"

namespace torchfits {

void advise_huge_pages(void* begin, std::size_t size) noexcept {
#ifdef MADV_HUGEPAGE
  if (size < kHugePageBytes) return;
  const auto saved = errno;
  const auto page = static_cast<std::uintptr_t>(sysconf(_SC_PAGESIZE));
  const auto address = reinterpret_cast<std::uintptr_t>(begin);
  const auto first = (address + page - 1) / page * page;
  const auto last = (address + size) / page * page;
  if (first < last) madvise(reinterpret_cast<void*>(first), last - first, MADV_HUGEPAGE);
  errno = saved;
#else
  (void)begin;
  (void)size;
#endif
}

ReservedMemory::ReservedMemory(std::size_t size) : size_(size) {
  int flags = MAP_PRIVATE | MAP_ANONYMOUS;
#ifdef MAP_NORESERVE
  flags |= MAP_NORESERVE;
#endif
  void* memory = mmap(nullptr, size, PROT_READ | PROT_WRITE, flags, -1, 0);
  if (memory == MAP_FAILED) throw FitsError::io("reserve memory", errno);
  memory_ = static_cast<std::byte*>(memory);
}

ReservedMemory::~ReservedMemory() { munmap(memory_, size_); }

}  // namespace torchfits
