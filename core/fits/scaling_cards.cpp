// SPDX-License-Identifier: BSD-3-Clause
#include "fits/scaling_cards.h"

#include <cmath>
#include <cstdlib>
#include <optional>

#include "base/error.h"
#include "fits/block.h"
#include "fits/card.h"
#include "fits/card_value.h"

namespace torchfits {
namespace {

/// Of an unreadable card, what a message shows.
constexpr std::size_t kShown = 40;

std::optional<double> real_value(const CardValue& value) {
  if (const auto* real = std::get_if<double>(&value)) return *real;
  if (const auto* number = std::get_if<std::int64_t>(&value)) return static_cast<double>(*number);
  // TZERO = 9223372036854775808, the unsigned convention of K, needs more than 64 bits.
  if (const auto* big = std::get_if<BigInteger>(&value))
    return std::strtod(big->digits.c_str(), nullptr);
  return std::nullopt;
}

/// The number as the card has it; nothing where there is none.
CardValue number_of(const ScalingCard& scaling) {
  if (scaling.text.empty()) return {};
  const auto card = Card::parse(scaling.text);
  if (std::holds_alternative<std::monostate>(card.value)) return {};
  const auto value = card.kind == CardKind::value ? real_value(card.value) : std::nullopt;
  if (!value || !std::isfinite(*value)) {
    throw FitsError::format(scaling.keyword + " is not a finite number: '" +
                            std::string(trim_right(scaling.text.substr(0, kShown))) +
                            "'; correct the header");
  }
  return card.value;
}

}  // namespace

Scaling read_scaling(const ScalingCard& scale, const ScalingCard& zero) {
  Scaling scaling;
  scaling.scale = real_value(number_of(scale)).value_or(scaling.scale);
  const auto moved = number_of(zero);
  scaling.zero = real_value(moved).value_or(scaling.zero);
  if (const auto* whole = std::get_if<std::int64_t>(&moved)) scaling.whole_zero = *whole;
  return scaling;
}

}  // namespace torchfits
