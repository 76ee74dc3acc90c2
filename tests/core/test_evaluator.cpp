// SPDX-License-Identifier: BSD-3-Clause
#include <gtest/gtest.h>

#include <cmath>
#include <cstring>
#include <limits>
#include <random>
#include <string>
#include <vector>

#include "file/row_filter.h"
#include "query/evaluator.h"
#include "query/row_mask.h"

namespace torchfits {
namespace {

constexpr double kNaN = std::numeric_limits<double>::quiet_NaN();
constexpr double kInfinity = std::numeric_limits<double>::infinity();
constexpr auto kLeast = std::numeric_limits<std::int64_t>::min();
constexpr auto kMost = std::numeric_limits<std::int64_t>::max();

/// A table in memory, and what expressions on it give.
class MemoryTable {
 public:
  template <class T>
  MemoryTable& add(const std::string& name, const std::vector<T>& values,
                   const std::vector<std::uint8_t>& nulls = {}, std::uint64_t elements = 1) {
    std::vector<std::byte> bytes(values.size() * sizeof(T));
    if (!values.empty()) std::memcpy(bytes.data(), values.data(), bytes.size());
    rows_ = values.size() / elements;
    Column column;
    column.form.code = 'J';
    if (elements > 1) column.shape = {elements};
    return keep(name, column, std::move(bytes), nulls, element_type_of<T>, elements, 0);
  }

  MemoryTable& add_bools(const std::string& name, const std::vector<std::uint8_t>& values,
                         const std::vector<std::uint8_t>& nulls = {}) {
    std::vector<std::byte> bytes(values.size());
    std::memcpy(bytes.data(), values.data(), bytes.size());
    rows_ = values.size();
    Column column;
    column.form.code = 'L';
    return keep(name, column, std::move(bytes), nulls, ElementType::boolean, 1, 0);
  }

  MemoryTable& add_texts(const std::string& name, const std::vector<std::string>& values,
                         std::uint64_t width) {
    std::vector<std::byte> bytes;
    for (auto value : values) {
      value.resize(width, ' ');
      for (const char c : value) bytes.push_back(static_cast<std::byte>(c));
    }
    rows_ = values.size();
    Column column;
    column.form.code = 'A';
    column.characters = width;
    return keep(name, column, std::move(bytes), {}, ElementType::u8, width, width);
  }

  /// One of T, F and N (null) for each row.
  [[nodiscard]] std::string truths(std::string_view text) const {
    const auto predicate = bind_where(table_, text, true);
    Evaluator evaluate(predicate, values(predicate));
    std::string result;
    for (std::size_t first = 0; first < rows_; first += kEvaluatedRows) {
      const auto rows = std::min(kEvaluatedRows, rows_ - first);
      const auto* truth = evaluate(first, rows);
      for (std::size_t i = 0; i < rows; ++i) result += "NTF?"[truth[i]];
    }
    return result;
  }

  [[nodiscard]] std::vector<std::int64_t> rows_where(std::string_view text) const {
    const auto predicate = bind_where(table_, text, true);
    const RowMask mask(predicate, values(predicate), rows_);
    std::vector<std::int64_t> rows(mask.count());
    mask.positions(0, rows.data());
    return rows;
  }

 private:
  MemoryTable& keep(const std::string& name, Column column, std::vector<std::byte> bytes,
                    const std::vector<std::uint8_t>& nulls, ElementType type,
                    std::uint64_t elements, std::uint64_t characters) {
    column.name = name;
    column.coding.natural = type;
    table_.columns.push_back(column);
    bytes_.push_back(std::move(bytes));
    nulls_.push_back(nulls);
    columns_.push_back({bytes_.back().data(), nullptr, type, elements, characters});
    if (!nulls.empty()) columns_.back().nulls = nulls_.back().data();
    return *this;
  }

  [[nodiscard]] std::vector<ColumnValues> values(const Predicate& predicate) const {
    std::vector<ColumnValues> values;
    for (const auto position : predicate.columns) values.push_back(columns_[position]);
    return values;
  }

  TableLayout table_;
  std::vector<std::vector<std::byte>> bytes_;
  std::vector<std::vector<std::uint8_t>> nulls_;
  std::vector<ColumnValues> columns_;
  std::size_t rows_ = 0;
};

using Ints = std::vector<std::int64_t>;
using Uints = std::vector<std::uint64_t>;
using Reals = std::vector<double>;
using Texts = std::vector<std::string>;

TEST(Evaluator, LogicOfThreeValues) {
  MemoryTable table;
  table.add_bools("A", {1, 1, 1, 0, 0, 0, 1, 1, 1}, {0, 0, 0, 0, 0, 0, 1, 1, 1});
  table.add_bools("B", {1, 0, 0, 1, 0, 0, 1, 0, 0}, {0, 0, 1, 0, 0, 1, 0, 0, 1});
  EXPECT_EQ(table.truths("A"), "TTTFFFNNN");
  EXPECT_EQ(table.truths("B"), "TFNTFNTFN");
  EXPECT_EQ(table.truths("A and B"), "TFNFFFNFN");
  EXPECT_EQ(table.truths("A or B"), "TTTTFNTNN");
  EXPECT_EQ(table.truths("not A"), "FFFTTTNNN");
  EXPECT_EQ(table.truths("A == B"), "TFNFTNNNN");
  EXPECT_EQ(table.truths("A ^ B"), "FTNTFNNNN");
  EXPECT_EQ(table.truths("A & B | ~A"), "TFNTTTNNN");
  EXPECT_EQ(table.truths("isnull(A)"), "FFFFFFTTT");
  EXPECT_EQ(table.truths("isnull(A and B)"), "FFTFFFTFT");
  EXPECT_EQ(table.truths("A == 1"), "TTTFFFNNN");
  EXPECT_EQ(table.truths("A + B >= 1"), "TTNTFNNNN");
  EXPECT_EQ(table.truths("A in (TRUE)"), "TTTFFFNNN");
}

TEST(Evaluator, NullsOfEveryKind) {
  MemoryTable table;
  table.add<double>("X", {1, kNaN, 3});
  table.add<float>("E", {kNaN, 2, 3});
  table.add<std::int16_t>("I", {1, 2, 3}, {0, 0, 1});
  table.add<double>("S", {1, 2, 3}, {0, 1, 0});
  EXPECT_EQ(table.truths("X > 2"), "FNT");
  EXPECT_EQ(table.truths("not X > 2"), "TNF");
  EXPECT_EQ(table.truths("X != 1"), "FNT");
  EXPECT_EQ(table.truths("E < 3"), "NTF");
  EXPECT_EQ(table.truths("I < 3"), "TTN");
  EXPECT_EQ(table.truths("S == S"), "TNT");
  EXPECT_EQ(table.truths("I + 1 == 2"), "TFN");
  EXPECT_EQ(table.truths("I + X > 0"), "TNN");
  EXPECT_EQ(table.truths("I in (1, 3)"), "TFN");
  EXPECT_EQ(table.truths("X not in (1.0, 2)"), "FNT");
  EXPECT_EQ(table.truths("max(I, 2) == 2"), "TTN");
  EXPECT_EQ(table.truths("min(X, 0) == 0"), "TNT");
  EXPECT_EQ(table.truths("isnull(X) or isnull(I)"), "FTT");
  EXPECT_EQ(table.truths("isnan(X + I)"), "FTT");
  EXPECT_EQ(table.truths("X is not null"), "TFT");
  EXPECT_EQ(table.truths("isnull(sqrt(0 - X))"), "TTT");
  EXPECT_EQ(table.truths("abs(I) > 0 or TRUE"), "TTT");
}

TEST(Evaluator, IntegersCompareExactly) {
  MemoryTable table;
  table.add<std::int64_t>("K", {kLeast, -1, 0, 1, kMost - 1, kMost});
  table.add<std::uint64_t>("U", Uints{0, ~0ULL, 0, 1ULL << 63, kMost, (1ULL << 63) + 1});
  EXPECT_EQ(table.truths("K == U"), "FFTFFF");
  EXPECT_EQ(table.truths("K < U"), "TTFTTT");
  EXPECT_EQ(table.truths("U <= K"), "FFTFFF");
  EXPECT_EQ(table.truths("U > 9223372036854775808"), "FTFFFT");
  EXPECT_EQ(table.truths("U >= -1"), "TTTTTT");
  EXPECT_EQ(table.truths("K > 9223372036854775806"), "FFFFFT");
  EXPECT_EQ(table.truths("K == -9223372036854775808"), "TFFFFF");
  EXPECT_EQ(table.truths("K in (-9223372036854775808, 18446744073709551615, 1)"), "TFFTFF");
  EXPECT_EQ(table.truths("U in (18446744073709551615, -1, 0)"), "TTTFFF");
  EXPECT_EQ(table.truths("max(U, 9223372036854775808) > 9223372036854775808"), "FTFFFT");
  EXPECT_EQ(table.truths("U & 1 == 1"), "FTFFTT");
  EXPECT_EQ(table.truths("(U | K) == 18446744073709551615"), "FTFFFT");
  EXPECT_EQ(table.truths("~K == 0"), "FTFFFF");
}

TEST(Evaluator, ThereIsNoIntegerBeyond64Bits) {
  MemoryTable table;
  table.add<std::int64_t>("K", {kLeast, -1, 3, kMost});
  EXPECT_EQ(table.truths("K + 1 > K"), "TTTN");
  EXPECT_EQ(table.truths("K - 1 < K"), "NTTT");
  EXPECT_EQ(table.truths("K * 2 > K"), "NFTN");
  EXPECT_EQ(table.truths("-K < 0"), "NFTT");
  EXPECT_EQ(table.truths("abs(K) >= 0"), "NTTT");
  EXPECT_EQ(table.truths("K * -1 != 0"), "NTTT");
  EXPECT_EQ(table.truths("K % -1 == 0"), "TTTT");
  EXPECT_EQ(table.truths("K * 2.0 > K"), "FFTT");
}

TEST(Evaluator, DivisionAndRemainder) {
  MemoryTable table;
  table.add<std::int32_t>("A", {7, -7, 7, -7, 7});
  table.add<std::int32_t>("B", {2, 2, -2, -2, 0});
  table.add<double>("X", {7, -7, 7, -7, 7});
  table.add<double>("Y", {2, 2, -2, -2, 0});
  EXPECT_EQ(table.truths("A / B == 3.5"), "TFFTN");
  EXPECT_EQ(table.truths("isnull(A / B)"), "FFFFT");
  EXPECT_EQ(table.truths("X / Y > 1000"), "FFFFT");
  EXPECT_EQ(table.truths("A / Y > 1000"), "FFFFT");
  EXPECT_EQ(table.truths("isnull((X - X) / Y)"), "FFFFT");
  // As in Python: 1, 1, -1, -1.
  EXPECT_EQ(table.truths("A % B == 1"), "TTFFN");
  EXPECT_EQ(table.truths("A % B == -1"), "FFTTN");
  EXPECT_EQ(table.truths("X % Y == 1"), "TTFFN");
  EXPECT_EQ(table.truths("X % Y == -1"), "FFTTN");
}

TEST(Evaluator, Functions) {
  MemoryTable table;
  table.add<double>("X", {0.5, 1.5, 2.5, -0.5, 4.0});
  EXPECT_EQ(table.truths("round(X) == 2"), "FTTFF");
  EXPECT_EQ(table.truths("floor(X) == 1"), "FTFFF");
  EXPECT_EQ(table.truths("ceil(X) == 1"), "TFFFF");
  EXPECT_EQ(table.truths("abs(X) == 0.5"), "TFFTF");
  EXPECT_EQ(table.truths("sqrt(X) == 2"), "FFFNT");
  EXPECT_EQ(table.truths("X ** 2 == 16 and pow(X, 0.5) == 2"), "FFFFT");
  EXPECT_EQ(table.truths("2 ** -1 == X"), "TFFFF");
  EXPECT_EQ(table.truths("abs(exp(log(X)) - X) < 1e-12"), "TTTNT");
  EXPECT_EQ(table.truths("abs(sin(X)**2 + cos(X)**2 - 1) < 1e-12"), "TTTTT");
  EXPECT_EQ(table.truths("abs(tan(atan(X)) - X) < 1e-12"), "TTTTT");
  EXPECT_EQ(table.truths("abs(asin(X) + acos(X) - atan2(1, 0)) < 1e-12"), "TNNTN");
  EXPECT_EQ(table.truths("log10(1000) == 3"), "TTTTT");
  EXPECT_EQ(table.truths("min(X, 1, 0.75) == 0.5 or max(X, 1) == 4"), "TFFFT");
  EXPECT_EQ(table.truths("arctan2(0, 1) == 0"), "TTTTT");
}

TEST(Evaluator, ElementsOfCells) {
  MemoryTable table;
  table.add<std::int32_t>("V", {1, 2, 3, 4, 5, 6}, {0, 0, 0, 0, 1, 0}, 3);
  table.add<double>("W", {1, 2, 3, 4}, {}, 2);
  EXPECT_EQ(table.truths("V[0] == 1"), "TF");
  EXPECT_EQ(table.truths("V[1] > 0"), "TN");
  EXPECT_EQ(table.truths("V[-1] == 6"), "FT");
  EXPECT_EQ(table.truths("W[1] == W[0] + 1"), "TT");
}

TEST(Evaluator, TextsEndAtNulAndLoseTrailingBlanks) {
  MemoryTable table;
  table.add_texts("N", Texts{"M31", "M 31", "", std::string("M3\0junk", 7), " M31", "M31     "}, 8);
  table.add_texts("P", Texts{"M31", "M", "M", "M3", "N", std::string("M31\0", 4)}, 5);
  EXPECT_EQ(table.truths("N == 'M31'"), "TFFFFT");
  EXPECT_EQ(table.truths("N == 'M31   '"), "TFFFFT");
  EXPECT_EQ(table.truths("N != 'M3'"), "TTTFTT");
  EXPECT_EQ(table.truths("N == ''"), "FFTFFF");
  EXPECT_EQ(table.truths("N == 'longer than the column'"), "FFFFFF");
  EXPECT_EQ(table.truths("N == P"), "TFFTFT");
  EXPECT_EQ(table.truths("N < 'M3'"), "FTTFTF");
  EXPECT_EQ(table.truths("'M3' <= N"), "TFFTFT");
  EXPECT_EQ(table.truths("N in ('M31', 'M3 ', 'x')"), "TFFTFT");
  EXPECT_EQ(table.truths("startswith(N, 'M3')"), "TFFTFT");
  EXPECT_EQ(table.truths("startswith(N, 'M ')"), "FTFFFF");
  EXPECT_EQ(table.truths("endswith(N, '31')"), "TTFFTT");
  EXPECT_EQ(table.truths("contains(N, 'M3')"), "TFFTTT");
  EXPECT_EQ(table.truths("contains(N, '')"), "TTTTTT");
  EXPECT_EQ(table.truths("N like 'M%' and not isnull(N)"), "TTFTFT");
  EXPECT_EQ(table.truths("N between 'M' and 'M3'"), "FTFTFF");
}

TEST(Evaluator, ConstantsStandForEveryRow) {
  MemoryTable table;
  table.add<double>("X", {1, 2});
  EXPECT_EQ(table.truths("TRUE"), "TT");
  EXPECT_EQ(table.truths("1 > 2"), "FF");
  EXPECT_EQ(table.truths("1 / 0 > 2"), "NN");
  EXPECT_EQ(table.truths("1 % 0 == X"), "NN");
  EXPECT_EQ(table.truths("'a' == 'a ' and 2 in (1, 2)"), "TT");
  EXPECT_EQ(table.rows_where("F"), Ints{});
}

TEST(Evaluator, ManyConstantsAreLookedUp) {
  MemoryTable table;
  std::vector<std::int64_t> values;
  for (int i = 0; i < 100; ++i) values.push_back(i);
  table.add<std::int64_t>("K", values);
  std::string list = "K in (";
  for (int i = 0; i < 50; ++i) list += (i == 0 ? "" : ", ") + std::to_string(98 - 2 * i);
  const auto rows = table.rows_where(list + ")");
  ASSERT_EQ(rows.size(), 50U);
  for (std::size_t i = 0; i < rows.size(); ++i) EXPECT_EQ(rows[i], static_cast<int>(2 * i));
}

/// Blocks, shares and threads change nothing.
TEST(Evaluator, RowsOfAllBlocksAreFoundInOrder) {
  std::mt19937_64 random(3);
  std::vector<double> values(100003);
  for (auto& value : values) value = static_cast<double>(random() % 1000) / 7;
  MemoryTable table;
  table.add<double>("X", values);
  std::vector<std::int64_t> expected;
  for (std::size_t i = 0; i < values.size(); ++i) {
    if (values[i] * 2 > 100 && !(values[i] > 120)) expected.push_back(static_cast<int>(i));
  }
  EXPECT_EQ(table.rows_where("X * 2 > 100 and not X > 120"), expected);
}

/// Buffers are used again: memory does not grow with the length of a chain, nor do results mix.
TEST(Evaluator, LongChains) {
  MemoryTable table;
  table.add<float>("X", {1, 2, 3});
  std::string chain = "X";
  for (int i = 0; i < 5000; ++i) chain += " + X";
  EXPECT_EQ(table.truths(chain + " == 5001 * X"), "TTT");
  std::string any = "X == 3";
  for (int i = 0; i < 3000; ++i) any += " or X * 1 == " + std::to_string(i + 10);
  EXPECT_EQ(table.truths(any), "FFT");
}

TEST(Evaluator, SmallTypesAreWidened) {
  MemoryTable table;
  table.add<std::uint8_t>("B", {0, 200, 255});
  table.add<std::int8_t>("S", {-128, 0, 127});
  table.add<std::uint16_t>("W", {0, 40000, 65535});
  table.add<std::uint32_t>("D", {0, 3000000000U, 4294967295U});
  EXPECT_EQ(table.truths("B + B > 255"), "FTT");
  EXPECT_EQ(table.truths("S - 1 < -128"), "TFF");
  EXPECT_EQ(table.truths("W * W == 4294836225"), "FFT");
  EXPECT_EQ(table.truths("D * 2 >= 6000000000"), "FTT");
  EXPECT_EQ(table.truths("-D < -1"), "FTT");
}

/// Constants that the type of a column holds, and such that it does not hold.
TEST(Evaluator, SmallTypesCompareExactly) {
  MemoryTable table;
  const float tenth = 0.1F;  // 0.100000001...
  table.add<float>("E", {tenth, static_cast<float>(kNaN), -0.0F, static_cast<float>(kInfinity)});
  table.add<float>("M", {1, 2, 3, 4}, {0, 1, 0, 0});
  table.add<std::int16_t>("I", {-32768, -1, 0, 32767}, {0, 0, 1, 0});
  table.add<std::uint8_t>("B", {0, 127, 128, 255});
  table.add<std::uint64_t>("U", {0, 1, 1ULL << 63U, UINT64_MAX});
  EXPECT_EQ(table.truths("E == 0.1"), "FNFF");
  EXPECT_EQ(table.truths("E > 0.1"), "TNFT");
  EXPECT_EQ(table.truths("E < 1e300"), "TNTF");
  EXPECT_EQ(table.truths("E == 0"), "FNTF");
  EXPECT_EQ(table.truths("not E >= 0"), "FNFF");
  EXPECT_EQ(table.truths("0 >= E"), "FNTF");
  EXPECT_EQ(table.truths("E between 0.05 and 0.5"), "TNFF");
  EXPECT_EQ(table.truths("E > 0.05 and E + 1 < 2"), "TNFF");
  EXPECT_EQ(table.truths("M > 1"), "FNTT");
  EXPECT_EQ(table.truths("not M != 3"), "FNTF");
  EXPECT_EQ(table.truths("I < 32767"), "TTNF");
  EXPECT_EQ(table.truths("I < 32768"), "TTNT");
  EXPECT_EQ(table.truths("-32769 < I"), "TTNT");
  EXPECT_EQ(table.truths("I == -1.0"), "FTNF");
  EXPECT_EQ(table.truths("B > 127"), "FFTT");
  EXPECT_EQ(table.truths("B != 256"), "TTTT");
  EXPECT_EQ(table.truths("B > -1"), "TTTT");
  EXPECT_EQ(table.truths("U > 9223372036854775807"), "FFTT");
  EXPECT_EQ(table.truths("-1 < U"), "TTTT");
}

/// Cells of every width, padded with blanks, with NUL, or with both, and as wide as the text.
TEST(Evaluator, TextsOfAnyWidthAndPadding) {
  for (std::size_t width = 4; width < 45; ++width) {
    const auto padded = [=](std::string text, char by) {
      text.resize(width, by);
      return text;
    };
    Texts cells;
    for (int i = 0; i < 9; ++i) {
      cells.insert(cells.end(), {padded("STAR", ' '), padded("STAR", '\0'), padded("STAR ", '\0'),
                                 padded("STAS", ' '), padded("STA", '\0')});
    }
    cells.push_back(padded("STAR", '\0'));
    cells.back().back() = 'X';  // behind the NUL, or instead of R
    MemoryTable table;
    table.add_texts("C", cells, width);
    std::string expected;
    for (int i = 0; i < 9; ++i) expected += "TTTFF";
    expected += width == 4 ? 'F' : 'T';
    if (width == 5) expected.back() = 'F';  // STARX
    EXPECT_EQ(table.truths("C == 'STAR'"), expected) << width;
    std::string opposite;
    for (const char truth : expected) opposite += truth == 'T' ? 'F' : 'T';
    EXPECT_EQ(table.truths("'STAR' != C"), opposite) << width;
    EXPECT_EQ(table.truths("C == '" + std::string(width + 1, 'S') + "'"),
              std::string(cells.size(), 'F'));
  }
}

TEST(Evaluator, InfinityIsAValue) {
  MemoryTable table;
  table.add<double>("X", {kInfinity, -kInfinity, 0});
  EXPECT_EQ(table.truths("X > 1e308"), "TFF");
  EXPECT_EQ(table.truths("isnull(X)"), "FFF");
  EXPECT_EQ(table.truths("X - X == 0"), "NNT");
}

}  // namespace
}  // namespace torchfits
