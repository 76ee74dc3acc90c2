// SPDX-License-Identifier: BSD-3-Clause
// Second stage of decoding: elements of one type to those of another, as torch's .to() converts
// them.
#pragma once

#include <algorithm>
#include <bit>
#include <concepts>
#include <cstddef>
#include <cstdint>
#include <limits>

#include "base/simd.h"
#include "fits/element_type.h"

namespace torchfits {

/// Rounds to nearest, ties to even; overflow is infinity. A NaN keeps its sign and the upper bits
/// of its payload and becomes quiet, as F16C and torch on it do.
[[nodiscard, gnu::always_inline]] inline Half to_half(float value) noexcept {
  constexpr std::int32_t infinity = 0x7f800000;
  constexpr std::int32_t too_large = 0x47800000;  // 2^16, which the code below turns into infinity
  constexpr std::int32_t smallest_normal = 0x38800000;  // 2^-14
  const auto bits = std::bit_cast<std::uint32_t>(value);
  const auto magnitude = static_cast<std::int32_t>(bits & 0x7fffffff);
  const auto over =
      (too_large - 1 - magnitude) >> 31;  // a mask: of a choice the compiler makes a branch
  const auto bounded = (magnitude & ~over) | (too_large & over);
  // The last bit of `ruler` is worth that of the half, subnormal or not: the addition rounds. No
  // lane takes a branch.
  const auto power = bounded & infinity;
  const auto exponent = std::max(power, smallest_normal);
  const auto ruler = exponent + (13 << 23);
  const float sum = std::bit_cast<float>(bounded) + std::bit_cast<float>(ruler);
  const auto half = std::bit_cast<std::int32_t>(sum) - ruler + ((exponent - smallest_normal) >> 13);
  const auto nan = (infinity - magnitude) >> 31 & (0x200 | (magnitude >> 13 & 0x3ff));
  return {
      static_cast<std::uint16_t>((bits >> 16 & 0x8000) | static_cast<std::uint32_t>(half | nan))};
}

/// Rounds to nearest, ties to even. Every NaN becomes 0x7fc0, torch's scalar conversion (its vector
/// code gives 0xffff).
[[nodiscard, gnu::always_inline]] inline BFloat16 to_bfloat16(float value) noexcept {
  const auto bits = std::bit_cast<std::uint32_t>(value);
  const std::uint32_t rounded = (bits + 0x7fff + (bits >> 16 & 1)) >> 16;
  return {static_cast<std::uint16_t>((bits & 0x7fffffff) > 0x7f800000 ? 0x7fc0 : rounded)};
}

/// The value as an element of a float type; from float64 and integers the 16-bit types are reached
/// through float.
template <class To, class From>
[[nodiscard, gnu::always_inline]] inline To to_float(From value) noexcept {
  if constexpr (std::is_same_v<To, Half>)
    return to_half(static_cast<float>(value));
  else if constexpr (std::is_same_v<To, BFloat16>)
    return to_bfloat16(static_cast<float>(value));
  else
    return static_cast<To>(value);
}

/// Whether an integer type holds the value exactly: no fraction, no NaN, in range.
template <std::integral To, class From>
[[nodiscard, gnu::always_inline]] inline bool fits(From value) noexcept {
  using Limits = std::numeric_limits<To>;
  if constexpr (std::is_integral_v<From>) {
    bool good = true;
    if constexpr (std::is_signed_v<From>) {
      if constexpr (!std::is_signed_v<To>)
        good = value >= 0;
      else if constexpr (sizeof(To) < sizeof(From))
        good = value >= static_cast<From>(Limits::min());
    }
    if constexpr (Limits::digits < std::numeric_limits<From>::digits)
      good &= value <= static_cast<From>(Limits::max());
    return good;
  } else {
    constexpr From end =
        static_cast<From>(std::uint64_t{1} << (Limits::digits - 1)) * 2;  // exact: a power of two
    constexpr From first = std::is_signed_v<To> ? -end : From{0};
    const bool in_range = value >= first && value < end;
    const From safe = in_range ? value : From{0};  // casting others is undefined
    return in_range && static_cast<From>(static_cast<To>(safe)) == value;
  }
}

/// Converts `count` elements; `from` and `to` need no alignment. Returns `count`, or the position
/// of the first element that an integer target cannot hold; what `to` then holds is unspecified.
using ConvertKernel = std::size_t (*)(const std::byte* from, std::size_t count, std::byte* to);

/// None where there is no conversion: complex to real or back, and to or from bool.
[[nodiscard]] ConvertKernel convert_kernel(ElementType from, ElementType to, Simd simd);

}  // namespace torchfits
