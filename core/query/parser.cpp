// SPDX-License-Identifier: BSD-3-Clause
// Recursive descent by precedence, weakest first:
//   or | and | not | comparison, in, between, like, is null | "|" | ^ | & | + - | * / % |
//   unary - + ~ ! | ** | column[2], function(...), (...)
#include <algorithm>
#include <array>
#include <cstdint>
#include <optional>
#include <utility>

#include "query/expression.h"
#include "query/token.h"

namespace torchfits {
namespace {

struct BinaryOperator {
  std::string_view symbol;
  Op op;
  int precedence;
};

constexpr int kOr = 1, kAnd = 2, kNot = 3, kComparison = 4, kBitOr = 5;

constexpr std::array<BinaryOperator, 10> kBinary{{
    {"or", Op::logical_or, kOr},
    {"and", Op::logical_and, kAnd},
    {"|", Op::bit_or, kBitOr},
    {"^", Op::bit_xor, 6},
    {"&", Op::bit_and, 7},
    {"+", Op::add, 8},
    {"-", Op::subtract, 8},
    {"*", Op::multiply, 9},
    {"/", Op::divide, 9},
    {"%", Op::remainder, 9},
}};

constexpr std::array<std::pair<std::string_view, Op>, 6> kComparisons{{
    {"==", Op::equal},
    {"!=", Op::not_equal},
    {"<", Op::less},
    {"<=", Op::less_equal},
    {">", Op::greater},
    {">=", Op::greater_equal},
}};

struct Function {
  std::string_view name;
  Op op;
  std::size_t least, most;
};

constexpr std::size_t kAny = SIZE_MAX;

constexpr std::array<Function, 31> kFunctions{{
    {"abs", Op::absolute, 1, 1},
    {"sqrt", Op::sqrt, 1, 1},
    {"log", Op::log, 1, 1},
    {"log10", Op::log10, 1, 1},
    {"exp", Op::exp, 1, 1},
    {"sin", Op::sin, 1, 1},
    {"cos", Op::cos, 1, 1},
    {"tan", Op::tan, 1, 1},
    {"asin", Op::asin, 1, 1},
    {"acos", Op::acos, 1, 1},
    {"atan", Op::atan, 1, 1},
    {"atan2", Op::atan2, 2, 2},
    {"floor", Op::floor, 1, 1},
    {"ceil", Op::ceil, 1, 1},
    {"round", Op::round, 1, 1},
    {"min", Op::minimum, 2, kAny},
    {"max", Op::maximum, 2, kAny},
    {"pow", Op::power, 2, 2},
    {"isnull", Op::is_null, 1, 1},
    {"isnan", Op::is_null, 1, 1},
    {"startswith", Op::starts_with, 2, 2},
    {"endswith", Op::ends_with, 2, 2},
    {"contains", Op::contains, 2, 2},
    {"arcsin", Op::asin, 1, 1},
    {"arccos", Op::acos, 1, 1},
    {"arctan", Op::atan, 1, 1},
    {"arctan2", Op::atan2, 2, 2},
    {"power", Op::power, 2, 2},
    {"minimum", Op::minimum, 2, kAny},
    {"maximum", Op::maximum, 2, kAny},
    {"ln", Op::log, 1, 1},
}};
constexpr std::size_t kAliases = 8;  // at the end, not listed in messages

std::string functions_listed() {
  std::string names;
  for (std::size_t i = 0; i < kFunctions.size() - kAliases; ++i)
    names += (i == 0 ? "" : ", ") + std::string(kFunctions[i].name);
  return names;
}

class Parser {
 public:
  explicit Parser(std::string_view text) : lexer_(text) {
    result_.text = text;
    advance();
  }

  Expression parse() && {
    static_cast<void>(expression(kOr));  // the node that was added last
    if (current_.kind != Token::Kind::end)
      refuse(current_.place, "the expression ends before this, or an operator is missing");
    return std::move(result_);
  }

 private:
  using Index = std::uint32_t;

  void advance() { current_ = lexer_.next(); }

  [[noreturn]] void refuse(Place place, const std::string& problem) const {
    throw expression_error(ErrorCode::value, result_.text, place, problem);
  }

  bool accept(std::string_view symbol) {
    if (!current_.is(symbol)) return false;
    advance();
    return true;
  }

  bool accept_word(std::string_view word) {
    if (!current_.is_word(word)) return false;
    advance();
    return true;
  }

  void expect(std::string_view symbol, std::string_view behind) {
    if (!accept(symbol)) {
      refuse(current_.place,
             "'" + std::string(symbol) + "' is expected behind " + std::string(behind));
    }
  }

  Index add(Op op, Place place, std::span<const Index> operands = {}) {
    if (result_.nodes.size() >= kMaxExpressionNodes)
      refuse(place, "the expression has more than " + std::to_string(kMaxExpressionNodes) +
                        " parts; select in several steps");
    Node node;
    node.op = op;
    node.place = place;
    node.first_operand = static_cast<Index>(result_.operands.size());
    node.operand_count = static_cast<Index>(operands.size());
    result_.operands.insert(result_.operands.end(), operands.begin(), operands.end());
    result_.nodes.push_back(std::move(node));
    return static_cast<Index>(result_.nodes.size() - 1);
  }

  Index add(Op op, Place place, Index operand) { return add(op, place, std::array{operand}); }
  Index add(Op op, Place place, Index a, Index b) { return add(op, place, std::array{a, b}); }

  /// Counts what is open around its scope: parentheses, lists, functions, signs, 'not' and powers.
  class Deeper {
   public:
    Deeper(Parser& parser, Place place) : parser_(parser) {
      if (parser_.depth_ == kMaxExpressionDepth) {
        parser_.refuse(place, "the expression is nested more than " +
                                  std::to_string(kMaxExpressionDepth) +
                                  " deep; select in several steps");
      }
      ++parser_.depth_;
    }
    Deeper(const Deeper&) = delete;
    Deeper& operator=(const Deeper&) = delete;
    ~Deeper() { --parser_.depth_; }

   private:
    Parser& parser_;
  };

  /// Whatever binds at least as tight as `least`.
  Index expression(int least) {
    auto left = prefix(least);
    while (true) {
      if (const auto* found = binary(least)) {
        const auto place = current_.place;
        advance();
        left = add(found->op, place, left, expression(found->precedence + 1));
      } else if (least <= kComparison && at_comparison()) {
        left = comparisons(left);
      } else {
        return left;
      }
    }
  }

  /// The inside of parentheses that open at `place`.
  Index inside(Place place) {
    const Deeper deeper(*this, place);
    return expression(kOr);
  }

  [[nodiscard]] const BinaryOperator* binary(int least) const {
    if (current_.kind != Token::Kind::symbol) return nullptr;
    for (const auto& candidate : kBinary) {
      if (candidate.precedence >= least && current_.text == candidate.symbol) return &candidate;
    }
    return nullptr;
  }

  Index prefix(int least) {
    const auto place = current_.place;
    if (current_.is("not")) {
      if (least > kNot) refuse(place, "'not' is written in parentheses here");
      const Deeper deeper(*this, place);
      advance();
      return add(Op::logical_not, place, expression(kNot));
    }
    return unary();
  }

  Index unary() {
    const auto place = current_.place;
    if (accept("+")) return operand(place);
    if (accept("~")) return add(Op::bit_not, place, operand(place));
    if (accept("!")) return add(Op::logical_not, place, operand(place));
    if (accept("-")) {
      if (auto number = negative_number(place)) return *number;
      return add(Op::negate, place, operand(place));
    }
    return power();
  }

  /// What stands behind the operator at `place`.
  Index operand(Place place) {
    const Deeper deeper(*this, place);
    return unary();
  }

  /// A minus and a number are one constant, unless a power is meant: -2 ** 2 is -4.
  std::optional<Index> negative_number(Place minus) {
    const auto* positive = std::get_if<std::int64_t>(&current_.literal);
    const auto* large = std::get_if<std::uint64_t>(&current_.literal);
    const auto* real = std::get_if<double>(&current_.literal);
    if (positive == nullptr && large == nullptr && real == nullptr) return std::nullopt;
    constexpr auto least = std::uint64_t{1} << 63;
    if (large != nullptr && *large != least)
      refuse(current_.place, "an integer has at most 64 bits; write a real number with a point");
    Literal negative;
    if (positive != nullptr) negative = -*positive;
    if (large != nullptr) negative = INT64_MIN;
    if (real != nullptr) negative = -*real;
    const Token number = current_;
    advance();
    const Place place{minus.at, number.place.at + number.place.length - minus.at};
    if (current_.is("**"))
      return add(Op::negate, minus, power_of(literal(number.literal, number.place)));
    return literal(std::move(negative), place);
  }

  Index power() { return power_of(primary()); }

  Index power_of(Index base) {
    const auto place = current_.place;
    return accept("**") ? add(Op::power, place, base, operand(place)) : base;
  }

  [[nodiscard]] static bool is_comparison(const Token& token) {
    return std::any_of(kComparisons.begin(), kComparisons.end(),
                       [&](const auto& entry) { return token.is(entry.first); });
  }

  [[nodiscard]] bool at_comparison() const {
    constexpr std::array<std::string_view, 4> words{"in", "between", "like", "is"};
    return is_comparison(current_) || current_.is("not") ||
           std::any_of(words.begin(), words.end(),
                       [&](auto word) { return current_.is_word(word); });
  }

  /// a < b <= c is a < b and b <= c.
  Index comparisons(Index left) {
    std::optional<Index> all;
    while (at_comparison()) {
      const auto place = current_.place;
      Index one = 0;
      if (is_comparison(current_)) {
        const auto op =
            std::find_if(kComparisons.begin(), kComparisons.end(), [&](const auto& entry) {
              return current_.is(entry.first);
            })->second;
        advance();
        const auto right = expression(kBitOr);
        one = add(op, place, left, right);
        left = right;
      } else {
        one = worded_comparison(left);
        if (at_comparison())
          refuse(current_.place,
                 "'in', 'between', 'like' and 'is' end a chain; put what is compared here in "
                 "parentheses");
      }
      all = all ? add(Op::logical_and, place, *all, one) : one;
    }
    return *all;
  }

  Index worded_comparison(Index left) {
    const auto place = current_.place;
    if (accept_word("is")) {
      const bool negated = accept("not");
      if (!accept_word("null")) refuse(current_.place, "'is' is followed by 'null' or 'not null'");
      return negated_if(negated, add(Op::is_null, place, left), place);
    }
    const bool negated = accept("not");
    if (accept_word("in")) return negated_if(negated, in_list(left, place), place);
    if (accept_word("between")) return negated_if(negated, between(left, place), place);
    if (accept_word("like")) return negated_if(negated, like(left, place), place);
    refuse(place, "'not' is followed by 'in', 'between' or 'like' here; an operator is missing");
  }

  Index negated_if(bool negated, Index node, Place place) {
    return negated ? add(Op::logical_not, place, node) : node;
  }

  /// What is no constant is compared one by one, at once: a long list holds no more than a short.
  Index in_list(Index left, Place place) {
    expect("(", "'in'");
    std::vector<Index> constants{left};
    std::optional<Index> others;
    do {
      const auto start = current_.place;
      const auto item = inside(place);
      if (result_.nodes[item].op == Op::literal) {
        constants.push_back(item);
      } else {
        const auto one = add(Op::equal, start, left, item);
        others = others ? add(Op::logical_or, place, *others, one) : one;
      }
    } while (accept(","));
    expect(")", "the list");
    if (constants.size() == 1) return *others;
    const auto listed = add(Op::in_list, place, constants);
    return others ? add(Op::logical_or, place, listed, *others) : listed;
  }

  Index between(Index left, Place place) {
    const auto low = expression(kBitOr);
    if (!accept("and")) refuse(current_.place, "'between' is followed by A and B");
    const auto high = expression(kBitOr);
    const auto above = add(Op::greater_equal, place, left, low);
    const auto below = add(Op::less_equal, place, left, high);
    return add(Op::logical_and, place, above, below);
  }

  /// A pattern with % at its ends only: what both evaluators do quickly.
  Index like(Index left, Place place) {
    const auto* text = std::get_if<std::string>(&current_.literal);
    if (text == nullptr) refuse(current_.place, "'like' is followed by a text such as 'M%'");
    auto pattern = *text;
    const bool open_end = !pattern.empty() && pattern.back() == '%';
    if (open_end) pattern.pop_back();
    const bool open_start = !pattern.empty() && pattern.front() == '%';
    if (open_start) pattern.erase(0, 1);
    if (pattern.find_first_of("%_") != std::string::npos)
      refuse(current_.place, "a pattern takes % at its beginning and end only, and no _");
    auto op = Op::equal;
    if (open_end) op = Op::starts_with;
    if (open_start) op = open_end ? Op::contains : Op::ends_with;
    const auto right = literal(std::move(pattern), current_.place);
    advance();
    return add(op, place, left, right);
  }

  Index literal(Literal value, Place place) {
    const auto node = add(Op::literal, place);
    result_.nodes[node].literal = std::move(value);
    return node;
  }

  Index primary() {
    const Token token = current_;
    advance();
    switch (token.kind) {
      case Token::Kind::literal: return literal(token.literal, token.place);
      case Token::Kind::quoted_name: return column(token);
      case Token::Kind::name:
        if (current_.is("(")) return call(token);
        return constant(token);
      case Token::Kind::end: refuse(token.place, "the expression ends where a value is expected");
      case Token::Kind::symbol: break;
    }
    if (!token.is("(")) refuse(token.place, "a value is expected here, not '" + token.text + "'");
    const auto inner = inside(token.place);
    expect(")", "an expression in parentheses");
    return inner;
  }

  Index constant(const Token& token) {
    if (token.is_word("true")) return literal(true, token.place);
    if (token.is_word("false")) return literal(false, token.place);
    return column(token);
  }

  Index column(const Token& token) {
    if (token.text.empty()) refuse(token.place, "the name of the column is empty");
    const auto node = add(Op::column, token.place);
    result_.nodes[node].literal = token.text;
    result_.nodes[node].quoted = token.kind == Token::Kind::quoted_name;
    while (accept("[")) {
      do {
        result_.nodes[node].index.push_back(position());
      } while (accept(","));
      expect("]", "the position");
    }
    return node;
  }

  std::int64_t position() {
    const bool negative = accept("-");
    const auto* value = std::get_if<std::int64_t>(&current_.literal);
    if (value == nullptr)
      refuse(current_.place, "the position of an element is an integer, counted from 0");
    const auto result = negative ? -*value : *value;
    advance();
    return result;
  }

  Index call(const Token& name) {
    const auto* function =
        std::find_if(kFunctions.begin(), kFunctions.end(),
                     [&](const Function& f) { return equal_ignoring_case(f.name, name.text); });
    if (function == kFunctions.end())
      refuse(name.place,
             "there is no function '" + name.text + "'; there are " + functions_listed());
    advance();
    const bool folds = function->most == kAny;
    std::size_t count = 0;
    std::vector<Index> operands;
    if (!current_.is(")")) {
      do {
        ++count;
        operands.push_back(inside(name.place));
        // min(a, b, c) is min(min(a, b), c).
        if (folds && count > 1) operands = {add(function->op, name.place, operands)};
      } while (accept(","));
    }
    expect(")", "the arguments");
    if (count < function->least || count > function->most)
      refuse(name.place, "'" + name.text + "' takes " +
                             (folds ? "2 or more" : std::to_string(function->most)) +
                             (function->most == 1 ? " argument, not " : " arguments, not ") +
                             std::to_string(count));
    return folds ? operands[0] : add(function->op, name.place, operands);
  }

  Lexer lexer_;
  Token current_;
  Expression result_;
  int depth_ = 0;
};

}  // namespace

Expression parse_expression(std::string_view text) {
  if (text.size() > kMaxExpressionBytes) {
    throw FitsError(ErrorCode::value, "an expression has at most " +
                                          std::to_string(kMaxExpressionBytes) + " bytes, not " +
                                          std::to_string(text.size()) +
                                          "; select in several steps, or with a mask");
  }
  return Parser(text).parse();
}

}  // namespace torchfits
