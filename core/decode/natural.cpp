// SPDX-License-Identifier: BSD-3-Clause
// Why it is fast:
// - one pass: the swap, the scaling and the null test of an element happen in registers;
// - what a header decides (sizes, rule, whether there is a null) is a template parameter, so a loop
// has no branch;
// - loads and stores are memcpy of a fixed size: the compiler turns the loops into vector shuffles
// at any alignment;
// - each loop is compiled for AVX2 too (base/simd.h): it swaps with one byte shuffle where SSE2
// needs several shifts.
#include "decode/natural.h"

#include <complex>
#include <limits>
#include <stdexcept>

namespace torchfits {
namespace {

template <class T>
[[gnu::always_inline]] inline void store(std::byte* to, T value) noexcept {
  std::memcpy(to, &value, sizeof value);
}

template <ByteOrder Order, class T>
[[gnu::always_inline]] inline T load(const std::byte* from) noexcept {
  if constexpr (Order == ByteOrder::big) return load_be<T>(from);
  T value;
  std::memcpy(&value, from, sizeof value);
  return value;
}

/// Components are swapped one by one: two of a complex number. `Flip` inverts the sign bit, which
/// adds 2^(n-1).
template <ByteOrder Order, class Uint, std::size_t Components, bool Flip>
struct Swap {
  [[gnu::always_inline]] static inline std::size_t run(const ElementCoding&, const std::byte* in,
                                                       std::size_t count, std::byte* out) {
    // Two loops: where the compiler cannot tell whether memory overlaps it swaps one by one.
    if (in == out) {
      for (std::size_t i = 0; i < count * Components; ++i) swap(out, out, i);
    } else {
      apart(in, count, out);
    }
    return count;
  }

 private:
  [[gnu::always_inline]] static inline void apart(const std::byte* __restrict__ in,
                                                  std::size_t count, std::byte* __restrict__ out) {
    for (std::size_t i = 0; i < count * Components; ++i) swap(in, out, i);
  }

  [[gnu::always_inline]] static inline void swap(const std::byte* in, std::byte* out,
                                                 std::size_t i) {
    constexpr Uint flip = Flip ? static_cast<Uint>(Uint{1} << (8 * sizeof(Uint) - 1)) : Uint{0};
    const auto at = i * sizeof(Uint);
    store(out + at, static_cast<Uint>(load<Order, Uint>(in + at) ^ flip));
  }
};

template <ByteOrder Order>
struct Swap<Order, std::uint8_t, 1, false> {
  [[gnu::always_inline]] static inline std::size_t run(const ElementCoding&, const std::byte* in,
                                                       std::size_t count, std::byte* out) {
    if (in != out) std::memcpy(out, in, count);
    return count;
  }
};

/// 64-bit numbers plus a whole TZERO. The sentinel of a null lies under a mask: its sum may wrap.
template <ByteOrder Order>
struct Offset {
  [[gnu::always_inline]] static inline std::size_t run(const ElementCoding& coding,
                                                       const std::byte* __restrict__ in,
                                                       std::size_t count,
                                                       std::byte* __restrict__ out) {
    for (std::size_t i = 0; i < count; ++i) {
      const auto stored = load<Order, std::int64_t>(in + i * sizeof(std::int64_t));
      std::int64_t sum = 0;
      const bool overflow = __builtin_add_overflow(stored, coding.offset, &sum);
      if (overflow && coding.null != stored) return i;
      store(out + i * sizeof sum, sum);
    }
    return count;
  }
};

/// NaN where a null was stored, with masks: a choice would let the compiler put the arithmetic into
/// a branch.
template <class Natural, class Stored>
[[gnu::always_inline]] inline Natural nan_if_null(Natural value, Stored stored,
                                                  Stored null) noexcept {
  using Bits = UintOfSize<sizeof(Natural)>;
  const auto mask =
      static_cast<Bits>(-static_cast<Bits>(static_cast<Bits>(stored) == static_cast<Bits>(null)));
  const auto nan = std::bit_cast<Bits>(std::numeric_limits<Natural>::quiet_NaN());
  return std::bit_cast<Natural>((std::bit_cast<Bits>(value) & ~mask) | (nan & mask));
}

template <ByteOrder Order, class Stored, class Natural, bool Null>
struct Scale {
  [[gnu::always_inline]] static inline std::size_t run(const ElementCoding& coding,
                                                       const std::byte* __restrict__ in,
                                                       std::size_t count,
                                                       std::byte* __restrict__ out) {
    static_assert(!Null || sizeof(Stored) <= sizeof(Natural));
    const double scale = coding.scaling.scale;
    const double zero = coding.scaling.zero;
    const auto null = static_cast<Stored>(Null ? *coding.null : 0);
    for (std::size_t i = 0; i < count; ++i) {
      const auto stored = load<Order, Stored>(in + i * sizeof(Stored));
      auto value = static_cast<Natural>(zero + scale * static_cast<double>(stored));
      if constexpr (Null) value = nan_if_null(value, stored, null);
      store(out + i * sizeof value, value);
    }
    return count;
  }
};

/// TZERO is a real number: it is added to the real part, as CFITSIO does.
template <ByteOrder Order, class Real>
struct ScaleComplex {
  [[gnu::always_inline]] static inline std::size_t run(const ElementCoding& coding,
                                                       const std::byte* __restrict__ in,
                                                       std::size_t count,
                                                       std::byte* __restrict__ out) {
    const double scale = coding.scaling.scale, zero = coding.scaling.zero;
    for (std::size_t i = 0; i < 2 * count; i += 2) {
      const auto real = static_cast<double>(load<Order, Real>(in + i * sizeof(Real)));
      const auto imaginary = static_cast<double>(load<Order, Real>(in + (i + 1) * sizeof(Real)));
      store(out + i * sizeof(Real), static_cast<Real>(zero + scale * real));
      store(out + (i + 1) * sizeof(Real), static_cast<Real>(scale * imaginary));
    }
    return count;
  }
};

[[noreturn]] void impossible() { throw std::logic_error("no kernel for this coding"); }

template <ByteOrder Order, bool Flip>
NaturalKernel swap_kernel(ElementType stored, Simd simd) {
  return dispatch(stored, [simd]<class T>() -> NaturalKernel {
    constexpr bool complex = sizeof(T) == 16 || std::is_same_v<T, std::complex<float>>;
    if constexpr (complex && Flip)
      impossible();
    else if constexpr (complex)
      return compiled<Swap<Order, UintOfSize<sizeof(T) / 2>, 2, false>>(simd);
    else
      return compiled<Swap<Order, UintOfSize<sizeof(T)>, 1, Flip>>(simd);
  });
}

template <ByteOrder Order, class Stored, class Natural>
NaturalKernel scale_kernel(bool null, Simd simd) {
  if constexpr (std::is_integral_v<Stored>) {
    if constexpr (sizeof(Stored) <= sizeof(Natural)) {
      if (null) return compiled<Scale<Order, Stored, Natural, true>>(simd);
    } else {
      if (null) impossible();  // 32 and 64 bits become float64
    }
  }
  return compiled<Scale<Order, Stored, Natural, false>>(simd);
}

template <ByteOrder Order>
NaturalKernel scale_kernel(const ElementCoding& coding, Simd simd) {
  return dispatch(coding.stored, [&]<class Stored>() -> NaturalKernel {
    constexpr bool image_type =
        std::is_same_v<Stored, std::uint8_t> || std::is_same_v<Stored, std::int16_t> ||
        std::is_same_v<Stored, std::int32_t> || std::is_same_v<Stored, std::int64_t> ||
        std::is_floating_point_v<Stored>;
    if constexpr (image_type) {
      if (coding.natural == ElementType::f64)
        return scale_kernel<Order, Stored, double>(coding.null.has_value(), simd);
      if (coding.natural == ElementType::f32)
        return scale_kernel<Order, Stored, float>(coding.null.has_value(), simd);
    } else if constexpr (std::is_same_v<Stored, std::complex<float>> ||
                         std::is_same_v<Stored, std::complex<double>>) {
      if (coding.natural == coding.stored)
        return compiled<ScaleComplex<Order, typename Stored::value_type>>(simd);
    }
    impossible();
  });
}

template <ByteOrder Order>
NaturalKernel ordered_kernel(const ElementCoding& coding, Simd simd) {
  switch (coding.rule) {
    case ElementCoding::Rule::copy: return swap_kernel<Order, false>(coding.stored, simd);
    case ElementCoding::Rule::offset:
      if (coding.natural != coding.stored) return swap_kernel<Order, true>(coding.stored, simd);
      if (coding.stored == ElementType::i64) return compiled<Offset<Order>>(simd);
      break;
    case ElementCoding::Rule::scale: return scale_kernel<Order>(coding, simd);
  }
  impossible();
}

}  // namespace

bool swaps_only(const ElementCoding& coding) noexcept {
  using enum ElementCoding::Rule;
  return coding.rule == copy || (coding.rule == offset && coding.natural != coding.stored);
}

NaturalKernel natural_kernel(const ElementCoding& coding, ByteOrder order, Simd simd) {
  return order == ByteOrder::big ? ordered_kernel<ByteOrder::big>(coding, simd)
                                 : ordered_kernel<ByteOrder::native>(coding, simd);
}

}  // namespace torchfits
