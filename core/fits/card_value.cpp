// SPDX-License-Identifier: BSD-3-Clause
#include "fits/card_value.h"

#include <algorithm>
#include <array>
#include <charconv>
#include <cmath>
#include <optional>
#include <system_error>
#include <utility>

#include "base/error.h"

namespace torchfits {
namespace {

constexpr bool is_digit(char c) noexcept { return c >= '0' && c <= '9'; }

/// A number in the spelling that std::from_chars reads.
struct NumberText {
  std::string text;
  bool whole = true;  ///< no decimal point and no exponent
  bool clean = true;  ///< as the Standard wants it: no blanks inside, an upper-case exponent letter
  bool tiny = false;  ///< of a number outside the range of double: too small, not too large
};

/// Takes the characters of a number one kind at a time.
class NumberScanner {
 public:
  explicit NumberScanner(std::string_view token) : rest_(token) {}

  std::optional<NumberText> scan() {
    sign();
    const auto whole_digits = digits();
    std::size_t digit_count = whole_digits;
    if (take('.')) {
      number_.whole = false;
      number_.text += '.';
      digit_count += digits();
    }
    if (digit_count == 0) return std::nullopt;
    if (!rest_.empty()) {
      blanks();
      if (!exponent()) return std::nullopt;
    }
    if (!rest_.empty()) return std::nullopt;
    return std::move(number_);
  }

 private:
  bool take(char wanted) {
    if (rest_.empty() || rest_.front() != wanted) return false;
    rest_.remove_prefix(1);
    return true;
  }
  void blanks() {
    while (take(' ')) number_.clean = false;
  }
  void sign() {
    if (take('-')) {
      number_.text += '-';
    } else if (!take('+')) {
      return;
    }
    blanks();
  }
  std::size_t digits() {
    std::size_t count = 0;
    while (count < rest_.size() && is_digit(rest_[count])) ++count;
    number_.text += rest_.substr(0, count);
    rest_.remove_prefix(count);
    return count;
  }
  bool exponent() {
    const bool upper = take('E') || take('D');
    if (!upper && !take('e') && !take('d')) return false;
    number_.clean = number_.clean && upper;
    number_.whole = false;
    number_.text += 'e';
    blanks();
    number_.tiny = !rest_.empty() && rest_.front() == '-';
    sign();
    return digits() > 0;
  }

  std::string_view rest_;
  NumberText number_;
};

CardValue whole_number(std::string_view text) {
  const char* end = text.data() + text.size();
  std::int64_t value = 0;
  if (std::from_chars(text.data(), end, value).ec == std::errc()) return value;
  const bool negative = text.front() == '-';
  text.remove_prefix(std::min(text.find_first_not_of("-0"), text.size()));
  std::string digits(negative ? "-" : "");
  return BigInteger{digits += text};
}

std::optional<double> real_number(const NumberText& number) {
  const char* begin = number.text.data();
  double value = 0;
  const auto result = std::from_chars(begin, begin + number.text.size(), value);
  if (result.ec == std::errc()) return value;
  if (!number.tiny) return std::nullopt;
  return *begin == '-' ? -0.0 : 0.0;
}

std::string note(std::string_view token, std::string_view problem) {
  std::string text = "'";
  text += token;
  text += "' ";
  return text += problem;
}

ValueField text_value(std::string_view token, std::string_view problem) {
  return {std::string(token), {}, note(token, problem), false};
}

ValueField parse_complex(std::string_view token) {
  constexpr std::string_view kProblem = "is no complex number (REAL, IMAGINARY); kept as text";
  const auto comma = token.find(',');
  if (comma == std::string_view::npos || token.back() != ')') return text_value(token, kProblem);
  std::array<double, 2> parts{};
  bool clean = true;
  const std::array<std::string_view, 2> tokens{
      trim(token.substr(1, comma - 1)), trim(token.substr(comma + 1, token.size() - comma - 2))};
  for (std::size_t i = 0; i < 2; ++i) {
    const auto number = NumberScanner(tokens[i]).scan();
    const auto value = number ? real_number(*number) : std::nullopt;
    if (!value) return text_value(token, kProblem);
    parts[i] = *value;
    clean = clean && number->clean;
  }
  return {std::complex<double>(parts[0], parts[1]),
          {},
          clean ? "" : note(token, "is not spelt as the Standard asks"),
          false};
}

ValueField parse_token(std::string_view token) {
  if (token.empty()) return {};
  if (token == "T" || token == "F") return {token == "T", {}, {}, false};
  if (token.front() == '(') return parse_complex(token);
  const auto number = NumberScanner(token).scan();
  if (!number)
    return text_value(token, "is neither a number, T, F nor a quoted string; kept as text");
  ValueField field;
  if (!number->clean) field.problem = note(token, "is not spelt as the Standard asks");
  if (number->whole) {
    field.value = whole_number(number->text);
    return field;
  }
  const auto value = real_number(*number);
  if (!value) return text_value(token, "is beyond the range of a double; kept as text");
  field.value = *value;
  return field;
}

bool ends_string(std::string_view field, std::size_t quote) noexcept {
  const auto next = quote + 1;
  return next == field.size() || field[next] == ' ' || field[next] == '/';
}

/// Whether a quote behind position `from` could close the string.
bool closes_later(std::string_view field, std::size_t from) noexcept {
  for (auto quote = field.find('\'', from); quote != std::string_view::npos;
       quote = field.find('\'', quote + 1)) {
    if (ends_string(field, quote)) return true;
  }
  return false;
}

/// The comment behind a value: blanks, a slash, at most one blank, and the text.
void read_comment(std::string_view rest, ValueField& field) {
  rest = trim(rest);
  if (rest.empty()) return;
  if (rest.front() == '/') {
    rest.remove_prefix(1);
    if (!rest.empty() && rest.front() == ' ') rest.remove_prefix(1);
  } else {
    field.problem = note(rest, "follows the value without a slash");
  }
  field.comment = rest;
}

ValueField parse_string(std::string_view field) {
  ValueField result;
  std::string value;
  std::size_t at = 1;
  for (;;) {
    const auto quote = field.find('\'', at);
    value += field.substr(at, quote == std::string_view::npos ? quote : quote - at);
    if (quote == std::string_view::npos) {
      result.problem = "the string has no closing quote";
      break;
    }
    at = quote + 1;
    if (at < field.size() && field[at] == '\'') {
      value += '\'';
      ++at;
    } else if (!ends_string(field, quote) && closes_later(field, at)) {
      value += '\'';
      result.problem = "a quote inside the string is not doubled";
    } else {
      read_comment(field.substr(at), result);
      value.resize(trim_right(value).size());
      result.continues = value.ends_with('&');
      break;
    }
  }
  value.resize(trim_right(value).size());
  result.value = std::move(value);
  return result;
}

std::string format_double(double value) {
  if (!std::isfinite(value)) {
    throw FitsError(
        ErrorCode::value,
        "a header cannot hold NaN or infinity; leave the value undefined or write a string");
  }
  std::array<char, 32> buffer{};
  const auto end = std::to_chars(buffer.data(), buffer.data() + buffer.size(), value).ptr;
  std::string text(buffer.data(), end);
  auto exponent = text.find('e');
  if (text.find('.') == std::string::npos) {
    text.insert(std::min(exponent, text.size()), ".0");
    exponent = text.find('e');
  }
  if (exponent != std::string::npos) text[exponent] = 'E';
  return text;
}

}  // namespace

std::string_view trim_right(std::string_view text) noexcept {
  return text.substr(0, text.find_last_not_of(' ') + 1);
}

std::string_view trim(std::string_view text) noexcept {
  text.remove_prefix(std::min(text.find_first_not_of(' '), text.size()));
  return trim_right(text);
}

ValueField parse_value(std::string_view field) {
  field = trim(field);
  if (!field.empty() && field.front() == '\'') return parse_string(field);
  const auto slash = std::min(field.find('/'), field.size());
  auto result = parse_token(trim_right(field.substr(0, slash)));
  read_comment(field.substr(slash), result);
  return result;
}

std::string format_literal(const CardValue& value) {
  if (const auto* logical = std::get_if<bool>(&value)) return *logical ? "T" : "F";
  if (const auto* integer = std::get_if<std::int64_t>(&value)) return std::to_string(*integer);
  if (const auto* integer = std::get_if<BigInteger>(&value)) return integer->digits;
  if (const auto* real = std::get_if<double>(&value)) return format_double(*real);
  if (const auto* complex = std::get_if<std::complex<double>>(&value)) {
    std::string text = "(";
    text += format_double(complex->real());
    text += ", ";
    text += format_double(complex->imag());
    return text += ')';
  }
  return {};
}

}  // namespace torchfits
