// SPDX-License-Identifier: BSD-3-Clause
#include "query/predicate.h"

#include <algorithm>
#include <map>
#include <optional>
#include <utility>

#include "base/bytes.h"
#include "decode/columns.h"
#include "query/name_hint.h"
#include "query/text.h"

namespace torchfits {
namespace {

using Index = std::uint32_t;

bool is_integer_kind(Kind kind) noexcept { return kind == Kind::int64 || kind == Kind::uint64; }

std::string described(Kind kind) {
  switch (kind) {
    case Kind::boolean: return "a condition";
    case Kind::int64:
    case Kind::uint64: return "an integer";
    case Kind::real: return "a real number";
    case Kind::text: return "a text";
  }
  return "?";
}

std::optional<Kind> kind_of(ElementType type) noexcept {
  if (type == ElementType::boolean) return Kind::boolean;
  if (type == ElementType::u64) return Kind::uint64;
  if (is_integer(type)) return Kind::int64;
  if (is_float(type)) return Kind::real;
  return std::nullopt;
}

double real_of(const Literal& literal) {
  if (const auto* whole = std::get_if<std::int64_t>(&literal)) return static_cast<double>(*whole);
  if (const auto* large = std::get_if<std::uint64_t>(&literal)) return static_cast<double>(*large);
  return std::get<double>(literal);
}

template <class T>
ConstantSet sorted(std::vector<T> values) {
  std::sort(values.begin(), values.end());
  values.erase(std::unique(values.begin(), values.end()), values.end());
  return values;
}

class Binder {
 public:
  Binder(const Expression& expression, const TableLayout& table, bool scaled,
         const FindColumn& find)
      : expression_(expression), table_(table), scaled_(scaled), find_(find) {}

  Predicate bind() && {
    places_.reserve(expression_.nodes.size());
    for (const auto& node : expression_.nodes) {
      node_ = &node;
      operands_.clear();
      for (const auto operand : expression_.operands_of(node)) operands_.push_back(bound_[operand]);
      bound_.push_back(bind_node(node));
    }
    result_.root = condition(bound_.back());
    return std::move(result_);
  }

 private:
  [[noreturn]] void refuse(Place place, const std::string& problem) const {
    throw expression_error(ErrorCode::value, expression_.text, place, problem);
  }

  [[nodiscard]] Kind kind(Index node) const { return result_.nodes[node].kind; }

  Index add(Op op, Kind kind, const std::vector<Index>& operands = {}) {
    BoundNode node;
    node.op = op;
    node.kind = kind;
    node.first_operand = static_cast<Index>(result_.operands.size());
    node.operand_count = static_cast<Index>(operands.size());
    result_.operands.insert(result_.operands.end(), operands.begin(), operands.end());
    result_.nodes.push_back(std::move(node));
    places_.push_back(node_->place);
    return static_cast<Index>(result_.nodes.size() - 1);
  }

  Index literal(Kind kind, Literal value) {
    const auto node = add(Op::literal, kind);
    result_.nodes[node].literal = std::move(value);
    return node;
  }

  /// The constant of a node, if it is one.
  [[nodiscard]] const Literal* constant(Index node) const {
    return result_.nodes[node].op == Op::literal ? &result_.nodes[node].literal : nullptr;
  }

  Index condition(Index node) {
    if (kind(node) != Kind::boolean) {
      refuse(places_[node], "a condition is expected, and this is " + described(kind(node)) +
                                "; compare it, as in (N & 4) != 0");
    }
    return node;
  }

  /// A number; a logical one counts as 0 or 1.
  Index number(Index node) {
    if (kind(node) == Kind::text)
      refuse(places_[node], "'" + std::string(op_name(node_->op)) + "' takes numbers, not text");
    return kind(node) == Kind::boolean ? add(Op::to_int64, Kind::int64, {node}) : node;
  }

  Index real(Index node) {
    node = number(node);
    if (kind(node) == Kind::real) return node;
    if (const auto* value = constant(node)) return literal(Kind::real, real_of(*value));
    return add(Op::to_real, Kind::real, {node});
  }

  Index bind_node(const Node& node) {
    switch (node.op) {
      case Op::literal: return bind_literal(node);
      case Op::column: return bind_column(node);
      case Op::logical_not: return add(Op::logical_not, Kind::boolean, {condition(operands_[0])});
      case Op::logical_and:
      case Op::logical_or: return bind_logical(node.op);
      case Op::is_null: return add(Op::is_null, Kind::boolean, {operands_[0]});
      case Op::negate: return bind_negate();
      case Op::absolute:
      case Op::floor:
      case Op::ceil:
      case Op::round: return bind_whole(node.op);
      case Op::bit_not: return bind_bit_not();
      case Op::add:
      case Op::subtract:
      case Op::multiply: return bind_arithmetic(node.op);
      case Op::divide: return bind_divide();
      case Op::remainder: return bind_remainder();
      case Op::bit_and:
      case Op::bit_or:
      case Op::bit_xor: return bind_bits(node.op);
      case Op::minimum:
      case Op::maximum: return bind_extreme(node.op);
      case Op::equal:
      case Op::not_equal:
      case Op::less:
      case Op::less_equal:
      case Op::greater:
      case Op::greater_equal: return bind_comparison(node.op, operands_[0], operands_[1]);
      case Op::in_list: return bind_in();
      case Op::starts_with:
      case Op::ends_with:
      case Op::contains: return bind_text(node.op);
      default: return bind_real_function(node.op);
    }
  }

  Index bind_literal(const Node& node) {
    struct Visitor {
      Kind operator()(std::monostate) const { return Kind::boolean; }
      Kind operator()(bool) const { return Kind::boolean; }
      Kind operator()(std::int64_t) const { return Kind::int64; }
      Kind operator()(std::uint64_t) const { return Kind::uint64; }
      Kind operator()(double) const { return Kind::real; }
      Kind operator()(const std::string&) const { return Kind::text; }
    };
    return literal(std::visit(Visitor{}, node.literal), node.literal);
  }

  /// T and F are constants where no column is called so.
  [[nodiscard]] std::optional<bool> short_constant(const Node& node) const {
    const auto& name = std::get<std::string>(node.literal);
    if (node.quoted || !node.index.empty()) return std::nullopt;
    if (name == "T" || name == "t") return true;
    if (name == "F" || name == "f") return false;
    return std::nullopt;
  }

  std::size_t find(const Node& node) const {
    const auto& name = std::get<std::string>(node.literal);
    try {
      return find_(name);
    } catch (const FitsError& error) {
      if (error.code() != ErrorCode::column_name) throw;
      throw expression_error(ErrorCode::column_name, expression_.text, node.place,
                             error.problem() + name_hint(expression_, node, [&](const Node& other) {
                               return is_text(other);
                             }));
    }
  }

  [[nodiscard]] bool is_text(const Node& node) const {
    const auto* name = std::get_if<std::string>(&node.literal);
    if (node.op != Op::column) return node.op == Op::literal && name != nullptr;
    try {
      return table_.columns[find_(*name)].form.code == 'A';
    } catch (const FitsError&) {
      return false;  // of no such column there is an error of its own
    }
  }

  Index bind_column(const Node& node) {
    std::size_t position = 0;
    const auto truth = short_constant(node);
    try {
      position = find(node);
    } catch (const FitsError& error) {
      if (!truth || error.code() != ErrorCode::column_name) throw;
      return literal(Kind::boolean, *truth);
    }
    const auto& column = table_.columns[position];
    const auto name = "column '" + column.name + "'";
    if (column.form.in_heap()) {
      refuse(node.place, name +
                             " has cells of variable length, which expressions cannot take; "
                             "read it and select with a mask");
    }
    const auto type = request_column(column, scaled_).type;
    const auto kind = column.form.code == 'A' ? std::optional(Kind::text) : kind_of(type);
    if (!kind) {
      refuse(node.place, name +
                             " is complex, which expressions cannot take; read it and select "
                             "with a mask");
    }
    const auto element = element_of(node, column, name);
    const auto load = add(Op::column, *kind);
    result_.nodes[load].element = element;
    result_.nodes[load].column = slot(position);
    return load;
  }

  Index slot(std::size_t position) {
    auto& columns = result_.columns;
    const auto found = std::find(columns.begin(), columns.end(), position);
    if (found != columns.end()) return static_cast<Index>(found - columns.begin());
    columns.push_back(position);
    return static_cast<Index>(columns.size() - 1);
  }

  /// Flat position of the element of a cell that is meant.
  [[nodiscard]] std::uint64_t element_of(const Node& node, const Column& column,
                                         const std::string& name) const {
    std::uint64_t elements = 1;
    std::string shape;
    for (const auto length : column.shape) {
      elements *= length;  // at most the repeat count: checked with the layout
      shape += (shape.empty() ? "" : ", ") + std::to_string(length);
    }
    const auto whole = name + " has cells of shape [" + shape + "]";
    if (node.index.empty()) {
      if (elements == 1) return 0;
      refuse(node.place, whole + "; name an element, as in " + column.name + "[0" +
                             (column.shape.size() > 1 ? ", 0]" : "]"));
    }
    if (node.index.size() != column.shape.size()) {
      refuse(node.place, column.shape.empty() ? name + " has one value a row: leave the [...] away"
                                              : whole + ", and the position has " +
                                                    std::to_string(node.index.size()) + " numbers");
    }
    std::uint64_t flat = 0;
    for (std::size_t axis = 0; axis < node.index.size(); ++axis) {
      const auto length = static_cast<std::int64_t>(column.shape[axis]);
      const auto index = node.index[axis];
      if (index < -length || index >= length)
        refuse(node.place,
               whole + ": " + std::to_string(index) + " is outside; elements are counted from 0");
      flat = flat * column.shape[axis] +
             static_cast<std::uint64_t>(index < 0 ? index + length : index);
    }
    return flat;
  }

  Index bind_logical(Op op) {
    return add(op, Kind::boolean, {condition(operands_[0]), condition(operands_[1])});
  }

  Index bind_negate() {
    const auto value = number(operands_[0]);
    if (kind(value) == Kind::int64) return add(Op::negate, Kind::int64, {value});
    return add(Op::negate, Kind::real, {real(value)});
  }

  /// Integers are whole already.
  Index bind_whole(Op op) {
    const auto value = number(operands_[0]);
    if (kind(value) == Kind::real) return add(op, Kind::real, {value});
    if (op == Op::absolute && kind(value) == Kind::int64) return add(op, Kind::int64, {value});
    return value;
  }

  Index bind_bit_not() {
    const auto value = operands_[0];
    if (kind(value) == Kind::boolean) return add(Op::logical_not, Kind::boolean, {value});
    if (!is_integer_kind(kind(value)))
      refuse(node_->place, "'~' takes integers, not " + described(kind(value)));
    return add(Op::bit_not, kind(value), {value});
  }

  Index bind_arithmetic(Op op) {
    const auto a = number(operands_[0]);
    const auto b = number(operands_[1]);
    if (kind(a) == Kind::int64 && kind(b) == Kind::int64) return add(op, Kind::int64, {a, b});
    const auto x = real(a);
    return add(op, Kind::real, {x, real(b)});
  }

  Index bind_divide() {
    const auto a = number(operands_[0]);
    const auto b = number(operands_[1]);
    const bool integers = is_integer_kind(kind(a)) && is_integer_kind(kind(b));
    const auto x = real(a);
    return add(integers ? Op::ratio : Op::divide, Kind::real, {x, real(b)});
  }

  Index bind_remainder() {
    const auto a = number(operands_[0]);
    const auto b = number(operands_[1]);
    if (kind(a) == Kind::int64 && kind(b) == Kind::int64)
      return add(Op::remainder, Kind::int64, {a, b});
    if (kind(a) == Kind::uint64 || kind(b) == Kind::uint64)
      refuse(node_->place,
             "'%' does not take unsigned 64-bit integers; a "
             "power of 2 is a bit test, "
             "as in (N & 3) == 0");
    const auto x = real(a);
    return add(Op::remainder, Kind::real, {x, real(b)});
  }

  Index bind_bits(Op op) {
    const auto a = operands_[0], b = operands_[1];
    if (kind(a) == Kind::boolean && kind(b) == Kind::boolean) {
      const auto logical = op == Op::bit_and  ? Op::logical_and
                           : op == Op::bit_or ? Op::logical_or
                                              : Op::not_equal;
      return logical == Op::not_equal ? bind_comparison(logical, a, b)
                                      : add(logical, Kind::boolean, {a, b});
    }
    if (!is_integer_kind(kind(a)) || !is_integer_kind(kind(b))) {
      const auto* hint = op == Op::bit_xor ? "; a power is written **"
                                           : "; it binds tighter than a comparison, so put "
                                             "conditions in parentheses";
      refuse(node_->place, "'" + std::string(op_name(op)) +
                               "' takes two integers, or two conditions, not " +
                               described(kind(a)) + " and " + described(kind(b)) + hint);
    }
    const bool is_unsigned = kind(a) == Kind::uint64 || kind(b) == Kind::uint64;
    return add(op, is_unsigned ? Kind::uint64 : Kind::int64, {a, b});
  }

  Index bind_extreme(Op op) {
    const auto a = number(operands_[0]);
    const auto b = number(operands_[1]);
    if (kind(a) == kind(b)) return add(op, kind(a), {a, b});
    const auto x = real(a);
    return add(op, Kind::real, {x, real(b)});
  }

  Index bind_real_function(Op op) {
    std::vector<Index> reals;
    for (const auto operand : std::vector<Index>(operands_)) reals.push_back(real(operand));
    return add(op, Kind::real, reals);
  }

  Index bind_comparison(Op op, Index a, Index b) {
    if (kind(a) == Kind::text || kind(b) == Kind::text) {
      if (kind(a) == kind(b)) return comparison(op, canonical(a), canonical(b));
      const auto other = kind(a) == Kind::text ? b : a;
      refuse(node_->place,
             "'" + std::string(op_name(op)) + "' compares a text with " + described(kind(other)));
    }
    a = number(a);
    b = number(b);
    if (kind(a) == Kind::real || kind(b) == Kind::real) {
      a = real(a);
      b = real(b);
    }
    return comparison(op, a, b);
  }

  /// A constant stands behind what it is compared with: 20 > X is X < 20.
  Index comparison(Op op, Index a, Index b) {
    if (constant(a) == nullptr || constant(b) != nullptr) return add(op, Kind::boolean, {a, b});
    switch (op) {
      case Op::less: return add(Op::greater, Kind::boolean, {b, a});
      case Op::less_equal: return add(Op::greater_equal, Kind::boolean, {b, a});
      case Op::greater: return add(Op::less, Kind::boolean, {b, a});
      case Op::greater_equal: return add(Op::less_equal, Kind::boolean, {b, a});
      default: return add(op, Kind::boolean, {b, a});
    }
  }

  /// A constant as a cell with the same text would compare.
  Index canonical(Index node) {
    const auto* value = constant(node);
    if (value == nullptr) return node;
    const auto& text = std::get<std::string>(*value);
    const auto kept = text_of(text);
    return kept.size() == text.size() ? node : literal(Kind::text, std::string(kept));
  }

  Index bind_text(Op op) {
    const auto name = "'" + std::string(op_name(op)) + "'";
    if (kind(operands_[0]) != Kind::text)
      refuse(node_->place, name + " looks into a text, not " + described(kind(operands_[0])));
    if (kind(operands_[1]) != Kind::text || constant(operands_[1]) == nullptr)
      refuse(node_->place, name + " looks for a text in quotes");
    return add(op, Kind::boolean, {canonical(operands_[0]), operands_[1]});
  }

  /// Integers are compared with reals as such, and exactly with integers of the same list.
  Index bind_in() {
    auto list = std::vector<Index>(operands_);
    const auto value = list[0];
    const auto reals = std::stable_partition(list.begin() + 1, list.end(), [&](Index item) {
      return !is_integer_kind(kind(value)) || kind(item) != Kind::real;
    });
    const std::span<const Index> first(list.begin() + 1, reals), second(reals, list.end());
    if (first.empty() || second.empty()) return bind_in_set(value, std::span(list).subspan(1));
    const auto listed = bind_in_set(value, first);
    return add(Op::logical_or, Kind::boolean, {listed, bind_in_set(value, second)});
  }

  Index bind_in_set(Index value, std::span<const Index> items) {
    const bool text = kind(value) == Kind::text;
    bool reals = kind(value) == Kind::real;
    for (const auto item : items) {
      if ((kind(item) == Kind::text) != text)
        refuse(places_[item], "the list has " + described(kind(item)) + ", and " +
                                  described(kind(value)) + " is looked for");
      reals = reals || kind(item) == Kind::real;
    }
    value = text ? value : reals ? real(value) : number(value);
    auto set = text                          ? texts(items)
               : reals                       ? real_numbers(items)
               : kind(value) == Kind::uint64 ? integers<std::uint64_t>(items)
                                             : integers<std::int64_t>(items);
    result_.sets.push_back(std::move(set));
    const auto node = add(Op::in_set, Kind::boolean, {value});
    result_.nodes[node].set = static_cast<Index>(result_.sets.size() - 1);
    return node;
  }

  [[nodiscard]] ConstantSet texts(std::span<const Index> items) const {
    std::vector<std::string> values;
    for (const auto item : items)
      values.emplace_back(text_of(std::get<std::string>(*constant(item))));
    return sorted(std::move(values));
  }

  [[nodiscard]] ConstantSet real_numbers(std::span<const Index> items) const {
    std::vector<double> values;
    for (const auto item : items) {
      const auto* truth = std::get_if<bool>(constant(item));
      values.push_back(truth != nullptr ? (*truth ? 1.0 : 0.0) : real_of(*constant(item)));
    }
    return sorted(std::move(values));
  }

  /// Integers that the other type cannot hold are equal to none of its values.
  template <class T>
  [[nodiscard]] ConstantSet integers(std::span<const Index> items) const {
    std::vector<T> values;
    for (const auto item : items) {
      const auto& value = *constant(item);
      if (const auto* truth = std::get_if<bool>(&value)) values.push_back(*truth ? 1 : 0);
      if (const auto* i = std::get_if<std::int64_t>(&value); i != nullptr && std::in_range<T>(*i))
        values.push_back(static_cast<T>(*i));
      if (const auto* u = std::get_if<std::uint64_t>(&value); u != nullptr && std::in_range<T>(*u))
        values.push_back(static_cast<T>(*u));
    }
    return sorted(std::move(values));
  }

  const Expression& expression_;
  const TableLayout& table_;
  bool scaled_;
  const FindColumn& find_;
  const Node* node_ = nullptr;   // that is being bound
  std::vector<Index> operands_;  // of it, bound
  std::vector<Index> bound_;     // of each node of the expression, its bound one
  std::vector<Place> places_;    // of each bound node
  Predicate result_;
};

}  // namespace

std::string_view kind_name(Kind kind) noexcept {
  switch (kind) {
    case Kind::boolean: return "bool";
    case Kind::int64: return "int64";
    case Kind::uint64: return "uint64";
    case Kind::real: return "float64";
    case Kind::text: return "text";
  }
  return "?";
}

Predicate bind_expression(const Expression& expression, const TableLayout& table, bool scaled,
                          const FindColumn& find) {
  return Binder(expression, table, scaled, find).bind();
}

}  // namespace torchfits
