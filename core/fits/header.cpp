// SPDX-License-Identifier: BSD-3-Clause
// Why looking up one keyword is fast:
// - the raw text is walked; no index is built and no other card is parsed;
// - a keyword of the Standard is compared as one 64-bit word;
// - only lines that could hold it in an irregular spelling (lower case, misplaced '=', HIERARCH)
// are looked at closer;
// - the strings of CONTINUE cards are followed only where a CONTINUE card stands.
#include "fits/header.h"

#include <algorithm>
#include <cmath>
#include <cstring>
#include <memory>
#include <utility>

#include "base/error.h"

namespace torchfits {
namespace {

constexpr std::uint64_t word(std::string_view eight) noexcept {
  std::uint64_t bits = 0;
  for (std::size_t i = 0; i < 8; ++i) bits = bits << 8U | static_cast<unsigned char>(eight[i]);
  return bits;
}

/// The first 8 bytes of a line, in the order of word().
std::uint64_t load_word(const char* line) noexcept {
  return load_be<std::uint64_t>(reinterpret_cast<const std::byte*>(line));
}

constexpr std::uint64_t kContinueWord = word("CONTINUE");
constexpr std::uint64_t kHierarchWord = word("HIERARCH");
constexpr std::uint64_t kBlankWord = word("        ");

/// Decides whether a line bears a keyword.
class KeywordMatch {
 public:
  explicit KeywordMatch(std::string keyword) : keyword_(std::move(keyword)) {
    regular_ = is_standard_keyword(keyword_) || keyword_.empty();
    if (!regular_) return;
    word_ = word(keyword_ + std::string(8 - keyword_.size(), ' '));
    prefix_ = keyword_.empty() ? 0 : ~std::uint64_t{0} << (8 * (8 - keyword_.size()));
    regular_ = word_ != kHierarchWord;
  }

  [[nodiscard]] bool operator()(std::string_view line) const {
    const auto bits = load_word(line.data());
    if (regular_ && bits == word_) return true;
    if (bits == kHierarchWord) {
      if (word_ != kHierarchWord && !could_be_hierarch(line)) return false;
    } else if (regular_ && (bits == kBlankWord || !could_be_irregular(bits))) {
      return false;
    }
    return card_keyword(line.substr(0, kCardSize)) == keyword_;
  }

 private:
  static constexpr unsigned char kCaseBit = 0x20;
  static constexpr std::uint64_t kCaseBits = 0x2020202020202020;

  /// Another spelling of a regular keyword has blanks before it, or the same letters but for their
  /// case.
  [[nodiscard]] bool could_be_irregular(std::uint64_t bits) const noexcept {
    constexpr unsigned kTop = 56;
    return bits >> kTop <= ' ' || ((bits | kCaseBits) & prefix_) == ((word_ | kCaseBits) & prefix_);
  }

  /// Rules out a long keyword that differs in more than case, unless a repeated prefix or odd bytes
  /// need care.
  [[nodiscard]] bool could_be_hierarch(std::string_view line) const noexcept {
    const auto start = line.find_first_not_of(' ', 8);
    if (start >= kCardSize || (line[start] | kCaseBit) == 'h') return true;
    const auto text = line.substr(start, std::min(kCardSize - start, keyword_.size()));
    for (std::size_t i = 0; i < text.size(); ++i) {
      const bool printable = text[i] >= ' ' && text[i] <= '~';
      if (printable && (text[i] | kCaseBit) != (keyword_[i] | kCaseBit)) return false;
      if (!printable) return true;
    }
    return true;
  }

  std::string keyword_;
  bool regular_ = false;
  std::uint64_t word_ = 0;
  std::uint64_t prefix_ = 0;  // the bytes of word_ that are no padding
};

/// The lines of the card at the front of `text`.
std::size_t lines_at_front(std::string_view text) {
  const bool continued =
      text.size() >= 2 * kCardSize && load_word(text.data() + kCardSize) == kContinueWord;
  return continued ? card_lines(text) : 1;
}

bool is_end(std::string_view card) noexcept {
  constexpr std::string_view kPadding(" \0", 2);
  return card.starts_with("END") && card.find_first_not_of(kPadding, 3) == std::string_view::npos;
}

/// `text` as lines, if a line break ends each of them within 80 characters.
std::optional<std::string> cards_of_lines(std::string_view text) {
  if (text.find('\n') == std::string_view::npos) return std::nullopt;
  std::string cards;
  while (!text.empty()) {
    const auto end = std::min(text.find('\n'), text.size());
    auto line = text.substr(0, end);
    text.remove_prefix(std::min(end + 1, text.size()));
    if (line.ends_with('\r')) line.remove_suffix(1);
    if (line.size() > kCardSize) line = trim_right(line);
    if (line.size() > kCardSize) return std::nullopt;
    if (line.empty() && text.empty()) break;
    cards += line;
    cards.append(kCardSize - line.size(), ' ');
  }
  return cards;
}

FitsError no_header_text(std::string_view text) {
  auto problem = "header text of " + std::to_string(text.size()) +
                 " bytes is neither whole cards of 80 bytes nor lines of at most 80 characters";
  std::size_t number = 1;
  for (std::size_t at = 0; at < text.size(); ++number) {
    const auto line = text.substr(at, text.find('\n', at) - at);
    at += line.size() + 1;
    if (trim_right(line).size() <= kCardSize || line.size() == text.size()) continue;
    problem += ": line " + std::to_string(number) + " has " + std::to_string(line.size());
    break;
  }
  return {ErrorCode::value, std::move(problem)};
}

}  // namespace

const Header::Index& Header::IndexSlot::publish(Index* built) noexcept {
  Index* expected = nullptr;
  if (index_.compare_exchange_strong(expected, built)) return *built;
  delete built;  // another thread was first
  return *expected;
}

Header Header::from_text(std::string_view text) {
  auto cards = cards_of_lines(text).value_or(std::string(text));
  for (std::size_t at = 0; at < cards.size(); at += kCardSize) {
    if (!is_end(std::string_view(cards).substr(at, kCardSize))) continue;
    cards.resize(at);
    break;
  }
  if (cards.size() % kCardSize != 0) throw no_header_text(text);
  return Header(std::move(cards));
}

std::string Header::to_blocks() const {
  std::string blocks = text_ + "END";
  blocks.resize(padded(blocks.size()).value(), ' ');
  return blocks;
}

Header::Index Header::index_of(std::string_view text) {
  Index index;
  index.reserve(text.size() / kCardSize);
  for (std::size_t at = 0; at + kCardSize <= text.size();) {
    const auto lines = lines_at_front(text.substr(at));
    index.push_back(
        {static_cast<std::uint32_t>(at / kCardSize), static_cast<std::uint32_t>(lines)});
    at += lines * kCardSize;
  }
  return index;
}

const Header::Index& Header::entries() const {
  if (const auto* ready = index_.get()) return *ready;
  return index_.publish(std::make_unique<Index>(index_of(text_)).release());
}

const Header::Entry& Header::entry(std::size_t position) const {
  const auto& index = entries();
  if (position >= index.size()) {
    throw FitsError(ErrorCode::index, "card " + std::to_string(position) + " of a header of " +
                                          std::to_string(index.size()) + " cards");
  }
  return index[position];
}

std::string_view Header::lines(Entry entry) const noexcept {
  return std::string_view(text_).substr(entry.line * kCardSize, entry.lines * kCardSize);
}

std::size_t Header::size() const { return entries().size(); }

std::string_view Header::card_text(std::size_t position) const { return lines(entry(position)); }

Card Header::card(std::size_t position) const { return Card::parse(card_text(position)); }

std::string Header::keyword(std::size_t position) const {
  return card_keyword(card_text(position).substr(0, kCardSize));
}

template <class Visit>
void Header::for_each(std::string_view keyword, Visit visit) const {
  const KeywordMatch matches(normal_keyword(keyword));
  const std::string_view text = text_;
  std::size_t position = 0;
  for (std::size_t at = 0; at + kCardSize <= text.size(); ++position) {
    const auto rest = text.substr(at);
    const auto lines = lines_at_front(rest);
    if (matches(rest)) {
      const Entry found{static_cast<std::uint32_t>(at / kCardSize),
                        static_cast<std::uint32_t>(lines)};
      if (!visit(position, found)) return;
    }
    at += lines * kCardSize;
  }
}

std::optional<std::size_t> Header::find(std::string_view keyword, std::size_t nth) const {
  std::optional<std::size_t> found;
  for_each(keyword, [&](std::size_t position, Entry /*entry*/) {
    if (nth-- > 0) return true;
    found = position;
    return false;
  });
  return found;
}

std::optional<Card> Header::find_card(std::string_view keyword, std::size_t nth) const {
  std::optional<Card> found;
  for_each(keyword, [&](std::size_t /*position*/, Entry entry) {
    if (nth-- > 0) return true;
    found = Card::parse(lines(entry));
    return false;
  });
  return found;
}

std::vector<std::size_t> Header::positions(std::string_view keyword) const {
  std::vector<std::size_t> positions;
  for_each(keyword, [&](std::size_t position, Entry /*entry*/) {
    positions.push_back(position);
    return true;
  });
  return positions;
}

std::size_t Header::count(std::string_view keyword) const { return positions(keyword).size(); }

std::optional<std::int64_t> Header::integer(std::string_view keyword) const {
  const auto card = find_card(keyword);
  if (!card) return std::nullopt;
  if (const auto* whole = std::get_if<std::int64_t>(&card->value)) return *whole;
  const auto* real = std::get_if<double>(&card->value);
  constexpr double kLimit = 9223372036854775808.0;  // 2^63
  if (real == nullptr || std::trunc(*real) != *real || *real < -kLimit || *real >= kLimit) {
    return std::nullopt;
  }
  return static_cast<std::int64_t>(*real);
}

std::optional<double> Header::real(std::string_view keyword) const {
  const auto card = find_card(keyword);
  if (!card) return std::nullopt;
  if (const auto* real = std::get_if<double>(&card->value)) return *real;
  if (const auto* whole = std::get_if<std::int64_t>(&card->value))
    return static_cast<double>(*whole);
  const auto* big = std::get_if<BigInteger>(&card->value);
  if (big == nullptr) return std::nullopt;
  const auto field = parse_value(big->digits + ".");
  return std::get<double>(field.value);
}

std::optional<std::string> Header::string(std::string_view keyword) const {
  auto card = find_card(keyword);
  auto* text = card ? std::get_if<std::string>(&card->value) : nullptr;
  if (text == nullptr || card->kind != CardKind::value) return std::nullopt;
  return std::move(*text);
}

std::optional<bool> Header::logical(std::string_view keyword) const {
  const auto card = find_card(keyword);
  const auto* logical = card ? std::get_if<bool>(&card->value) : nullptr;
  return logical == nullptr ? std::nullopt : std::optional(*logical);
}

}  // namespace torchfits
