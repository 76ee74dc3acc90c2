// SPDX-License-Identifier: BSD-3-Clause
#include "encode/stored_values.h"

#include <array>
#include <cmath>
#include <complex>
#include <cstdint>
#include <cstdio>
#include <cstring>
#include <limits>
#include <type_traits>
#include <utility>

#include "base/error.h"

namespace torchfits {
namespace {

template <class T>
constexpr bool is_complex_number =
    std::is_same_v<T, std::complex<float>> || std::is_same_v<T, std::complex<double>>;
template <class T>
constexpr bool is_real_float = std::is_floating_point_v<T>;

/// What a float that holds `value` holds exactly, as the whole number that it is.
template <class To, class From>
bool whole_number(From value, To& out) {
  if constexpr (std::is_integral_v<From>) {
    if (!std::in_range<To>(value)) return false;
  } else {
    constexpr int kBits = std::numeric_limits<To>::digits;
    const From end = std::ldexp(From{1}, kBits);
    if (!(value >= (std::is_signed_v<To> ? -end : From{0}) && value < end)) return false;
    if (std::trunc(value) != value) return false;
  }
  out = static_cast<To>(value);
  return true;
}

template <class To, class From>
bool nearest_float(From value, To& out) {
  out = static_cast<To>(value);
  if constexpr (is_real_float<From>) return !std::isfinite(value) || std::isfinite(out);
  return true;
}

template <class T>
std::string shown(T value) {
  if constexpr (is_complex_number<T>) {
    return "(" + shown(value.real()) + ", " + shown(value.imag()) + ")";
  } else if constexpr (is_real_float<T>) {
    std::array<char, 40> text{};
    std::snprintf(text.data(), text.size(), "%.9g", static_cast<double>(value));
    return text.data();
  } else {
    return std::to_string(value);
  }
}

/// bool is a byte of 0 or 1.
ElementType numeric(ElementType type) {
  return type == ElementType::boolean ? ElementType::u8 : type;
}

}  // namespace

/// The type that the sign-bit convention stores as `Stored`.
template <class Stored>
using Shifted = std::conditional_t<std::is_same_v<Stored, std::uint8_t>, std::int8_t,
                                   std::make_unsigned_t<Stored>>;

template <class Stored>
Stored StoredValues::null() const {
  if constexpr (std::is_integral_v<Stored>) {
    return static_cast<Stored>(coding_.null.value_or(0));
  } else if constexpr (is_complex_number<Stored>) {
    constexpr auto nan = std::numeric_limits<typename Stored::value_type>::quiet_NaN();
    return {nan, nan};
  } else {
    return std::numeric_limits<Stored>::quiet_NaN();
  }
}

template <class Stored, class From>
bool StoredValues::store_whole(From value, Stored& out) const {
  if (coding_.rule != ElementCoding::Rule::offset) return whole_number(value, out);
  if (coding_.natural != coding_.stored) {
    Shifted<Stored> natural{};
    if (!whole_number(value, natural)) return false;
    constexpr auto kSign = std::uint64_t{1} << (8 * sizeof(Stored) - 1);
    out = static_cast<Stored>(static_cast<std::uint64_t>(natural) ^ kSign);
    return true;
  }
  std::int64_t natural = 0, stored = 0;
  if (!whole_number(value, natural)) return false;
  if (__builtin_sub_overflow(natural, coding_.offset, &stored)) return false;
  return whole_number(stored, out);
}

template <class Stored, class From>
bool StoredValues::store_scaled(From value, Stored& out) const {
  if constexpr (std::is_integral_v<From> && std::is_integral_v<Stored>) {
    if (whole_zero_) {
      const auto moved = static_cast<Wide>(value) - *whole_zero_;
      out = static_cast<Stored>(moved);
      return static_cast<Wide>(out) == moved;
    }
  }
  const auto exact = (static_cast<double>(value) - coding_.scaling.zero) / coding_.scaling.scale;
  if constexpr (is_real_float<Stored>) {
    if (!std::isfinite(exact) && std::isfinite(static_cast<double>(value))) return false;
    return nearest_float(exact, out);
  } else {
    return whole_number(std::nearbyint(exact), out);
  }
}

template <class Stored, class From>
bool StoredValues::store_one(From value, Stored& out) const {
  if constexpr (is_complex_number<Stored>) {
    typename Stored::value_type real{}, imaginary{};
    if (!nearest_float(value.real(), real) || !nearest_float(value.imag(), imaginary)) return false;
    out = {real, imaginary};
    return true;
  } else if constexpr (is_real_float<Stored>) {
    return scales() ? store_scaled(value, out) : nearest_float(value, out);
  } else {
    if constexpr (is_real_float<From>) {
      if (std::isnan(value)) {
        out = null<Stored>();
        return coding_.null.has_value();
      }
    }
    if (!(scales() ? store_scaled(value, out) : store_whole(value, out))) return false;
    return !coding_.null || !std::cmp_equal(out, *coding_.null);
  }
}

template <class From, class Stored>
std::size_t StoredValues::store(const StoredValues& self, const std::byte* in,
                                const std::byte* nulls, std::size_t count, std::byte* out) {
  for (std::size_t i = 0; i < count; ++i) {
    Stored stored{};
    if (nulls != nullptr && nulls[i] != std::byte{0}) {
      stored = self.null<Stored>();
    } else {
      From value;
      std::memcpy(&value, in + i * sizeof value, sizeof value);
      if (!self.store_one(value, stored)) return i;
    }
    std::memcpy(out + i * sizeof stored, &stored, sizeof stored);
  }
  return count;
}

StoredValues::StoredValues(const ElementCoding& coding, ElementType from, std::string null_keyword,
                           Fractions fractions)
    : coding_(coding),
      from_(numeric(from)),
      null_keyword_(std::move(null_keyword)),
      fractions_(fractions) {
  constexpr double kTwo63 = 9223372036854775808.0;
  const double scale = coding.scaling.scale, zero = coding.scaling.zero;
  if (scale == 1.0 && std::trunc(zero) == zero && std::abs(zero) <= kTwo63)
    whole_zero_ = static_cast<Wide>(zero);
  dispatch(from_, [&]<class From>() {
    dispatch(coding_.stored, [&]<class Stored>() {
      constexpr bool kStored = !std::is_class_v<Stored> && !std::is_same_v<Stored, bool>;
      constexpr bool kFrom = !std::is_class_v<From> && !std::is_same_v<From, bool>;
      if constexpr (is_complex_number<From> && is_complex_number<Stored>) {
        if (coding_.rule == ElementCoding::Rule::copy) kernel_ = &store<From, Stored>;
      } else if constexpr (kStored && kFrom) {
        kernel_ = &store<From, Stored>;
      }
    });
  });
  copies_ = from_ == coding_.natural && !coding_.null && !scales() &&
            (coding_.rule != ElementCoding::Rule::offset || coding_.natural != coding_.stored);
  if (kernel_ != nullptr) return;
  const auto scaled = coding_.rule == ElementCoding::Rule::copy ? "" : ", scaled,";
  throw FitsError(ErrorCode::type, "values of " + std::string(info(from).name) +
                                       " cannot be stored as " +
                                       std::string(info(coding_.stored).name) + scaled +
                                       "; convert them first, such as with .to(torch." +
                                       std::string(info(coding_.natural).name) + ")");
}

std::string StoredValues::problem(const std::byte* element) const {
  return dispatch(from_, [&]<class From>() -> std::string {
    if constexpr (std::is_same_v<From, Half> || std::is_same_v<From, BFloat16>) {
      return "no number";
    } else {
      From value;
      std::memcpy(&value, element, sizeof value);
      if constexpr (is_real_float<From>) {
        if (std::isnan(value)) {
          return "NaN cannot be stored: there is no " + null_keyword_ +
                 ", the integer that stands for it; set that keyword of the header first";
        }
      }
      if constexpr (!is_complex_number<From>) {
        auto plain = *this;
        plain.coding_.null.reset();
        std::array<std::byte, 16> stored;
        if (coding_.null && plain(element, nullptr, 1, stored.data()) == 1) {
          return shown(value) + " would be stored as " + std::to_string(*coding_.null) +
                 ", which " + null_keyword_ +
                 " marks as no value; mask it, or change that keyword first";
        }
      }
      const bool shifted = coding_.rule == ElementCoding::Rule::offset;
      const auto type = info(shifted ? coding_.natural : coding_.stored).name;
      return shown(value) + " does not fit the stored " + std::string(type) +
             (scales() ? " after scaling" : "") +
             "; change the values, or write the HDU anew with a wider dtype";
    }
  });
}

}  // namespace torchfits
