// SPDX-License-Identifier: BSD-3-Clause
#include <algorithm>
#include <cmath>
#include <cstring>
#include <limits>

#include "base/bytes.h"
#include "query/values.h"

namespace torchfits {
namespace {

constexpr double kNaN = std::numeric_limits<double>::quiet_NaN();

/// The sign of the divisor, as in Python and torch.
double real_remainder(double a, double b) noexcept {
  const double rest = std::fmod(a, b);
  return rest != 0 && (rest < 0) != (b < 0) ? rest + b : rest;
}

/// Of a null there is none, though C has nan ** 0 and 1 ** nan be 1.
double known_power(double a, double b) noexcept { return a != a || b != b ? kNaN : std::pow(a, b); }

/// An integer, or none.
struct Whole {
  std::uint64_t bits;
  bool none;
};

Whole add(std::int64_t a, std::int64_t b) noexcept {
  std::int64_t sum = 0;
  const bool overflow = __builtin_add_overflow(a, b, &sum);
  return {static_cast<std::uint64_t>(sum), overflow};
}

Whole subtract(std::int64_t a, std::int64_t b) noexcept {
  std::int64_t difference = 0;
  const bool overflow = __builtin_sub_overflow(a, b, &difference);
  return {static_cast<std::uint64_t>(difference), overflow};
}

Whole multiply(std::int64_t a, std::int64_t b) noexcept {
  std::int64_t product = 0;
  const bool overflow = __builtin_mul_overflow(a, b, &product);
  return {static_cast<std::uint64_t>(product), overflow};
}

Whole remainder(std::int64_t a, std::int64_t b) noexcept {
  if (b == 0) return {0, true};
  if (b == -1) return {0, false};  // of the least integer there is no quotient
  const auto rest = a % b;
  return {static_cast<std::uint64_t>(rest != 0 && (rest < 0) != (b < 0) ? rest + b : rest), false};
}

/// Nulls of the operands first, then those of the operation. Returns whether
/// there is any.
bool join_nulls(const Values& operand, std::size_t rows, std::uint8_t* nulls) noexcept {
  if (operand.nulls == nullptr) return false;
  const auto step = operand.constant ? std::size_t{0} : std::size_t{1};
  for (std::size_t i = 0; i < rows; ++i) nulls[i] |= operand.nulls[i * step];
  return true;
}

template <class A, class F>
bool checked_rows(const Values& a, const Values& b, std::size_t rows, std::uint64_t* out,
                  std::uint8_t* nulls, F f) {
  const auto* x = a.as<A>();
  const auto* y = b.as<A>();
  const std::size_t x_step = a.constant ? 0 : 1, y_step = b.constant ? 0 : 1;
  std::uint8_t any = 0;
  for (std::size_t i = 0; i < rows; ++i) {
    const Whole result = f(x[i * x_step], y[i * y_step]);
    out[i] = result.bits;
    nulls[i] |= static_cast<std::uint8_t>(result.none);
    any |= nulls[i];
  }
  return any != 0;
}

/// Cells of one element lie close together.
template <class T, class Out>
struct Widen {
  [[gnu::always_inline]] static void run(const std::byte* from, std::size_t rows, Out* out) {
    for (std::size_t i = 0; i < rows; ++i) {
      T value;
      std::memcpy(&value, from + i * sizeof value, sizeof value);
      out[i] = static_cast<Out>(value);
    }
  }
};

template <class T, class F>
void load(const ColumnValues& column, std::uint64_t element, std::size_t first, std::size_t rows,
          F store) {
  const auto* from = column.data + (first * column.elements + element) * sizeof(T);
  const auto stride = column.elements * sizeof(T);
  for (std::size_t i = 0; i < rows; ++i, from += stride) {
    T value;
    std::memcpy(&value, from, sizeof value);
    store(i, value);
  }
}

template <class T, class Out>
void load_as(const ColumnValues& column, std::uint64_t element, std::size_t first, std::size_t rows,
             void* out) {
  auto* values = static_cast<Out*>(out);
  if (column.elements == 1) {
    compiled<Widen<T, Out>>(best_simd())(column.data + first * sizeof(T), rows, values);
  } else {
    load<T>(column, element, first, rows,
            [=](std::size_t i, T value) { values[i] = static_cast<Out>(value); });
  }
}

template <class T>
void load_numbers(const ColumnValues& column, std::uint64_t element, std::size_t first,
                  std::size_t rows, void* out) {
  if constexpr (std::is_floating_point_v<T>)
    load_as<T, double>(column, element, first, rows, out);
  else if constexpr (std::is_same_v<T, std::uint64_t>)
    load_as<T, std::uint64_t>(column, element, first, rows, out);
  else if constexpr (std::is_integral_v<T> && !std::is_same_v<T, bool>)
    load_as<T, std::int64_t>(column, element, first, rows, out);
}

void load_truths(const ColumnValues& column, std::uint64_t element, std::size_t first,
                 std::size_t rows, Truth* out) {
  const auto truth = [](std::uint8_t value) { return value != 0 ? kTrue : kFalse; };
  if (column.elements == 1) {
    Values stored;
    stored.data = column.data + first;
    return for_rows<std::uint8_t>(stored, rows, out, truth);
  }
  load<std::uint8_t>(column, element, first, rows,
                     [=](std::size_t i, std::uint8_t value) { out[i] = truth(value); });
}

}  // namespace

void compute_real(Op op, const Values& a, std::size_t rows, double* out) {
  const auto with = [&](auto f) { for_rows<double>(a, rows, out, f); };
  switch (op) {
    case Op::negate: return with([](double x) { return -x; });
    case Op::absolute: return with([](double x) { return std::fabs(x); });
    case Op::sqrt: return with([](double x) { return std::sqrt(x); });
    case Op::log: return with([](double x) { return std::log(x); });
    case Op::log10: return with([](double x) { return std::log10(x); });
    case Op::exp: return with([](double x) { return std::exp(x); });
    case Op::sin: return with([](double x) { return std::sin(x); });
    case Op::cos: return with([](double x) { return std::cos(x); });
    case Op::tan: return with([](double x) { return std::tan(x); });
    case Op::asin: return with([](double x) { return std::asin(x); });
    case Op::acos: return with([](double x) { return std::acos(x); });
    case Op::atan: return with([](double x) { return std::atan(x); });
    case Op::floor: return with([](double x) { return std::floor(x); });
    case Op::ceil: return with([](double x) { return std::ceil(x); });
    default: return with([](double x) { return std::nearbyint(x); });
  }
}

void compute_real(Op op, const Values& a, const Values& b, std::size_t rows, double* out) {
  const auto with = [&](auto f) { for_rows<double, double>(a, b, rows, out, f); };
  switch (op) {
    case Op::add: return with([](double x, double y) { return x + y; });
    case Op::subtract: return with([](double x, double y) { return x - y; });
    case Op::multiply: return with([](double x, double y) { return x * y; });
    case Op::divide: return with([](double x, double y) { return x / y; });
    case Op::ratio: return with([](double x, double y) { return y == 0 ? kNaN : x / y; });
    case Op::remainder: return with([](double x, double y) { return real_remainder(x, y); });
    case Op::power: return with([](double x, double y) { return known_power(x, y); });
    case Op::atan2: return with([](double x, double y) { return std::atan2(x, y); });
    case Op::minimum:
      return with([](double x, double y) { return x != x || y != y ? kNaN : std::min(x, y); });
    default:
      return with([](double x, double y) { return x != x || y != y ? kNaN : std::max(x, y); });
  }
}

bool compute_integer(Op op, const Values& a, std::size_t rows, std::uint64_t* out,
                     std::uint8_t* nulls) {
  std::memset(nulls, 0, rows);
  const bool any = join_nulls(a, rows, nulls);
  if (op == Op::bit_not) {
    for_rows<std::uint64_t>(a, rows, out, [](std::uint64_t x) { return ~x; });
    return any;
  }
  const bool negate = op == Op::negate;
  return checked_rows<std::int64_t>(a, a, rows, out, nulls, [=](std::int64_t x, std::int64_t) {
    return negate || x < 0 ? subtract(0, x) : Whole{static_cast<std::uint64_t>(x), false};
  });
}

bool compute_integer(Op op, const Values& a, const Values& b, std::size_t rows, std::uint64_t* out,
                     std::uint8_t* nulls) {
  using I = std::int64_t;
  using U = std::uint64_t;
  std::memset(nulls, 0, rows);
  const bool of_a = join_nulls(a, rows, nulls);
  const bool of_b = join_nulls(b, rows, nulls);
  const auto checked = [&](auto f) { return checked_rows<I>(a, b, rows, out, nulls, f); };
  const auto plain = [&]<class T>(T, auto f) {
    for_rows<T, T>(a, b, rows, out, [](T x, T y) { return static_cast<U>(decltype(f){}(x, y)); });
    return of_a || of_b;
  };
  const auto extreme = [&](auto f) {
    return a.kind == Kind::uint64 ? plain(U{}, f) : plain(I{}, f);
  };
  switch (op) {
    case Op::add: return checked([](I x, I y) { return add(x, y); });
    case Op::subtract: return checked([](I x, I y) { return subtract(x, y); });
    case Op::multiply: return checked([](I x, I y) { return multiply(x, y); });
    case Op::remainder: return checked([](I x, I y) { return remainder(x, y); });
    case Op::bit_and: return plain(U{}, [](U x, U y) { return x & y; });
    case Op::bit_or: return plain(U{}, [](U x, U y) { return x | y; });
    case Op::bit_xor: return plain(U{}, [](U x, U y) { return x ^ y; });
    case Op::minimum: return extreme([](auto x, auto y) { return std::min(x, y); });
    default: return extreme([](auto x, auto y) { return std::max(x, y); });
  }
}

void load_column(const ColumnValues& column, std::uint64_t element, std::size_t first,
                 std::size_t rows, Kind kind, void* out, std::uint8_t* nulls) {
  const auto mask = [&](auto store) {
    const auto* marks = column.nulls + first * column.elements + element;
    for (std::size_t i = 0; i < rows; ++i) store(i, marks[i * column.elements]);
  };
  if (kind == Kind::boolean) {
    auto* truth = static_cast<Truth*>(out);
    load_truths(column, element, first, rows, truth);
    if (column.nulls == nullptr) return;
    return mask([=](std::size_t i, std::uint8_t null) { truth[i] = null != 0 ? kNull : truth[i]; });
  }
  dispatch(column.type, [&]<class T>() { load_numbers<T>(column, element, first, rows, out); });
  if (column.nulls == nullptr) return;
  if (kind == Kind::real) {
    auto* reals = static_cast<double*>(out);
    return mask([=](std::size_t i, std::uint8_t null) { reals[i] = null != 0 ? kNaN : reals[i]; });
  }
  mask([=](std::size_t i, std::uint8_t null) { nulls[i] = null; });
}

}  // namespace torchfits
