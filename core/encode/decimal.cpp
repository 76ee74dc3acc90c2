// SPDX-License-Identifier: BSD-3-Clause
#include "encode/decimal.h"

#include <algorithm>
#include <charconv>
#include <cmath>

namespace torchfits {
namespace {

template <class Real>
Decimal shortest(Real value) noexcept {
  std::array<char, 40> text{};
  Decimal decimal;
  decimal.negative = std::signbit(value);
  const auto end = std::to_chars(text.data(), text.data() + text.size(), std::abs(value),
                                 std::chars_format::scientific)
                       .ptr;
  const auto* letter = std::find(text.data(), end, 'e');
  decimal.digits[0] = text[0];
  // Behind the first digit comes a point, if more digits do.
  decimal.count = letter - text.data() > 2 ? static_cast<int>(letter - text.data()) - 1 : 1;
  std::copy_n(text.data() + 2, decimal.count - 1, decimal.digits.data() + 1);
  const auto* exponent = letter + (letter[1] == '+' ? 2 : 1);
  std::from_chars(exponent, end, decimal.exponent);
  return decimal;
}

int exponent_digits(int exponent) noexcept { return std::abs(exponent) > 99 ? 3 : 2; }

int digits_before_point(const Decimal& number) noexcept { return std::max(1, number.exponent + 1); }

/// The digit that counts 10^power.
char digit_at(const Decimal& number, int power) noexcept {
  const int index = number.exponent - power;
  return index >= 0 && index < number.count ? number.digits[static_cast<std::size_t>(index)] : '0';
}

bool put_fixed(const Decimal& number, int width, int behind, char* field) noexcept {
  const int whole = digits_before_point(number);
  const int length = (number.negative ? 1 : 0) + whole + 1 + behind;
  if (length > width || number.count - 1 - number.exponent > behind) return false;
  auto* at = field + (width - length);
  if (number.negative) *at++ = '-';
  for (int power = whole - 1; power >= 0; --power) *at++ = digit_at(number, power);
  *at++ = '.';
  for (int power = -1; power >= -behind; --power) *at++ = digit_at(number, power);
  return true;
}

bool put_scientific(const Decimal& number, char letter, int width, int behind,
                    char* field) noexcept {
  int digits = exponent_digits(number.exponent);
  const int length = (number.negative ? 1 : 0) + 2 + behind + 2 + digits;
  if (length > width || number.count - 1 > behind) return false;
  auto* at = field + (width - length);
  if (number.negative) *at++ = '-';
  *at++ = number.digits[0];
  *at++ = '.';
  for (int i = 1; i <= behind; ++i)
    *at++ = i < number.count ? number.digits[static_cast<std::size_t>(i)] : '0';
  *at++ = letter;
  *at++ = number.exponent < 0 ? '-' : '+';
  int rest = std::abs(number.exponent);
  for (; digits > 0; rest /= 10) at[--digits] = static_cast<char>('0' + rest % 10);
  return true;
}

}  // namespace

Decimal Decimal::of(double value) noexcept { return shortest(value); }
Decimal Decimal::of(float value) noexcept { return shortest(value); }

void DecimalExtent::add(const Decimal& number) noexcept {
  whole_ = std::max(whole_, digits_before_point(number) + (number.negative ? 1 : 0));
  behind_ = std::max(behind_, number.count - 1 - number.exponent);
  digits_ = std::max(digits_, number.count);
  exponent_ = std::max(exponent_, exponent_digits(number.exponent));
  negative_ |= number.negative;
}

void DecimalExtent::add(const DecimalExtent& other) noexcept {
  whole_ = std::max(whole_, other.whole_);
  behind_ = std::max(behind_, other.behind_);
  digits_ = std::max(digits_, other.digits_);
  exponent_ = std::max(exponent_, other.exponent_);
  negative_ |= other.negative_;
}

AsciiForm DecimalExtent::form(char code) const noexcept {
  const int fixed = whole_ + 1 + behind_;
  const int scientific = (negative_ ? 1 : 0) + 1 + digits_ + 2 + exponent_;
  const auto make = [](char letter, int width, int behind) {
    return AsciiForm{letter, static_cast<std::uint64_t>(width), static_cast<std::uint64_t>(behind)};
  };
  return fixed <= scientific ? make('F', fixed, behind_) : make(code, scientific, digits_ - 1);
}

bool put_decimal(const Decimal& number, const AsciiForm& form, char* field) noexcept {
  constexpr std::uint64_t kMost = 1 << 20;
  const int width = static_cast<int>(std::min(form.width, kMost));
  const int behind = static_cast<int>(std::min(form.digits.value_or(0), kMost));
  // A field wider than any number is filled at its right end.
  field += form.width - static_cast<std::uint64_t>(width);
  return form.code == 'F' ? put_fixed(number, width, behind, field)
                          : put_scientific(number, form.code, width, behind, field);
}

}  // namespace torchfits
