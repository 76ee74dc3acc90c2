// SPDX-License-Identifier: BSD-3-Clause
// Equal keys get equal numbers: the hash table behind joins and groups.
#pragma once

#include <cstdint>
#include <random>
#include <span>

#include "relate/array.h"
#include "relate/key_column.h"
#include "relate/radix.h"

namespace torchfits {

/// A bijection that spreads the bits: equal results mean equal codes. The start is another in every
/// process, so that no file can hold keys that meet in one slot.
class Mixer {
 public:
  [[nodiscard]] std::uint64_t operator()(std::uint64_t code) const noexcept {
    code ^= seed_;
    code = (code ^ code >> 32) * 0xd6e8feb86659fd93;
    code = (code ^ code >> 32) * 0xd6e8feb86659fd93;
    return code ^ code >> 32;
  }

 private:
  static std::uint64_t process_seed() {
    static const std::uint64_t seed = [] {
      std::random_device device;
      return std::uint64_t{device()} << 32 | device();
    }();
    return seed;
  }
  std::uint64_t seed_ = process_seed();
};

struct Numbers {
  Array<std::uint32_t> of_row;  ///< kNone of rows that were left out or whose key is not known
  std::size_t limit = 0;        ///< numbers are below it; not all need occur
};

/// Slots of one part, twice as many as rows: the table and its rows stay in the cache.
class SlotTable {
 public:
  explicit SlotTable(std::size_t rows)
      : mask_(std::bit_ceil(2 * rows + 1) - 1), slots_(mask_ + 1, Slot{0, 0, kNone}) {}

  /// The number of a key, or kNone; `same(row)` decides where equal hashes do not say enough.
  template <class Same>
  [[nodiscard]] std::uint32_t find(const KeyedRow& row, const Same& same) const {
    return at(row, same).number;
  }

  /// The number of a key, which is `next` where it is new.
  template <class Same>
  std::uint32_t insert(const KeyedRow& row, std::uint32_t next, const Same& same) {
    auto& slot = at(row, same);
    if (slot.number == kNone) slot = {row.key(), row.row, next};
    return slot.number;
  }

 private:
  struct Slot {
    std::uint64_t hash;
    std::uint32_t row;
    std::uint32_t number;
  };

  template <class Same>
  Slot& at(const KeyedRow& row, const Same& same) const {
    const auto hash = row.key();
    auto place = hash & mask_;
    while (slots_[place].number != kNone &&
           (slots_[place].hash != hash || !same(slots_[place].row, row.row))) {
      place = (place + 1) & mask_;
    }
    return slots_[place];
  }

  std::size_t mask_;
  Array<Slot> slots_;
};

/// Numbers the rows [0, known) by their keys; the rows behind find those of their keys. Parts are
/// made by the upper bits of the hash, and slots by the lower ones. `keyed(i, row)` gives the hash
/// of row i, or false to leave it out; `same(a, b)` tells whether rows of equal hash have equal
/// keys. `first(number, row)` is told of each number once, with the first row that has it.
template <class Keyed, class Same, class First>
Numbers number_by_hash(std::size_t rows, std::size_t known, const Keyed& keyed, const Same& same,
                       const First& first) {
  constexpr std::size_t rows_of_part = 16384;
  const auto bits = part_bits(rows, rows_of_part);
  const auto shift = 64 - std::max(bits, 1U);
  const auto build = distribute(known, shift, bits, keyed);
  const auto probe = distribute(rows - known, shift, bits, [&](std::size_t i, KeyedRow& row) {
    return keyed(i + known, row);
  });
  Numbers numbers{Array<std::uint32_t>(rows, kNone), build.rows.size()};
  parallel_for(build.count(), [&](std::size_t part) {
    SlotTable table(build.part(part).size());
    auto next = static_cast<std::uint32_t>(build.starts[part]);
    for (const auto& row : build.part(part)) {
      const auto number = table.insert(row, next, same);
      numbers.of_row[row.row] = number;
      if (number == next) first(next++, row);
    }
    for (const auto& row : probe.part(part)) numbers.of_row[row.row] = table.find(row, same);
  });
  return numbers;
}

/// Rows by their number: those of number n are rows[starts[n]] to rows[starts[n + 1] - 1], rising.
struct RowsOfNumbers {
  Array<std::uint32_t> starts;
  Array<std::uint32_t> rows;
};

[[nodiscard]] RowsOfNumbers rows_of_numbers(std::span<const std::uint32_t> numbers,
                                            std::size_t limit);

}  // namespace torchfits
