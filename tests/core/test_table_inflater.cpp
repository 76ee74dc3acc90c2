// SPDX-License-Identifier: BSD-3-Clause
#include <gtest/gtest.h>

#include <memory>
#include <numeric>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "base/parallel.h"
#include "compressed_table_bytes.h"
#include "file/table_inflater.h"
#include "fits/compressed_header.h"
#include "io/memory_source.h"

namespace torchfits {
namespace {

using namespace std::string_view_literals;

using testing::big_endian;
using testing::bytes_of;
using testing::CompressedTable;
using testing::deflated;
using testing::long_descriptor;

struct Wanted {
  std::vector<std::size_t> columns;  ///< all where it is empty
  std::optional<RowSelection> rows;  ///< all without
};

/// The bytes of the held table.
std::string inflated(const CompressedTable& table, const Wanted& wanted = {}) {
  const auto text = table.text();
  const auto hdu = std::get<HduRecord>(scan_hdu(1, 0, bytes_of(text), true));
  std::vector<std::string> warnings;
  const auto layout = read_compressed_table(hdu, warnings);
  auto columns = wanted.columns;
  for (std::size_t i = 0; wanted.columns.empty() && i < layout.columns.size(); ++i) {
    columns.push_back(i);
  }
  const auto rows = wanted.rows.value_or(RowSelection{.count = layout.held.rows});
  const auto source = borrow_bytes(bytes_of(text), nullptr);
  const auto held = inflate_table({*source, hdu.data_offset, layout}, columns, rows);
  std::string bytes(layout.held_bytes(), '?');
  EXPECT_EQ(held->extent(UINT64_MAX), bytes.size());
  held->read({0, bytes.size()}, std::as_writable_bytes(std::span(bytes)));
  return bytes;
}

std::string error_of(const CompressedTable& table, const Wanted& wanted) {
  try {
    inflated(table, wanted);
  } catch (const FitsError& error) {
    return error.what();
  }
  return "no error";
}

void expect_error(const CompressedTable& table, std::string_view message,
                  const Wanted& wanted = {}) {
  const auto said = error_of(table, wanted);
  EXPECT_NE(said.find(message), std::string::npos) << said;
}

/// The stream 7, 8, 7 of 32-bit integers (FITS 4.0 section 10.4.1): the first value; a block of
/// fs = 0, coded as 1 in five bits; differences 0, 1, -1 folded to 0, 2, 1 in unary.
constexpr auto kRice787 = "\x00\x00\x00\x07\x0C\xA0"sv;

TEST(TableInflater, t39_the_four_algorithms) {
  CompressedTable table(15, 3, 3);
  table.column("J", "RICE_1")
      .column("2I", "GZIP_2")
      .column("3A", "GZIP_1")
      .column("E", "NOCOMPRESS");
  table.stream(kRice787)
      .stream(deflated("\x01\x03\x05\x07\x09\x0B\x02\x04\x06\x08\x0A\x0C"sv))
      .stream(deflated("abcdefghi"))
      .stream("EEEEFFFFGGGG");
  EXPECT_EQ(inflated(table),
            "\x00\x00\x00\x07\x01\x02\x03\x04"
            "abcEEEE"
            "\x00\x00\x00\x08\x05\x06\x07\x08"
            "defFFFF"
            "\x00\x00\x00\x07\x09\x0A\x0B\x0C"
            "ghiGGGG"sv);
}

TEST(TableInflater, t39_rice_of_two_and_one_bytes) {
  CompressedTable table(3, 3, 3);
  table.column("I", "RICE_1").column("B", "RICE_1");
  // fs = 0 is 1 in four bits for shorts, in three for bytes.
  table.stream("\xFF\xFE\x19\x40"sv).stream("\x07\x32\x80"sv);
  EXPECT_EQ(inflated(table),
            "\xFF\xFE\x07"
            "\xFF\xFF\x08"
            "\xFF\xFE\x07"sv);
}

TEST(TableInflater, t39_gzip_2_of_four_and_eight_bytes) {
  CompressedTable table(12, 2, 2);
  table.column("E", "GZIP_2").column("D", "GZIP_2");
  table.stream(deflated("aAbBcCdD")).stream(deflated("1a2b3c4d5e6f7g8h"));
  EXPECT_EQ(inflated(table), "abcd12345678ABCDabcdefgh");
}

/// Two columns in tiles of two rows, of which the last has one.
CompressedTable five_rows() {
  CompressedTable table(3, 5, 2);
  table.column("A", "GZIP_1").column("2A", "NOCOMPRESS");
  return table.stream(deflated("ab"))
      .stream("AABB")
      .stream(deflated("cd"))
      .stream("CCDD")
      .stream(deflated("e"))
      .stream("EE");
}

TEST(TableInflater, only_what_is_wanted_is_restored) {
  EXPECT_EQ(inflated(five_rows()), "aAAbBBcCCdDDeEE");
  EXPECT_EQ(inflated(five_rows(), {{1}, {}}), "\0AA\0BB\0CC\0DD\0EE"sv);
  const auto none = std::string(3, '\0'), two = none + none;
  EXPECT_EQ(inflated(five_rows(), {{}, RowSelection{.start = 4, .count = 1}}), two + two + "eEE");
  EXPECT_EQ(inflated(five_rows(), {{}, RowSelection{.start = 3, .step = -1, .count = 2}}),
            two + "cCCdDD" + none);
  EXPECT_EQ(inflated(five_rows(), {{}, RowSelection{.start = 0, .step = 4, .count = 2}}),
            "aAAbBB" + two + "eEE");
  const std::vector<std::int64_t> list{4, 0, 4};
  EXPECT_EQ(inflated(five_rows(), {{}, RowSelection{.count = 3, .indices = list}}),
            "aAAbBB" + two + "eEE");
  EXPECT_EQ(inflated(five_rows(), {{}, RowSelection{.count = 0}}), two + two + none);
}

TEST(TableInflater, a_refused_column_leaves_the_others) {
  const auto table = five_rows().set("ZCTYP1", "'LZMA_1'");
  EXPECT_EQ(inflated(table, {{1}, {}}), "\0AA\0BB\0CC\0DD\0EE"sv);
  expect_error(table, "ZCTYP1 = 'LZMA_1' of column 'C1' is no algorithm that can be read");
}

TEST(TableInflater, the_same_with_many_threads) {
  const auto one = inflated(five_rows());
  set_num_threads(4);
  EXPECT_EQ(inflated(five_rows()), one);
  set_num_threads(0);
}

// --- Variable-length arrays ---

enum class Order { held_first, stored_first };

/// Three rows of PI in one tile: 1 2 3, nothing, 4 5 6 7 8 9 stored as it is; 4 bytes of the held
/// heap are unused.
CompressedTable arrays(Order order) {
  CompressedTable table(8, 3, 3);
  table.column("PI(6)", "GZIP_2").pcount(22);
  const auto first = deflated("\0\0\0\1\2\3"sv);
  const auto plain = "\0\4\0\5\0\6\0\7\0\10\0\11"sv;
  const auto a = table.add_to_heap(first), b = table.add_to_heap(plain);
  const auto held =
      big_endian(3, 4) + big_endian(16, 4) + big_endian(0, 8) + big_endian(6, 4) + big_endian(0, 4);
  const auto stored =
      long_descriptor(first.size(), a) + long_descriptor(0, 0) + long_descriptor(plain.size(), b);
  return table.stream(deflated(order == Order::held_first ? held + stored : stored + held));
}

constexpr auto kArrays =
    "\0\0\0\3\0\0\0\x10"
    "\0\0\0\0\0\0\0\0"
    "\0\0\0\6\0\0\0\0"
    "\0\4\0\5\0\6\0\7\0\10\0\11"
    "\0\0\0\0"
    "\0\1\0\2\0\3"sv;

TEST(TableInflater, t39_variable_length_arrays) {
  EXPECT_EQ(inflated(arrays(Order::held_first)), kArrays);
}

/// As the text of section 10.3.6 has it; CFITSIO has the other order.
TEST(TableInflater, t39_descriptors_in_the_order_of_the_standard) {
  EXPECT_EQ(inflated(arrays(Order::stored_first)), kArrays);
}

TEST(TableInflater, only_the_arrays_of_wanted_rows) {
  auto expected = std::string(kArrays);
  expected.replace(24, 12, std::string(12, '\0'));
  EXPECT_EQ(inflated(arrays(Order::held_first), {{}, RowSelection{.start = 0, .count = 2}}),
            expected);
}

/// An array that was compressed to its own length is not one that was stored as it is.
TEST(TableInflater, a_compressed_array_of_its_own_length) {
  const auto bytes = "The quick brown fox jumps over the lazy dog, and again over the dog"sv;
  auto text = std::string(bytes);
  // Appending random letters makes both longer by the same amount; a repeated one only the text.
  while (deflated(text).size() > text.size()) text += 'x';
  ASSERT_EQ(deflated(text).size(), text.size());
  CompressedTable table(8, 1, 1);
  table.column("PB", "GZIP_1").pcount(text.size());
  const auto at = table.add_to_heap(deflated(text));
  table.stream(
      deflated(big_endian(text.size(), 4) + big_endian(0, 4) + long_descriptor(text.size(), at)));
  EXPECT_EQ(inflated(table).substr(8), text);
}

TEST(TableInflater, t50_arrays_of_logicals_are_restored_whole) {
  CompressedTable table(8, 2, 1);
  table.column("PL", "NOCOMPRESS").pcount(2);
  const auto a = table.add_to_heap("T"), b = table.add_to_heap("F");
  table.stream(big_endian(1, 4) + big_endian(0, 4) + long_descriptor(1, a));
  table.stream(deflated(big_endian(1, 4) + big_endian(1, 4) + long_descriptor(1, b)));
  EXPECT_EQ(inflated(table, {{}, RowSelection{.start = 0, .count = 1}}).substr(16), "TF");
}

/// Cells may share bytes (section 7.3.5); each is restored.
TEST(TableInflater, arrays_that_overlap) {
  CompressedTable table(8, 2, 2);
  table.column("PB", "NOCOMPRESS").pcount(5);
  const auto a = table.add_to_heap("abcd"), b = table.add_to_heap("bcde");
  table.stream(deflated(big_endian(4, 4) + big_endian(0, 4) + big_endian(4, 4) + big_endian(1, 4) +
                        long_descriptor(4, a) + long_descriptor(4, b)));
  EXPECT_EQ(inflated(table).substr(16), "abcde");
}

// --- Bad input ---

TEST(TableInflater, streams_that_are_wrong) {
  const auto with = [](std::string_view algorithm, std::string_view bytes) {
    CompressedTable table(4, 3, 3);
    return table.column("J", std::string(algorithm)).stream(bytes);
  };
  expect_error(with("GZIP_1", deflated("12345678901")), "they hold 11 bytes, not 12");
  expect_error(with("GZIP_2", deflated("1234567890123")), "compressed column 'C1', tile 0, bytes ");
  expect_error(with("GZIP_1", "no gzip at all"), "compressed column 'C1', tile 0, bytes 2896 to");
  expect_error(with("GZIP_1", ""), "tile 0");
  expect_error(with("RICE_1", kRice787.substr(0, 4)), "tile 0");
  expect_error(with("RICE_1", kRice787.substr(0, 3)), "tile 0");
  expect_error(with("NOCOMPRESS", "12345678901"), "they hold 11 bytes, not 12");
  expect_error(with("NOCOMPRESS", "1234567890123"), "they hold 13 bytes, not 12");
}

TEST(TableInflater, descriptors_outside_the_heap) {
  for (const auto& wrong : {long_descriptor(5, 1U << 20U), long_descriptor(1U << 20U, 0),
                            long_descriptor(UINT64_MAX, 2), long_descriptor(2, UINT64_MAX)}) {
    auto table = five_rows();
    const auto good = table.descriptors();
    expect_error(table.descriptors(good.substr(0, 64) + wrong + good.substr(80)),
                 "compressed column 'C1', tile 2: its descriptor");
  }
}

TEST(TableInflater, tiles_that_share_bytes) {
  auto table = five_rows();
  const auto good = table.descriptors();
  const auto all = long_descriptor(40, 0);
  expect_error(table.descriptors(all + all + all + all + all + all), "share bytes");
}

TEST(TableInflater, arrays_outside_their_heaps) {
  const auto with = [](const std::string& held, const std::string& stored) {
    CompressedTable table(8, 1, 1);
    table.column("PI", "NOCOMPRESS").pcount(8).add_to_heap("12345678");
    return table.stream(deflated(held + stored));
  };
  const auto short_one = [](std::uint64_t count, std::uint64_t offset) {
    return big_endian(count, 4) + big_endian(offset, 4);
  };
  EXPECT_EQ(inflated(with(short_one(4, 0), long_descriptor(8, 0))).substr(8), "12345678");
  expect_error(
      with(short_one(4, 2), long_descriptor(8, 0)),
      "the array of row 0 of the tile (4 elements at byte 2 of the heap, from 8 compressed "
      "bytes at 0) lies outside the heap of 8 bytes that ZPCOUNT announces");
  expect_error(with(short_one(0xFFFFFFFF, 0), long_descriptor(8, 0)), "lies outside the heap");
  expect_error(with(short_one(4, 0), long_descriptor(8, 1000)),
               "is made of bytes outside the heap");
  expect_error(with(short_one(4, 0), long_descriptor(0, 0)), "has lost its bytes");
  expect_error(with(short_one(4, 0), long_descriptor(7, 0)),
               "compressed column 'C1', row 0, bytes 2896 to 2903 of the file: they hold 7 bytes, "
               "not 8");
}

TEST(TableInflater, an_array_of_bytes_without_elements) {
  CompressedTable table(16, 1, 1);
  table.column("QI", "NOCOMPRESS").pcount(8).add_to_heap("12345678");
  table.stream(deflated(long_descriptor(0, 0) + long_descriptor(8, 0)));
  expect_error(table, "has bytes but no elements");
}

TEST(TableInflater, no_memory_for_what_cannot_be) {
  // The table is plausible as a whole; one tile of it is not.
  CompressedTable table(10000, 20, 20);
  table.column("9999A", "GZIP_1").column("A", "GZIP_1");
  table.stream(deflated("x")).stream(std::string(10000, '?'));
  expect_error(table, "compressed bytes cannot become 199980", {.columns = {0}, .rows = {}});
}

/// Any byte of a file may be wrong: the outcome is an error or bytes, never anything else.
TEST(TableInflater, every_mutation_of_a_byte) {
  for (const auto& table : {five_rows(), arrays(Order::held_first)}) {
    const auto good = table.text();
    for (std::size_t at = 0; at < good.size(); ++at) {
      auto text = good;
      for (const int bits : {1, 0x80, 0xFF}) {
        if (at >= 2880 + 400 || (at < 2880 && bits != 1)) continue;  // padding; header text
        text[at] = static_cast<char>(static_cast<unsigned char>(good[at]) ^ bits);
        try {
          const auto step = scan_hdu(1, 0, bytes_of(text), true);
          const auto* hdu = std::get_if<HduRecord>(&step);
          if (hdu == nullptr || !is_compressed_table(*hdu)) continue;
          std::vector<std::string> warnings;
          const auto layout = read_compressed_table(*hdu, warnings);
          std::vector<std::size_t> columns(layout.columns.size());
          std::iota(columns.begin(), columns.end(), 0U);
          const auto source = borrow_bytes(bytes_of(text), nullptr);
          static_cast<void>(inflate_table({*source, hdu->data_offset, layout}, columns,
                                          {.count = layout.held.rows}));
        } catch (const FitsError& error) {
          EXPECT_FALSE(std::string_view(error.what()).empty());
        }
      }
    }
  }
}

}  // namespace
}  // namespace torchfits
