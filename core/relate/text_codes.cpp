// SPDX-License-Identifier: BSD-3-Clause
#include "relate/text_codes.h"

#include <cstring>
#include <string_view>
#include <vector>

#include "base/bytes.h"
#include "relate/key_words.h"
#include "relate/numbering.h"
#include "relate/sort_rows.h"

namespace torchfits {
namespace {

constexpr std::size_t kWord = sizeof(std::uint64_t);

/// The rows of all tables, one behind the other.
class Texts {
 public:
  explicit Texts(std::span<const KeyColumn> tables) : tables_(tables) {}
  [[nodiscard]] std::string_view operator[](std::size_t row) const noexcept {
    const auto* column = place(row);
    return column->text(row);
  }
  [[nodiscard]] bool is_null(std::size_t row) const noexcept {
    const auto* column = place(row);
    return column->is_null(row);
  }

 private:
  /// The column that holds a row, which becomes a row of it.
  const KeyColumn* place(std::size_t& row) const noexcept {
    const auto* column = tables_.data();
    while (row >= column->rows) row -= column++->rows;
    return column;
  }
  std::span<const KeyColumn> tables_;
};

/// Up to eight bytes as a number of the same order: what is missing counts as NUL, which no text
/// holds.
std::uint64_t text_word(std::string_view text) noexcept {
  std::byte bytes[kWord] = {};
  std::memcpy(bytes, text.data(), std::min(text.size(), kWord));
  return load_be<std::uint64_t>(bytes);
}

std::uint64_t text_hash(std::string_view text, const Mixer& mix) noexcept {
  auto hash = mix(text.size());
  for (; text.size() > kWord; text.remove_prefix(kWord)) hash = mix(hash ^ text_word(text));
  return mix(hash ^ text_word(text));
}

/// The text of each number, by one of its rows, in the order of their bytes.
class TextOrder {
 public:
  TextOrder(const Texts& texts, std::span<const std::uint32_t> rows) : texts_(texts), rows_(rows) {}

  /// Positions in the list of rows, sorted.
  [[nodiscard]] Array<std::int64_t> sorted() const {
    Array<std::int64_t> order(rows_.size());
    if (rows_.empty()) return order;
    const auto shared = shared_prefix();
    std::vector<KeyWord> words(1);
    auto& word = words.front();
    word = {Array<std::uint64_t>(rows_.size()), 64};
    for_row_blocks(rows_.size(), [&](std::size_t, std::size_t begin, std::size_t end) {
      for (auto i = begin; i < end; ++i)
        word.values[i] = text_word(texts_[rows_[i]].substr(shared));
    });
    sort_rows(words, rows_.size(), order.data());
    sort_ties(word.values, order);
    return order;
  }

 private:
  /// Bytes with which all of them begin.
  [[nodiscard]] std::size_t shared_prefix() const {
    const auto first = texts_[rows_[0]];
    auto shared = first.size();
    for (const auto row : rows_) {
      const auto text = texts_[row];
      std::size_t same = 0;
      const auto most = std::min(shared, text.size());
      while (same < most && text[same] == first[same]) ++same;
      shared = same;
    }
    return shared;
  }

  void sort_ties(const Array<std::uint64_t>& words, Array<std::int64_t>& order) const {
    const auto at = [&](std::size_t i) { return words[static_cast<std::size_t>(order[i])]; };
    for (std::size_t begin = 0, end = 0; begin < order.size(); begin = end) {
      end = begin + 1;
      while (end < order.size() && at(end) == at(begin)) ++end;
      std::sort(order.begin() + begin, order.begin() + end, [&](std::int64_t a, std::int64_t b) {
        return texts_[rows_[static_cast<std::size_t>(a)]] <
               texts_[rows_[static_cast<std::size_t>(b)]];
      });
    }
  }

  const Texts& texts_;
  std::span<const std::uint32_t> rows_;
};

/// Numbers in the order of the texts instead of that of their discovery.
void rank_numbers(const Texts& texts, Numbers& numbers, const Array<std::uint32_t>& first_rows) {
  Array<std::uint32_t> used(numbers.limit);
  Array<std::uint32_t> rows(numbers.limit);
  std::size_t count = 0;
  for (std::size_t number = 0; number < numbers.limit; ++number) {
    if (first_rows[number] == kNone) continue;
    used[count] = static_cast<std::uint32_t>(number);
    rows[count++] = first_rows[number];
  }
  const auto order = TextOrder(texts, {rows.data(), count}).sorted();
  Array<std::uint32_t> rank(numbers.limit);
  for (std::size_t i = 0; i < count; ++i)
    rank[used[static_cast<std::size_t>(order[i])]] = static_cast<std::uint32_t>(i);
  for_row_blocks(numbers.of_row.size(), [&](std::size_t, std::size_t begin, std::size_t end) {
    for (auto row = begin; row < end; ++row)
      if (numbers.of_row[row] != kNone) numbers.of_row[row] = rank[numbers.of_row[row]];
  });
  numbers.limit = count;
}

Numbers number_texts(const Texts& texts, std::size_t rows, Wanted wanted) {
  const Mixer mix;
  Array<std::uint64_t> hashes(rows);
  for_row_blocks(rows, [&](std::size_t, std::size_t begin, std::size_t end) {
    for (auto row = begin; row < end; ++row) hashes[row] = text_hash(texts[row], mix);
  });
  Array<std::uint32_t> first_rows(rows, kNone);
  auto numbers = number_by_hash(
      rows, rows,
      [&](std::size_t i, KeyedRow& row) {
        row = KeyedRow::of(hashes[i], static_cast<std::uint32_t>(i));
        return !texts.is_null(i);
      },
      [&](std::uint32_t a, std::uint32_t b) { return texts[a] == texts[b]; },
      [&](std::uint32_t number, const KeyedRow& row) { first_rows[number] = row.row; });
  if (wanted == Wanted::order) rank_numbers(texts, numbers, first_rows);
  return numbers;
}

void mark_nulls(const Texts& texts, KeyCodes& key) {
  const auto rows = key.codes.size();
  key.specials = Array<std::uint8_t>(rows);
  for (std::size_t row = 0; row < rows; ++row) {
    const auto special = texts.is_null(row) ? Special::null : Special::none;
    key.specials[row] = static_cast<std::uint8_t>(special);
  }
}

}  // namespace

KeyCodes encode_text(std::span<const KeyColumn> tables, std::size_t rows, Wanted wanted) {
  const Texts texts(tables);
  KeyCodes key{Array<std::uint64_t>(rows), {}, 0, ~std::uint64_t{0}};
  const bool is_short = std::all_of(tables.begin(), tables.end(), [](const KeyColumn& column) {
    return column.offsets == nullptr && column.width <= kWord;
  });
  if (is_short) {
    for_row_blocks(rows, [&](std::size_t, std::size_t begin, std::size_t end) {
      for (auto row = begin; row < end; ++row) key.codes[row] = text_word(texts[row]);
    });
    if (rows > 0) {
      const auto [low, high] = std::minmax_element(key.codes.begin(), key.codes.end());
      key.low = *low;
      key.high = *high;
    }
  } else {
    const auto numbers = number_texts(texts, rows, wanted);
    std::copy(numbers.of_row.begin(), numbers.of_row.end(), key.codes.begin());
    key.high = numbers.limit;
  }
  const bool can_be_null = std::any_of(tables.begin(), tables.end(),
                                       [](const auto& column) { return column.nulls != nullptr; });
  if (can_be_null) mark_nulls(texts, key);
  return key;
}

}  // namespace torchfits
