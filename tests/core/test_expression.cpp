// SPDX-License-Identifier: BSD-3-Clause
#include <gtest/gtest.h>

#include <string>
#include <utility>
#include <vector>

#include "file/table_reader.h"
#include "query/expression.h"
#include "query/predicate.h"

namespace torchfits {
namespace {

/// The tree as Lisp writes it.
std::string tree(const Expression& expression, std::size_t at) {
  const auto& node = expression.nodes[at];
  if (node.op == Op::literal) {
    struct Visitor {
      std::string operator()(std::monostate) const { return "?"; }
      std::string operator()(bool value) const { return value ? "true" : "false"; }
      std::string operator()(std::int64_t value) const { return std::to_string(value); }
      std::string operator()(std::uint64_t value) const { return std::to_string(value) + "u"; }
      std::string operator()(double value) const { return std::to_string(value); }
      std::string operator()(const std::string& value) const { return "'" + value + "'"; }
    };
    return std::visit(Visitor{}, node.literal);
  }
  if (node.op == Op::column) {
    auto name = std::get<std::string>(node.literal);
    for (const auto index : node.index) name += "[" + std::to_string(index) + "]";
    return name;
  }
  auto text = "(" + std::string(op_name(node.op));
  for (const auto operand : expression.operands_of(node)) text += " " + tree(expression, operand);
  return text + ")";
}

std::string parsed(std::string_view text) {
  const auto expression = parse_expression(text);
  return tree(expression, expression.nodes.size() - 1);
}

/// The line of the text and the one with the mark under it.
std::string mark(std::string_view text) {
  try {
    static_cast<void>(parse_expression(text));
  } catch (const FitsError& error) {
    EXPECT_EQ(error.code(), ErrorCode::value);
    const auto& problem = error.problem();
    return problem.substr(problem.rfind('\n') + 3);
  }
  return "no error";
}

std::string problem_of(std::string_view text) {
  try {
    static_cast<void>(parse_expression(text));
  } catch (const FitsError& error) {
    return error.problem();
  }
  return "";
}

TEST(Expression, PrecedenceIsPythons) {
  EXPECT_EQ(parsed("a or b and not c"), "(or a (and b (not c)))");
  EXPECT_EQ(parsed("not a == b"), "(not (== a b))");
  EXPECT_EQ(parsed("a + b * c - d"), "(- (+ a (* b c)) d)");
  EXPECT_EQ(parsed("a - b - c"), "(- (- a b) c)");
  EXPECT_EQ(parsed("-a ** b ** c"), "(-x (** a (** b c)))");
  EXPECT_EQ(parsed("a ** -b"), "(** a (-x b))");
  EXPECT_EQ(parsed("-2 ** 2"), "(-x (** 2 2))");
  EXPECT_EQ(parsed("a & b == c"), "(== (& a b) c)");
  EXPECT_EQ(parsed("a | b ^ c & d"), "(| a (^ b (& c d)))");
  EXPECT_EQ(parsed("a + b & c"), "(& (+ a b) c)");
  EXPECT_EQ(parsed("(a + b) * c"), "(* (+ a b) c)");
  EXPECT_EQ(parsed("a % b / c"), "(/ (% a b) c)");
  EXPECT_EQ(parsed("~a & b"), "(& (~ a) b)");
}

TEST(Expression, SpellingsOfCfitsio) {
  EXPECT_EQ(parsed("a.gt.1.and.b.le.2"), "(and (> a 1) (<= b 2))");
  EXPECT_EQ(parsed("a && b || !c"), "(or (and a b) (not c))");
  EXPECT_EQ(parsed("a .AND. .Not. b"), "(and a (not b))");
  EXPECT_EQ(parsed("a .eq. 1 .or. b .ne. 2"), "(or (== a 1) (!= b 2))");
  EXPECT_EQ(parsed("a = 1 AND b <> 2"), "(and (== a 1) (!= b 2))");
  EXPECT_EQ(parsed("a =< 1 and b => 2"), "(and (<= a 1) (>= b 2))");
  EXPECT_EQ(parsed("a .lt. 1.5 .or. a .ge. .5"), "(or (< a 1.500000) (>= a 0.500000))");
}

TEST(Expression, ExclamationMarksBindTightly) {
  EXPECT_EQ(parsed("!a == b"), "(== (not a) b)");
  EXPECT_EQ(parsed("not a == b"), "(not (== a b))");
}

TEST(Expression, ChainsShareTheirMiddle) {
  EXPECT_EQ(parsed("1 < x <= 3"), "(and (< 1 x) (<= x 3))");
  EXPECT_EQ(parse_expression("1 < x <= 3").nodes.size(), 6U);
  EXPECT_EQ(parsed("x between 1 and 2 and y"), "(and (and (>= x 1) (<= x 2)) y)");
  EXPECT_EQ(parsed("x not between a + 1 and 2"), "(not (and (>= x (+ a 1)) (<= x 2)))");
}

TEST(Expression, ListsAndNulls) {
  EXPECT_EQ(parsed("x in (1, -2, 3)"), "(in x 1 -2 3)");
  EXPECT_EQ(parsed("x in (1, y, -2, z)"), "(or (in x 1 -2) (or (== x y) (== x z)))");
  EXPECT_EQ(parsed("x not in ('a')"), "(not (in x 'a'))");
  EXPECT_EQ(parsed("x is null or y IS NOT NULL"), "(or (isnull x) (not (isnull y)))");
  EXPECT_EQ(parsed("not isnull(x)"), "(not (isnull x))");
}

TEST(Expression, PatternsBecomeSearches) {
  EXPECT_EQ(parsed("n like 'M%'"), "(startswith n 'M')");
  EXPECT_EQ(parsed("n LIKE '%M'"), "(endswith n 'M')");
  EXPECT_EQ(parsed("n not like '%M%'"), "(not (contains n 'M'))");
  EXPECT_EQ(parsed("n like 'M'"), "(== n 'M')");
  EXPECT_EQ(parsed("n like '%'"), "(startswith n '')");
  EXPECT_EQ(mark("n like 'M_1'"), "       ^^^^^");
  EXPECT_EQ(mark("n like 'M%1'"), "       ^^^^^");
}

TEST(Expression, NumbersAreExact) {
  EXPECT_EQ(parsed("9223372036854775807"), "9223372036854775807");
  EXPECT_EQ(parsed("-9223372036854775808"), "-9223372036854775808");
  EXPECT_EQ(parsed("9223372036854775808"), "9223372036854775808u");
  EXPECT_EQ(parsed("18446744073709551615"), "18446744073709551615u");
  EXPECT_EQ(parsed("0xFFFFFFFFFFFFFFFF"), "18446744073709551615u");
  EXPECT_EQ(parsed("0x1f"), "31");
  EXPECT_EQ(parsed("1e3"), "1000.000000");
  EXPECT_EQ(parsed("1.5D+2"), "150.000000");
  EXPECT_EQ(parsed("1."), "1.000000");
  EXPECT_EQ(mark("18446744073709551616"), "^^^^^^^^^^^^^^^^^^^^");
  EXPECT_EQ(mark("-9223372036854775809"), " ^^^^^^^^^^^^^^^^^^^");
  EXPECT_EQ(mark("x > 1e999"), "    ^^^^^");
  EXPECT_EQ(mark("0x"), "^^");
  EXPECT_EQ(mark("2x"), "^^");
}

TEST(Expression, NamesAndTexts) {
  EXPECT_EQ(parsed("`X Y` > \"a\"\"b\""), "(> X Y a\"b)");
  EXPECT_EQ(parsed("n == 'it''s'"), "(== n 'it's')");
  EXPECT_EQ(parsed("n == 'caf\xC3\xA9'"), "(== n 'caf\xE9')");
  EXPECT_EQ(parsed("v[2] + w[1,-1] + u[0][3]"), "(+ (+ v[2] w[1][-1]) u[0][3])");
  EXPECT_EQ(parsed("min"), "min");
  EXPECT_EQ(parsed("min(a, b, c)"), "(min (min a b) c)");
  EXPECT_EQ(parsed("true and False"), "(and true false)");
  EXPECT_EQ(mark("n == '\xE2\x98\x83'"), "     ^^^");
}

TEST(Expression, ErrorsPointAtTheToken) {
  EXPECT_EQ(mark("MAG < 20 and CLASS >"), "                    ^");
  EXPECT_EQ(mark("a > 1 1"), "      ^");
  EXPECT_EQ(mark("(a > 1"), "      ^");
  EXPECT_EQ(mark("a > 1)"), "     ^");
  EXPECT_EQ(mark("foo(a)"), "^^^");
  EXPECT_EQ(mark("sqrt(a, b)"), "^^^^");
  EXPECT_EQ(mark("x and $y"), "      ^");
  EXPECT_EQ(mark("x == 'abc"), "     ^");
  EXPECT_EQ(mark("v[x]"), "  ^");
  EXPECT_EQ(mark("v[1"), "   ^");
  EXPECT_EQ(mark("x in 3"), "     ^");
  EXPECT_EQ(mark("x between 1 or 2"), "            ^^");
  EXPECT_EQ(mark("x is 3"), "     ^");
  EXPECT_EQ(mark("x is null == FALSE"), "          ^^");
  EXPECT_EQ(mark("x in (1, 2) not in (3)"), "            ^^^");
  EXPECT_EQ(mark("x between 1 and 2 < 3"), "                  ^");
  EXPECT_EQ(mark("a + not b"), "    ^^^");
  EXPECT_EQ(mark(""), "^");
  EXPECT_EQ(mark(std::string_view("a\0b", 3)), " ^");
}

/// The mark counts characters, not bytes.
TEST(Expression, MarksStandUnderTheirCharacter) {
  EXPECT_EQ(mark("n == '\xC3\xA9' )"), "         ^");
}

TEST(Expression, LongTextsAreShownAroundThePlace) {
  const auto problem = problem_of(std::string(500, ' ') + ") " + std::string(500, 'x'));
  EXPECT_LT(problem.size(), 400U);
  const auto line = problem.find('\n') + 1, mark = problem.rfind('\n') + 1;
  EXPECT_EQ(problem[line + problem.substr(mark).find('^')], ')');
  EXPECT_LT(problem_of(std::string(100000, '9')).size(), 400U);
  EXPECT_LT(problem_of(std::string(100000, 'x') + "(1)").size(), 5000U);
}

TEST(Expression, DepthLengthAndPartsAreBounded) {
  EXPECT_NE(problem_of(std::string(100000, '(')).find("nested"), std::string::npos);
  EXPECT_NE(problem_of(std::string(100000, '-') + "a").find("nested"), std::string::npos);
  EXPECT_NE(problem_of(std::string(100000, '!')).find("nested"), std::string::npos);
  std::string powers = "a";
  for (int i = 0; i < 10000; ++i) powers += "**a";
  EXPECT_NE(problem_of(powers).find("nested"), std::string::npos);
  std::string nots;
  for (int i = 0; i < 10000; ++i) nots += "not ";
  EXPECT_NE(problem_of(nots + "a").find("nested"), std::string::npos);
  EXPECT_NE(problem_of(std::string(kMaxExpressionBytes + 1, ' ')).find("bytes"), std::string::npos);
  std::string sum = "1";
  for (std::size_t i = 0; i < kMaxExpressionNodes; ++i) sum += "+1";
  EXPECT_NE(problem_of(sum).find("parts"), std::string::npos);
}

/// `open` that often around a condition, each of them closed by `close`.
std::string nested(std::string_view open, std::string_view close, int times) {
  std::string text;
  for (int i = 0; i < times; ++i) text += open;
  text += "a";
  for (int i = 0; i < times; ++i) text += close;
  return text;
}

TEST(Expression, TheDepthThatTheMessageNamesIsThatOfEachKindOfNesting) {
  ASSERT_EQ(kMaxExpressionDepth, 200);  // docs/expressions.md
  EXPECT_EQ(parsed(nested("(", ")", 200)), "a");
  const std::vector<std::pair<std::string, std::string>> kinds{
      {"(", ")"},    {"-", ""},
      {"+", ""},     {"~", ""},
      {"!", ""},     {"not ", ""},
      {"abs(", ")"}, {"a in (", ")"},
      {"a**", ""},   {"a or (b and 1 < 2 + 3 * (", "))"}};
  for (const auto& [open, close] : kinds) {
    const int each = open.find("or (") == std::string::npos ? 1 : 2;
    EXPECT_EQ(problem_of(nested(open, close, 200 / each)), "") << open;
    const auto problem = problem_of(nested(open, close, 200 / each + 1));
    EXPECT_NE(problem.find("nested more than 200 deep"), std::string::npos) << open;
  }
  EXPECT_EQ(mark(nested("(", ")", 201)).find('^'), 63U);  // "..." and 60 characters before it
  EXPECT_NE(problem_of("(" + nested("-", "", 200) + ")"), "");
}

/// What stands side by side is not nested.
TEST(Expression, LongChainsAreNotDeep) {
  std::string chain = "(a)";
  for (int i = 0; i < 1000; ++i) chain += " or not (-a < abs(2**3)) and a in (1, 2)";
  EXPECT_EQ(problem_of(chain), "");
}

// ---- Binding -----------------------------------------------------------------------------------

Column column_of(const std::string& name, char code, ElementType type,
                 std::vector<std::uint64_t> shape = {}) {
  Column column;
  column.name = name;
  column.form.code = code;
  column.coding.natural = type;
  column.shape = std::move(shape);
  column.characters = code == 'A' ? 8 : 0;
  return column;
}

TableLayout some_table() {
  TableLayout table;
  table.columns = {
      column_of("X", 'E', ElementType::f32),      column_of("K", 'K', ElementType::i64),
      column_of("U", 'K', ElementType::u64),      column_of("NAME", 'A', ElementType::u8),
      column_of("OK", 'L', ElementType::boolean), column_of("V", 'J', ElementType::i32, {2, 3}),
      column_of("C", 'C', ElementType::c64),      column_of("ok", 'L', ElementType::boolean)};
  auto ragged = column_of("P", 'P', ElementType::i32);
  ragged.form.heap_code = 'J';
  table.columns.push_back(ragged);
  return table;
}

Predicate bound(std::string_view text, const TableLayout& table = some_table()) {
  return bind_expression(parse_expression(text), table, true,
                         [&](std::string_view name) { return find_column(table, name); });
}

/// What is wrong with it, and the mark.
std::pair<std::string, std::string> refused(std::string_view text) {
  try {
    static_cast<void>(bound(text));
  } catch (const FitsError& error) {
    const auto& problem = error.problem();
    return {problem.substr(0, problem.find('\n')), problem.substr(problem.rfind('\n') + 3)};
  }
  return {"no error", ""};
}

TEST(Predicate, FindsColumnsAndElements) {
  const auto predicate = bound("V[1, 2] > K and v[-1, 0] < X");
  EXPECT_EQ(predicate.columns, (std::vector<std::size_t>{5, 1, 0}));
  EXPECT_EQ(predicate.nodes[0].element, 5U);
  EXPECT_EQ(bound("V[-1, 0] > 1").nodes[0].element, 3U);
}

TEST(Predicate, ANameBesideATextIsLikelyATextWithoutQuotes) {
  for (const auto* text : {"NAME == bll", "bll != NAME", "'x' < bll", "NAME in ('agn', bll)",
                           "X > 1 and NAME = bll", "startswith(NAME, bll)"}) {
    EXPECT_NE(refused(text).first.find("single quotes: 'bll'"), std::string::npos) << text;
    EXPECT_EQ(refused(text).second.find("^^^"), std::string_view(text).find("bll")) << text;
  }
  for (const auto* text : {"bll", "X == bll", "bll == agn", "startswith(bll, 'x')",
                           "bll[0] == NAME", "NAME == 'x' and X > bll"})
    EXPECT_EQ(refused(text).first.find("quotes"), std::string::npos) << text;
}

TEST(Predicate, NullsAreNotCompared) {
  for (const auto* text : {"X == nan", "X != NaN", "X = NULL", "null == X", "K == None",
                           "NAME == null", "X in (1, nan)"})
    EXPECT_NE(refused(text).first.find("isnull(X)"), std::string::npos) << text;
  auto table = some_table();
  table.columns.push_back(column_of("nan", 'E', ElementType::f32));
  EXPECT_EQ(bound("X == nan", table).columns, (std::vector<std::size_t>{0, 9}));
}

TEST(Predicate, NamesThatAreWrong) {
  EXPECT_EQ(refused("1 < Z").second, "    ^");
  EXPECT_NE(refused("Ok").first.find("ambiguous"), std::string::npos);
  EXPECT_NE(refused("NAME == \"M31\"").first.find("single quotes"), std::string::npos);
  EXPECT_EQ(refused("X == M31").first.find("quotes"), std::string::npos);
  try {
    static_cast<void>(bound("Z"));
  } catch (const FitsError& error) {
    EXPECT_EQ(error.code(), ErrorCode::column_name);
  }
}

TEST(Predicate, ShortConstantsGiveWayToColumns) {
  EXPECT_TRUE(bound("OK = T or f").columns.size() == 1);
  auto table = some_table();
  table.columns.push_back(column_of("T", 'L', ElementType::boolean));
  EXPECT_EQ(bound("T", table).columns, (std::vector<std::size_t>{9}));
  EXPECT_EQ(bound("true", table).columns.size(), 0U);
  EXPECT_NE(refused("`T`").first, "no error");
}

TEST(Predicate, KindsThatDoNotFit) {
  EXPECT_EQ(refused("X"), std::pair(std::string("in the expression: a condition is expected, and "
                                                "this is a real number; compare it, as in "
                                                "(N & 4) != 0"),
                                    std::string("^")));
  EXPECT_EQ(refused("OK and K + 1").second, "         ^");
  EXPECT_EQ(refused("NAME > 3").second, "     ^");
  EXPECT_EQ(refused("NAME + 1 > 3").second, "^^^^");
  EXPECT_EQ(refused("X & 3").second, "  ^");
  EXPECT_NE(refused("X ^ 2 > 1").first.find("**"), std::string::npos);
  EXPECT_NE(refused("U % 2 == 0").first.find("unsigned"), std::string::npos);
  EXPECT_NE(refused("C == 1").first.find("complex"), std::string::npos);
  EXPECT_NE(refused("P == 1").first.find("variable length"), std::string::npos);
  EXPECT_NE(refused("V == 1").first.find("V[0, 0]"), std::string::npos);
  EXPECT_NE(refused("V[1] == 1").first.find("[2, 3]"), std::string::npos);
  EXPECT_NE(refused("V[2, 0] == 1").first.find("outside"), std::string::npos);
  EXPECT_NE(refused("K[0] == 1").first.find("one value"), std::string::npos);
  EXPECT_NE(refused("K in (1, 'a')").first.find("list"), std::string::npos);
  EXPECT_NE(refused("startswith(NAME, NAME)").first.find("quotes"), std::string::npos);
  EXPECT_NE(refused("startswith(K, 'a')").first.find("text"), std::string::npos);
  EXPECT_NE(refused("not K").first.find("condition"), std::string::npos);
}

}  // namespace
}  // namespace torchfits
