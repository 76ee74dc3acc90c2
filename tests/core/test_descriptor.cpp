// SPDX-License-Identifier: BSD-3-Clause
#include <gtest/gtest.h>

#include <optional>
#include <string>

#include "compressed_table_bytes.h"
#include "plan/array_descriptors.h"
#include "plan/descriptor.h"

namespace torchfits {
namespace {

using testing::big_endian;
using testing::long_descriptor;

Descriptor read(const std::string& bytes, char code) {
  return read_descriptor(testing::bytes_of(bytes).data(), code);
}

std::optional<ByteRange> found(char code, std::int64_t count, std::uint64_t offset,
                               std::uint64_t heap) {
  return find_array({count, offset}, ArraySize(code), heap);
}

// Section 7.3.5: the number of elements, then the offset in bytes.
TEST(Descriptor, HasTwoNumbersOf32Or64Bits) {
  const auto narrow = read(big_endian(3, 4) + big_endian(70000, 4), 'P');
  EXPECT_EQ(narrow.count, 3);
  EXPECT_EQ(narrow.offset, 70000u);
  const auto wide = read(big_endian(5'000'000'000, 8) + big_endian(7'000'000'000, 8), 'Q');
  EXPECT_EQ(wide.count, 5'000'000'000);
  EXPECT_EQ(wide.offset, 7'000'000'000u);
  EXPECT_EQ(read(big_endian(~0ULL, 4) + big_endian(0, 4), 'P').count, -1);
}

TEST(Descriptor, test_t34_an_offset_past_two_gib_is_unsigned) {
  const auto wrapped = read(big_endian(1, 4) + std::string("\x80\x00\x00\x08", 4), 'P');
  EXPECT_EQ(wrapped.offset, 2147483656u);
}

TEST(Descriptor, AnArrayLiesInTheHeap) {
  EXPECT_EQ(found('J', 2, 4, 12), (ByteRange{4, 8}));
  EXPECT_EQ(found('M', 1, 0, 16), (ByteRange{0, 16}));
  EXPECT_EQ(found('X', 9, 1, 3), (ByteRange{1, 2}));
  EXPECT_EQ(found('J', 0, 99, 12), (ByteRange{0, 0}));
  EXPECT_FALSE(found('J', 2, 5, 12));
  EXPECT_FALSE(found('J', 1, 13, 12));
  EXPECT_FALSE(found('X', 17, 1, 3));
  EXPECT_FALSE(found('B', -1, 0, UINT64_MAX));
  EXPECT_FALSE(found('D', INT64_MAX, 0, UINT64_MAX / 2));
  EXPECT_FALSE(found('X', INT64_MIN, 0, 12));
}

/// One row of a tile of a column 'PB', in a heap of 4 GiB.
TEST(TileDescriptors, test_t34_an_offset_past_two_gib_is_unsigned) {
  CompressedTableLayout table;
  table.held.heap_bytes = std::uint64_t{1} << 32;
  table.held.columns.resize(1);
  table.held.columns[0].width = 8;
  table.held.columns[0].form = TForm::parse("PB");
  table.stored.heap_bytes = 100;
  const auto both = big_endian(6, 4) + std::string("\x80\x00\x00\x08", 4) + long_descriptor(30, 40);
  const TileDescriptors tile(table, 0, testing::bytes_of(both), 1);
  EXPECT_FALSE(tile.problem());
  EXPECT_EQ(tile.held(0), (ByteRange{2147483656, 6}));
  EXPECT_EQ(tile.stored(0), (ByteRange{40, 30}));
}

}  // namespace
}  // namespace torchfits
