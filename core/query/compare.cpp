// SPDX-License-Identifier: BSD-3-Clause
#include <algorithm>
#include <cstring>
#include <functional>
#include <string>
#include <type_traits>
#include <utility>

#include "query/values.h"

namespace torchfits {
namespace {

/// use(comparison) with a comparison of two numbers, integers exactly as integers.
template <class Use>
void with_comparison(Op op, Use use) {
  switch (op) {
    case Op::equal: return use([](auto a, auto b) { return std::cmp_equal(a, b); });
    case Op::not_equal: return use([](auto a, auto b) { return std::cmp_not_equal(a, b); });
    case Op::less: return use([](auto a, auto b) { return std::cmp_less(a, b); });
    case Op::less_equal: return use([](auto a, auto b) { return std::cmp_less_equal(a, b); });
    case Op::greater: return use([](auto a, auto b) { return std::cmp_greater(a, b); });
    default: return use([](auto a, auto b) { return std::cmp_greater_equal(a, b); });
  }
}

constexpr Truth truth(bool is_true) noexcept {
  return static_cast<Truth>(kFalse - static_cast<unsigned>(is_true));
}

template <class A, class B>
void compare_integers(Op op, const Values& a, const Values& b, std::size_t rows, Truth* out) {
  with_comparison(op, [&](auto holds) {
    for_rows<A, B>(a, b, rows, out, [](A x, B y) { return truth(decltype(holds){}(x, y)); });
  });
}

/// True, false, or neither where one of them is NaN; without branches.
void compare_reals(Op op, const Values& a, const Values& b, std::size_t rows, Truth* out) {
  const auto with = [&](auto holds, auto fails) {
    for_rows<double, double>(a, b, rows, out, [](double x, double y) {
      return static_cast<Truth>(static_cast<unsigned>(decltype(holds){}(x, y)) |
                                static_cast<unsigned>(decltype(fails){}(x, y)) << 1U);
    });
  };
  const auto equal = [](double x, double y) { return x == y; };
  const auto apart = [](double x, double y) { return x < y || x > y; };
  switch (op) {
    case Op::equal: return with(equal, apart);
    case Op::not_equal: return with(apart, equal);
    case Op::less: return with(std::less<>{}, std::greater_equal<>{});
    case Op::less_equal: return with(std::less_equal<>{}, std::greater<>{});
    case Op::greater: return with(std::greater<>{}, std::less_equal<>{});
    default: return with(std::greater_equal<>{}, std::less<>{});
  }
}

bool blank_to_the_end(const char* first, std::size_t length) noexcept {
  for (std::size_t i = 0; i < length && first[i] != '\0'; ++i) {
    if (first[i] != ' ') return false;
  }
  return true;
}

/// Most rows differ in the first bytes: the end of the text is looked for in the others only.
void equal_to_constant(const Values& a, std::string_view wanted, std::size_t rows, bool negated,
                       Truth* out) {
  const auto* first = a.as<char>();
  for (std::size_t i = 0; i < rows; ++i) {
    const auto* cell = first + i * a.stride;
    const bool same = wanted.size() <= a.width &&
                      (wanted.empty() || std::memcmp(cell, wanted.data(), wanted.size()) == 0) &&
                      blank_to_the_end(cell + wanted.size(), a.width - wanted.size());
    out[i] = truth(same != negated);
  }
}

void compare_texts(Op op, const Values& a, const Values& b, std::size_t rows, Truth* out) {
  const bool for_equality = op == Op::equal || op == Op::not_equal;
  if (for_equality && b.constant && !a.constant)
    return equal_to_constant(a, b.text(0), rows, op == Op::not_equal, out);
  with_comparison(op, [&](auto holds) {
    for (std::size_t i = 0; i < rows; ++i) {
      out[i] = truth(holds(a.text(i).compare(b.text(i)), 0));
    }
  });
}

/// Up to so many constants are compared one after the other, many rows at a time.
constexpr std::size_t kFewConstants = 12;

template <class T>
struct MarkEqual {
  [[gnu::always_inline]] static void run(const T* values, T constant, std::size_t rows,
                                         Truth* out) {
    for (std::size_t i = 0; i < rows; ++i) out[i] |= static_cast<Truth>(values[i] == constant);
  }
};

template <class T>
void look_up_numbers(const Values& value, const std::vector<T>& sorted, std::size_t rows,
                     Truth* out) {
  const auto* x = value.as<T>();
  if (sorted.size() > kFewConstants) {
    for (std::size_t i = 0; i < rows; ++i)
      out[i] = truth(std::binary_search(sorted.begin(), sorted.end(), x[i]));
  } else {
    std::memset(out, 0, rows);
    const auto mark_equal = compiled<MarkEqual<T>>(best_simd());
    for (const auto constant : sorted) mark_equal(x, constant, rows, out);
    for (std::size_t i = 0; i < rows; ++i) out[i] = truth(out[i] != 0);
  }
  if constexpr (std::is_same_v<T, double>) {
    for (std::size_t i = 0; i < rows; ++i) out[i] = x[i] != x[i] ? kNull : out[i];
  }
}

}  // namespace

void forget_nulls(const Values& operand, std::size_t rows, Truth* truth) noexcept {
  if (operand.nulls == nullptr) return;
  const auto step = operand.constant ? std::size_t{0} : std::size_t{1};
  for (std::size_t i = 0; i < rows; ++i) {
    truth[i] = static_cast<Truth>(truth[i] & (operand.nulls[i * step] - 1U));
  }
}

void compare(Op op, const Values& a, const Values& b, std::size_t rows, Truth* out) {
  if (a.kind == Kind::real) return compare_reals(op, a, b, rows, out);
  if (a.kind == Kind::text)
    compare_texts(op, a, b, rows, out);
  else if (a.kind == Kind::int64 && b.kind == Kind::int64)
    compare_integers<std::int64_t, std::int64_t>(op, a, b, rows, out);
  else if (a.kind == Kind::int64)
    compare_integers<std::int64_t, std::uint64_t>(op, a, b, rows, out);
  else if (b.kind == Kind::int64)
    compare_integers<std::uint64_t, std::int64_t>(op, a, b, rows, out);
  else
    compare_integers<std::uint64_t, std::uint64_t>(op, a, b, rows, out);
  forget_nulls(a, rows, out);
  forget_nulls(b, rows, out);
}

void look_up(const Values& value, const ConstantSet& set, std::size_t rows, Truth* out) {
  if (const auto* texts = std::get_if<std::vector<std::string>>(&set)) {
    for (std::size_t i = 0; i < rows; ++i) {
      out[i] =
          truth(std::binary_search(texts->begin(), texts->end(), value.text(i), std::less<>{}));
    }
  }
  if (const auto* whole = std::get_if<std::vector<std::int64_t>>(&set))
    look_up_numbers(value, *whole, rows, out);
  if (const auto* large = std::get_if<std::vector<std::uint64_t>>(&set))
    look_up_numbers(value, *large, rows, out);
  if (const auto* reals = std::get_if<std::vector<double>>(&set))
    look_up_numbers(value, *reals, rows, out);
  forget_nulls(value, rows, out);
}

void search_text(Op op, const Values& text, const Values& wanted, std::size_t rows, Truth* out) {
  const auto part = wanted.text(0);
  for (std::size_t i = 0; i < rows; ++i) {
    const auto whole = text.text(i);
    bool found = false;
    if (op == Op::starts_with) found = whole.starts_with(part);
    if (op == Op::ends_with) found = whole.ends_with(part);
    if (op == Op::contains) found = whole.find(part) != std::string_view::npos;
    out[i] = truth(found);
  }
  forget_nulls(text, rows, out);
}

}  // namespace torchfits
