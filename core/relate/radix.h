// SPDX-License-Identifier: BSD-3-Clause
// Rows distributed over parts by bits of their keys: the first step of sorting and of hashing.
#pragma once

#include <array>
#include <bit>
#include <cstdint>
#include <numeric>
#include <span>
#include <vector>

#include "relate/array.h"

namespace torchfits {

/// Twelve bytes: the kernels are bound by memory.
struct KeyedRow {
  std::uint32_t low, high;
  std::uint32_t row;
  [[nodiscard]] std::uint64_t key() const noexcept { return std::uint64_t{high} << 32 | low; }
  static KeyedRow of(std::uint64_t key, std::uint32_t row) noexcept {
    return {static_cast<std::uint32_t>(key), static_cast<std::uint32_t>(key >> 32), row};
  }
};

/// Part p is rows [starts[p], starts[p + 1]), in their former order.
struct RowParts {
  Array<KeyedRow> rows;
  std::vector<std::size_t> starts;
  [[nodiscard]] std::size_t count() const noexcept { return starts.size() - 1; }
  [[nodiscard]] std::span<KeyedRow> part(std::size_t p) const noexcept {
    return {rows.data() + starts[p], starts[p + 1] - starts[p]};
  }
};

/// Bits that make parts of about `wanted` rows, at most 2^10 parts: more streams than that cost
/// more than they save.
[[nodiscard]] constexpr unsigned part_bits(std::size_t rows, std::size_t wanted) noexcept {
  constexpr unsigned most = 10;
  return std::min(most, static_cast<unsigned>(std::bit_width(rows / wanted)));
}

/// Distributes by the `bits` bits of the keys from `shift` up; higher ones must be zero or part of
/// them. `keyed(i, row)` gives the i-th of `count` rows, or false to leave it out.
template <class Keyed>
RowParts distribute(std::size_t count, unsigned shift, unsigned bits, const Keyed& keyed) {
  const auto parts = std::size_t{1} << bits;
  const auto part_of = [&](const KeyedRow& row) {
    return bits == 0 ? 0 : static_cast<std::size_t>(row.key() >> shift) & (parts - 1);
  };
  std::vector<std::size_t> places(row_blocks(count) * parts);
  for_row_blocks(count, [&](std::size_t block, std::size_t begin, std::size_t end) {
    auto* counts = places.data() + block * parts;
    KeyedRow row;
    for (auto i = begin; i < end; ++i)
      if (keyed(i, row)) ++counts[part_of(row)];
  });
  RowParts result;
  std::size_t place = 0;
  for (std::size_t part = 0; part < parts; ++part) {
    result.starts.push_back(place);
    for (std::size_t block = 0; block < row_blocks(count); ++block)
      place += std::exchange(places[block * parts + part], place);
  }
  result.starts.push_back(place);
  result.rows = Array<KeyedRow>(place);
  for_row_blocks(count, [&](std::size_t block, std::size_t begin, std::size_t end) {
    auto* next = places.data() + block * parts;
    KeyedRow row;
    for (auto i = begin; i < end; ++i)
      if (keyed(i, row)) result.rows[next[part_of(row)]++] = row;
  });
  return result;
}

}  // namespace torchfits
