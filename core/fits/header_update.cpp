// SPDX-License-Identifier: BSD-3-Clause
#include "fits/header_update.h"

#include <algorithm>
#include <array>
#include <map>
#include <set>
#include <span>
#include <string>
#include <string_view>
#include <unordered_map>
#include <unordered_set>
#include <utility>
#include <vector>

#include "base/error.h"
#include "fits/block.h"
#include "fits/checksum.h"
#include "fits/compressed_header.h"

namespace torchfits {
namespace {

using namespace std::string_view_literals;

constexpr std::array kStructure{"SIMPLE"sv, "XTENSION"sv, "BITPIX"sv, "NAXIS"sv,
                                "PCOUNT"sv, "GCOUNT"sv,   "GROUPS"sv, "TFIELDS"sv,
                                "THEAP"sv,  "ZIMAGE"sv,   "ZTABLE"sv, "END"sv};
constexpr std::array kNumberedStructure{"NAXIS"sv, "TFORM"sv, "TBCOL"sv};

bool says_where_data_lie(std::string_view keyword) {
  if (std::find(kStructure.begin(), kStructure.end(), keyword) != kStructure.end()) return true;
  const auto stem = keyword.substr(0, keyword.find_last_not_of("0123456789") + 1);
  return stem.size() < keyword.size() &&
         std::find(kNumberedStructure.begin(), kNumberedStructure.end(), stem) !=
             kNumberedStructure.end();
}

/// The nth card of a keyword.
using Place = std::pair<std::string, int>;

/// Numbers the cards of each keyword.
class Places {
 public:
  Place next(const std::string& keyword) { return {keyword, counts_[keyword]++}; }

 private:
  std::unordered_map<std::string, int> counts_;
};

std::unordered_set<std::string> texts_of(const Header& header) {
  std::unordered_set<std::string> texts;
  for (std::size_t i = 0; i < header.size(); ++i) texts.emplace(header.card_text(i));
  return texts;
}

/// Brings the cards of the user and those of the file together.
class Merge {
 public:
  Merge(const HduRecord& hdu, const Header& wanted)
      : stored_(hdu.header), wanted_(wanted), view_(uncompressed_header(hdu)) {
    compressed_ = view_.text() != stored_.text();
    shown_ = texts_of(view_);
    const auto stored = texts_of(stored_);
    for (std::size_t i = 0; i < view_.size(); ++i) {
      if (!stored.contains(std::string(view_.card_text(i)))) derived_.insert(view_.keyword(i));
    }
    take_wanted();
  }

  Header header() {
    anchor();
    std::string text = front_;
    for (const auto& [place, card] : cards_) {
      text += card;
      const auto found = behind_.find(place);
      if (found != behind_.end()) text += found->second;
    }
    return Header(std::move(text));
  }

 private:
  void take_wanted() {
    Places places;
    for (std::size_t i = 0; i < wanted_.size(); ++i) {
      const auto keyword = wanted_.keyword(i);
      const bool sum = keyword == "CHECKSUM" || keyword == "DATASUM";
      if (says_where_data_lie(keyword) || derived_.contains(keyword) || (compressed_ && sum))
        continue;
      cards_.emplace_back(places.next(keyword), wanted_.card_text(i));
      present_.insert(cards_.back().first);
    }
  }

  [[nodiscard]] bool is_own(const std::string& keyword, std::string_view card) const {
    return says_where_data_lie(keyword) || !shown_.contains(std::string(card));
  }

  /// Each card of the file's own stands behind the last card before it that is still there.
  void anchor() {
    Places places;
    auto* behind = &front_;
    for (std::size_t i = 0; i < stored_.size(); ++i) {
      const auto keyword = stored_.keyword(i);
      const auto card = stored_.card_text(i);
      if (!is_own(keyword, card)) {
        const auto place = places.next(keyword);
        if (present_.contains(place)) behind = &behind_[place];
      } else if (keyword != "EXTNAME" || !present_.contains(Place{keyword, 0})) {
        *behind += card;
      }
    }
  }

  const Header& stored_;
  const Header& wanted_;
  Header view_;
  bool compressed_ = false;
  std::unordered_set<std::string> shown_;    ///< texts of the cards that the user sees
  std::unordered_set<std::string> derived_;  ///< keywords that the user sees under another name
  std::vector<std::pair<Place, std::string>> cards_;
  std::set<Place> present_;
  std::string front_;  ///< before all of them
  std::map<Place, std::string> behind_;
};

std::string_view line_of(std::string_view cards, std::size_t line) {
  return cards.substr(line * kCardSize, kCardSize);
}

bool line_says_where_data_lie(std::string_view line) {
  const auto name = line.substr(0, 8);
  return says_where_data_lie(name.substr(0, name.find_last_not_of(' ') + 1));
}

/// Whether `wanted` can be stored as it is: no line in which it differs says where the data lie,
/// nor comes before one that does and must stay where it is.
bool keeps_structure(std::string_view stored, std::string_view wanted) {
  const auto old_lines = stored.size() / kCardSize;
  const auto new_lines = wanted.size() / kCardSize;
  const auto most = std::min(old_lines, new_lines);
  std::size_t front = 0;
  while (front < most && line_of(stored, front) == line_of(wanted, front)) ++front;
  if (front < old_lines && line_says_where_data_lie(line_of(stored, front))) return false;
  std::size_t back = 0;
  while (back < most - front &&
         line_of(stored, old_lines - back - 1) == line_of(wanted, new_lines - back - 1))
    ++back;
  for (auto i = front; i < old_lines - back; ++i) {
    if (line_says_where_data_lie(line_of(stored, i))) return false;
  }
  for (auto i = front; i < new_lines - back; ++i) {
    if (line_says_where_data_lie(line_of(wanted, i))) return false;
  }
  return true;
}

/// Bytes of the blank cards at the end.
std::size_t blanks_at_end(std::string_view text) {
  const auto last = text.find_last_not_of(' ');
  const auto used = last == std::string_view::npos ? 0 : (last / kCardSize + 1) * kCardSize;
  return text.size() - used;
}

/// Takes `wanted` bytes of blank cards out of the last run of `run` bytes of them.
void use_up(std::string& text, std::size_t run, std::size_t wanted) {
  const std::string_view cards = text;
  for (auto end = text.size(); run > 0 && end >= run; end -= kCardSize) {
    if (cards.substr(end - run, run).find_first_not_of(' ') != std::string_view::npos) continue;
    text.erase(end - run, std::min(run, wanted));
    return;
  }
}

Checksum sum_of(std::string_view text) {
  Checksum sum;
  sum.add(std::as_bytes(std::span(text)), 0);
  return sum;
}

}  // namespace

Header updated_header(const HduRecord& hdu, const Header& wanted) {
  const bool compressed = hdu.kind == HduKind::compressed_image || is_compressed_table(hdu);
  const bool summed = hdu.header.find("ZHECKSUM").has_value();
  if (!compressed && !summed && keeps_structure(hdu.header.text(), wanted.text())) return wanted;
  auto header = Merge(hdu, wanted).header();
  if (header.text() == hdu.header.text() || !summed) return header;
  if (const auto stale = header.find("ZHECKSUM")) header.erase(*stale);
  return header;
}

Header image_extension_header(const HduRecord& primary) {
  if (primary.kind == HduKind::random_groups) {
    throw FitsError::unsupported(
        "HDU 0 holds random groups, which no extension can hold; nothing can stand before it");
  }
  const auto& old = primary.header;
  auto text = Card::make("XTENSION", std::string("IMAGE   "), "image extension").format();
  const auto take = [&](const std::string& keyword) {
    text += old.card_text(old.find(keyword).value());
  };
  take("BITPIX");
  take("NAXIS");
  for (std::size_t n = 1; n <= primary.axes.size(); ++n) take("NAXIS" + std::to_string(n));
  text += Card::make("PCOUNT", std::int64_t{0}, "bytes of the heap").format();
  text += Card::make("GCOUNT", std::int64_t{1}, "number of groups").format();
  for (std::size_t i = 0; i < old.size(); ++i) {
    const auto keyword = old.keyword(i);
    if (!says_where_data_lie(keyword) && keyword != "EXTEND") text += old.card_text(i);
  }
  return Header(std::move(text));
}

std::optional<Header> fitted(const Header& header, const Header& stored, std::uint64_t bytes) {
  auto text = header.text();
  if (text.size() + kCardSize > bytes) {
    const auto excess = text.size() + kCardSize - static_cast<std::size_t>(bytes);
    use_up(text, blanks_at_end(stored.text()), excess);
  }
  if (text.size() + kCardSize > bytes) return std::nullopt;
  const auto least = bytes - kBlockSize;  // END stands in the last block
  if (text.size() < least) text.resize(static_cast<std::size_t>(least), ' ');
  return Header(std::move(text));
}

std::uint32_t sum_behind(ByteView stored) {
  Checksum sum;
  sum.add(stored, 0);
  return ~sum.value();
}

void set_checksum(Header& header, std::uint32_t behind) {
  const auto position = header.find("CHECKSUM").value();
  auto card = header.card(position);
  card.value = std::string(kUnsetChecksum);
  header.replace(position, card);
  auto sum = sum_of(header.to_blocks());
  std::array<std::byte, 4> word;
  store_be(word.data(), behind);
  sum.add(word, 0);
  card.value = encode_checksum(sum.value());
  header.replace(position, card);
}

}  // namespace torchfits
