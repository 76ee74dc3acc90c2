// SPDX-License-Identifier: BSD-3-Clause
#include <algorithm>
#include <array>
#include <cmath>
#include <cstring>
#include <functional>
#include <limits>
#include <string>
#include <type_traits>
#include <utility>

#include "query/values.h"

namespace torchfits {
namespace {

/// use(comparison) with a comparison of two numbers, integers exactly as
/// integers.
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
template <class Holds, class Fails>
struct Decision {
  template <class T>
  constexpr Truth operator()(T x, T y) const noexcept {
    return static_cast<Truth>(static_cast<unsigned>(Holds{}(x, y)) |
                              static_cast<unsigned>(Fails{}(x, y)) << 1U);
  }
};

struct Apart {
  template <class T>
  constexpr bool operator()(T x, T y) const noexcept {
    return x < y || x > y;
  }
};

/// use(decision) with the Decision for two numbers of one type.
template <class Use>
void with_decision(Op op, Use use) {
  using Equal = std::equal_to<>;
  switch (op) {
    case Op::equal: return use(Decision<Equal, Apart>{});
    case Op::not_equal: return use(Decision<Apart, Equal>{});
    case Op::less: return use(Decision<std::less<>, std::greater_equal<>>{});
    case Op::less_equal: return use(Decision<std::less_equal<>, std::greater<>>{});
    case Op::greater: return use(Decision<std::greater<>, std::less_equal<>>{});
    default: return use(Decision<std::greater_equal<>, std::less<>>{});
  }
}

void compare_reals(Op op, const Values& a, const Values& b, std::size_t rows, Truth* out) {
  with_decision(op, [&](auto decision) {
    for_rows<double, double>(a, b, rows, out,
                             [](double x, double y) { return decltype(decision){}(x, y); });
  });
}

/// Numbers of any alignment with a constant of their type.
template <class T, class Decide>
struct DecideStored {
  [[gnu::always_inline]] static void run(const std::byte* stored, T constant, std::size_t rows,
                                         Truth* out) {
    for (std::size_t i = 0; i < rows; ++i) {
      T value;
      std::memcpy(&value, stored + i * sizeof value, sizeof value);
      out[i] = Decide{}(value, constant);
    }
  }
};

/// use(number) with the constant, an integer or a real.
template <class Use>
auto with_number(const Values& constant, Use use) {
  if (constant.kind == Kind::int64) return use(*constant.as<std::int64_t>());
  if (constant.kind == Kind::uint64) return use(*constant.as<std::uint64_t>());
  return use(*constant.as<double>());
}

/// Text that a cell is compared with, up to its 32nd byte, in words: where most
/// cells are padded with blanks or with NUL, no branch depends on what is in
/// them.
class TextHead {
 public:
  TextHead(std::string_view wanted, std::size_t width)
      : size_(std::min(width, kHeadBytes)),
        words_((size_ + 7) / 8),
        whole_(size_ == width ? 1 : 0) {
    std::array<char, kHeadBytes> text{}, same{}, inside{};
    const auto known = std::min(wanted.size(), size_);
    std::copy_n(wanted.begin(), known, text.begin());
    std::fill_n(same.begin(), known, '\xff');
    std::fill_n(inside.begin(), size_, '\xff');
    std::memcpy(nul_.data(), text.data(), kHeadBytes);
    std::fill(text.begin() + static_cast<std::ptrdiff_t>(known), text.end(), ' ');
    std::memcpy(blank_.data(), text.data(), kHeadBytes);
    std::memcpy(same_.data(), same.data(), kHeadBytes);
    std::memcpy(inside_.data(), inside.data(), kHeadBytes);
  }

  /// Words of a cell that are looked at; the last may reach behind it.
  [[nodiscard]] std::size_t words() const noexcept { return words_; }

  /// kTrue, kFalse, or kNull for a cell whose beginning alone does not tell.
  template <std::size_t Words>
  [[nodiscard]] Truth look(const char* cell) const noexcept {
    std::uint64_t apart = 0, no_blanks = 0, no_nuls = 0;
    for (std::size_t i = 0; i < Words; ++i) {
      std::uint64_t word = 0;
      std::memcpy(&word, cell + i * sizeof word, sizeof word);
      apart |= (word ^ nul_[i]) & same_[i];
      no_blanks |= (word ^ blank_[i]) & inside_[i];
      no_nuls |= (word ^ nul_[i]) & inside_[i];
    }
    const auto padded = static_cast<unsigned>(no_blanks == 0) | static_cast<unsigned>(no_nuls == 0);
    return static_cast<Truth>((padded & whole_) * kTrue +
                              static_cast<unsigned>(apart != 0) * kFalse);
  }

 private:
  static constexpr std::size_t kHeadBytes = 32;
  using Words = std::array<std::uint64_t, kHeadBytes / 8>;

  std::size_t size_, words_;
  unsigned whole_;  // 1 where there is no more of a cell
  Words nul_{}, blank_{}, same_{}, inside_{};
};

/// In two loops: in one, the compiler would branch on what the first finds.
/// `head` is a copy, which stores to `out` cannot change.
template <std::size_t Words>
void equal_to_constant(const Values& a, TextHead head, std::string_view wanted, std::size_t rows,
                       Truth* out) {
  constexpr std::size_t kAhead = 1024;  // bytes; the loop is too long to reach that far by itself
  const auto bytes = (rows - 1) * a.stride + a.width;
  const auto reach = Words * sizeof(std::uint64_t);
  const auto seen =
      bytes < reach ? 0 : std::min(rows, a.stride == 0 ? rows : (bytes - reach) / a.stride + 1);
  const auto* cell = a.as<char>();
  for (std::size_t i = 0, stride = a.stride; i < seen; ++i, cell += stride) {
    __builtin_prefetch(cell + kAhead);
    out[i] = head.look<Words>(cell);
  }
  std::fill(out + seen, out + rows, kNull);
  for (std::size_t i = 0; i < rows; ++i)
    if (out[i] == kNull) out[i] = truth(a.text(i) == wanted);
}

void equal_to_constant(const Values& a, std::string_view wanted, std::size_t rows, Truth* out) {
  const TextHead head(wanted, a.width);
  if (wanted.size() > a.width || rows == 0)
    std::memset(out, kFalse, rows);
  else if (head.words() <= 1)
    equal_to_constant<1>(a, head, wanted, rows, out);
  else if (head.words() == 2)
    equal_to_constant<2>(a, head, wanted, rows, out);
  else
    equal_to_constant<4>(a, head, wanted, rows, out);
}

void compare_texts(Op op, const Values& a, const Values& b, std::size_t rows, Truth* out) {
  const bool for_equality = op == Op::equal || op == Op::not_equal;
  if (for_equality && b.constant && !a.constant) {
    equal_to_constant(a, b.text(0), rows, out);
    for (std::size_t i = 0; i < rows && op == Op::not_equal; ++i) out[i] ^= kTrue | kFalse;
    return;
  }
  with_comparison(op, [&](auto holds) {
    for (std::size_t i = 0; i < rows; ++i) {
      out[i] = truth(holds(a.text(i).compare(b.text(i)), 0));
    }
  });
}

/// Up to so many constants are compared one after the other, many rows at a
/// time.
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

bool holds_exactly(ElementType type, const Values& constant) {
  return dispatch(type, [&]<class T>() {
    if constexpr (std::is_same_v<T, bool> || !std::is_arithmetic_v<T>) {
      return false;
    } else {
      return with_number(constant, [](auto value) {
        constexpr bool of_real = std::is_same_v<decltype(value), double>;
        if constexpr (std::is_floating_point_v<T> != of_real)
          return false;
        else if constexpr (of_real)
          return std::fabs(value) <= std::numeric_limits<T>::max() &&
                 static_cast<double>(static_cast<T>(value)) == value;
        else
          return std::in_range<T>(value);
      });
    }
  });
}

void compare_stored(Op op, const Values& stored, const Values& constant, std::size_t rows,
                    Truth* out) {
  dispatch(stored.type, [&]<class T>() {
    if constexpr (std::is_arithmetic_v<T> && !std::is_same_v<T, bool>) {
      const auto number = with_number(constant, [](auto value) { return static_cast<T>(value); });
      with_decision(op, [&](auto decision) {
        compiled<DecideStored<T, decltype(decision)>>(best_simd())(stored.as<std::byte>(), number,
                                                                   rows, out);
      });
    }
  });
  forget_nulls(stored, rows, out);
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
