// SPDX-License-Identifier: BSD-3-Clause
// The one table of element types: what a tensor can hold and what a file can store.
#pragma once

#include <array>
#include <complex>
#include <cstddef>
#include <cstdint>
#include <stdexcept>
#include <string_view>
#include <type_traits>
#include <utility>

namespace torchfits {

/// IEEE binary16 and bfloat16 as bits; arithmetic on them goes through float (decode/convert.h).
struct Half {
  std::uint16_t bits;
};
struct BFloat16 {
  std::uint16_t bits;
};

enum class ElementType : std::uint8_t {
  u8,
  i8,
  u16,
  i16,
  u32,
  i32,
  u64,
  i64,
  f16,
  bf16,
  f32,
  f64,
  c64,
  c128,
  boolean
};

struct ElementInfo {
  ElementType type;
  std::string_view name;  ///< torch's and numpy's name of the dtype
  std::size_t size;       ///< bytes
};

inline constexpr std::array<ElementInfo, 15> kElementTypes{{
    {ElementType::u8, "uint8", 1},
    {ElementType::i8, "int8", 1},
    {ElementType::u16, "uint16", 2},
    {ElementType::i16, "int16", 2},
    {ElementType::u32, "uint32", 4},
    {ElementType::i32, "int32", 4},
    {ElementType::u64, "uint64", 8},
    {ElementType::i64, "int64", 8},
    {ElementType::f16, "float16", 2},
    {ElementType::bf16, "bfloat16", 2},
    {ElementType::f32, "float32", 4},
    {ElementType::f64, "float64", 8},
    {ElementType::c64, "complex64", 8},
    {ElementType::c128, "complex128", 16},
    {ElementType::boolean, "bool", 1},
}};

[[nodiscard]] constexpr const ElementInfo& info(ElementType type) noexcept {
  return kElementTypes[static_cast<std::size_t>(type)];
}

[[nodiscard]] constexpr bool is_integer(ElementType type) noexcept {
  return type <= ElementType::i64;
}

[[nodiscard]] constexpr bool is_float(ElementType type) noexcept {
  return type >= ElementType::f16 && type <= ElementType::f64;
}

/// Calls visitor.operator()<T>() with the C++ type of `type`; every switch over element types is
/// this one.
template <class Visitor>
decltype(auto) dispatch(ElementType type, Visitor&& visitor) {
  switch (type) {
    case ElementType::u8: return visitor.template operator()<std::uint8_t>();
    case ElementType::i8: return visitor.template operator()<std::int8_t>();
    case ElementType::u16: return visitor.template operator()<std::uint16_t>();
    case ElementType::i16: return visitor.template operator()<std::int16_t>();
    case ElementType::u32: return visitor.template operator()<std::uint32_t>();
    case ElementType::i32: return visitor.template operator()<std::int32_t>();
    case ElementType::u64: return visitor.template operator()<std::uint64_t>();
    case ElementType::i64: return visitor.template operator()<std::int64_t>();
    case ElementType::f16: return visitor.template operator()<Half>();
    case ElementType::bf16: return visitor.template operator()<BFloat16>();
    case ElementType::f32: return visitor.template operator()<float>();
    case ElementType::f64: return visitor.template operator()<double>();
    case ElementType::c64: return visitor.template operator()<std::complex<float>>();
    case ElementType::c128: return visitor.template operator()<std::complex<double>>();
    case ElementType::boolean: return visitor.template operator()<bool>();
  }
  throw std::logic_error("unknown element type");
}

/// The enumerator of a C++ type: dispatch's inverse.
template <class T>
inline constexpr ElementType element_type_of = [] {
  if constexpr (std::is_same_v<T, std::uint8_t>)
    return ElementType::u8;
  else if constexpr (std::is_same_v<T, std::int8_t>)
    return ElementType::i8;
  else if constexpr (std::is_same_v<T, std::uint16_t>)
    return ElementType::u16;
  else if constexpr (std::is_same_v<T, std::int16_t>)
    return ElementType::i16;
  else if constexpr (std::is_same_v<T, std::uint32_t>)
    return ElementType::u32;
  else if constexpr (std::is_same_v<T, std::int32_t>)
    return ElementType::i32;
  else if constexpr (std::is_same_v<T, std::uint64_t>)
    return ElementType::u64;
  else if constexpr (std::is_same_v<T, std::int64_t>)
    return ElementType::i64;
  else if constexpr (std::is_same_v<T, Half>)
    return ElementType::f16;
  else if constexpr (std::is_same_v<T, BFloat16>)
    return ElementType::bf16;
  else if constexpr (std::is_same_v<T, float>)
    return ElementType::f32;
  else if constexpr (std::is_same_v<T, double>)
    return ElementType::f64;
  else if constexpr (std::is_same_v<T, std::complex<float>>)
    return ElementType::c64;
  else if constexpr (std::is_same_v<T, std::complex<double>>)
    return ElementType::c128;
  else
    return ElementType::boolean;
}();

/// C++ types that compute as they are: integers, float and double.
template <class T>
inline constexpr bool is_plain_number = std::is_arithmetic_v<T> && !std::is_same_v<T, bool>;

}  // namespace torchfits
