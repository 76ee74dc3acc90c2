// SPDX-License-Identifier: BSD-3-Clause
// What a predicate on the rows of a table says: the grammar of docs/expressions.md as a syntax
// tree.
#pragma once

#include <cstddef>
#include <cstdint>
#include <span>
#include <string>
#include <string_view>
#include <variant>
#include <vector>

#include "base/error.h"

namespace torchfits {

/// Beyond these an expression is refused: it comes from a program that went astray.
inline constexpr std::size_t kMaxExpressionBytes = std::size_t{1} << 20;
inline constexpr std::size_t kMaxExpressionNodes = std::size_t{1} << 17;
inline constexpr int kMaxExpressionDepth = 200;

enum class Op : std::uint8_t {
  literal,
  column,
  // One operand.
  negate,
  bit_not,
  logical_not,
  is_null,
  // Two operands.
  add,
  subtract,
  multiply,
  divide,
  remainder,
  power,
  bit_and,
  bit_or,
  bit_xor,
  equal,
  not_equal,
  less,
  less_equal,
  greater,
  greater_equal,
  logical_and,
  logical_or,
  // Any number of operands; the first is looked for among the others.
  in_list,
  // The first operand is looked for among constants (made by bind).
  in_set,
  // Text and a constant text.
  starts_with,
  ends_with,
  contains,
  // Functions of numbers.
  absolute,
  sqrt,
  log,
  log10,
  exp,
  sin,
  cos,
  tan,
  asin,
  acos,
  atan,
  atan2,
  floor,
  ceil,
  round,
  minimum,
  maximum,
  // Changes of kind (made by bind).
  to_int64,
  to_real,
  // The quotient of two integers, as a real; none where the second is zero (made by bind).
  ratio,
};

/// As the docs and error messages call it; also how Python tells operations apart.
[[nodiscard]] std::string_view op_name(Op op) noexcept;

/// Integers of either sign are exact.
using Literal =
    std::variant<std::monostate, bool, std::int64_t, std::uint64_t, double, std::string>;

/// A piece of the expression's text, for messages.
struct Place {
  std::uint32_t at = 0;
  std::uint32_t length = 1;
};

struct Node {
  Op op = Op::literal;
  Place place;
  std::uint32_t first_operand = 0;  ///< in Expression::operands
  std::uint32_t operand_count = 0;
  Literal literal;                  ///< of Op::literal; of Op::column its name
  bool quoted = false;              ///< of Op::column: the name cannot be a constant such as T
  std::vector<std::int64_t> index;  ///< of Op::column: the element of a cell
};

/// Nodes in an order in which operands precede their operations; the last is the whole. Operands
/// may be shared: in `1 < X < 3` both comparisons have the same X.
struct Expression {
  std::string text;
  std::vector<Node> nodes;
  std::vector<std::uint32_t> operands;

  [[nodiscard]] std::span<const std::uint32_t> operands_of(const Node& node) const noexcept {
    return std::span(operands).subspan(node.first_operand, node.operand_count);
  }
};

/// ErrorCode::value, with the place in the text, where `text` (UTF-8) is no expression.
[[nodiscard]] Expression parse_expression(std::string_view text);

/// "PROBLEM", the line of the text around `place`, and a mark under it.
[[nodiscard]] FitsError expression_error(ErrorCode code, std::string_view text, Place place,
                                         const std::string& problem);

}  // namespace torchfits
