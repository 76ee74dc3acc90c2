// SPDX-License-Identifier: BSD-3-Clause
// Edits of a Header. The index is kept up to date, so that building a header card by card costs the
// cards.
#include <cstddef>
#include <cstdint>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "base/error.h"
#include "fits/header.h"

namespace torchfits {
namespace {

FitsError swallowed() {
  return {ErrorCode::value,
          "a CONTINUE card that continues nothing would become a part of the string before it; "
          "remove that card first"};
}

std::ptrdiff_t step(std::size_t count) noexcept { return static_cast<std::ptrdiff_t>(count); }

}  // namespace

Header Header::select(const std::vector<std::size_t>& positions) const {
  std::string cards;
  for (const auto position : positions) cards += card_text(position);
  Header selected(std::move(cards));
  if (selected.size() != positions.size()) throw swallowed();
  return selected;
}

std::size_t Header::end_of_cards() const {
  auto position = size();
  while (position != 0 && trim(card_text(position - 1)).empty()) --position;
  return position;
}

void Header::insert(std::size_t position, const Card& card) { splice(position, 0, card.format()); }

void Header::replace(std::size_t position, const Card& card) { splice(position, 1, card.format()); }

void Header::erase(std::size_t position) { splice(position, 1, {}); }

void Header::erase(const std::vector<std::size_t>& positions) {
  std::vector<bool> gone(size());
  for (const auto position : positions) {
    static_cast<void>(entry(position));
    gone[position] = true;
  }
  std::vector<std::size_t> kept;
  for (std::size_t i = 0; i < gone.size(); ++i) {
    if (!gone[i]) kept.push_back(i);
  }
  *this = select(kept);
}

std::size_t Header::first_line(std::size_t position) const {
  return position == size() ? text_.size() / kCardSize : entry(position).line;
}

Header::Index Header::index_between(std::string_view before, std::string_view cards,
                                    std::string_view after) {
  const auto begin = before.size() / kCardSize;
  const auto end = begin + cards.size() / kCardSize;
  Index inner;
  for (auto entry : index_of(std::string(before).append(cards).append(after))) {
    const auto straddles = [&](std::size_t line) {
      return entry.line < line && line < std::size_t{entry.line} + entry.lines;
    };
    if (straddles(begin) || straddles(end)) throw swallowed();
    if (entry.line < begin || entry.line >= end) continue;
    entry.line -= static_cast<std::uint32_t>(begin);
    inner.push_back(entry);
  }
  return inner;
}

void Header::splice(std::size_t position, std::size_t count, std::string_view cards) {
  const auto line = first_line(position);
  if (count > size() - position) static_cast<void>(entry(size()));
  const auto behind = position + count;
  const auto old_lines = first_line(behind) - line;
  const auto none = std::string_view();
  auto fresh = index_between(position == 0 ? none : card_text(position - 1), cards,
                             behind == size() ? none : card_text(behind));
  const auto moved = [](Entry& entry, std::size_t from, std::size_t to) {
    entry.line = static_cast<std::uint32_t>(entry.line + to - from);
  };
  for (auto& entry : fresh) moved(entry, 0, line);
  auto index = index_.take();
  text_.replace(line * kCardSize, old_lines * kCardSize, cards);
  for (auto rest = behind; rest < index->size(); ++rest)
    moved((*index)[rest], old_lines, cards.size() / kCardSize);
  const auto at = index->erase(index->begin() + step(position), index->begin() + step(behind));
  index->insert(at, fresh.begin(), fresh.end());
  index_.publish(index.release());
}

}  // namespace torchfits
