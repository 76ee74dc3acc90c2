// SPDX-License-Identifier: BSD-3-Clause
#include "fits/card.h"

#include <algorithm>
#include <array>
#include <cstring>
#include <utility>

namespace torchfits {
namespace {

constexpr std::size_t kKeywordSize = 8;
constexpr std::string_view kHierarch = "HIERARCH";
constexpr std::string_view kContinue = "CONTINUE";

constexpr char upper(char c) noexcept {
  return c >= 'a' && c <= 'z' ? static_cast<char>(c - 'a' + 'A') : c;
}

constexpr bool is_printable(char c) noexcept { return c >= ' ' && c <= '~'; }

constexpr bool is_keyword_char(char c) noexcept {
  return (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9') || c == '-' || c == '_';
}

std::string upper_case(std::string_view text) {
  std::string result(text);
  std::transform(result.begin(), result.end(), result.begin(), upper);
  return result;
}

bool is_legal_in_any_case(std::string_view keyword) noexcept {
  return !keyword.empty() && keyword.size() <= kKeywordSize &&
         std::all_of(keyword.begin(), keyword.end(),
                     [](char c) { return is_keyword_char(upper(c)); });
}

void note(std::string& problem, std::string_view more) {
  if (more.empty()) return;
  if (!problem.empty()) problem += "; ";
  problem += more;
}

/// 80 characters of printable ASCII, whatever the file holds.
class Line {
 public:
  explicit Line(std::string_view text) noexcept {
    const auto size = std::min(text.size(), kCardSize);
    chars_.fill(' ');
    if (size != 0) std::memcpy(chars_.data(), text.data(), size);
    int odd = 0;  // without an early exit, so that the compiler takes many characters at once
    for (const char c : chars_) odd |= static_cast<int>(!is_printable(c));
    clean_ = odd == 0;
    if (clean_) return;
    for (auto& c : chars_) {
      if (!is_printable(c)) c = c == '\0' || c == '\t' ? ' ' : '?';
    }
  }
  [[nodiscard]] std::string_view text() const noexcept { return {chars_.data(), kCardSize}; }
  [[nodiscard]] std::string_view from(std::size_t column) const noexcept {
    return text().substr(column);
  }
  [[nodiscard]] bool clean() const noexcept { return clean_; }

 private:
  std::array<char, kCardSize> chars_;
  bool clean_;
};

/// A line cut into keyword and the field that holds the value or the text.
struct Fields {
  CardKind kind = CardKind::value;
  std::string keyword;
  std::string_view field;
  std::string_view problem;
};

/// "HIERARCH long keyword = value": the convention that ESO registered.
Fields split_hierarch(std::string_view line) {
  const auto equals = line.find('=', kKeywordSize);
  if (equals != std::string_view::npos) {
    auto keyword = normal_keyword(line.substr(kKeywordSize, equals - kKeywordSize));
    if (!keyword.empty()) {
      return {CardKind::value, std::move(keyword), line.substr(equals + 1), {}};
    }
  }
  return {CardKind::commentary, std::string(kHierarch), line.substr(kKeywordSize), {}};
}

/// A legal keyword in columns 1-8. The value indicator is "= " in columns 9 and 10; near misses are
/// read too, if what follows the '=' reads as a value.
Fields split_standard(std::string_view line, std::string_view keyword) {
  Fields fields{CardKind::commentary, upper_case(keyword), line.substr(kKeywordSize), {}};
  if (fields.keyword != keyword) fields.problem = "the keyword is not in upper case";
  const auto equals = line.find_first_not_of(' ', kKeywordSize);
  if (equals > kKeywordSize + 1 || line[equals] != '=') return fields;
  const auto field = line.substr(equals + 1);
  if (equals != kKeywordSize || line[equals + 1] != ' ') {
    if (!parse_value(field).problem.empty()) return fields;
    fields.problem = "the value indicator is not '= ' in columns 9 and 10";
  }
  fields.kind = CardKind::value;
  fields.field = field;
  return fields;
}

/// Neither a legal keyword nor HIERARCH in columns 1-8: a misplaced '=', an odd keyword, or no card
/// at all.
Fields split_irregular(std::string_view line) {
  const auto equals = line.find("= ");
  const auto keyword = trim(line.substr(0, std::min(equals, kKeywordSize)));
  const auto odd = upper_case(keyword);
  if (equals < kKeywordSize && is_standard_keyword(odd)) {
    return {CardKind::value, odd, line.substr(equals + 1),
            "the value indicator is not '= ' in columns 9 and 10"};
  }
  if (equals == kKeywordSize) {
    return {CardKind::value, odd, line.substr(equals + 1),
            "the keyword holds characters that the Standard does not allow"};
  }
  return {CardKind::junk, upper_case(trim(line.substr(0, kKeywordSize))), line,
          "not a card of the Standard; kept as it is"};
}

Fields split(std::string_view line) {
  const auto keyword = trim_right(line.substr(0, kKeywordSize));
  if (keyword.empty()) return {CardKind::commentary, {}, line.substr(kKeywordSize), {}};
  if (!is_legal_in_any_case(keyword)) return split_irregular(line);
  if (keyword.size() >= 7) {
    const auto name = upper_case(keyword);
    if (name == kHierarch && line[kKeywordSize] == ' ') return split_hierarch(line);
    if (is_commentary(name)) return {CardKind::commentary, name, line.substr(kKeywordSize), {}};
    if (name == kContinue) {
      return {CardKind::commentary, name, line.substr(kKeywordSize),
              "this CONTINUE card continues no string"};
    }
  }
  return split_standard(line, keyword);
}

bool is_continuation(std::string_view line) noexcept { return line.starts_with(kContinue); }

/// The value of a CONTINUE card behind a string that ends with '&'; a value that is neither a
/// string nor missing means that it continues nothing.
ValueField parse_continuation(const Line& line) {
  const bool indicator = line.text()[kKeywordSize] == '=';
  auto field = parse_value(line.from(kKeywordSize + (indicator ? 1 : 0)));
  if (indicator) note(field.problem, "CONTINUE has a value indicator");
  return field;
}

bool is_string_or_missing(const Line& line, const ValueField& field) {
  if (std::holds_alternative<std::monostate>(field.value)) return true;
  const auto start = line.text().find_first_not_of(" =", kKeywordSize);
  return start != std::string_view::npos && line.text()[start] == '\'';
}

/// Appends the pieces of a long string to `card`, whose value ends with '&'; gives the number of
/// lines taken.
std::size_t read_continuations(std::string_view rest, Card& card) {
  auto& value = std::get<std::string>(card.value);
  std::size_t lines = 0;
  for (bool continues = true; continues && rest.size() >= kCardSize && is_continuation(rest);) {
    const Line line(rest);
    auto field = parse_continuation(line);
    if (!is_string_or_missing(line, field)) break;
    value.pop_back();  // the '&'
    if (auto* piece = std::get_if<std::string>(&field.value)) value += *piece;
    if (!card.comment.empty() && !field.comment.empty()) card.comment += ' ';
    card.comment += field.comment;
    note(card.problem, field.problem);
    if (!line.clean()) note(card.problem, "bytes that are not printable ASCII");
    continues = field.continues;
    rest.remove_prefix(kCardSize);
    ++lines;
  }
  value.resize(trim_right(value).size());
  return lines;
}

struct Parsed {
  Card card;
  std::size_t lines = 1;
};

Parsed parse_lines(std::string_view text) {
  const Line line(text);
  auto fields = split(line.text());
  Parsed parsed;
  auto& card = parsed.card;
  card.kind = fields.kind;
  card.keyword = std::move(fields.keyword);
  card.problem = fields.problem;
  bool continues = false;
  if (card.kind == CardKind::value) {
    auto field = parse_value(fields.field);
    card.value = std::move(field.value);
    card.comment = field.comment;
    note(card.problem, field.problem);
    continues = field.continues;
  } else {
    card.value = std::string(trim_right(fields.field));
  }
  if (!line.clean()) note(card.problem, "bytes that are not printable ASCII");
  if (continues && text.size() > kCardSize) {
    parsed.lines += read_continuations(text.substr(kCardSize), card);
  }
  return parsed;
}

}  // namespace

Card Card::make(std::string_view keyword, CardValue value, std::string comment) {
  Card card;
  card.keyword = normal_keyword(keyword);
  card.kind = is_commentary(card.keyword) ? CardKind::commentary : CardKind::value;
  card.value = std::move(value);
  card.comment = std::move(comment);
  return card;
}

Card Card::parse(std::string_view text) { return parse_lines(text).card; }

std::string card_keyword(std::string_view text) { return split(Line(text).text()).keyword; }

std::size_t card_lines(std::string_view text) {
  if (text.size() < 2 * kCardSize || !is_continuation(text.substr(kCardSize))) return 1;
  return parse_lines(text).lines;
}

std::string normal_keyword(std::string_view keyword) {
  auto result = upper_case(trim(keyword));
  while (result.starts_with(kHierarch) && result.size() > kHierarch.size() &&
         result[kHierarch.size()] == ' ') {
    result = trim(std::string_view(result).substr(kHierarch.size()));
  }
  return result;
}

bool is_commentary(std::string_view keyword) noexcept {
  return keyword.empty() || keyword == "COMMENT" || keyword == "HISTORY";
}

bool is_standard_keyword(std::string_view keyword) noexcept {
  return !keyword.empty() && keyword.size() <= kKeywordSize &&
         std::all_of(keyword.begin(), keyword.end(), is_keyword_char);
}

}  // namespace torchfits
