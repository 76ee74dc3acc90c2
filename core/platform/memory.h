// SPDX-License-Identifier: BSD-3-Clause
// What the operating system is told about memory, and memory that it hands out as it is touched.
#pragma once

#include <cstddef>

namespace torchfits {

/// Asks for huge pages on those of [begin, begin + size) that lie wholly inside, before their first
/// write: faulting 4 KiB pages in costs more than decoding into them. Advice only; nothing happens
/// where it does not exist, nor below kHugePageBytes.
void advise_huge_pages(void* begin, std::size_t size) noexcept;

/// Zeroed memory that never moves and takes up room only as it is written.
class ReservedMemory {
 public:
  explicit ReservedMemory(std::size_t size);
  ~ReservedMemory();
  ReservedMemory(const ReservedMemory&) = delete;
  ReservedMemory& operator=(const ReservedMemory&) = delete;

  [[nodiscard]] std::byte* data() const noexcept { return memory_; }
  [[nodiscard]] std::size_t size() const noexcept { return size_; }

 private:
  std::byte* memory_;
  std::size_t size_;
};

}  // namespace torchfits
