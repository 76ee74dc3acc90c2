// SPDX-License-Identifier: BSD-3-Clause
// Each card by itself (FITS 4.0 sections 4.1 and 4.2).
#include <algorithm>
#include <functional>
#include <string>
#include <string_view>

#include "fits/block.h"
#include "fits/card_value.h"
#include "fits/header_check.h"

namespace torchfits {
namespace {

constexpr std::size_t kKeywordSize = 8;

constexpr bool is_printable(char c) noexcept { return c >= ' ' && c <= '~'; }

std::string card_number(std::size_t line) { return "card " + std::to_string(line); }

std::string hexadecimal(char c) {
  constexpr std::string_view digits = "0123456789ABCDEF";
  const auto byte = static_cast<unsigned char>(c);
  return {'0', 'x', digits[byte / 16], digits[byte % 16]};
}

void check_characters(std::string_view line, std::size_t number, Findings& findings) {
  const auto odd = std::find_if_not(line.begin(), line.end(), is_printable);
  if (odd == line.end()) return;
  findings.error("header-text", card_number(number),
                 "byte " + std::to_string(odd - line.begin() + 1) + " is " + hexadecimal(*odd) +
                     ", which is no printable ASCII character",
                 "replace it by a blank, or by ASCII text");
}

/// True where the keyword is one of the Standard's.
bool check_keyword(std::string_view line, std::size_t number, Findings& findings) {
  const auto keyword = trim_right(line.substr(0, kKeywordSize));
  if (keyword.empty() || is_standard_keyword(keyword)) return true;
  const bool indented = keyword.front() == ' ';
  findings.error("keyword-name", card_number(number),
                 "the keyword '" + std::string(keyword) + "' " +
                     (indented ? "does not begin in column 1"
                               : "has other characters than A-Z, 0-9, '-' and '_'"),
                 indented ? "move the card to the left" : "rename it, or write it with HIERARCH");
  return false;
}

bool has_value(std::string_view line, std::string_view keyword) {
  if (is_commentary(keyword) || keyword == "CONTINUE" || keyword == "END") return false;
  return line[kKeywordSize] == '=' && line[kKeywordSize + 1] == ' ';
}

}  // namespace

void check_card_text(std::string_view bytes, const CardList& cards, Findings& findings) {
  const auto lines = bytes.substr(0, cards.end);
  for (std::size_t at = 0; at + kCardSize <= lines.size(); at += kCardSize) {
    const auto line = lines.substr(at, kCardSize);
    check_characters(line, at / kCardSize + 1, findings);
    check_keyword(line, at / kCardSize + 1, findings);
  }
  for (const auto& card : cards.cards) {
    const auto name = trim_right(card.text.substr(0, kKeywordSize));
    if (name == "HIERARCH" && !card.card.problem.empty()) {
      findings.warning("card-value", card.where(), card.card.problem, "write the card anew");
    }
    if (!has_value(card.text, name)) continue;
    std::string printable(card.text.substr(kKeywordSize + 2, kCardSize - kKeywordSize - 2));
    std::replace_if(printable.begin(), printable.end(), std::not_fn(is_printable), ' ');
    const auto field = parse_value(printable);
    if (field.problem.empty()) continue;
    findings.error("card-value", card.where(), field.problem, "write the value anew");
  }
}

}  // namespace torchfits
