// SPDX-License-Identifier: BSD-3-Clause
#include "fits/tform.h"

#include <array>
#include <charconv>

#include "base/bytes.h"
#include "base/error.h"
#include "fits/card_value.h"

namespace torchfits {
namespace {

struct CodeSize {
  char code;
  std::uint64_t bytes;
};

/// FITS 4.0 table 18.
constexpr std::array<CodeSize, 13> kCodes{{{'L', 1},
                                           {'X', 1},
                                           {'B', 1},
                                           {'I', 2},
                                           {'J', 4},
                                           {'K', 8},
                                           {'A', 1},
                                           {'E', 4},
                                           {'D', 8},
                                           {'C', 8},
                                           {'M', 16},
                                           {'P', 8},
                                           {'Q', 16}}};

constexpr bool is_digit(char c) noexcept { return c >= '0' && c <= '9'; }
constexpr bool is_descriptor(char code) noexcept { return code == 'P' || code == 'Q'; }
constexpr char upper(char c) noexcept {
  return c >= 'a' && c <= 'z' ? static_cast<char>(c - 'a' + 'A') : c;
}

FitsError bad_tform(std::string_view text, std::string_view reason) {
  return FitsError::format("TFORM '" + std::string(text) + "' " + std::string(reason));
}

/// Takes the digits at the front of `text` off; no value where there are none or they do not fit.
std::optional<std::uint64_t> take_number(std::string_view& text) noexcept {
  std::uint64_t number = 0;
  const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), number);
  if (error != std::errc()) return std::nullopt;
  text.remove_prefix(static_cast<std::size_t>(end - text.data()));
  return number;
}

/// "(12)" at the front of `text`.
std::optional<std::uint64_t> take_maximum(std::string_view& text) noexcept {
  auto rest = text;
  if (rest.empty() || rest.front() != '(') return std::nullopt;
  rest.remove_prefix(1);
  const auto number = take_number(rest);
  if (!number || rest.empty() || rest.front() != ')') return std::nullopt;
  text = rest.substr(1);
  return number;
}

}  // namespace

char tform_code(ElementType type) noexcept {
  switch (type) {
    case ElementType::boolean: return 'L';
    case ElementType::u8:
    case ElementType::i8: return 'B';
    case ElementType::i16:
    case ElementType::u16: return 'I';
    case ElementType::i32:
    case ElementType::u32: return 'J';
    case ElementType::i64:
    case ElementType::u64: return 'K';
    case ElementType::f32: return 'E';
    case ElementType::f64: return 'D';
    case ElementType::c64: return 'C';
    case ElementType::c128: return 'M';
    default: return 0;
  }
}

std::uint64_t tform_element_size(char code) noexcept {
  for (const auto& entry : kCodes) {
    if (entry.code == code) return entry.bytes;
  }
  return 0;
}

TForm TForm::parse(std::string_view text) {
  auto rest = trim(text);
  TForm form;
  if (!rest.empty() && is_digit(rest.front())) {
    const auto repeat = take_number(rest);
    if (!repeat) throw bad_tform(text, "has a repeat count that does not fit 64 bits");
    form.repeat = *repeat;
  }
  if (rest.empty()) throw bad_tform(text, "has no type code; use one of L X B I J K A E D C M P Q");
  form.code = upper(rest.front());
  if (tform_element_size(form.code) == 0) {
    throw bad_tform(text, "has the type code '" + std::string(1, rest.front()) +
                              "'; a binary table allows L X B I J K A E D C M P Q");
  }
  rest.remove_prefix(1);
  if (is_descriptor(form.code)) {
    if (form.repeat > 1) throw bad_tform(text, "repeats a descriptor; P and Q take 0 or 1");
    form.heap_code = rest.empty() ? '\0' : upper(rest.front());
    if (tform_element_size(form.heap_code) == 0 || is_descriptor(form.heap_code)) {
      throw bad_tform(text,
                      "does not say the type of its arrays; P and Q are followed by one of "
                      "L X B I J K A E D C M");
    }
    rest.remove_prefix(1);
    form.maximum = take_maximum(rest);
  }
  form.rest = rest;
  return form;
}

std::string TForm::str() const {
  std::string text = repeat == 1 ? "" : std::to_string(repeat);
  text += code;
  if (heap_code != 0) text += heap_code;
  if (maximum) text.append("(").append(std::to_string(*maximum)).append(")");
  return text + rest;
}

std::optional<std::uint64_t> TForm::width() const noexcept {
  if (code == 'X') return repeat / 8 + (repeat % 8 != 0 ? 1 : 0);
  return checked_mul(repeat, tform_element_size(code));
}

AsciiForm AsciiForm::parse(std::string_view text) {
  const auto refuse = [&](std::string_view reason) {
    return bad_tform(text,
                     std::string(reason) + "; an ASCII table allows Aw, Iw, Fw.d, Ew.d, Dw.d");
  };
  auto rest = trim(text);
  AsciiForm form;
  if (rest.empty()) throw refuse("has no type code");
  form.code = upper(rest.front());
  if (std::string_view("AIFED").find(form.code) == std::string_view::npos) {
    throw refuse("begins with '" + std::string(1, rest.front()) + "'");
  }
  rest.remove_prefix(1);
  const auto width = take_number(rest);
  if (!width) throw refuse("has no width");
  form.width = *width;
  const bool real = form.code != 'A' && form.code != 'I';
  if (form.width == 0 && form.code != 'A') throw refuse("has no character for a number");
  if (real && !rest.empty() && rest.front() == '.') {
    rest.remove_prefix(1);
    form.digits = take_number(rest);
    if (!form.digits) throw refuse("has no digits behind its point");
  }
  if (!rest.empty()) throw refuse("goes on with '" + std::string(rest) + "'");
  return form;
}

std::string AsciiForm::str() const {
  auto text = code + std::to_string(width);
  return digits ? text + "." + std::to_string(*digits) : text;
}

std::optional<std::vector<std::uint64_t>> parse_tdim(std::string_view text) {
  auto rest = trim(text);
  if (rest.size() < 3 || rest.front() != '(' || rest.back() != ')') return std::nullopt;
  rest = rest.substr(1, rest.size() - 2);
  std::vector<std::uint64_t> dimensions;
  for (;;) {
    const auto comma = rest.find(',');
    auto item = trim(rest.substr(0, comma));
    const auto number = take_number(item);
    if (!number || !item.empty()) return std::nullopt;
    dimensions.push_back(*number);
    if (comma == std::string_view::npos) return dimensions;
    rest.remove_prefix(comma + 1);
  }
}

}  // namespace torchfits
