// SPDX-License-Identifier: BSD-3-Clause
#include <gtest/gtest.h>

#include <bit>
#include <cmath>
#include <cstring>
#include <random>
#include <string>

#include "base/error.h"
#include "decode/columns.h"

namespace torchfits {
namespace {

Column column_of(const std::string& form, Scaling scaling = {},
                 std::optional<std::int64_t> null = {}) {
  Column column;
  column.name = "C_" + form;
  column.form = TForm::parse(form);
  column.width = column.form.width().value();
  if (column.form.code == 'A') {
    column.characters = column.form.repeat;
  } else if (column.form.repeat != 1 || column.form.code == 'X') {
    column.shape = {column.form.repeat};
  }
  column.coding = ElementCoding::column(column.form.code, scaling, null);
  return column;
}

TableLayout table_of(std::vector<Column> columns, std::uint64_t rows) {
  TableLayout table;
  table.rows = rows;
  for (auto& column : columns) {
    column.offset = table.row_bytes;
    table.row_bytes += column.width;
  }
  table.columns = std::move(columns);
  return table;
}

std::vector<std::byte> bytes_of(std::initializer_list<int> values) {
  std::vector<std::byte> bytes;
  for (const auto value : values) bytes.push_back(static_cast<std::byte>(value));
  return bytes;
}

struct Decoded {
  std::vector<std::vector<std::byte>> data;
  std::vector<std::vector<std::uint8_t>> masks;
  std::vector<std::uint64_t> nulls;

  template <class T>
  [[nodiscard]] std::vector<T> values(std::size_t column) const {
    std::vector<T> values(data[column].size() / sizeof(T));
    std::memcpy(values.data(), data[column].data(), data[column].size());
    return values;
  }
};

/// All columns, every byte of the outputs set before to something that no test expects.
Decoded decode(const TableLayout& table, const std::vector<std::byte>& rows, RowSelection selection,
               bool scaled = true) {
  Decoded decoded;
  std::vector<ColumnOutput> outputs;
  std::vector<ColumnRequest> requests;
  std::vector<std::size_t> columns;
  const auto n = table.columns.size();
  decoded.data.resize(n);
  decoded.masks.resize(n);
  for (std::size_t i = 0; i < n; ++i) {
    columns.push_back(i);
    requests.push_back(request_column(table.columns[i], scaled));
    const auto elements = selection.count * requests[i].elements;
    decoded.data[i].assign(elements * info(requests[i].type).size, std::byte{0xAA});
    const bool nullable = requests[i].coding.null || table.columns[i].form.code == 'L';
    decoded.masks[i].assign(nullable ? elements : 0, 7);
    outputs.push_back({i, decoded.data[i].data(), nullable ? decoded.masks[i].data() : nullptr});
  }
  const auto plan = TablePlan::make(table, 0, columns, selection);
  RowDecoder decoder(table, outputs, requests);
  for (std::uint64_t b = 0; b < plan.blocks(); ++b) {
    const auto block = plan.block(b);
    // A copy of exactly the block's bytes lets the address sanitizer see what is read beside them.
    const std::vector<std::byte> lent(
        rows.begin() + static_cast<std::ptrdiff_t>(block.range.offset),
        rows.begin() + static_cast<std::ptrdiff_t>(block.range.end()));
    decoder(block, lent);
  }
  for (std::size_t i = 0; i < n; ++i) decoded.nulls.push_back(decoder.nulls(i));
  return decoded;
}

RowSelection all_rows(const TableLayout& table) { return {0, 1, table.rows, {}}; }

Decoded decode_one(const Column& column, std::uint64_t rows, std::initializer_list<int> bytes,
                   bool scaled = true) {
  const auto table = table_of({column}, rows);
  return decode(table, bytes_of(bytes), all_rows(table), scaled);
}

TEST(RowDecoder, SwapsNumbers) {
  EXPECT_EQ(decode_one(column_of("B"), 2, {5, 255}).values<std::uint8_t>(0),
            (std::vector<std::uint8_t>{5, 255}));
  EXPECT_EQ(decode_one(column_of("I"), 2, {1, 2, 255, 254}).values<std::int16_t>(0),
            (std::vector<std::int16_t>{258, -2}));
  EXPECT_EQ(decode_one(column_of("J"), 1, {0, 1, 2, 3}).values<std::int32_t>(0),
            std::vector<std::int32_t>{66051});
  EXPECT_EQ(
      decode_one(column_of("K"), 1, {255, 255, 255, 255, 255, 255, 255, 0}).values<std::int64_t>(0),
      std::vector<std::int64_t>{-256});
  EXPECT_EQ(decode_one(column_of("E"), 2, {0x3F, 0x80, 0, 0, 0xC0, 0x20, 0, 0}).values<float>(0),
            (std::vector<float>{1.0F, -2.5F}));
  EXPECT_EQ(decode_one(column_of("D"), 1, {0x40, 0x09, 0x21, 0xFB, 0x54, 0x44, 0x2D, 0x18})
                .values<double>(0),
            std::vector<double>{3.141592653589793});
}

TEST(RowDecoder, SwapsCellsOfManyElements) {
  EXPECT_EQ(
      decode_one(column_of("3I"), 2, {0, 1, 0, 2, 0, 3, 1, 0, 2, 0, 3, 0}).values<std::int16_t>(0),
      (std::vector<std::int16_t>{1, 2, 3, 256, 512, 768}));
  EXPECT_EQ(decode_one(column_of("2B"), 2, {1, 2, 3, 4}).values<std::uint8_t>(0),
            (std::vector<std::uint8_t>{1, 2, 3, 4}));
}

TEST(RowDecoder, test_t66_complex_numbers_swap_by_component) {
  EXPECT_EQ(decode_one(column_of("C"), 1, {0x3F, 0x80, 0, 0, 0xC0, 0, 0, 0}).values<float>(0),
            (std::vector<float>{1.0F, -2.0F}));
  EXPECT_EQ(decode_one(column_of("M"), 1, {0x3F, 0xF0, 0, 0, 0, 0, 0, 0, 0xC0, 0, 0, 0, 0, 0, 0, 0})
                .values<double>(0),
            (std::vector<double>{1.0, -2.0}));
  EXPECT_EQ(
      decode_one(column_of("2C"), 1, {0x3F, 0x80, 0, 0, 0xC0, 0, 0, 0, 0, 0, 0, 0, 0x40, 0, 0, 0})
          .values<float>(0),
      (std::vector<float>{1.0F, -2.0F, 0.0F, 2.0F}));
}

TEST(RowDecoder, test_t44_unsigned_columns_are_exact) {
  EXPECT_EQ(decode_one(column_of("I", {1, 32768}), 3, {0x80, 0, 0, 0, 0x7F, 0xFF})
                .values<std::uint16_t>(0),
            (std::vector<std::uint16_t>{0, 32768, 65535}));
  EXPECT_EQ(decode_one(column_of("J", {1, 2147483648.0}), 2, {0x80, 0, 0, 0, 0x7F, 255, 255, 255})
                .values<std::uint32_t>(0),
            (std::vector<std::uint32_t>{0, 4294967295U}));
  EXPECT_EQ(decode_one(column_of("2K", {1, 9223372036854775808.0}), 1,
                       {0x80, 0, 0, 0, 0, 0, 0, 1, 0x7F, 255, 255, 255, 255, 255, 255, 255})
                .values<std::uint64_t>(0),
            (std::vector<std::uint64_t>{1, ~0ULL}));
}

TEST(RowDecoder, test_t45_a_signed_byte_column_is_int8) {
  EXPECT_EQ(decode_one(column_of("B", {1, -128}), 3, {0, 128, 255}).values<std::int8_t>(0),
            (std::vector<std::int8_t>{-128, 0, 127}));
  EXPECT_EQ(decode_one(column_of("3B", {1, -128}), 1, {0, 128, 255}).values<std::int8_t>(0),
            (std::vector<std::int8_t>{-128, 0, 127}));
}

TEST(RowDecoder, test_t46_a_whole_offset_of_64_bit_integers_is_exact) {
  EXPECT_EQ(decode_one(column_of("K", {1, 1000}), 1, {0x7F, 255, 255, 255, 255, 255, 0, 0})
                .values<std::int64_t>(0),
            std::vector<std::int64_t>{9223372036854710272LL + 1000});
}

TEST(RowDecoder, test_t47_scaled_columns_are_float64_and_leave_the_next_column_alone) {
  const auto table = table_of({column_of("I", {0.5, 1}), column_of("J")}, 3);
  const auto rows = bytes_of({0, 1, 0, 0, 0, 10, 0, 2, 0, 0, 0, 20, 0, 3, 0, 0, 0, 30});
  const auto decoded = decode(table, rows, all_rows(table));
  EXPECT_EQ(decoded.values<double>(0), (std::vector<double>{1.5, 2.0, 2.5}));
  EXPECT_EQ(decoded.values<std::int32_t>(1), (std::vector<std::int32_t>{10, 20, 30}));
  EXPECT_EQ(decode(table, rows, all_rows(table), false).values<std::int16_t>(0),
            (std::vector<std::int16_t>{1, 2, 3}));
}

TEST(RowDecoder, test_t42_tnull_is_compared_with_the_stored_value) {
  const auto plain = decode_one(column_of("I", {}, -99), 3, {0, 1, 0xFF, 0x9D, 0, 3});
  EXPECT_EQ(plain.values<std::int16_t>(0), (std::vector<std::int16_t>{1, -99, 3}));
  EXPECT_EQ(plain.masks[0], (std::vector<std::uint8_t>{0, 1, 0}));
  EXPECT_EQ(plain.nulls[0], 1U);
  const auto shifted = decode_one(column_of("I", {1, 32768}, -32768), 2, {0x80, 0, 0, 0});
  EXPECT_EQ(shifted.values<std::uint16_t>(0), (std::vector<std::uint16_t>{0, 32768}));
  EXPECT_EQ(shifted.masks[0], (std::vector<std::uint8_t>{1, 0}));
  const auto scaled = decode_one(column_of("J", {0.5, 0}, 7), 2, {0, 0, 0, 7, 0, 0, 0, 3});
  EXPECT_TRUE(std::isnan(scaled.values<double>(0)[0]));
  EXPECT_EQ(scaled.values<double>(0)[1], 1.5);
  EXPECT_EQ(scaled.masks[0], (std::vector<std::uint8_t>{1, 0}));
}

TEST(RowDecoder, NullsAreCountedWhereNobodyAskedForAMask) {
  const auto table = table_of({column_of("I", {}, 2), column_of("L"), column_of("I")}, 2);
  const auto rows = bytes_of({0, 2, 0, 0, 2, 0, 3, 'T', 0, 2});
  std::vector<std::byte> numbers(4), logicals(2), others(4);
  RowDecoder decoder(
      table,
      {{0, numbers.data(), nullptr}, {1, logicals.data(), nullptr}, {2, others.data(), nullptr}},
      {request_column(table.columns[0], true), request_column(table.columns[1], true),
       request_column(table.columns[2], true)});
  const std::vector<std::size_t> columns{0, 1, 2};
  decoder(TablePlan::make(table, 0, columns, all_rows(table)).block(0), rows);
  EXPECT_EQ(decoder.nulls(0), 1U);
  EXPECT_EQ(decoder.nulls(1), 1U);
  EXPECT_EQ(decoder.nulls(2), 0U);
}

TEST(RowDecoder, ANullThatTheTypeCannotHoldMarksNothing) {
  const auto decoded = decode_one(column_of("2B", {}, 261), 1, {5, 6});
  EXPECT_EQ(decoded.masks[0], (std::vector<std::uint8_t>{0, 0}));
  EXPECT_EQ(decoded.nulls[0], 0U);
}

TEST(RowDecoder, test_t49_logicals_are_t_f_or_null) {
  const auto decoded = decode_one(column_of("2L"), 2, {'T', 'F', 0, 'T'});
  EXPECT_EQ(decoded.values<std::uint8_t>(0), (std::vector<std::uint8_t>{1, 0, 0, 1}));
  EXPECT_EQ(decoded.masks[0], (std::vector<std::uint8_t>{0, 0, 1, 0}));
  EXPECT_EQ(decoded.nulls[0], 1U);
}

TEST(RowDecoder, test_t49_another_logical_byte_is_an_error_with_row_and_column) {
  const auto table = table_of({column_of("L")}, 4);
  const auto rows = bytes_of({'T', 'F', 0x31, 'T'});
  const std::vector<std::int64_t> listed{0, 2, 3};
  for (const auto& [selection, row] : {std::pair{RowSelection{0, 1, 4, {}}, "row 2"},
                                       {RowSelection{0, 1, 3, listed}, "row 2"},
                                       {RowSelection{3, -1, 4, {}}, "row 2"},
                                       {RowSelection{0, 2, 2, {}}, "row 2"}}) {
    try {
      static_cast<void>(decode(table, rows, selection));
      FAIL() << "accepted";
    } catch (const FitsError& error) {
      EXPECT_EQ(error.code(), ErrorCode::format);
      EXPECT_NE(error.problem().find(row), std::string::npos) << error.problem();
      EXPECT_NE(error.problem().find("'C_L'"), std::string::npos);
      EXPECT_NE(error.problem().find("0x31"), std::string::npos);
    }
  }
}

TEST(RowDecoder, test_t48_bits_come_most_significant_first_and_padding_stays_out) {
  const auto decoded =
      decode_one(column_of("11X"), 2, {0b10100000, 0b01111111, 0b00000001, 0b11000000});
  EXPECT_EQ(decoded.values<std::uint8_t>(0),
            (std::vector<std::uint8_t>{1, 0, 1, 0, 0, 0, 0, 0, 0, 1, 1,
                                       0, 0, 0, 0, 0, 0, 0, 1, 1, 1, 0}));
}

TEST(RowDecoder, test_t40_strings_keep_their_bytes) {
  const auto decoded = decode_one(column_of("3A"), 3, {'a', ' ', 0, 0, 'x', ' ', 200, 255, 'z'});
  EXPECT_EQ(decoded.data[0], bytes_of({'a', ' ', 0, 0, 'x', ' ', 200, 255, 'z'}));
}

TEST(RowDecoder, test_t53_zero_width_columns_are_empty) {
  const auto table =
      table_of({column_of("0A"), column_of("I"), column_of("0D"), column_of("0X")}, 2);
  const auto decoded = decode(table, bytes_of({0, 1, 0, 2}), all_rows(table));
  EXPECT_EQ(decoded.values<std::int16_t>(1), (std::vector<std::int16_t>{1, 2}));
  EXPECT_TRUE(decoded.data[0].empty() && decoded.data[2].empty() && decoded.data[3].empty());
}

TEST(RowDecoder, test_t51_fewer_elements_than_the_repeat_count_leave_the_rest_unread) {
  auto column = column_of("3I");
  column.shape = {2};
  EXPECT_EQ(decode_one(column, 2, {0, 1, 0, 2, 9, 9, 0, 3, 0, 4, 9, 9}).values<std::int16_t>(0),
            (std::vector<std::int16_t>{1, 2, 3, 4}));
}

/// Rows of a list are packed first where they lie unevenly, unless they are very wide.
TEST(RowDecoder, ListedRowsAreThoseOfTheWhole) {
  for (const auto* text : {"3A", "30A", "9000A"}) {
    const auto table =
        table_of({column_of("J"), column_of(text), column_of("L"), column_of("E", {3, 1})}, 400);
    std::vector<std::byte> rows(table.row_bytes * table.rows);
    for (std::size_t i = 0; i < rows.size(); ++i) rows[i] = static_cast<std::byte>(i * 7 % 64);
    for (std::size_t row = 0; row < table.rows; ++row) {
      rows[row * table.row_bytes + table.columns[2].offset] =
          "TF\0T"[row % 4] == 'T' ? std::byte{'T'} : std::byte{0};
    }
    std::vector<std::int64_t> listed;
    for (std::int64_t row = 0; row < 400; row += 1 + row % 3) listed.push_back(row);
    const auto whole = decode(table, rows, all_rows(table));
    const auto some = decode(table, rows, {0, 1, listed.size(), listed});
    for (std::size_t column = 0; column < 4; ++column) {
      const auto cell = whole.data[column].size() / 400;
      for (std::size_t i = 0; i < listed.size(); ++i) {
        const auto* from = whole.data[column].data() + static_cast<std::size_t>(listed[i]) * cell;
        ASSERT_EQ(std::memcmp(some.data[column].data() + i * cell, from, cell), 0) << text << i;
        if (column == 2) {
          ASSERT_EQ(some.masks[2][i], whole.masks[2][static_cast<std::size_t>(listed[i])]);
        }
      }
    }
  }
}

/// Counts and positions of the descriptors of a table of one column.
std::pair<std::vector<std::int64_t>, std::vector<std::uint64_t>> descriptors(
    const std::string& form, std::initializer_list<int> bytes, RowSelection rows) {
  const auto table = table_of({column_of(form)}, 3);
  std::vector<std::int64_t> counts(rows.count, -99);
  std::vector<std::uint64_t> positions(rows.count, 99);
  RowDecoder decoder(table,
                     {{0, reinterpret_cast<std::byte*>(counts.data()), nullptr, positions.data()}},
                     {request_column(table.columns[0], true)});
  const std::size_t columns[] = {0};
  const auto plan = TablePlan::make(table, 0, columns, rows);
  const auto all = bytes_of(bytes);
  for (std::uint64_t b = 0; b < plan.blocks(); ++b) {
    const auto block = plan.block(b);
    decoder(block, ByteView(all).subspan(block.range.offset, block.range.length));
  }
  return {counts, positions};
}

TEST(RowDecoder, DescriptorsAreCountsAndPositions) {
  const auto bytes = {0, 0, 0, 5, 0, 0, 1, 0, 0xFF, 0xFF, 0xFF, 0xFF,
                      0, 0, 0, 9, 0, 0, 0, 0, 0xFF, 0xFF, 0xFF, 0xFE};
  const auto [counts, positions] = descriptors("PJ(3)", bytes, {0, 1, 3, {}});
  EXPECT_EQ(counts, (std::vector<std::int64_t>{5, -1, 0}));
  EXPECT_EQ(positions, (std::vector<std::uint64_t>{256, 9, 4294967294}));  // T34: not negative
  const auto [last_first, places] = descriptors("PJ(3)", bytes, {2, -2, 2, {}});
  EXPECT_EQ(last_first, (std::vector<std::int64_t>{0, 5}));
  EXPECT_EQ(places, (std::vector<std::uint64_t>{4294967294, 256}));
}

TEST(RowDecoder, DescriptorsOf64Bits) {
  const auto [counts, positions] =
      descriptors("QD", {0, 0, 0, 1, 0, 0, 0, 2, 0, 0, 0, 3, 0, 0, 0, 4}, {0, 1, 1, {}});
  EXPECT_EQ(counts, std::vector<std::int64_t>{4294967298});
  EXPECT_EQ(positions, std::vector<std::uint64_t>{12884901892});
}

TEST(RowDecoder, TheTypeOfAVariableLengthColumnIsThatOfItsElements) {
  auto column = column_of("PI(3)");
  column.coding = ElementCoding::column('I', {1.0, 32768.0}, {});
  EXPECT_EQ(request_column(column, true).type, ElementType::u16);
  EXPECT_EQ(request_column(column, false).type, ElementType::i16);
  EXPECT_EQ(request_column(column, true).cell_bytes(column), 8u);
  EXPECT_EQ(request_column(column_of("0QD"), true).cell_bytes(column), 0u);
}

/// One element in the order of this machine, decoded one byte at a time.
std::vector<std::byte> native(const std::byte* from, std::size_t size) {
  if constexpr (std::endian::native == std::endian::big) return {from, from + size};
  return {std::make_reverse_iterator(from + size), std::make_reverse_iterator(from)};
}

struct Swapped {
  std::string form;
  std::size_t size;   ///< of what is reversed
  std::size_t count;  ///< of those in a cell
};

TEST(RowDecoder, EverySelectionOfALargeTableEqualsBytesInOrderRowByRow) {
  const std::vector<Swapped> forms{{"K", 8, 1},    {"5E", 4, 5}, {"16A", 1, 16},   {"I", 2, 1},
                                   {"B", 1, 1},    {"3C", 4, 6}, {"7A", 1, 7},     {"M", 8, 2},
                                   {"40I", 2, 40}, {"9B", 1, 9}, {"300D", 8, 300}, {"J", 4, 1}};
  std::vector<Column> columns;
  for (const auto& form : forms) columns.push_back(column_of(form.form));
  const auto table = table_of(columns, 700);
  std::mt19937 random(3);
  std::vector<std::byte> rows(table.rows * table.row_bytes);
  for (auto& byte : rows) byte = static_cast<std::byte>(random());
  const std::vector<std::int64_t> indices{5, 6, 7, 8, 8, 699, 0, 1, 300};
  for (const auto& selection :
       {RowSelection{0, 1, 700, {}}, RowSelection{699, -1, 700, {}}, RowSelection{3, 7, 99, {}},
        RowSelection{690, -100, 7, {}}, RowSelection{0, 1, indices.size(), indices}}) {
    const auto decoded = decode(table, rows, selection);
    for (std::size_t c = 0; c < forms.size(); ++c) {
      std::vector<std::byte> expected;
      for (std::uint64_t r = 0; r < selection.count; ++r) {
        const auto row = selection.indices.empty()
                             ? selection.start + static_cast<std::int64_t>(r) * selection.step
                             : selection.indices[r];
        const auto* cell = rows.data() + static_cast<std::uint64_t>(row) * table.row_bytes +
                           table.columns[c].offset;
        for (std::size_t e = 0; e < forms[c].count; ++e) {
          const auto element = native(cell + e * forms[c].size, forms[c].size);
          expected.insert(expected.end(), element.begin(), element.end());
        }
      }
      EXPECT_TRUE(decoded.data[c] == expected) << forms[c].form;
    }
  }
}

TEST(RowDecoder, LongRunsOfScaledCellsEqualTheFormula) {
  const auto table = table_of(
      {column_of("I", {0.25, -3}), column_of("700I", {2, 1}), column_of("3B", {10, 0})}, 900);
  std::mt19937 random(4);
  std::vector<std::byte> rows(table.rows * table.row_bytes);
  for (auto& byte : rows) byte = static_cast<std::byte>(random());
  const auto decoded = decode(table, rows, all_rows(table));
  const auto narrow = decoded.values<double>(0), wide = decoded.values<double>(1),
             bytes = decoded.values<double>(2);
  const auto stored = [&](std::uint64_t row, std::uint64_t byte) {
    const auto* at = rows.data() + row * table.row_bytes + byte;
    return static_cast<std::int16_t>(std::to_integer<int>(at[0]) * 256 +
                                     std::to_integer<int>(at[1]));
  };
  for (std::uint64_t r = 0; r < table.rows; ++r) {
    ASSERT_EQ(narrow[r], -3 + 0.25 * stored(r, 0));
    for (std::uint64_t e = 0; e < 700; ++e)
      ASSERT_EQ(wide[r * 700 + e], 1 + 2.0 * stored(r, 2 + 2 * e));
    for (std::uint64_t e = 0; e < 3; ++e) {
      ASSERT_EQ(bytes[r * 3 + e],
                10.0 * std::to_integer<int>(rows[r * table.row_bytes + 1402 + e]));
    }
  }
}

}  // namespace
}  // namespace torchfits
