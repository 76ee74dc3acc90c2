// SPDX-License-Identifier: BSD-3-Clause
#include <gtest/gtest.h>

#include <string>
#include <string_view>
#include <vector>

#include "base/error.h"
#include "decode/heap.h"
#include "decoded_column.h"
#include "file/table_reader.h"
#include "io/memory_source.h"

namespace torchfits {
namespace {

using namespace std::string_view_literals;

/// A column of cells that lie at `positions` of `heap`; the rows of the table are made up.
struct Cells {
  std::string form;
  std::vector<std::int64_t> offsets;
  std::vector<std::uint64_t> positions;
  std::string heap;
  Scaling scaling{};
  std::optional<std::int64_t> null{};

  [[nodiscard]] TableLayout layout() const {
    TableLayout table;
    table.rows = positions.size();
    table.heap_bytes = heap.size();
    table.columns.resize(1);
    auto& column = table.columns[0];
    column.name = "ARR";
    column.form = TForm::parse(form);
    column.coding = ElementCoding::column(column.form.heap_code, scaling, null);
    return table;
  }
};

struct Decoded : testing::DecodedColumn {
  HeapFindings found;
};

Decoded decode(const Cells& cells, bool scaled = true) {
  const auto table = cells.layout();
  // A source of exactly the heap: what is read beside it is an error.
  auto owner = std::make_shared<const std::string>(cells.heap);
  const auto bytes = std::as_bytes(std::span(owner->data(), owner->size()));
  const auto source = borrow_bytes(bytes, owner);
  Decoded decoded;
  const auto request = request_column(table.columns[0], scaled);
  const auto elements = static_cast<std::size_t>(cells.offsets.back());
  decoded.type = request.type;
  decoded.data.assign(elements * info(request.type).size, std::byte{0xAA});
  decoded.mask.assign(elements, 7);
  const HeapOutput output{
      0, request, {cells.offsets, cells.positions}, decoded.data.data(), decoded.mask.data()};
  const RowSelection rows{.count = table.rows};
  decoded.found = read_heap({*source, 0, table}, rows, {&output, 1}).front();
  return decoded;
}

std::string error_of(const Cells& cells) {
  try {
    static_cast<void>(decode(cells));
  } catch (const FitsError& error) {
    return error.problem();
  }
  ADD_FAILURE() << "no error";
  return "";
}

using Mask = std::vector<std::uint8_t>;

TEST(HeapDecoder, NumbersFromEveryPlace) {
  const auto heap = std::string("\0\1\0\2\0\3\xFF\xFF\0\5"sv);
  EXPECT_EQ(decode({"PI", {0, 2, 2, 5}, {0, 99, 4}, heap}).values<std::int16_t>(),
            (std::vector<std::int16_t>{1, 2, 3, -1, 5}));
  EXPECT_EQ(decode({"PI", {0, 1, 3, 4}, {8, 2, 2}, heap}).values<std::int16_t>(),
            (std::vector<std::int16_t>{5, 2, 3, 2}));
  EXPECT_EQ(decode({"PI", {0, 1, 2, 3}, {1, 5, 7}, heap}).values<std::int16_t>(),
            (std::vector<std::int16_t>{256, 1023, -256}));
}

TEST(HeapDecoder, ScalingUnsignedNumbersAndNulls) {
  const auto heap = std::string("\0\1\x80\0\x7F\xFF"sv);
  const Cells cells{"PI", {0, 3}, {0}, heap};
  auto unsigned_cells = cells;
  unsigned_cells.scaling = {1.0, 32768.0};
  EXPECT_EQ(decode(unsigned_cells).values<std::uint16_t>(),
            (std::vector<std::uint16_t>{32769, 0, 65535}));
  auto scaled = cells;
  scaled.scaling = {0.5, 1.0};
  EXPECT_EQ(decode(scaled).values<double>(), (std::vector<double>{1.5, -16383, 16384.5}));
  auto nulls = cells;
  nulls.null = -32768;
  const auto decoded = decode(nulls);
  EXPECT_EQ(decoded.values<std::int16_t>(), (std::vector<std::int16_t>{1, -32768, 32767}));
  EXPECT_EQ(decoded.mask, (Mask{0, 1, 0}));
  EXPECT_EQ(decoded.found.nulls, 1u);
  EXPECT_EQ(decode(nulls, false).found.nulls, 0u);
  nulls.null = 100000;
  EXPECT_EQ(decode(nulls).mask, (Mask{0, 0, 0}));
}

TEST(HeapDecoder, test_t66_complex_numbers_swap_each_part) {
  const auto heap = std::string("\x3F\x80\0\0\xC0\0\0\0"sv);
  EXPECT_EQ(decode({"PC", {0, 1}, {0}, heap}).values<std::complex<float>>(),
            (std::vector<std::complex<float>>{{1.0F, -2.0F}}));
}

TEST(HeapDecoder, BitsArePaddedCellByCell) {
  const auto heap = std::string("\xA0\xFF\x80\x01"sv);
  EXPECT_EQ(
      decode({"PX", {0, 3, 12}, {0, 1}, heap}).values<bool>(),
      (std::vector<bool>{true, false, true, true, true, true, true, true, true, true, true, true}));
  EXPECT_EQ(decode({"PX", {0, 8, 16}, {2, 3}, heap}).values<bool>(),
            (std::vector<bool>{true, false, false, false, false, false, false, false, false, false,
                               false, false, false, false, false, true}));
}

TEST(HeapDecoder, TextIsCopied) {
  const auto decoded = decode({"PA", {0, 2, 5}, {3, 0}, "ab de"});
  const auto text = decoded.values<std::uint8_t>();
  EXPECT_EQ(std::string(text.begin(), text.end()), "deab ");
}

TEST(HeapDecoder, LogicalsOfTheStandard) {
  const auto decoded = decode({"PL", {0, 2, 4}, {0, 2}, std::string("TF\0T", 4)});
  EXPECT_EQ(decoded.values<bool>(), (std::vector<bool>{true, false, false, true}));
  EXPECT_EQ(decoded.mask, (Mask{0, 0, 1, 0}));
  EXPECT_EQ(decoded.found.nulls, 1u);
  EXPECT_FALSE(decoded.found.numeric_logicals);
}

TEST(HeapDecoder, test_t50_logicals_of_zeros_and_ones) {
  const auto decoded = decode({"PL", {0, 2, 3}, {1, 0}, std::string("\0\1\0", 3)});
  EXPECT_EQ(decoded.values<bool>(), (std::vector<bool>{true, false, false}));
  EXPECT_TRUE(decoded.found.numeric_logicals);
  EXPECT_EQ(decoded.found.nulls, 0u);
  const auto zeros = decode({"PL", {0, 2}, {0}, std::string("\0\0", 2)});
  EXPECT_FALSE(zeros.found.numeric_logicals);
  EXPECT_EQ(zeros.found.nulls, 2u);
}

TEST(HeapDecoder, OtherLogicalsNameColumnAndRow) {
  EXPECT_NE(error_of({"PL", {0, 1, 3}, {0, 1}, "Tx1"}).find("column 'ARR', row 1: byte 0x78"),
            std::string::npos);
  // In one piece, and in pieces far from each other.
  EXPECT_NE(error_of({"PL", {0, 1, 3}, {0, 1}, "TF\1"}).find("row 1: byte 0x01"),
            std::string::npos);
  EXPECT_NE(error_of({"PL", {0, 1, 3}, {9000, 1}, "TF\1" + std::string(8997, ' ') + "T"})
                .find("row 1: byte 0x01"),
            std::string::npos);
}

TEST(HeapDecoder, AnOverflowNamesTheColumn) {
  const Cells cells{"PK", {0, 1}, {0}, std::string(8, '\x7F'), {1.0, 9223372036854774784.0}};
  EXPECT_NE(error_of(cells).find("column 'ARR', row 0: "), std::string::npos);
}

}  // namespace
}  // namespace torchfits
