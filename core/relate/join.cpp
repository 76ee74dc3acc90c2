// SPDX-License-Identifier: BSD-3-Clause
#include "relate/join.h"

#include "query/gather.h"
#include "relate/key_codes.h"
#include "relate/sort_rows.h"

namespace torchfits {
namespace {

/// Marks the rows of which a key is special.
void mark(Array<std::uint8_t>& marks, const KeyCodes& key) {
  if (key.specials.empty()) return;
  const auto rows = key.codes.size();
  if (marks.empty()) marks = Array<std::uint8_t>(rows, 0);
  for_row_blocks(rows, [&](std::size_t, std::size_t begin, std::size_t end) {
    for (auto row = begin; row < end; ++row) marks[row] |= key.specials[row];
  });
}

/// The keys of the right rows, then of the left rows, and which of them match nothing.
struct JoinWords {
  std::vector<KeyWord> words;
  Array<std::uint8_t> never;
};

JoinWords words_of(std::span<const JoinKey> keys, Wanted wanted) {
  std::vector<KeyCodes> codes;
  JoinWords result;
  for (const auto& key : keys) {
    const KeyColumn tables[] = {key.right, key.left};
    codes.push_back(encode_key(tables, wanted));
    mark(result.never, codes.back());
  }
  result.words = pack_keys(std::move(codes), {});
  return result;
}

std::vector<KeyWord> copies(const std::vector<KeyWord>& words) {
  std::vector<KeyWord> result;
  for (const auto& word : words) {
    result.push_back({Array<std::uint64_t>(word.values.size()), word.bits, word.low});
    std::copy(word.values.begin(), word.values.end(), result.back().values.begin());
  }
  return result;
}

}  // namespace

Join::Join(std::span<const JoinKey> keys, JoinHow how)
    : how_(how),
      left_rows_(keys.front().left.rows),
      right_rows_(keys.front().right.rows),
      first_(left_rows_) {
  const bool outer = how == JoinHow::outer;
  auto keyed = words_of(keys, outer ? Wanted::order : Wanted::equality);
  if (outer) words_ = copies(keyed.words);
  const auto numbers = number_words(single_word(std::move(keyed.words), Wanted::equality),
                                    {keyed.never.data(), keyed.never.size()}, right_rows_);
  if (outer) find_lonely(numbers);
  if (!find_single_partners(numbers)) find_partners(numbers);
}

Join::Partners Join::partners(std::size_t left_row) const noexcept {
  const auto* first = first_.data() + left_row;
  if (counts_.empty()) return {first, first + (*first == kNone ? 0 : 1)};
  const auto* list = partners_.data() + *first;
  return {list, list + counts_[left_row]};
}

std::uint64_t Join::rows_of(std::uint64_t partners) const noexcept {
  switch (how_) {
    case JoinHow::inner: return partners;
    case JoinHow::semi: return partners > 0 ? 1 : 0;
    case JoinHow::anti: return partners > 0 ? 0 : 1;
    default: return std::max<std::uint64_t>(partners, 1);
  }
}

/// `find(row)` finds the partners of a left row and tells how many they are.
template <class Find>
void Join::count_pairs(const Find& find) {
  block_starts_.assign(row_blocks(left_rows_), 0);
  for_row_blocks(left_rows_, [&](std::size_t block, std::size_t begin, std::size_t end) {
    std::uint64_t count = 0;
    for (auto row = begin; row < end; ++row) count += rows_of(find(row));
    block_starts_[block] = count;
  });
  for (auto& start : block_starts_) pairs_ += std::exchange(start, pairs_);
}

/// False where two right rows have the same key.
bool Join::find_single_partners(const Numbers& numbers) {
  Array<std::uint32_t> row_of(numbers.limit, kNone);
  for (std::size_t row = 0; row < right_rows_; ++row) {
    const auto number = numbers.of_row[row];
    if (number == kNone) continue;
    if (row_of[number] != kNone) return false;
    row_of[number] = static_cast<std::uint32_t>(row);
  }
  const auto* wanted = numbers.of_row.data() + right_rows_;
  count_pairs([&](std::size_t row) {
    first_[row] = wanted[row] == kNone ? kNone : row_of[wanted[row]];
    return first_[row] == kNone ? 0U : 1U;
  });
  return true;
}

void Join::find_partners(const Numbers& numbers) {
  auto right = rows_of_numbers({numbers.of_row.data(), right_rows_}, numbers.limit);
  counts_ = Array<std::uint32_t>(left_rows_);
  const auto* wanted = numbers.of_row.data() + right_rows_;
  count_pairs([&](std::size_t row) {
    const bool known = wanted[row] != kNone;
    first_[row] = known ? right.starts[wanted[row]] : 0;
    return counts_[row] = known ? right.starts[wanted[row] + 1] - first_[row] : 0;
  });
  partners_ = std::move(right.rows);
}

void Join::find_lonely(const Numbers& numbers) {
  std::vector<bool> met(numbers.limit);
  for (std::size_t row = 0; row < left_rows_; ++row) {
    const auto number = numbers.of_row[right_rows_ + row];
    if (number != kNone) met[number] = true;
  }
  for (std::size_t row = 0; row < right_rows_; ++row) {
    const auto number = numbers.of_row[row];
    if (number == kNone || !met[number]) lonely_.push_back(static_cast<std::uint32_t>(row));
  }
}

void Join::write(std::int64_t* left, std::int64_t* right) const {
  const bool pairs = how_ != JoinHow::semi && how_ != JoinHow::anti;
  const bool plain = how_ == JoinHow::inner && counts_.empty();
  for_row_blocks(left_rows_, [&](std::size_t block, std::size_t begin, std::size_t end) {
    auto place = block_starts_[block];
    for (auto row = begin; row < end; ++row) {
      if (plain) {
        if (first_[row] == kNone) continue;
        left[place] = static_cast<std::int64_t>(row);
        right[place++] = first_[row];
        continue;
      }
      const auto found = partners(row);
      const auto partner_count = found.count();
      const auto count = rows_of(partner_count);
      // Loops of few turns: a call to fill so little costs more.
      for (std::uint64_t i = 0; i < count; ++i) {
        left[place + i] = static_cast<std::int64_t>(row);
        if (pairs) right[place + i] = i < partner_count ? std::int64_t{found.begin[i]} : -1;
      }
      place += count;
    }
  });
  std::fill_n(left + pairs_, lonely_.size(), std::int64_t{-1});
  if (how_ != JoinHow::outer) return;
  std::copy(lonely_.begin(), lonely_.end(), right + pairs_);
  sort_pairs(left, right);
}

void Join::sort_pairs(std::int64_t* left, std::int64_t* right) const {
  const auto pairs = static_cast<std::size_t>(size());
  std::vector<KeyWord> words;
  for (const auto& word : words_) {
    auto& values = words.emplace_back(KeyWord{Array<std::uint64_t>(pairs), word.bits, 0}).values;
    for_row_blocks(pairs, [&](std::size_t, std::size_t begin, std::size_t end) {
      for (auto i = begin; i < end; ++i) {
        const auto row = left[i] < 0 ? static_cast<std::size_t>(right[i])
                                     : right_rows_ + static_cast<std::size_t>(left[i]);
        values[i] = word[row];
      }
    });
  }
  Array<std::int64_t> order(pairs);
  sort_rows(words, pairs, order.data());
  words.clear();
  const Array<std::int64_t> former(pairs);
  for (auto* rows : {left, right}) {
    std::copy_n(rows, pairs, former.begin());
    const CellCopy column{reinterpret_cast<const std::byte*>(former.data()),
                          reinterpret_cast<std::byte*>(rows), sizeof *rows};
    gather_rows({order.data(), pairs}, pairs, column, {});
  }
}

}  // namespace torchfits
