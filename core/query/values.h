// SPDX-License-Identifier: BSD-3-Clause
// Values of a block of rows, and the loops that make them from others.
#pragma once

#include <cstddef>
#include <cstdint>
#include <string_view>

#include "base/simd.h"
#include "query/evaluator.h"
#include "query/text.h"

namespace torchfits {

/// The values of one node in a block: Truth, std::int64_t, std::uint64_t,
/// double or text.
struct Values {
  Kind kind = Kind::boolean;
  bool constant = false;  ///< one value stands for all rows
  bool stored = false;    ///< numbers as their column holds them: of `type`, of
                          ///< any alignment
  ElementType type = ElementType::f64;
  const void* data = nullptr;
  const std::uint8_t* nulls = nullptr;  ///< of integers and text, 1 where null; or none
  std::size_t stride = 0,
              width = 0;  ///< of text: from string to string, and bytes of one

  template <class T>
  [[nodiscard]] const T* as() const noexcept {
    return static_cast<const T*>(data);
  }

  /// The text of a row, as it is compared.
  [[nodiscard]] std::string_view text(std::size_t row) const noexcept {
    const auto* first = static_cast<const char*>(data) + (constant ? 0 : row * stride);
    return constant ? std::string_view(first, width) : text_of({first, width});
  }
};

/// The loops of for_rows; `F` has no state, so that each set of instructions
/// gets a copy of it.
template <class A, class Out, class F>
struct RowsOfOne {
  [[gnu::always_inline]] static void run(const A* a, std::size_t rows, Out* out) {
    for (std::size_t i = 0; i < rows; ++i) out[i] = F{}(a[i]);
  }
};
template <class A, class B, class Out, class F>
struct RowsOfTwo {
  [[gnu::always_inline]] static void run(const A* a, const B* b, std::size_t rows, Out* out) {
    for (std::size_t i = 0; i < rows; ++i) out[i] = F{}(a[i], b[i]);
  }
};
template <class A, class B, class Out, class F>
struct RowsWithConstant {
  [[gnu::always_inline]] static void run(const A* a, const B* b, std::size_t rows, Out* out) {
    const B constant = *b;
    for (std::size_t i = 0; i < rows; ++i) out[i] = F{}(a[i], constant);
  }
};
template <class A, class B, class Out, class F>
struct ConstantWithRows {
  [[gnu::always_inline]] static void run(const A* a, const B* b, std::size_t rows, Out* out) {
    const A constant = *a;
    for (std::size_t i = 0; i < rows; ++i) out[i] = F{}(constant, b[i]);
  }
};

/// out[i] = f(a[i]) for each row.
template <class A, class Out, class F>
void for_rows(const Values& a, std::size_t rows, Out* out, F) {
  compiled<RowsOfOne<A, Out, F>>(best_simd())(a.as<A>(), rows, out);
}

/// out[i] = f(a[i], b[i]); a constant stays in a register.
template <class A, class B, class Out, class F>
void for_rows(const Values& a, const Values& b, std::size_t rows, Out* out, F) {
  const auto* x = a.as<A>();
  const auto* y = b.as<B>();
  if (b.constant) {
    compiled<RowsWithConstant<A, B, Out, F>>(best_simd())(x, y, rows, out);
  } else if (a.constant) {
    compiled<ConstantWithRows<A, B, Out, F>>(best_simd())(x, y, rows, out);
  } else {
    compiled<RowsOfTwo<A, B, Out, F>>(best_simd())(x, y, rows, out);
  }
}

/// Rows whose operand is null become null.
void forget_nulls(const Values& operand, std::size_t rows, Truth* truth) noexcept;

/// Whether compare_stored can compare numbers of a type with a constant.
[[nodiscard]] bool holds_exactly(ElementType type, const Values& constant);
/// Comparison of `stored` numbers with a constant that their type holds
/// exactly.
void compare_stored(Op op, const Values& stored, const Values& constant, std::size_t rows,
                    Truth* out);
/// Comparison of two numbers or texts.
void compare(Op op, const Values& a, const Values& b, std::size_t rows, Truth* out);
/// Whether the value is one of the constants.
void look_up(const Values& value, const ConstantSet& set, std::size_t rows, Truth* out);
/// Op::starts_with, ends_with, contains.
void search_text(Op op, const Values& text, const Values& wanted, std::size_t rows, Truth* out);

/// Operations of one and two numbers on reals.
void compute_real(Op op, const Values& a, std::size_t rows, double* out);
void compute_real(Op op, const Values& a, const Values& b, std::size_t rows, double* out);

/// The same on integers; `nulls` receives 1 where there is no result: overflow,
/// remainder of a division by zero, or an operand that is null. Returns whether
/// any is.
bool compute_integer(Op op, const Values& a, std::size_t rows, std::uint64_t* out,
                     std::uint8_t* nulls);
bool compute_integer(Op op, const Values& a, const Values& b, std::size_t rows, std::uint64_t* out,
                     std::uint8_t* nulls);

/// A column's elements as values of the kind of `out`.
void load_column(const ColumnValues& column, std::uint64_t element, std::size_t first,
                 std::size_t rows, Kind kind, void* out, std::uint8_t* nulls);

}  // namespace torchfits
