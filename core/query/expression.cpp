// SPDX-License-Identifier: BSD-3-Clause
#include "query/expression.h"

#include <algorithm>

namespace torchfits {
namespace {

/// Characters of the text that a message shows before and behind the place.
constexpr std::size_t kShown = 60;
constexpr std::size_t kMostMarks = 40;

bool continues_character(char c) noexcept {
  return (static_cast<unsigned char>(c) & 0xC0U) == 0x80U;
}

std::size_t characters(std::string_view text) {
  return static_cast<std::size_t>(
      std::count_if(text.begin(), text.end(), [](char c) { return !continues_character(c); }));
}

/// Bytes of a problem that a message shows, of its beginning and of its end.
constexpr std::size_t kToldBytes = 2000;

/// Without what is between its ends, if it is very long: a name can have a megabyte.
std::string shortened(const std::string& text) {
  if (text.size() <= 2 * kToldBytes) return text;
  auto first = kToldBytes, last = text.size() - kToldBytes;
  while (continues_character(text[first])) --first;
  while (continues_character(text[last])) ++last;
  return text.substr(0, first) + "..." + text.substr(last);
}

/// On one line, and not cut at a NUL.
std::string printable(std::string text) {
  std::replace_if(
      text.begin(), text.end(), [](char c) { return static_cast<unsigned char>(c) < ' '; }, ' ');
  return text;
}

}  // namespace

FitsError expression_error(ErrorCode code, std::string_view text, Place place,
                           const std::string& problem) {
  const auto at = std::min<std::size_t>(place.at, text.size());
  const auto end = std::min<std::size_t>(at + place.length, text.size());
  auto first = at > kShown ? at - kShown : 0;
  while (first < at && continues_character(text[first])) ++first;
  auto last = std::min(text.size(), std::min(end, at + kShown) + kShown);
  while (last < text.size() && continues_character(text[last])) ++last;
  const auto line = printable(std::string(text.substr(first, last - first)));
  const std::string dots = first > 0 ? "..." : "";
  const auto before = dots.size() + characters(text.substr(first, at - first));
  const auto marks = std::clamp<std::size_t>(characters(text.substr(at, end - at)), 1, kMostMarks);
  return {code, "in the expression: " + printable(shortened(problem)) + "\n  " + dots + line +
                    (last < text.size() ? "..." : "") + "\n  " + std::string(before, ' ') +
                    std::string(marks, '^')};
}

std::string_view op_name(Op op) noexcept {
  switch (op) {
    case Op::literal: return "literal";
    case Op::column: return "column";
    case Op::negate: return "-x";
    case Op::bit_not: return "~";
    case Op::logical_not: return "not";
    case Op::is_null: return "isnull";
    case Op::add: return "+";
    case Op::subtract: return "-";
    case Op::multiply: return "*";
    case Op::divide: return "/";
    case Op::remainder: return "%";
    case Op::power: return "**";
    case Op::bit_and: return "&";
    case Op::bit_or: return "|";
    case Op::bit_xor: return "^";
    case Op::equal: return "==";
    case Op::not_equal: return "!=";
    case Op::less: return "<";
    case Op::less_equal: return "<=";
    case Op::greater: return ">";
    case Op::greater_equal: return ">=";
    case Op::logical_and: return "and";
    case Op::logical_or: return "or";
    case Op::in_list:
    case Op::in_set: return "in";
    case Op::starts_with: return "startswith";
    case Op::ends_with: return "endswith";
    case Op::contains: return "contains";
    case Op::absolute: return "abs";
    case Op::sqrt: return "sqrt";
    case Op::log: return "log";
    case Op::log10: return "log10";
    case Op::exp: return "exp";
    case Op::sin: return "sin";
    case Op::cos: return "cos";
    case Op::tan: return "tan";
    case Op::asin: return "asin";
    case Op::acos: return "acos";
    case Op::atan: return "atan";
    case Op::atan2: return "atan2";
    case Op::floor: return "floor";
    case Op::ceil: return "ceil";
    case Op::round: return "round";
    case Op::minimum: return "min";
    case Op::maximum: return "max";
    case Op::to_int64: return "int64";
    case Op::to_real: return "float64";
    case Op::ratio: return "ratio";
  }
  return "?";
}

}  // namespace torchfits
