// SPDX-License-Identifier: BSD-3-Clause
// Why it is fast:
// - it works on blocks that the first stage left in the first-level cache (decode/pixels.cpp);
// - rounding to 16 bits is integer arithmetic and selections, without a branch, so the loops
//   become vector code;
// - integer targets gather "does not fit" over a block and look for the culprit only when there
//   is one.
#include "decode/convert.h"

#include <cstring>

namespace torchfits {
namespace {

template <class T>
[[gnu::always_inline]] inline T load(const std::byte* from) noexcept {
  T value;
  std::memcpy(&value, from, sizeof value);
  return value;
}

template <class From, class To>
struct ToFloat {
  [[gnu::always_inline]] static inline std::size_t run(const std::byte* __restrict__ from,
                                                       std::size_t count,
                                                       std::byte* __restrict__ to) {
    for (std::size_t i = 0; i < count; ++i) {
      const To value = to_float<To>(load<From>(from + i * sizeof(From)));
      std::memcpy(to + i * sizeof value, &value, sizeof value);
    }
    return count;
  }
};

template <class From, class To>
struct ToInteger {
  [[gnu::always_inline]] static inline std::size_t run(const std::byte* __restrict__ from,
                                                       std::size_t count,
                                                       std::byte* __restrict__ to) {
    std::uint8_t bad = 0;
    for (std::size_t i = 0; i < count; ++i) {
      const auto value = load<From>(from + i * sizeof(From));
      const bool good = fits<To>(value);
      bad |= static_cast<std::uint8_t>(!good);
      const To element = static_cast<To>(good ? value : From{0});
      std::memcpy(to + i * sizeof element, &element, sizeof element);
    }
    if (bad == 0) return count;
    std::size_t first = 0;
    while (fits<To>(load<From>(from + first * sizeof(From)))) ++first;
    return first;
  }
};

/// A complex number is converted as its two parts.
template <class From, class To>
struct Parts {
  [[gnu::always_inline]] static inline std::size_t run(const std::byte* __restrict__ from,
                                                       std::size_t count,
                                                       std::byte* __restrict__ to) {
    ToFloat<From, To>::run(from, 2 * count, to);
    return count;
  }
};

/// Elements that the first stage makes, complex and bool apart.
template <class T>
inline constexpr bool is_natural_real =
    (std::is_integral_v<T> && !std::is_same_v<T, bool>) || std::is_floating_point_v<T>;

template <class From>
ConvertKernel kernel_from(ElementType to, Simd simd) {
  return dispatch(to, [simd]<class To>() -> ConvertKernel {
    if constexpr (element_type_of<To> == ElementType::boolean)
      return nullptr;
    else if constexpr (is_integer(element_type_of<To>))
      return compiled<ToInteger<From, To>>(simd);
    else if constexpr (is_float(element_type_of<To>))
      return compiled<ToFloat<From, To>>(simd);
    else
      return nullptr;
  });
}

}  // namespace

ConvertKernel convert_kernel(ElementType from, ElementType to, Simd simd) {
  if (from == ElementType::c64 && to == ElementType::c128)
    return compiled<Parts<float, double>>(simd);
  if (from == ElementType::c128 && to == ElementType::c64)
    return compiled<Parts<double, float>>(simd);
  return dispatch(from, [&]<class From>() -> ConvertKernel {
    if constexpr (is_natural_real<From>)
      return kernel_from<From>(to, simd);
    else
      return nullptr;
  });
}

}  // namespace torchfits
