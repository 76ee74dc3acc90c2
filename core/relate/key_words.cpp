// SPDX-License-Identifier: BSD-3-Clause
#include "relate/key_words.h"

#include <bit>
#include <numeric>

#include "relate/numbering.h"
#include "relate/sort_rows.h"

namespace torchfits {
namespace {

constexpr std::uint64_t kMost = ~std::uint64_t{0};
constexpr unsigned kSpecials = 3;  // Special::nan to Special::foreign

unsigned bits_of(std::uint64_t value) { return static_cast<unsigned>(std::bit_width(value)); }

/// Below this a table with an entry for each possible word is smaller than a hash table.
bool is_direct(const KeyWord& word, std::size_t rows) {
  constexpr unsigned always = 16;
  return word.bits <= always ||
         (word.bits < 32 && std::uint64_t{1} << word.bits <= 2 * std::uint64_t{rows});
}

/// Words as far as they are filled, the first key in the upper bits.
class Packer {
 public:
  /// `field(row)` is below 2^bits. A word that begins with it takes `memory`, if there is some.
  template <class Field>
  void add(std::size_t rows, unsigned bits, const Field& field, Array<std::uint64_t> memory = {}) {
    const bool fresh = is_fresh(bits);
    if (fresh) {
      if (memory.size() != rows) memory = Array<std::uint64_t>(rows);
      words_.push_back({std::move(memory), 0});
    }
    auto& word = words_.back();
    for_row_blocks(rows, [&](std::size_t, std::size_t begin, std::size_t end) {
      auto* values = word.values.data();
      if (fresh) {
        for (auto row = begin; row < end; ++row) values[row] = field(row);
      } else {
        for (auto row = begin; row < end; ++row) values[row] = word[row] << bits | field(row);
      }
    });
    word.low = 0;
    word.bits += bits;
  }

  void add_key(KeyCodes key, bool descending) {
    const auto rows = key.codes.size();
    const auto span = key.high - key.low;
    // A key of one value says nothing, but keeps its word from being empty.
    const auto bits = std::max(1U, bits_of(span));
    const auto base = descending ? key.high : key.low;
    const auto* codes = key.codes.data();
    const auto* specials = key.specials.data();
    const auto plain = [=](std::size_t row) {
      return descending ? base - codes[row] : codes[row] - base;
    };
    if (key.specials.empty() && !descending && is_fresh(bits)) {
      words_.push_back({std::move(key.codes), bits, base});
    } else if (key.specials.empty()) {
      add(rows, bits, plain, std::move(key.codes));
    } else if (span > kMost - kSpecials) {
      add(rows, 2, [=](std::size_t row) { return std::uint64_t{specials[row]}; });
      add(
          rows, 64, [=](std::size_t row) { return specials[row] != 0 ? 0 : plain(row); },
          std::move(key.codes));
    } else {
      add(
          rows, bits_of(span + kSpecials),
          [=](std::size_t row) { return specials[row] != 0 ? span + specials[row] : plain(row); },
          std::move(key.codes));
    }
  }

  std::vector<KeyWord> take() { return std::move(words_); }

 private:
  /// Whether a field of so many bits begins a word.
  [[nodiscard]] bool is_fresh(unsigned bits) const {
    return words_.empty() || words_.back().bits + bits > 64;
  }

  std::vector<KeyWord> words_;
};

/// The number of each row, where equal words have equal ones; below 2^32.
KeyWord narrowed(const KeyWord& word, Wanted wanted) {
  const auto rows = word.values.size();
  auto numbers =
      wanted == Wanted::order ? rank_words(word).of_row : number_words(word, {}, rows).of_row;
  KeyWord result{Array<std::uint64_t>(rows), 0};
  std::copy(numbers.begin(), numbers.end(), result.values.begin());
  result.bits = bits_of(std::max<std::size_t>(rows, 1));
  return result;
}

Ranks rank_direct(const KeyWord& word) {
  const auto rows = word.values.size();
  Array<std::uint32_t> rank(std::size_t{1} << word.bits, kNone);
  for (std::size_t row = 0; row < rows; ++row) {
    auto& first = rank[word[row]];
    if (first == kNone) first = static_cast<std::uint32_t>(row);
  }
  Ranks ranks{Array<std::uint32_t>(rows), {}};
  ranks.first_rows = Array<std::uint32_t>(static_cast<std::size_t>(
      std::count_if(rank.begin(), rank.end(), [](std::uint32_t first) { return first != kNone; })));
  std::uint32_t next = 0;
  for (auto& entry : rank) {
    if (entry == kNone) continue;
    ranks.first_rows[next] = entry;
    entry = next++;
  }
  for_row_blocks(rows, [&](std::size_t, std::size_t begin, std::size_t end) {
    for (auto row = begin; row < end; ++row) ranks.of_row[row] = rank[word[row]];
  });
  return ranks;
}

/// The numbers of a hash table, put in order by sorting one word for each.
Ranks rank_by_hash(const KeyWord& word) {
  const auto rows = word.values.size();
  const Mixer mix;
  Array<std::uint32_t> first_rows(rows, kNone);
  auto numbers = number_by_hash(
      rows, rows,
      [&](std::size_t i, KeyedRow& row) {
        row = KeyedRow::of(mix(word[i]), static_cast<std::uint32_t>(i));
        return true;
      },
      [](std::uint32_t, std::uint32_t) { return true; },
      [&](std::uint32_t number, const KeyedRow& row) { first_rows[number] = row.row; });
  Array<std::uint32_t> used(rows);
  std::size_t count = 0;
  for (std::size_t number = 0; number < rows; ++number)
    if (first_rows[number] != kNone) used[count++] = static_cast<std::uint32_t>(number);
  std::vector<KeyWord> distinct(1);
  distinct[0] = {Array<std::uint64_t>(count), word.bits};
  for (std::size_t i = 0; i < count; ++i) distinct[0].values[i] = word[first_rows[used[i]]];
  Array<std::int64_t> order(count);
  sort_rows(distinct, count, order.data());
  Ranks ranks{std::move(numbers.of_row), Array<std::uint32_t>(count)};
  Array<std::uint32_t> rank(rows);
  for (std::size_t i = 0; i < count; ++i) {
    const auto number = used[static_cast<std::size_t>(order[i])];
    rank[number] = static_cast<std::uint32_t>(i);
    ranks.first_rows[i] = first_rows[number];
  }
  for_row_blocks(rows, [&](std::size_t, std::size_t begin, std::size_t end) {
    for (auto row = begin; row < end; ++row) ranks.of_row[row] = rank[ranks.of_row[row]];
  });
  return ranks;
}

}  // namespace

std::vector<KeyWord> pack_keys(std::vector<KeyCodes> keys, std::span<const bool> descending) {
  Packer packer;
  for (std::size_t i = 0; i < keys.size(); ++i) {
    packer.add_key(std::move(keys[i]), i < descending.size() && descending[i]);
  }
  return packer.take();
}

KeyWord single_word(std::vector<KeyWord> words, Wanted wanted) {
  while (words.size() > 1) {
    Packer packer;
    for (auto& word : words) {
      constexpr unsigned half = 32;
      if (word.bits > half) word = narrowed(word, wanted);
      packer.add(word.values.size(), word.bits, [&](std::size_t row) { return word[row]; });
      word = {};
    }
    words = packer.take();
  }
  return std::move(words.front());
}

Numbers number_words(const KeyWord& word, std::span<const std::uint8_t> left_out,
                     std::size_t known) {
  const auto rows = word.values.size();
  const auto is_out = [&](std::size_t row) { return !left_out.empty() && left_out[row] != 0; };
  if (is_direct(word, rows)) {
    Numbers numbers{Array<std::uint32_t>(rows), std::size_t{1} << word.bits};
    for_row_blocks(rows, [&](std::size_t, std::size_t begin, std::size_t end) {
      for (auto row = begin; row < end; ++row)
        numbers.of_row[row] = is_out(row) ? kNone : static_cast<std::uint32_t>(word[row]);
    });
    return numbers;
  }
  const Mixer mix;
  return number_by_hash(
      rows, known,
      [&](std::size_t i, KeyedRow& row) {
        row = KeyedRow::of(mix(word[i]), static_cast<std::uint32_t>(i));
        return !is_out(i);
      },
      [](std::uint32_t, std::uint32_t) { return true; }, [](std::uint32_t, const KeyedRow&) {});
}

Ranks rank_words(const KeyWord& word) {
  return is_direct(word, word.values.size()) ? rank_direct(word) : rank_by_hash(word);
}

}  // namespace torchfits
