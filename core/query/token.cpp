// SPDX-License-Identifier: BSD-3-Clause
#include "query/token.h"

#include <algorithm>
#include <array>
#include <charconv>
#include <utility>

namespace torchfits {
namespace {

constexpr bool is_digit(char c) noexcept { return c >= '0' && c <= '9'; }
constexpr char lower(char c) noexcept {
  return c >= 'A' && c <= 'Z' ? static_cast<char>(c - 'A' + 'a') : c;
}
constexpr bool is_letter(char c) noexcept { return lower(c) >= 'a' && lower(c) <= 'z'; }
constexpr bool is_hex(char c) noexcept {
  return is_digit(c) || (lower(c) >= 'a' && lower(c) <= 'f');
}
constexpr bool is_name(char c) noexcept { return is_letter(c) || is_digit(c) || c == '_'; }
constexpr bool is_blank(char c) noexcept {
  return c == ' ' || c == '\t' || c == '\n' || c == '\r' || c == '\f' || c == '\v';
}

struct Spelling {
  std::string_view written, meant;
};

/// Longer ones before those that they begin with.
constexpr std::array<Spelling, 30> kSymbols{{
    {"**", "**"}, {"==", "=="}, {"!=", "!="}, {"<>", "!="},      {"<=", "<="},
    {"=<", "<="}, {">=", ">="}, {"=>", ">="}, {"&&", "and"},     {"||", "or"},
    {"=", "=="},  {"<", "<"},   {">", ">"},   {"!", "!"},        {"+", "+"},
    {"-", "-"},   {"*", "*"},   {"/", "/"},   {"%", "%"},        {"&", "&"},
    {"|", "|"},   {"^", "^"},   {"~", "~"},   {"(", "("},        {")", ")"},
    {"[", "["},   {"]", "]"},   {",", ","},   {"\xC2\xAC", "!"}, {"\xE2\x89\xA0", "!="},
}};

constexpr std::array<Spelling, 9> kDotted{{{"and", "and"},
                                           {"or", "or"},
                                           {"not", "not"},
                                           {"eq", "=="},
                                           {"ne", "!="},
                                           {"lt", "<"},
                                           {"le", "<="},
                                           {"gt", ">"},
                                           {"ge", ">="}}};

/// Text of FITS is Latin-1: the bytes, and whether all characters are.
std::pair<std::string, bool> latin_1(std::string_view utf8) {
  std::string text;
  for (std::size_t i = 0; i < utf8.size(); ++i) {
    const auto byte = static_cast<unsigned char>(utf8[i]);
    if (byte < 0x80) {
      text += utf8[i];
    } else if ((byte == 0xC2 || byte == 0xC3) && i + 1 < utf8.size()) {
      const auto low = static_cast<unsigned char>(utf8[++i]) & 0x3FU;
      text += static_cast<char>((byte & 0x03U) << 6 | low);
    } else {
      return {std::move(text), false};
    }
  }
  return {std::move(text), true};
}

}  // namespace

bool equal_ignoring_case(std::string_view a, std::string_view b) noexcept {
  return std::equal(a.begin(), a.end(), b.begin(), b.end(),
                    [](char x, char y) { return lower(x) == lower(y); });
}

bool Token::is_word(std::string_view word) const noexcept {
  return kind == Kind::name && equal_ignoring_case(text, word);
}

char Lexer::at(std::size_t offset) const noexcept {
  return offset < text_.size() - position_ ? text_[position_ + offset] : '\0';
}

Token Lexer::take(Token::Kind kind, std::size_t length) {
  Token token;
  token.kind = kind;
  token.place = {static_cast<std::uint32_t>(position_), static_cast<std::uint32_t>(length)};
  token.text = text_.substr(position_, length);
  position_ += length;
  return token;
}

void Lexer::refuse(std::size_t length, const std::string& problem) const {
  throw expression_error(
      ErrorCode::value, text_,
      {static_cast<std::uint32_t>(position_), static_cast<std::uint32_t>(length)}, problem);
}

Token Lexer::next() {
  while (is_blank(at(0))) ++position_;
  if (position_ == text_.size()) return take(Token::Kind::end, 0);
  const char c = at(0);
  if (is_digit(c) || (c == '.' && is_digit(at(1)))) return number();
  if (c == '\'' || c == '"' || c == '`') return quoted(c);
  if (is_letter(c) || c == '_') return name();
  return symbol();
}

/// "and" where ".and." stands here.
std::string_view Lexer::dotted_word() const noexcept {
  if (at(0) != '.') return {};
  for (const auto& [written, meant] : kDotted) {
    const auto end = written.size() + 1;
    if (at(end) == '.' && equal_ignoring_case(text_.substr(position_ + 1, end - 1), written))
      return meant;
  }
  return {};
}

Token Lexer::number() {
  std::size_t length = 0;
  if (at(0) == '0' && lower(at(1)) == 'x') {
    for (length = 2; is_hex(at(length));) ++length;
    if (length == 2 || is_name(at(length))) refuse(length, "a hexadecimal number is 0x and digits");
    return integer(length, 16);
  }
  while (is_digit(at(length))) ++length;
  bool whole = true;
  if (at(length) == '.') {
    const auto start = position_;
    position_ += length;
    const bool belongs_to_word = !dotted_word().empty();  // 1.and.2
    position_ = start;
    if (!belongs_to_word) {
      whole = false;
      for (++length; is_digit(at(length));) ++length;
    }
  }
  if (const char e = lower(at(length)); e == 'e' || e == 'd') {
    const std::size_t sign = at(length + 1) == '+' || at(length + 1) == '-' ? 1 : 0;
    if (is_digit(at(length + 1 + sign))) {
      whole = false;
      for (length += 1 + sign; is_digit(at(length));) ++length;
    }
  }
  if (is_name(at(length))) refuse(length + 1, "a number ends before a letter begins");
  return whole ? integer(length, 10) : real(length);
}

Token Lexer::integer(std::size_t length, int base) {
  const auto digits = text_.substr(position_, length).substr(base == 16 ? 2 : 0);
  std::uint64_t value = 0;
  if (std::from_chars(digits.data(), digits.data() + digits.size(), value, base).ec != std::errc{})
    refuse(length, "an integer has at most 64 bits; write a real number with a point");
  auto token = take(Token::Kind::literal, length);
  if (std::in_range<std::int64_t>(value)) {
    token.literal = static_cast<std::int64_t>(value);
  } else {
    token.literal = value;
  }
  return token;
}

Token Lexer::real(std::size_t length) {
  std::string digits(text_.substr(position_, length));
  std::replace_if(digits.begin(), digits.end(), [](char c) { return lower(c) == 'd'; }, 'e');
  double value = 0;
  if (std::from_chars(digits.data(), digits.data() + digits.size(), value).ec != std::errc{})
    refuse(length, "the number is beyond what a double holds");
  auto token = take(Token::Kind::literal, length);
  token.literal = value;
  return token;
}

/// 'text', or the name of a column in double quotes or backquotes; the quote itself is doubled.
Token Lexer::quoted(char quote) {
  std::string content;
  std::size_t length = 1;
  while (true) {
    if (position_ + length >= text_.size())
      refuse(1, std::string("the quote ") + quote + " is not closed");
    if (at(length) != quote) {
      content += at(length++);
    } else if (at(length + 1) == quote) {
      content += quote;
      length += 2;
    } else {
      break;
    }
  }
  ++length;
  if (quote != '\'') {
    auto token = take(Token::Kind::quoted_name, length);
    token.text = std::move(content);
    return token;
  }
  auto [text, fits] = latin_1(content);
  if (!fits) refuse(length, "the text has characters outside of Latin-1, which no column holds");
  auto token = take(Token::Kind::literal, length);
  token.literal = std::move(text);
  return token;
}

Token Lexer::name() {
  std::size_t length = 1;
  while (is_name(at(length))) ++length;
  const auto word = text_.substr(position_, length);
  for (const std::string_view symbol : {"and", "or", "not"}) {
    if (!equal_ignoring_case(word, symbol)) continue;
    auto token = take(Token::Kind::symbol, length);
    token.text = symbol;
    return token;
  }
  return take(Token::Kind::name, length);
}

Token Lexer::symbol() {
  if (const auto word = dotted_word(); !word.empty()) {
    const auto end = text_.find('.', position_ + 1);
    auto token = take(Token::Kind::symbol, end + 1 - position_);
    token.text = word;
    return token;
  }
  for (const auto& [written, meant] : kSymbols) {
    if (text_.substr(position_, written.size()) != written) continue;
    auto token = take(Token::Kind::symbol, written.size());
    token.text = meant;
    return token;
  }
  std::size_t length = 1;
  while ((static_cast<unsigned char>(at(length)) & 0xC0U) == 0x80U) ++length;
  refuse(length, "this character has no meaning here; a column of such a name is quoted: `X-Y`");
}

}  // namespace torchfits
