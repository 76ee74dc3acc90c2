// SPDX-License-Identifier: BSD-3-Clause
// An expression bound to the columns of a table: every value has a kind, every name a column.
#pragma once

#include <cstddef>
#include <cstdint>
#include <functional>
#include <span>
#include <string>
#include <string_view>
#include <variant>
#include <vector>

#include "fits/layout.h"
#include "query/expression.h"

namespace torchfits {

/// What a value is while it is computed. A null of integers and text is a flag, of reals NaN, of
/// booleans neither true nor false.
enum class Kind : std::uint8_t { boolean, int64, uint64, real, text };

/// "bool", "int64", "uint64", "float64", "text".
[[nodiscard]] std::string_view kind_name(Kind kind) noexcept;

/// Constants to look a value up in, sorted, without repeats, of the kind of the value.
using ConstantSet = std::variant<std::vector<std::int64_t>, std::vector<std::uint64_t>,
                                 std::vector<double>, std::vector<std::string>>;

struct BoundNode {
  Op op = Op::literal;
  Kind kind = Kind::boolean;  ///< of the value
  std::uint32_t first_operand = 0;
  std::uint32_t operand_count = 0;
  Literal literal;            ///< of Op::literal: of its kind
  std::uint32_t column = 0;   ///< of Op::column: position in Predicate::columns
  std::uint64_t element = 0;  ///< of Op::column: within the cell, flat
  std::uint32_t set = 0;      ///< of Op::in_set: position in Predicate::sets
};

/// As Expression, but typed: operands have the kinds that their operation works on (integers of
/// both signs are compared and combined bit by bit as they are).
struct Predicate {
  std::vector<BoundNode> nodes;
  std::vector<std::uint32_t> operands;
  std::vector<ConstantSet> sets;
  std::vector<std::size_t> columns;  ///< positions in the table, each once
  std::uint32_t root = 0;            ///< the node of the whole: a boolean

  [[nodiscard]] std::span<const std::uint32_t> operands_of(const BoundNode& node) const noexcept {
    return std::span(operands).subspan(node.first_operand, node.operand_count);
  }
};

/// Position of a column by its name; ErrorCode::column_name where there is none.
using FindColumn = std::function<std::size_t(std::string_view name)>;

/// `scaled` as in ColumnRequest: whether predicates see scaled values. Errors point at the place.
[[nodiscard]] Predicate bind_expression(const Expression& expression, const TableLayout& table,
                                        bool scaled, const FindColumn& find);

}  // namespace torchfits
