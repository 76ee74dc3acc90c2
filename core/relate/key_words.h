// SPDX-License-Identifier: BSD-3-Clause
// Several keys as few numbers: as many share 64 bits as their ranges allow.
#pragma once

#include <cstdint>
#include <span>
#include <vector>

#include "relate/array.h"
#include "relate/key_codes.h"

namespace torchfits {

/// One number for each row; all of them are below 2^bits.
struct KeyWord {
  Array<std::uint64_t> values;
  unsigned bits = 0;
  /// Taken from each value by who reads it, which saves a pass over memory.
  std::uint64_t low = 0;

  [[nodiscard]] std::uint64_t operator[](std::size_t row) const noexcept {
    return values[row] - low;
  }
};

/// Rows compare as their words do, the first word first: keys in their order, specials behind all
/// other values, also where a key (one of `descending`, if given) falls.
[[nodiscard]] std::vector<KeyWord> pack_keys(std::vector<KeyCodes> keys,
                                             std::span<const bool> descending);

/// One word for all: what does not fit into 64 bits is numbered first.
[[nodiscard]] KeyWord single_word(std::vector<KeyWord> words, Wanted wanted);

/// Numbers of the words of all rows that `left_out` (empty: none) does not mark; the rows behind
/// `known` find those before.
struct Numbers;
[[nodiscard]] Numbers number_words(const KeyWord& word, std::span<const std::uint8_t> left_out,
                                   std::size_t known);

/// Numbers without gaps in the order of the words, and the first row of each.
struct Ranks {
  Array<std::uint32_t> of_row;
  Array<std::uint32_t> first_rows;
};

[[nodiscard]] Ranks rank_words(const KeyWord& word);

}  // namespace torchfits
