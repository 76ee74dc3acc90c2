// SPDX-License-Identifier: BSD-3-Clause
#include <gtest/gtest.h>

#include <complex>
#include <cstring>
#include <deque>
#include <limits>
#include <numeric>
#include <string>
#include <vector>

#include "base/defaults.h"
#include "base/error.h"
#include "encode/columns.h"
#include "encode/free_null.h"
#include "encode/new_table.h"
#include "file/table_writer.h"
#include "io/memory_sink.h"

namespace torchfits {
namespace {

std::string hex(ByteView bytes) {
  constexpr std::string_view kDigits = "0123456789ABCDEF";
  std::string text;
  for (const auto byte : bytes) {
    text += kDigits[std::to_integer<unsigned>(byte) / 16];
    text += kDigits[std::to_integer<unsigned>(byte) % 16];
  }
  return text;
}

/// Columns that own their values.
class Columns {
 public:
  template <class T>
  NewColumn& add(const std::string& name, ElementType type, const std::vector<T>& values,
                 std::vector<std::uint64_t> shape = {}) {
    auto& column = add_bytes(name, values.data(), values.size() * sizeof(T));
    column.values.type = type;
    column.elements = values.size();
    column.rows = std::accumulate(shape.begin(), shape.end(), std::uint64_t{values.size()},
                                  [](auto a, auto b) { return a / std::max<std::uint64_t>(b, 1); });
    column.column.shape = std::move(shape);
    return column;
  }

  NewColumn& add_text(const std::string& name, const std::string& joined, std::uint64_t width) {
    auto& column = add_bytes(name, joined.data(), joined.size());
    column.values.text = true;
    column.elements = joined.size();
    column.column.characters = width;
    column.rows = width == 0 ? 0 : joined.size() / width;
    return column;
  }

  void set_nulls(NewColumn& column, const std::vector<std::uint8_t>& nulls) {
    column.memory.nulls = keep(nulls.data(), nulls.size());
  }

  static void set_offsets(NewColumn& column, const std::vector<std::int64_t>& offsets) {
    column.memory.offsets = offsets.data();
    column.rows = offsets.size() - 1;
  }

  [[nodiscard]] MemoryTable table() const { return table_of({columns_.begin(), columns_.end()}); }

 private:
  const std::byte* keep(const void* from, std::size_t size) {
    auto& copy = memory_.emplace_back(size + 1);
    if (size != 0) std::memcpy(copy.data(), from, size);
    return copy.data();
  }

  NewColumn& add_bytes(const std::string& name, const void* from, std::size_t size) {
    auto& column = columns_.emplace_back();
    column.column.name = name;
    column.memory.values = keep(from, size);
    return column;
  }

  std::deque<NewColumn> columns_;
  std::deque<std::vector<std::byte>> memory_;
};

std::vector<std::byte> rows_of(const MemoryTable& table) {
  const HeapEncoder heap(table);
  const RowEncoder encode(table, heap);
  std::vector<std::byte> out(table.layout.rows * table.layout.row_bytes, std::byte{0xEE});
  encode(0, table.layout.rows, out);
  return out;
}

std::vector<std::byte> heap_of(const MemoryTable& table) {
  const HeapEncoder heap(table);
  std::vector<std::byte> out(heap.bytes(), std::byte{0xEE});
  std::vector<std::byte> room(kMaxRangeBytes);
  for (std::uint64_t piece = heap.pieces(); piece-- > 0;) {
    const auto bytes = heap(piece, room);
    std::copy_n(room.begin(), bytes,
                out.begin() + static_cast<std::ptrdiff_t>(heap.position(piece)));
  }
  return out;
}

/// Row 0 and row 1 of a column of two scalars, alone in its table.
template <class T>
std::string stored(ElementType type, T first, T second) {
  Columns columns;
  columns.add("X", type, std::vector<T>{first, second});
  return hex(rows_of(columns.table()));
}

TEST(RowEncoder, StoresEveryTypeBigEndianAndShiftsUnsignedOnes) {
  using enum ElementType;
  EXPECT_EQ(stored<std::uint8_t>(u8, 1, 255), "01FF");
  EXPECT_EQ(stored<std::int8_t>(i8, -128, 127), "00FF");
  EXPECT_EQ(stored<std::int16_t>(i16, 0x0102, -2), "0102FFFE");
  EXPECT_EQ(stored<std::uint16_t>(u16, 0, 65535), "80007FFF");
  EXPECT_EQ(stored<std::int32_t>(i32, 0x01020304, -1), "01020304FFFFFFFF");
  EXPECT_EQ(stored<std::uint32_t>(u32, 0, 0x80000001U), "8000000000000001");
  EXPECT_EQ(stored<std::int64_t>(i64, 1, -1), "0000000000000001FFFFFFFFFFFFFFFF");
  EXPECT_EQ(stored<std::uint64_t>(u64, 0, ~0ULL), "80000000000000007FFFFFFFFFFFFFFF");
  EXPECT_EQ(stored<float>(f32, 1.0F, -2.0F), "3F800000C0000000");
  EXPECT_EQ(stored<double>(f64, 1.0, -2.0), "3FF0000000000000C000000000000000");
  EXPECT_EQ(stored<std::complex<float>>(c64, {1.0F, -2.0F}, {0.0F, 1.0F}),
            "3F800000C0000000000000003F800000");
  EXPECT_EQ(stored<std::complex<double>>(c128, {1.0, -2.0}, {0.0, 1.0}),
            "3FF0000000000000C00000000000000000000000000000003FF0000000000000");
  EXPECT_EQ(stored<std::uint8_t>(boolean, 1, 0), "5446");
}

TEST(RowEncoder, PutsFieldsOneBehindTheOther) {
  Columns columns;
  columns.add("A", ElementType::i16, std::vector<std::int16_t>{1, 2});
  columns.add("B", ElementType::i16, std::vector<std::int16_t>{3, 4, 5, 6, 7, 8}, {3});
  columns.add_text("C", std::string("ab\0 x ", 6), 3);
  columns.add("D", ElementType::u8, std::vector<std::uint8_t>{9, 10, 11, 12}, {2});
  const auto table = columns.table();
  EXPECT_EQ(table.layout.row_bytes, 13U);
  EXPECT_EQ(hex(rows_of(table)),
            "0001000300040005"
            "616200"
            "090A"
            "0002000600070008"
            "207820"
            "0B0C");
}

TEST(RowEncoder, PacksBitsFromTheMostSignificantOn) {
  Columns columns;
  auto& bits = columns.add("X", ElementType::boolean,
                           std::vector<std::uint8_t>{1, 0, 0, 0, 0, 0, 0, 1, 1, 0,  //
                                                     0, 1, 1, 1, 1, 1, 1, 1, 0, 1},
                           {10});
  bits.values.bits = true;
  const auto table = columns.table();
  EXPECT_EQ(table.layout.columns[0].form.str(), "10X");
  EXPECT_EQ(hex(rows_of(table)), "81807F40");
}

TEST(RowEncoder, GivesTheSameRowsInAnyBlocks) {
  constexpr std::size_t kRows = 3000;
  std::vector<std::int32_t> numbers(kRows);
  std::iota(numbers.begin(), numbers.end(), 0);
  std::vector<double> cells(kRows * 2);
  std::iota(cells.begin(), cells.end(), 0.5);
  Columns columns;
  columns.add("A", ElementType::i32, numbers);
  columns.add("B", ElementType::f64, cells, {2});
  const auto table = columns.table();
  const auto whole = rows_of(table);
  const HeapEncoder heap(table);
  const RowEncoder encode(table, heap);
  for (std::size_t row = 0; row < kRows; ++row) {
    const auto* at = whole.data() + row * 20;
    ASSERT_EQ(load_be<std::int32_t>(at), numbers[row]);
    ASSERT_EQ(load_be<double>(at + 12), cells[2 * row + 1]);
  }
  std::vector<std::byte> part(1234 * 20);
  encode(777, 1234, part);
  EXPECT_TRUE(std::equal(part.begin(), part.end(), whole.begin() + 777 * 20));
}

TEST(RowEncoder, PutsNullsOverValues) {
  Columns columns;
  const auto add = [&](ElementType type, const auto& values) -> NewColumn& {
    auto& column = columns.add("C" + std::to_string(static_cast<int>(type)), type, values);
    columns.set_nulls(column, {0, 1});
    column.can_be_null = true;
    return column;
  };
  add(ElementType::i16, std::vector<std::int16_t>{5, 6});
  add(ElementType::u16, std::vector<std::uint16_t>{5, 6});
  add(ElementType::i8, std::vector<std::int8_t>{5, 6});
  add(ElementType::f32, std::vector<float>{1.0F, 6.0F});
  add(ElementType::c64, std::vector<std::complex<float>>{1.0F, 6.0F});
  add(ElementType::boolean, std::vector<std::uint8_t>{1, 1});
  auto& text = columns.add_text("T", "abcd", 2);
  columns.set_nulls(text, {0, 1});
  const auto table = columns.table();
  EXPECT_EQ(hex(rows_of(table)),
            "0005"
            "8005"
            "85"
            "3F800000"
            "3F80000000000000"
            "54"
            "6162"
            "8000"
            "7FFF"
            "00"
            "7FC00000"
            "7FC000007FC00000"
            "00"
            "0000");
  EXPECT_EQ(table.layout.columns[0].coding.null, -32768);
  EXPECT_EQ(table.layout.columns[1].coding.null, 32767);
  EXPECT_EQ(table.layout.columns[2].coding.null, 0);
  EXPECT_FALSE(table.layout.columns[3].coding.null);
}

TEST(FieldEncoder, RefusesScaledColumns) {
  Column column;
  column.form = TForm::parse("K");
  for (const Scaling scaling : {Scaling{0.5, 0.0}, Scaling{1.0, 100.0}}) {
    column.coding = ElementCoding::column('K', scaling, std::nullopt);
    EXPECT_THROW(static_cast<void>(FieldEncoder::of_cells(column, {})), FitsError);
  }
}

TEST(RowEncoder, BitsWithANullBecomeLogicals) {
  Columns columns;
  auto& bits = columns.add("X", ElementType::boolean, std::vector<std::uint8_t>{1, 0, 1, 1}, {2});
  bits.values.bits = true;
  columns.set_nulls(bits, {0, 0, 1, 0});
  const auto table = columns.table();
  EXPECT_EQ(table.layout.columns[0].form.str(), "2L");
  EXPECT_EQ(hex(rows_of(table)), "54460054");
}

TEST(HeapEncoder, CellsFollowEachOtherColumnByColumn) {
  const std::vector<std::int64_t> first{0, 2, 2, 3}, second{0, 0, 1, 3};
  Columns columns;
  Columns::set_offsets(columns.add("A", ElementType::u16, std::vector<std::uint16_t>{1, 2, 3}),
                       first);
  Columns::set_offsets(columns.add_text("B", "xyz", 0), second);
  const auto table = columns.table();
  EXPECT_EQ(table.layout.columns[0].form.str(), "PI(2)");
  EXPECT_EQ(table.layout.columns[1].form.str(), "PA(2)");
  EXPECT_EQ(hex(heap_of(table)),
            "800180028003"
            "78797A");
  EXPECT_EQ(hex(rows_of(table)),
            "0000000200000000"
            "0000000000000000"
            "0000000000000000"
            "0000000100000006"
            "0000000100000004"
            "0000000200000007");
}

TEST(HeapEncoder, MayBeginBehindOtherCells) {
  const std::vector<std::int64_t> offsets{0, 1};
  Columns columns;
  Columns::set_offsets(columns.add("A", ElementType::u8, std::vector<std::uint8_t>{7}), offsets);
  const auto table = columns.table();
  const HeapEncoder heap(table, 1000);
  std::vector<std::byte> row(8);
  RowEncoder(table, heap)(0, 1, row);
  EXPECT_EQ(hex(row), "00000001000003E8");
  EXPECT_EQ(heap.position(0), 0U);
}

TEST(HeapEncoder, PadsTheBitsOfEachCell) {
  const std::vector<std::int64_t> offsets{0, 3, 3, 12, 13};
  Columns columns;
  auto& bits = columns.add("X", ElementType::boolean,
                           std::vector<std::uint8_t>{1, 0, 1, 0, 0, 0, 0, 0, 0, 0, 1, 1, 1});
  bits.values.bits = true;
  Columns::set_offsets(bits, offsets);
  const auto table = columns.table();
  EXPECT_EQ(hex(heap_of(table)),
            "A0"
            "0180"
            "80");
  EXPECT_EQ(hex(rows_of(table)),
            "0000000300000000"
            "0000000000000000"
            "0000000900000001"
            "0000000100000003");
}

TEST(HeapEncoder, CutsLongColumnsIntoPieces) {
  std::vector<std::int32_t> numbers(100'000);
  std::iota(numbers.begin(), numbers.end(), -50'000);
  std::vector<std::uint8_t> bools(3'000'000);
  for (std::size_t i = 0; i < bools.size(); ++i) bools[i] = i % 3 == 0;
  std::vector<std::int64_t> of_numbers{0, 1, 70'000, 100'000};
  std::vector<std::int64_t> of_bools{0, 5, 2'999'990, 3'000'000};
  Columns columns;
  Columns::set_offsets(columns.add("A", ElementType::i32, numbers), of_numbers);
  auto& bits = columns.add("B", ElementType::boolean, bools);
  bits.values.bits = true;
  Columns::set_offsets(bits, of_bools);
  const auto table = columns.table();
  const auto heap = heap_of(table);
  ASSERT_GT(HeapEncoder(table).pieces(), 5U);
  ASSERT_EQ(heap.size(), 400'000U + 1 + (2'999'985 + 7) / 8 + 2);
  for (std::size_t i = 0; i < numbers.size(); ++i)
    ASSERT_EQ(load_be<std::int32_t>(heap.data() + 4 * i), numbers[i]);
  const auto* cell = heap.data() + 400'001;
  for (std::size_t i = 5; i < 2'999'990; ++i) {
    const auto bit = (cell[(i - 5) / 8] >> (7 - (i - 5) % 8)) & std::byte{1};
    ASSERT_EQ(std::to_integer<int>(bit), bools[i]) << i;
  }
}

TEST(HeapEncoder, MarksNullElements) {
  const std::vector<std::int64_t> offsets{0, 2, 3};
  Columns columns;
  auto& column = columns.add("A", ElementType::i16, std::vector<std::int16_t>{1, -32768, 3});
  Columns::set_offsets(column, offsets);
  columns.set_nulls(column, {0, 0, 1});
  column.can_be_null = true;
  const auto table = columns.table();
  EXPECT_EQ(table.layout.columns[0].coding.null, 32767);
  EXPECT_EQ(hex(heap_of(table)), "000180007FFF");
}

TEST(NewTable, UsesLongDescriptorsWhere32BitsDoNotCount) {
  // The values are never looked at: 2 GiB of them need not exist.
  const std::vector<std::int64_t> offsets{0, 1, std::int64_t{1} << 31};
  NewColumn column;
  column.column.name = "A";
  column.values.type = ElementType::u8;
  column.rows = 2;
  column.elements = std::uint64_t{1} << 31;
  column.memory.offsets = offsets.data();
  const auto table = table_of({column});
  EXPECT_EQ(table.layout.columns[0].form.str(), "QB(2147483647)");
  EXPECT_EQ(table.layout.row_bytes, 16U);
  const HeapEncoder heap(table);
  std::vector<std::byte> rows(32);
  RowEncoder(table, heap)(0, 2, rows);
  EXPECT_EQ(hex(rows),
            "00000000000000010000000000000000"
            "000000007FFFFFFF0000000000000001");

  const std::vector<std::int64_t> shorter{0, 1, (std::int64_t{1} << 31) - 1};
  column.elements -= 1;
  column.memory.offsets = shorter.data();
  EXPECT_EQ(table_of({column}).layout.columns[0].form.code, 'P');
}

template <class T>
std::optional<std::int64_t> null_for(const ElementCoding& coding, const std::vector<T>& values,
                                     const std::vector<std::uint8_t>& nulls = {},
                                     std::optional<std::int64_t> wanted = {}) {
  const auto* marks = nulls.empty() ? nullptr : reinterpret_cast<const std::byte*>(nulls.data());
  return free_null(
      coding, {reinterpret_cast<const std::byte*>(values.data()), marks, values.size()}, wanted);
}

TEST(FreeNull, KeepsTheOldOneWhereNoValueTakesIt) {
  const auto i16 = ElementCoding::column('I', {}, std::nullopt);
  EXPECT_EQ(null_for<std::int16_t>(i16, {1, 2}, {}, -99), -99);
  EXPECT_EQ(null_for<std::int16_t>(i16, {1, -99}, {}, -99), -32768);
  EXPECT_EQ(null_for<std::int16_t>(i16, {1, -99}, {0, 1}, -99), -99) << "it is one of the nulls";
  EXPECT_EQ(null_for<std::int16_t>(i16, {1, 2}, {}, 70000), -32768) << "no 16-bit number";
}

TEST(FreeNull, TriesTheEndsOfTheTypeAndThenWhatIsFree) {
  const auto i16 = ElementCoding::column('I', {}, std::nullopt);
  EXPECT_EQ(null_for<std::int16_t>(i16, {-32768}), 32767);
  EXPECT_EQ(null_for<std::int16_t>(i16, {-32768, 32767, -32767}), -32766);
  const auto u16 = ElementCoding::column('I', {1.0, 32768.0}, std::nullopt);
  EXPECT_EQ(null_for<std::uint16_t>(u16, {1}), 32767) << "stored for 65535";
  EXPECT_EQ(null_for<std::uint16_t>(u16, {65535}), -32768) << "stored for 0";
  EXPECT_EQ(null_for<std::uint16_t>(u16, {65535, 0, 65534}), 65533 - 32768);
  const auto i8 = ElementCoding::column('B', {1.0, -128.0}, std::nullopt);
  EXPECT_EQ(null_for<std::int8_t>(i8, {-128, 127}), 1) << "stored for -127";
  const auto i64 = ElementCoding::column('K', {}, std::nullopt);
  constexpr auto kLeast = std::numeric_limits<std::int64_t>::min();
  constexpr auto kMost = std::numeric_limits<std::int64_t>::max();
  EXPECT_EQ(null_for<std::int64_t>(i64, {kLeast, kMost}), kLeast + 1);
  const auto u64 = ElementCoding::column('K', {1.0, 9223372036854775808.0}, std::nullopt);
  EXPECT_EQ(null_for<std::uint64_t>(u64, {~0ULL, 0}), kMost - 1);
}

TEST(FreeNull, FindsTheOnlyOneAndKnowsWhenThereIsNone) {
  std::vector<std::uint8_t> bytes(256);
  std::iota(bytes.begin(), bytes.end(), std::uint8_t{0});
  const auto u8 = ElementCoding::column('B', {}, std::nullopt);
  EXPECT_EQ(null_for(u8, bytes), std::nullopt);
  std::vector<std::uint8_t> nulls(256, 0);
  nulls[77] = 1;
  EXPECT_EQ(null_for(u8, bytes, nulls), 77);
  std::vector<std::int32_t> dense(3'000'000);
  std::iota(dense.begin(), dense.end(), std::numeric_limits<std::int32_t>::min());
  dense.push_back(std::numeric_limits<std::int32_t>::max());
  const auto i32 = ElementCoding::column('J', {}, std::nullopt);
  EXPECT_EQ(null_for(i32, dense), std::numeric_limits<std::int32_t>::min() + 3'000'000LL);
}

void expect_refused(const Columns& columns, const std::string& part) {
  try {
    static_cast<void>(columns.table());
    ADD_FAILURE() << "not refused: " << part;
  } catch (const FitsError& error) {
    EXPECT_NE(std::string(error.what()).find(part), std::string::npos) << error.what();
  }
}

TEST(NewTable, RefusesWhatContradictsItself) {
  Columns lengths;
  lengths.add("A", ElementType::u8, std::vector<std::uint8_t>{1});
  lengths.add("B", ElementType::u8, std::vector<std::uint8_t>{1, 2});
  expect_refused(lengths, "column 'B': has 2 rows, column 'A' 1");
  for (const std::vector<std::int64_t>& offsets :
       {std::vector<std::int64_t>{0, 2, 1, 3}, {1, 2, 3, 3}, {0, 1, 2, 4}, {0, -1, 0, 3}}) {
    Columns falling;
    auto& column = falling.add("R", ElementType::u8, std::vector<std::uint8_t>{1, 2, 3});
    Columns::set_offsets(column, offsets);
    expect_refused(falling, "column 'R': its offsets do not rise from 0 to 3");
  }
  Columns half;
  half.add("H", ElementType::f16, std::vector<std::uint16_t>{1});
  expect_refused(half, "column 'H': a table cannot hold float16");
  Columns full;
  std::vector<std::uint8_t> bytes(257);
  std::iota(bytes.begin(), bytes.end(), std::uint8_t{0});
  auto& column = full.add("F", ElementType::u8, bytes);
  column.can_be_null = true;
  EXPECT_FALSE(full.table().layout.columns[0].coding.null) << "no null, no need of TNULL";
  std::vector<std::uint8_t> nulls(257, 0);
  nulls[256] = 1;
  full.set_nulls(column, nulls);
  expect_refused(full, "column 'F': every value of uint8 occurs");
}

TEST(NewTable, RefusesMoreColumnsAndBytesThanATableHas) {
  Columns many;
  for (int i = 0; i < 1000; ++i)
    many.add("C" + std::to_string(i), ElementType::u8, std::vector<std::uint8_t>{1});
  expect_refused(many, "999 columns");
  Column column;
  column.name = "A";
  column.shape = {std::uint64_t{1} << 32, std::uint64_t{1} << 32};
  EXPECT_THROW(store_as(column, {.type = ElementType::f64}), FitsError);
  column.shape = {std::uint64_t{1} << 32};
  store_as(column, {.type = ElementType::f64});
  EXPECT_THROW(static_cast<void>(lay_out({column}, std::uint64_t{1} << 40, 0)), FitsError);
}

std::string card(const Header& header, std::string_view keyword) {
  const auto at = header.find(keyword);
  return at ? std::string(header.card_text(*at).substr(0, 30)) : "";
}

TEST(TableHeader, SaysFormsDimensionsAndOffsets) {
  Columns columns;
  auto& cube = columns.add("A", ElementType::u64, std::vector<std::uint64_t>(12), {2, 3});
  cube.column.unit = "ct";
  cube.column.display = "I11";
  cube.column.ucd = "phot.count";
  cube.column.comment = "counts";
  cube.can_be_null = true;
  cube.null = -5;
  columns.add("B", ElementType::f32, std::vector<float>(2), {1});
  auto& text = columns.add_text("C", std::string(24, 'x'), 4);
  text.column.shape = {3};
  text.rows = 2;
  auto& shown = columns.add("D", ElementType::f64, std::vector<double>(2));
  shown.column.display = "I5";
  columns.add("E", ElementType::i32, std::vector<std::int32_t>{}, {0}).rows = 2;
  const auto header = table_header(columns.table().layout, {}, false);
  EXPECT_EQ(card(header, "XTENSION"), "XTENSION= 'BINTABLE'          ");
  EXPECT_EQ(card(header, "NAXIS1"), "NAXIS1  =                   72");
  EXPECT_EQ(card(header, "NAXIS2"), "NAXIS2  =                    2");
  EXPECT_EQ(card(header, "PCOUNT"), "PCOUNT  =                    0");
  EXPECT_EQ(card(header, "TFIELDS"), "TFIELDS =                    5");
  EXPECT_EQ(card(header, "TFORM1"), "TFORM1  = '6K      '          ");
  EXPECT_EQ(card(header, "TDIM1"), "TDIM1   = '(3,2)   '          ");
  EXPECT_EQ(card(header, "TZERO1"), "TZERO1  =  9223372036854775808");
  EXPECT_EQ(card(header, "TNULL1"), "TNULL1  =                   -5");
  EXPECT_EQ(card(header, "TUNIT1"), "TUNIT1  = 'ct      '          ");
  EXPECT_EQ(card(header, "TDISP1"), "TDISP1  = 'I11     '          ");
  EXPECT_EQ(card(header, "TUCD1"), "TUCD1   = 'phot.count'        ");
  EXPECT_EQ(header.card(*header.find("TTYPE1")).comment, "counts");
  EXPECT_EQ(card(header, "TFORM2"), "TFORM2  = '1E      '          ");
  EXPECT_EQ(card(header, "TDIM2"), "TDIM2   = '(1)     '          ");
  EXPECT_EQ(card(header, "TFORM3"), "TFORM3  = '12A     '          ");
  EXPECT_EQ(card(header, "TDIM3"), "TDIM3   = '(4,3)   '          ");
  EXPECT_EQ(card(header, "TDISP4"), "") << "integers only";
  EXPECT_EQ(card(header, "TFORM5"), "TFORM5  = '0J      '          ");
}

TEST(TableHeader, NamesTheHeapOnlyBehindAGap) {
  TableLayout table;
  table.rows = 2;
  table.row_bytes = 8;
  table.heap_offset = 16;
  table.heap_bytes = 5;
  EXPECT_FALSE(table_header(table, {}, false).find("THEAP"));
  table.heap_offset = 100;
  const auto header = table_header(table, {}, false);
  EXPECT_EQ(header.integer("THEAP"), 100);
  EXPECT_EQ(header.integer("PCOUNT"), 89);
}

TEST(TableWriter, LongRowsAreBlocksOfTheirOwn) {
  constexpr std::size_t kElements = 200'000;
  std::vector<std::int16_t> values(3 * kElements);
  for (std::size_t i = 0; i < values.size(); ++i) values[i] = static_cast<std::int16_t>(i);
  Columns columns;
  columns.add("A", ElementType::i16, values, {kElements});
  MemorySink sink;
  const auto end = write_table({sink, 2880, HduPlace::extension, false}, columns.table(), {});
  EXPECT_EQ(end, 2880U + 2880 + (6 * kElements + 2879) / 2880 * 2880);
  ASSERT_EQ(sink.bytes().size(), end);
  for (std::size_t i = 0; i < values.size(); ++i)
    ASSERT_EQ(load_be<std::int16_t>(sink.bytes().data() + 5760 + 2 * i), values[i]);
}

}  // namespace
}  // namespace torchfits
