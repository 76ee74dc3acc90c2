// SPDX-License-Identifier: BSD-3-Clause
// The structure of a header (FITS 4.0 sections 3.3, 4.4.1 and 7).
#include "fits/header_check.h"

#include <algorithm>
#include <array>
#include <charconv>
#include <optional>
#include <unordered_map>

#include "fits/block.h"
#include "fits/card_value.h"

namespace torchfits {
namespace {

constexpr std::int64_t kMaxNaxis = 999;
constexpr std::size_t kValueColumn = 10;  ///< of the text: column 11
constexpr std::size_t kFixedColumn = 29;  ///< column 30, where fixed numbers and logicals end

/// What a header says of itself, as far as it does.
class Structure {
 public:
  Structure(const CardList& cards, const HeaderPlace& place, Findings& findings)
      : cards_(cards), place_(place), findings_(findings) {
    const auto* xtension = cards.find("XTENSION");
    const auto* name =
        xtension == nullptr ? nullptr : std::get_if<std::string>(&xtension->card.value);
    if (name != nullptr && !place.primary) extension_ = *name;
    naxis_ = integer_of(cards.find("NAXIS"));
    const auto* groups = cards.find("GROUPS");
    const auto* truth = groups == nullptr ? nullptr : std::get_if<bool>(&groups->card.value);
    groups_ = place.primary && truth != nullptr && *truth &&
              integer_of(cards.find("NAXIS1")) == std::int64_t{0};
  }

  void check() {
    check_order();
    check_values();
    check_misplaced();
    check_repeated();
  }

 private:
  [[nodiscard]] bool is_table() const {
    return extension_ == "TABLE" || extension_ == "BINTABLE" || extension_ == "A3DTABLE";
  }

  /// The keywords that have a place, in their order.
  [[nodiscard]] std::vector<std::string> ordered() const {
    std::vector<std::string> keywords{place_.primary ? "SIMPLE" : "XTENSION", "BITPIX", "NAXIS"};
    const auto axes = std::clamp<std::int64_t>(naxis_.value_or(0), 0, kMaxNaxis);
    for (std::int64_t n = 1; n <= axes; ++n) keywords.push_back("NAXIS" + std::to_string(n));
    if (!place_.primary) keywords.insert(keywords.end(), {"PCOUNT", "GCOUNT"});
    if (is_table()) keywords.emplace_back("TFIELDS");
    return keywords;
  }

  void check_order() {
    const auto keywords = ordered();
    for (std::size_t i = 0; i < keywords.size(); ++i) {
      const auto* card = cards_.find(keywords[i]);
      if (card == nullptr) {
        findings_.error("mandatory-missing", keywords[i], "the mandatory keyword is missing",
                        "insert it as card " + std::to_string(i + 1));
        continue;
      }
      if (card->line != i + 1) {
        findings_.error("mandatory-order", card->where(),
                        keywords[i] + " must be card " + std::to_string(i + 1), "move it there");
      }
      check_fixed(*card);
    }
    if (!groups_) return;
    for (const auto* keyword : {"PCOUNT", "GCOUNT"}) {
      if (const auto* card = cards_.find(keyword)) {
        check_fixed(*card);
      } else {
        findings_.error("mandatory-missing", keyword, "random groups need the keyword", "add it");
      }
    }
  }

  /// Mandatory keywords have fixed format (section 4.2).
  void check_fixed(const NumberedCard& card) {
    const auto field = card.text.substr(kValueColumn);
    const auto first = field.find_first_not_of(' ');
    if (first == std::string_view::npos) {
      return findings_.error("mandatory-value", card.where(), "the value is missing",
                             "write the value");
    }
    const bool logical = card.keyword == "SIMPLE" || card.keyword == "GROUPS";
    const bool text = card.keyword == "XTENSION";
    const auto expected = text ? "a string" : logical ? "T or F" : "an integer";
    const bool right =
        text      ? std::holds_alternative<std::string>(card.card.value) && field[first] == '\''
        : logical ? std::holds_alternative<bool>(card.card.value)
                  : std::holds_alternative<std::int64_t>(card.card.value);
    if (!right) {
      return findings_.error(
          "mandatory-value", card.where(),
          "the value '" + std::string(trim_right(field.substr(first, 20))) + "' is not " + expected,
          std::string("write ") + expected);
    }
    const auto last = field.find_first_of(" /", first);
    const auto end = kValueColumn + std::min(last, field.size()) - 1;
    if (text ? first != 0 : end != kFixedColumn) {
      findings_.error(
          "mandatory-value", card.where(),
          text ? "the string does not begin in column 11" : "the value does not end in column 30",
          "write the card in fixed format");
    }
  }

  void wrong_value(std::string_view keyword, const std::string& expected) {
    const auto* card = cards_.find(keyword);
    findings_.error("mandatory-value", card == nullptr ? std::string(keyword) : card->where(),
                    std::string(keyword) + " must be " + expected, "correct the value");
  }

  void require(std::string_view keyword, std::int64_t value) {
    const auto found = integer_of(cards_.find(keyword));
    if (found && *found != value) {
      wrong_value(keyword, std::to_string(value) + " here, not " + std::to_string(*found));
    }
  }

  void check_values() {
    constexpr std::array<std::int64_t, 6> legal{8, 16, 32, 64, -32, -64};
    const auto bitpix = integer_of(cards_.find("BITPIX"));
    if (bitpix && std::find(legal.begin(), legal.end(), *bitpix) == legal.end())
      wrong_value("BITPIX", "8, 16, 32, 64, -32 or -64");
    if (naxis_ && (*naxis_ < 0 || *naxis_ > kMaxNaxis)) wrong_value("NAXIS", "0 to 999");
    for (const auto* keyword : {"PCOUNT", "GCOUNT"}) {
      if (integer_of(cards_.find(keyword)).value_or(0) < 0) wrong_value(keyword, "0 or more");
    }
    if (const auto* simple = cards_.find("SIMPLE"); simple != nullptr && place_.primary) {
      const auto* value = std::get_if<bool>(&simple->card.value);
      if (value != nullptr && !*value) {
        findings_.warning("mandatory-value", simple->where(),
                          "SIMPLE = F says that the file departs from the Standard",
                          "write SIMPLE = T if it does not");
      }
    }
    check_extension();
  }

  void check_extension() {
    if (place_.primary) return;
    const auto* xtension = cards_.find("XTENSION");
    if (xtension == nullptr) return;
    constexpr std::array<std::string_view, 7> registered{
        "IMAGE", "TABLE", "BINTABLE", "A3DTABLE", "IUEIMAGE", "FOREIGN", "DUMP"};
    if (std::find(registered.begin(), registered.end(), extension_) == registered.end()) {
      findings_.error("mandatory-value", xtension->where(),
                      "the extension type '" + extension_ + "' is not registered",
                      "use IMAGE, TABLE or BINTABLE");
    }
    if (extension_ == "IMAGE" || extension_ == "TABLE") require("PCOUNT", 0);
    if (extension_ == "IMAGE" || is_table()) require("GCOUNT", 1);
    if (!is_table()) return;
    require("BITPIX", 8);
    require("NAXIS", 2);
    const auto fields = integer_of(cards_.find("TFIELDS"));
    if (fields && (*fields < 0 || *fields > 999)) wrong_value("TFIELDS", "0 to 999");
  }

  void misplaced(const NumberedCard& card, const std::string& why) {
    findings_.error("keyword-place", card.where(), card.keyword + " " + why, "delete the card");
  }

  void check_misplaced() {
    for (const auto& card : cards_.cards) {
      if (card.card.kind != CardKind::value) continue;
      const auto& keyword = card.keyword;
      const bool count = keyword == "PCOUNT" || keyword == "GCOUNT";
      if (const auto n = index_of(keyword, "NAXIS")) {
        if (naxis_ && *n > *naxis_)
          misplaced(card, "counts beyond NAXIS = " + std::to_string(*naxis_));
        const auto length = integer_of(&card);
        if (length && *length < 0) wrong_value(keyword, "0 or more");
      } else if (place_.primary && keyword == "XTENSION") {
        misplaced(card, "does not belong into a primary header");
      } else if (place_.primary && count && !groups_) {
        misplaced(card, "does not belong into a primary header without random groups");
      } else if (!place_.primary && (keyword == "SIMPLE" || keyword == "EXTEND")) {
        misplaced(card, "belongs into the primary header alone");
      }
    }
  }

  /// Of keywords that decide about the layout of the data only one may be there; of other values
  /// the first one counts.
  void check_repeated() {
    std::unordered_map<std::string_view, std::size_t> first;
    for (const auto& card : cards_.cards) {
      if (card.card.kind != CardKind::value || is_commentary(card.keyword)) continue;
      const auto [seen, fresh] = first.emplace(card.keyword, card.line);
      if (fresh) continue;
      const auto problem =
          card.keyword + " is there already, as card " + std::to_string(seen->second);
      if (is_structural(card.keyword)) {
        findings_.error("keyword-repeated", card.where(), problem, "keep the one that is right");
      } else {
        findings_.warning("keyword-repeated", card.where(), problem,
                          "keep the one that is right: readers take the first, or the last");
      }
    }
  }

  static bool is_structural(std::string_view keyword) {
    constexpr std::array<std::string_view, 9> names{
        "SIMPLE", "XTENSION", "BITPIX", "NAXIS", "PCOUNT", "GCOUNT", "TFIELDS", "THEAP", "GROUPS"};
    constexpr std::array<std::string_view, 3> stems{"NAXIS", "TFORM", "TBCOL"};
    return std::find(names.begin(), names.end(), keyword) != names.end() ||
           std::any_of(stems.begin(), stems.end(),
                       [&](std::string_view stem) { return index_of(keyword, stem).has_value(); });
  }

  const CardList& cards_;
  const HeaderPlace& place_;
  Findings& findings_;
  std::string extension_;
  std::optional<std::int64_t> naxis_;
  bool groups_ = false;
};

void check_end(std::string_view bytes, const CardList& cards, Findings& findings) {
  if (!cards.has_end) {
    return findings.error("header-end", "", "the header has no END card",
                          "fetch the file again, or add END and blanks to a whole block");
  }
  const auto rest = bytes.substr(std::min(cards.end + 3, bytes.size()));
  const auto padding = rest.substr(0, padded(cards.end + kCardSize).value() - cards.end - 3);
  const auto odd = padding.find_first_not_of(' ');
  if (odd == std::string_view::npos) return;
  const auto place = "byte " + std::to_string(cards.end + 3 + odd) + " of the header";
  findings.error("header-padding", place,
                 odd < kCardSize - 3 ? "END is followed by something else than blanks"
                                     : "the header is not filled with blanks behind END",
                 "fill the rest of the block with blanks");
}

}  // namespace

std::optional<std::int64_t> integer_of(const NumberedCard* card) {
  const auto* value = card == nullptr ? nullptr : std::get_if<std::int64_t>(&card->card.value);
  return value == nullptr ? std::nullopt : std::optional(*value);
}

std::optional<std::int64_t> index_of(std::string_view keyword, std::string_view stem) {
  if (!keyword.starts_with(stem) || keyword.size() == stem.size()) return std::nullopt;
  const auto digits = keyword.substr(stem.size());
  std::int64_t n = 0;
  const auto [end, error] = std::from_chars(digits.data(), digits.data() + digits.size(), n);
  if (error != std::errc{} || end != digits.data() + digits.size()) return std::nullopt;
  return digits.front() == '0' || n < 1 ? std::nullopt : std::optional(n);
}

std::string NumberedCard::where() const {
  return "card " + std::to_string(line) + (keyword.empty() ? "" : " (" + keyword + ")");
}

CardList CardList::read(std::string_view bytes) {
  CardList list;
  std::size_t end = 0;
  for (; end + kCardSize <= bytes.size(); end += kCardSize) {
    const auto keyword = bytes.substr(end, 8);
    if (trim_right(keyword.substr(0, keyword.find('\0'))) != "END") continue;
    list.has_end = true;
    break;
  }
  list.end = end;
  const auto cards = bytes.substr(0, end);
  for (std::size_t at = 0; at < cards.size();) {
    const auto size = card_lines(cards.substr(at)) * kCardSize;
    const auto text = cards.substr(at, size);
    list.cards.push_back(
        {at / kCardSize + 1, card_keyword(text.substr(0, kCardSize)), Card::parse(text), text});
    const auto& card = list.cards.back();
    if (card.card.kind == CardKind::value) list.first.emplace(card.keyword, list.cards.size() - 1);
    at += size;
  }
  return list;
}

const NumberedCard* CardList::find(std::string_view keyword) const {
  const auto found = first.find(std::string(keyword));
  return found == first.end() ? nullptr : &cards[found->second];
}

void check_structure(std::string_view bytes, const CardList& cards, const HeaderPlace& place,
                     Findings& findings) {
  Structure(cards, place, findings).check();
  check_end(bytes, cards, findings);
}

void check_header(std::string_view bytes, const HeaderPlace& place, Findings& findings) {
  const auto cards = CardList::read(bytes);
  check_card_text(bytes, cards, findings);
  check_structure(bytes, cards, place, findings);
  check_reserved(cards, place, findings);
  check_columns(cards, findings);
}

}  // namespace torchfits
