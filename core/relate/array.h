// SPDX-License-Identifier: BSD-3-Clause
// Memory of the kernels of this room, and how they walk over rows.
#pragma once

#include <algorithm>
#include <cstddef>
#include <type_traits>
#include <utility>

#include "base/parallel.h"
#include "base/stats.h"
#include "platform/memory.h"

namespace torchfits {

/// Numbers without initial values, in counted memory, on huge pages where there are many.
template <class T>
class Array {
  static_assert(std::is_trivial_v<T> && alignof(T) <= alignof(std::max_align_t));

 public:
  Array() = default;
  explicit Array(std::size_t count) : memory_(count * sizeof(T)) {
    advise_huge_pages(memory_.data(), memory_.size());
  }
  Array(std::size_t count, T value) : Array(count) { std::fill(begin(), end(), value); }

  [[nodiscard]] T* data() const noexcept { return reinterpret_cast<T*>(memory_.data()); }
  [[nodiscard]] T* begin() const noexcept { return data(); }
  [[nodiscard]] T* end() const noexcept { return data() + size(); }
  [[nodiscard]] T& operator[](std::size_t position) const noexcept { return data()[position]; }
  [[nodiscard]] std::size_t size() const noexcept { return memory_.size() / sizeof(T); }
  [[nodiscard]] bool empty() const noexcept { return memory_.size() == 0; }

 private:
  Scratch memory_;
};

/// Rows that one thread takes at a time.
inline constexpr std::size_t kRowsOfBlock = std::size_t{1} << 16;

[[nodiscard]] constexpr std::size_t row_blocks(std::size_t rows) noexcept {
  return (rows + kRowsOfBlock - 1) / kRowsOfBlock;
}

/// body(block, begin, end) for each block of rows, in parallel.
template <class Body>
void for_row_blocks(std::size_t rows, const Body& body) {
  parallel_for(row_blocks(rows), [&](std::size_t block) {
    const auto begin = block * kRowsOfBlock;
    body(block, begin, std::min(begin + kRowsOfBlock, rows));
  });
}

}  // namespace torchfits
