// SPDX-License-Identifier: BSD-3-Clause
#include <gtest/gtest.h>

#include <cmath>
#include <cstring>
#include <limits>
#include <string>
#include <utility>
#include <vector>

#include "base/error.h"
#include "decode/ascii_columns.h"

namespace torchfits {
namespace {

using Mask = std::vector<std::uint8_t>;

Column column_of(const std::string& form, Scaling scaling = {}, std::string null_text = {}) {
  Column column;
  column.name = "X";
  column.text = AsciiForm::parse(form);
  column.width = column.text->width;
  column.form.code = column.text->code == 'A' ? 'A' : column.text->code == 'I' ? 'K' : 'D';
  column.coding = ElementCoding::column(column.form.code, scaling, {});
  column.null_text = std::move(null_text);
  return column;
}

/// Fields one after another.
TextFields fields_of(const std::string& text, std::size_t width) {
  return {.first = text.data(),
          .stride = static_cast<std::ptrdiff_t>(width),
          .rows = text.size() / width,
          .file_row = 10};
}

template <class T>
struct Decoded {
  std::vector<T> values;
  Mask mask;
  std::uint64_t nulls = 0;
};

template <class T>
Decoded<T> decode(const Column& column, const std::string& text) {
  const auto in = fields_of(text, column.width);
  Decoded<T> got{std::vector<T>(in.rows, T{77}), Mask(in.rows, 9)};
  const AsciiColumn decoder(column, column.coding, element_type_of<T>);
  auto* out = reinterpret_cast<std::byte*>(got.values.data());
  got.nulls = decoder.decode(in, out, got.mask.data());
  std::vector<T> again(in.rows, T{66});
  EXPECT_EQ(decoder.decode(in, reinterpret_cast<std::byte*>(again.data()), nullptr), got.nulls);
  EXPECT_EQ(std::memcmp(again.data(), got.values.data(), in.rows * sizeof(T)), 0);
  return got;
}

std::string refusal(const Column& column, const TextFields& in) {
  std::vector<double> out(in.rows);
  const AsciiColumn decoder(column, column.coding, column.coding.natural);
  try {
    decoder.decode(in, reinterpret_cast<std::byte*>(out.data()), nullptr);
  } catch (const FitsError& error) {
    EXPECT_EQ(error.code(), ErrorCode::format);
    return error.problem();
  }
  return "no error";
}

bool contains(const std::string& text, std::string_view part) {
  return text.find(part) != std::string::npos;
}

TEST(AsciiColumn, BlankAndTnullAreNull) {
  const auto got = decode<std::int64_t>(column_of("I4", {}, "-99"), "  12    -99  -99  -9  99");
  EXPECT_EQ(got.values, (std::vector<std::int64_t>{12, 0, 0, 0, -9, 99}));
  EXPECT_EQ(got.mask, (Mask{0, 1, 1, 1, 0, 0}));
  EXPECT_EQ(got.nulls, 3U);
}

TEST(AsciiColumn, RealNullsAreNan) {
  const auto got = decode<double>(column_of("F5.2", {}, "***"), " 1.50       *** ***   150");
  EXPECT_EQ(got.values[0], 1.5);
  EXPECT_TRUE(std::isnan(got.values[1]) && std::isnan(got.values[2]) && std::isnan(got.values[3]));
  EXPECT_EQ(got.values[4], 1.5);
  EXPECT_EQ(got.mask, (Mask{0, 1, 1, 1, 0}));
}

TEST(AsciiColumn, ANanIsNoNull) {
  const auto got = decode<double>(column_of("E5.1"), "  NaN  1.0");
  EXPECT_TRUE(std::isnan(got.values[0]));
  EXPECT_EQ(got.nulls, 0U);
}

TEST(AsciiColumn, ScaledNumbersAreDoublesAndTheirNullsNan) {
  std::string text;
  for (int i = 0; i < 1000; ++i) text += i % 3 == 0 ? "    " : std::to_string(1000 + i);
  const auto got = decode<double>(column_of("I4", {.scale = 0.5, .zero = 1.0}), text);
  for (int i = 0; i < 1000; ++i) {
    const auto at = static_cast<std::size_t>(i);
    EXPECT_EQ(got.mask[at], i % 3 == 0);
    if (i % 3 == 0) {
      EXPECT_TRUE(std::isnan(got.values[at]));
    } else {
      EXPECT_EQ(got.values[at], 1.0 + 0.5 * (1000 + i));
    }
  }
  EXPECT_EQ(got.nulls, 334U);
}

TEST(AsciiColumn, AnUnsignedOffsetIsExact) {
  const auto got = decode<std::uint64_t>(column_of("I20", {.zero = 9223372036854775808.0}),
                                         " 9223372036854775807"
                                         "-9223372036854775808"
                                         "                    ");
  EXPECT_EQ(got.values, (std::vector<std::uint64_t>{UINT64_MAX, 0, 0}));
  EXPECT_EQ(got.mask, (Mask{0, 0, 1}));
}

TEST(AsciiColumn, AWholeOffsetIsExactAndItsOverflowAnError) {
  const auto column = column_of("I19", {.zero = 1e18});
  const auto got = decode<std::int64_t>(column, "0000000000000000007");
  EXPECT_EQ(got.values, (std::vector<std::int64_t>{1000000000000000007}));
  const std::string large = "9000000000000000000";
  std::int64_t out = 0;
  const AsciiColumn decoder(column, column.coding, ElementType::i64);
  try {
    decoder.decode(fields_of(large, 19), reinterpret_cast<std::byte*>(&out), nullptr);
    ADD_FAILURE() << "no error";
  } catch (const FitsError& error) {
    EXPECT_TRUE(contains(error.problem(), "column 'X'")) << error.problem();
  }
}

TEST(AsciiColumn, AnotherTypeIsConverted) {
  const auto got = decode<float>(column_of("F5.2"), " 1.50     ");
  EXPECT_EQ(got.values[0], 1.5F);
  EXPECT_TRUE(std::isnan(got.values[1]));
  EXPECT_EQ(got.mask, (Mask{0, 1}));
}

TEST(AsciiColumn, AnErrorNamesColumnRowAndText) {
  const std::string integers = "  1  2 3x";
  auto problem = refusal(column_of("I3"), fields_of(integers, 3));
  EXPECT_TRUE(contains(problem, "column 'X', row 12: '3x' is no integer")) << problem;
  const std::string reals = "1.01,5";
  problem = refusal(column_of("E3.1"), fields_of(reals, 3));
  EXPECT_TRUE(contains(problem, "row 11: '1,5' is no number")) << problem;
  const std::string large = "9999999999999999999";
  problem = refusal(column_of("I19"), fields_of(large, 19));
  EXPECT_TRUE(contains(problem, "row 10: '9999999999999999999' does not fit")) << problem;
}

TEST(AsciiColumn, AnErrorCountsRowsAsTheyWereSelected) {
  const std::string text = "1 x ";
  auto in = fields_of(text, 2);
  in.file_step = -3;
  EXPECT_TRUE(contains(refusal(column_of("I2"), in), "row 7:"));
  const std::vector<std::int64_t> listed{5, 40};
  in.listed = listed;
  EXPECT_TRUE(contains(refusal(column_of("I2"), in), "row 40:"));
  EXPECT_TRUE(contains(refusal(column_of("I2", {.scale = 2.0}), in), "row 40:"));
}

TEST(AsciiColumn, AnErrorShowsWhatCanBePrinted) {
  const std::string odd = "a\x01\xFF" + std::string(97, 'b');
  const auto problem = refusal(column_of("I100"), fields_of(odd, 100));
  EXPECT_TRUE(contains(problem, "'a??" + std::string(37, 'b') + "...'")) << problem;
}

TEST(AsciiColumn, TextIsNullWhereItIsTnullOnly) {
  const auto column = column_of("A5", {}, "none");
  const std::string text = "none  none     nonesother";
  const auto in = fields_of(text, 5);
  const AsciiColumn marker(column, column.coding, ElementType::u8);
  Mask mask(in.rows, 9);
  EXPECT_EQ(marker.mark(in, mask.data()), 2U);
  EXPECT_EQ(mask, (Mask{1, 1, 0, 0, 0}));
  EXPECT_EQ(marker.mark(in, nullptr), 2U);
}

}  // namespace
}  // namespace torchfits
