// SPDX-License-Identifier: BSD-3-Clause
// What stored numbers values become, what cards become when columns move, and what a small table
// becomes, byte by byte.
#include <gtest/gtest.h>

#include <array>
#include <cstring>
#include <limits>
#include <string>
#include <vector>

#include "base/error.h"
#include "encode/stored_values.h"
#include "fits/table_structure.h"
#include "header_text.h"
#include "io/file_source.h"
#include "scratch_folder.h"
#include "update/table_updates.h"

namespace torchfits {
namespace {

using testing::header_blocks;
using testing::padded_to_block;
using testing::read_text;
using testing::ScratchFolder;
using testing::write_text;

/// The stored number of a value; none where it is refused.
template <class Stored, class From>
std::optional<Stored> stored(const ElementCoding& coding, From value,
                             Fractions fractions = Fractions::refused) {
  const StoredValues store(coding, element_type_of<From>, "BLANK", fractions);
  std::array<std::byte, sizeof(From)> in;
  std::memcpy(in.data(), &value, sizeof value);
  Stored out{};
  if (store(in.data(), nullptr, 1, reinterpret_cast<std::byte*>(&out)) != 1) return std::nullopt;
  return out;
}

TEST(StoredValues, IntegersMustFit) {
  const auto i16 = ElementCoding::image(16, {}, std::nullopt);
  EXPECT_EQ(stored<std::int16_t>(i16, std::int64_t{-32768}), -32768);
  EXPECT_EQ(stored<std::int16_t>(i16, std::int64_t{32768}), std::nullopt);
  EXPECT_EQ(stored<std::int16_t>(i16, 7.0), 7);
  EXPECT_EQ(stored<std::int16_t>(i16, 7.5), std::nullopt);
  EXPECT_EQ(stored<std::int16_t>(i16, std::numeric_limits<double>::quiet_NaN()), std::nullopt);
  const auto i64 = ElementCoding::image(64, {}, std::nullopt);
  EXPECT_EQ(stored<std::int64_t>(i64, -9223372036854775808.0), INT64_MIN);
  EXPECT_EQ(stored<std::int64_t>(i64, 9223372036854775808.0), std::nullopt);
  EXPECT_EQ(stored<std::int64_t>(i64, UINT64_MAX), std::nullopt);
}

TEST(StoredValues, TheSignBitConventionIsExact) {
  const auto u64 = ElementCoding::image(64, {1.0, 9223372036854775808.0}, std::nullopt);
  EXPECT_EQ(stored<std::int64_t>(u64, UINT64_MAX), INT64_MAX);
  EXPECT_EQ(stored<std::int64_t>(u64, std::int64_t{0}), INT64_MIN);
  EXPECT_EQ(stored<std::int64_t>(u64, std::int64_t{-1}), std::nullopt);
  const auto i8 = ElementCoding::image(8, {1.0, -128.0}, std::nullopt);
  EXPECT_EQ(stored<std::uint8_t>(i8, std::int64_t{-128}), 0);
  EXPECT_EQ(stored<std::uint8_t>(i8, 127.0), 255);
}

TEST(StoredValues, AWholeZeroKeepsIntegersExact) {
  ElementCoding moved;
  moved.stored = ElementType::i16;
  moved.natural = ElementType::f64;
  moved.rule = ElementCoding::Rule::scale;
  moved.scaling = {1.0, 9223372036854775808.0};
  EXPECT_EQ(stored<std::int16_t>(moved, (std::uint64_t{1} << 63) + 1), 1);
  EXPECT_EQ(stored<std::int16_t>(moved, (std::uint64_t{1} << 63) + 32768), std::nullopt);
  EXPECT_EQ(stored<std::int16_t>(moved, std::int64_t{0}), std::nullopt);
}

TEST(StoredValues, WithoutAScalingFractionsAreRoundedWhereTheyMayBe) {
  ElementCoding plain;
  plain.stored = ElementType::i16;
  plain.natural = ElementType::f64;
  plain.rule = ElementCoding::Rule::scale;
  EXPECT_EQ(stored<std::int16_t>(plain, 2.5), std::nullopt);
  EXPECT_EQ(stored<std::int16_t>(plain, 2.5, Fractions::rounded), 2);
  EXPECT_EQ(stored<std::int16_t>(plain, 32767.5, Fractions::rounded), std::nullopt);
}

TEST(StoredValues, ScaledOnesAreRoundedAndNullsKeptApart) {
  const auto scaled = ElementCoding::image(16, {0.5, 10.0}, -1);
  EXPECT_EQ(stored<std::int16_t>(scaled, 11.2), 2);
  EXPECT_EQ(stored<std::int16_t>(scaled, 9.5), std::nullopt);  // BLANK
  EXPECT_EQ(stored<std::int16_t>(scaled, std::numeric_limits<float>::quiet_NaN()), -1);
  EXPECT_EQ(stored<std::int16_t>(scaled, 1e300), std::nullopt);
  const auto f32 = ElementCoding::image(-32, {}, std::nullopt);
  EXPECT_EQ(stored<float>(f32, 0.1), 0.1F);
  EXPECT_EQ(stored<float>(f32, 1e39), std::nullopt);
  EXPECT_EQ(stored<float>(f32, std::numeric_limits<double>::infinity()),
            std::numeric_limits<float>::infinity());
}

TEST(TableStructure, TheCardsOfColumnsMoveTogether) {
  Header header(testing::card_text("TFIELDS", "3") + testing::card_text("TTYPE1", "'A'") +
                testing::card_text("TFORM1", "'J'") + testing::card_text("TFORM2", "'E'") +
                testing::card_text("TP2_3", "1") + testing::card_text("TFORM3", "'D'") +
                testing::card_text("TFORM4", "'none'") + testing::card_text("TEMP2", "20"));
  remove_column_cards(header, 0);
  std::vector<std::string> keywords;
  for (std::size_t i = 0; i < header.size(); ++i) keywords.push_back(header.keyword(i));
  const std::vector<std::string> expected{"TFIELDS", "TFORM1", "TP1_2",
                                          "TFORM2",  "TFORM4", "TEMP2"};
  EXPECT_EQ(keywords, expected);
  EXPECT_EQ(header.integer("TFIELDS"), 2);
}

class SmallTable : public ::testing::Test {
 protected:
  SmallTable() {
    write_text(folder_.path(), header_blocks({{"SIMPLE", "T"}, {"BITPIX", "8"}, {"NAXIS", "0"}}) +
                                   header_blocks({{"XTENSION", "'BINTABLE'"},
                                                  {"BITPIX", "8"},
                                                  {"NAXIS", "2"},
                                                  {"NAXIS1", "3"},
                                                  {"NAXIS2", "3"},
                                                  {"PCOUNT", "0"},
                                                  {"GCOUNT", "1"},
                                                  {"TFIELDS", "2"},
                                                  {"TTYPE1", "'A'"},
                                                  {"TFORM1", "'I'"},
                                                  {"TTYPE2", "'B'"},
                                                  {"TFORM2", "'1A'"}}) +
                                   padded_to_block(std::string("\0\1a\0\2b\0\3c", 9), '\0'));
  }

  template <class Work>
  void update(Work work) {
    Updater updater(folder_.path(), false);
    const File file(updater.source());
    work(updater, file);
  }

  /// Of the data.
  [[nodiscard]] std::string first(std::size_t bytes) const {
    return read_text(folder_.path()).substr(5760, bytes);
  }

  static NewColumn numbers(const std::vector<std::int64_t>& values) {
    NewColumn column;
    column.column.name = "a";
    column.values.type = ElementType::i64;
    column.memory.values = reinterpret_cast<const std::byte*>(values.data());
    column.rows = column.elements = values.size();
    return column;
  }

  static NewColumn letters(const std::string& text) {
    NewColumn column;
    column.column.name = "B";
    column.column.characters = 1;
    column.values.text = true;
    column.memory.values = reinterpret_cast<const std::byte*>(text.data());
    column.rows = column.elements = text.size();
    return column;
  }

  ScratchFolder folder_;
};

TEST_F(SmallTable, CellsOfEverySecondRow) {
  const std::vector<std::int64_t> values{256, -1};
  update([&](Updater& updater, const File& file) {
    write_cells(updater, file, 1, {.start = 0, .step = 2, .count = 2}, {numbers(values)});
  });
  EXPECT_EQ(first(10), std::string("\1\0a\0\2b\377\377c\0", 10));
}

TEST_F(SmallTable, OneRowForThoseOfAList) {
  const std::vector<std::int64_t> rows{0, 2};
  const std::string letter = "z";
  update([&](Updater& updater, const File& file) {
    write_cells(updater, file, 1, {.count = 2, .indices = rows}, {letters(letter)}, true);
  });
  EXPECT_EQ(first(9), std::string("\0\1z\0\2b\0\3z", 9));
}

TEST_F(SmallTable, RowsComeBetweenOthersAndGo) {
  const std::vector<std::int64_t> values{9};
  const std::string letter = "n";
  update([&](Updater& updater, const File& file) {
    insert_rows(updater, file, 1, 1, {letters(letter), numbers(values)});
  });
  EXPECT_EQ(first(13), std::string("\0\1a\0\11n\0\2b\0\3c\0", 13));
  update([&](Updater& updater, const File& file) {
    delete_rows(updater, file, 1, {.start = 0, .step = 2, .count = 2});
  });
  EXPECT_EQ(first(7), std::string("\0\11n\0\3c\0", 7));
}

TEST_F(SmallTable, ColumnsComeBetweenOthersAndGo) {
  const std::string text = "xyz";
  auto column = letters(text);
  column.column.name = "N";
  update([&](Updater& updater, const File& file) { add_column(updater, file, 1, 1, column); });
  EXPECT_EQ(first(13), std::string("\0\1xa\0\2yb\0\3zc\0", 13));
  update([&](Updater& updater, const File& file) { delete_column(updater, file, 1, "A"); });
  EXPECT_EQ(first(7), std::string("xaybzc\0", 7));
}

TEST_F(SmallTable, AnErrorChangesNothing) {
  const auto before = read_text(folder_.path());
  const std::vector<std::int64_t> values{1, 40000};
  update([&](Updater& updater, const File& file) {
    EXPECT_THROW(write_cells(updater, file, 1, {.count = 2}, {numbers(values)}), FitsError);
    EXPECT_THROW(insert_rows(updater, file, 1, 0, {numbers(values)}), FitsError);
    EXPECT_THROW(delete_column(updater, file, 1, "C"), FitsError);
  });
  EXPECT_EQ(read_text(folder_.path()), before);
}

}  // namespace
}  // namespace torchfits
