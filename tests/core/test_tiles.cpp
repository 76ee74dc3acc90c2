// SPDX-License-Identifier: BSD-3-Clause
#include <gtest/gtest.h>

#include <cmath>
#include <cstring>
#include <string>
#include <vector>

#include "base/error.h"
#include "base/parallel.h"
#include "codec/gzip.h"
#include "decode/tiles.h"

namespace torchfits {
namespace {

using Bytes = std::vector<std::byte>;

Column column(const char* name, const char* form, std::uint64_t offset) {
  Column made;
  made.name = made.ttype = name;
  made.form = TForm::parse(form);
  made.offset = offset;
  return made;
}

/// 2 x 3 pixels in one tile; columns for everything.
TiledImageLayout layout_of(int bitpix, TileAlgorithm algorithm) {
  TiledImageLayout layout;
  layout.algorithm = algorithm;
  layout.image.shape = layout.tile = {2, 3};
  layout.image.coding = ElementCoding::image(bitpix, {}, std::nullopt);
  layout.table.columns = {column("COMPRESSED_DATA", "1PB", 0),
                          column("GZIP_COMPRESSED_DATA", "1QB", 8),
                          column("UNCOMPRESSED_DATA", "1PI", 24),
                          column("ZSCALE", "1D", 32),
                          column("ZZERO", "1E", 40),
                          column("ZBLANK", "1J", 44)};
  layout.table.row_bytes = 48;
  layout.table.heap_bytes = 1000;
  layout.compressed = 0;
  layout.gzipped = 1;
  layout.uncompressed = 2;
  layout.mask_algorithm = TileAlgorithm::gzip_1;
  return layout;
}

struct Descriptor {
  std::int32_t count, offset;
};

Bytes row(Descriptor compressed, Descriptor gzipped = {}, Descriptor plain = {}) {
  Bytes bytes(48);
  store_be(bytes.data(), compressed.count);
  store_be(bytes.data() + 4, compressed.offset);
  store_be(bytes.data() + 8, std::int64_t{gzipped.count});
  store_be(bytes.data() + 16, std::int64_t{gzipped.offset});
  store_be(bytes.data() + 24, plain.count);
  store_be(bytes.data() + 28, plain.offset);
  store_be(bytes.data() + 32, 0.5);
  store_be(bytes.data() + 40, 10.0F);
  store_be(bytes.data() + 44, std::int32_t{-7});
  return bytes;
}

template <class T>
Bytes big_endian(const std::vector<T>& values) {
  Bytes bytes(values.size() * sizeof(T));
  for (std::size_t i = 0; i < values.size(); ++i) store_be(bytes.data() + i * sizeof(T), values[i]);
  return bytes;
}

Bytes gzipped(const Bytes& bytes) {
  Bytes packed(gzip_bound(bytes.size()));
  packed.resize(gzip_encode(bytes, 6, packed));
  return packed;
}

template <class T>
std::vector<T> decode(const TiledImageLayout& layout, const TileRecord& record, const Bytes& data,
                      const Bytes& mask = {}) {
  const TileDecoder decoder(layout);
  TileWorkspace workspace;
  std::vector<T> pixels(6);
  decoder.check(4, data, 6);
  decoder.decode(4, record, data, mask, layout.tile, workspace,
                 std::as_writable_bytes(std::span(pixels)));
  return pixels;
}

template <class Work>
std::string problem_of(Work work) {
  try {
    work();
  } catch (const FitsError& error) {
    return error.problem();
  }
  return "no error";
}

void expect_words(const std::string& problem, const std::vector<std::string>& words) {
  for (const auto& word : words)
    EXPECT_NE(problem.find(word), std::string::npos) << "'" << problem << "' lacks " << word;
}

TEST(Tiles, TheRecordSaysWhichColumnHasThePixels) {
  auto layout = layout_of(-32, TileAlgorithm::gzip_1);
  layout.scale.column = 3;
  layout.zero.column = 4;
  layout.blank.column = 5;
  const TileDecoder decoder(layout);
  const auto first = decoder.record(0, row({7, 20}, {9, 30}));
  EXPECT_EQ(first.home, TileRecord::Home::compressed);
  EXPECT_EQ(first.data, (ByteRange{20, 7}));
  EXPECT_EQ(first.scale, 0.5);
  EXPECT_EQ(first.zero, 10.0);
  EXPECT_EQ(first.blank, -7);
  EXPECT_EQ(decoder.record(0, row({0, 99999}, {9, 30})).home, TileRecord::Home::gzipped);
  const auto plain = decoder.record(0, row({}, {}, {6, 40}));
  EXPECT_EQ(plain.home, TileRecord::Home::uncompressed);
  EXPECT_EQ(plain.data, (ByteRange{40, 12}));  // elements of 2 bytes
}

TEST(Tiles, ADescriptorLiesInTheHeap) {
  const auto layout = layout_of(16, TileAlgorithm::gzip_1);
  const TileDecoder decoder(layout);
  EXPECT_EQ(decoder.record(0, row({1, 999})).data, (ByteRange{999, 1}));
  expect_words(problem_of([&] { static_cast<void>(decoder.record(3, row({2, 999}))); }),
               {"tile 3", "COMPRESSED_DATA", "999", "heap of 1000 bytes"});
  expect_words(problem_of([&] { static_cast<void>(decoder.record(3, row({-1, 0}))); }),
               {"tile 3", "negative"});
  expect_words(problem_of([&] { static_cast<void>(decoder.record(3, row({}, {-5, 0}))); }),
               {"GZIP_COMPRESSED_DATA", "negative"});
  expect_words(problem_of([&] { static_cast<void>(decoder.record(8, row({}))); }),
               {"tile 8", "no pixels", "length zero"});
}

TEST(Tiles, TheOffsetOfPGoesUpToFourGigabytes) {  // T34
  auto layout = layout_of(16, TileAlgorithm::gzip_1);
  layout.table.heap_bytes = std::uint64_t{1} << 32;
  const auto record = TileDecoder(layout).record(0, row({5, -16}));
  EXPECT_EQ(record.data, (ByteRange{(std::uint64_t{1} << 32) - 16, 5}));
}

TEST(Tiles, TheWidthOfGzippedIntegersFollowsFromTheirBytes) {  // T32
  const std::vector<std::int32_t> values{-3, 0, 7, 32767, -32768, 1};
  const std::vector<std::int16_t> expected(values.begin(), values.end());
  const auto layout = layout_of(16, TileAlgorithm::gzip_1);
  EXPECT_EQ(decode<std::int16_t>(layout, {}, gzipped(big_endian(expected))), expected);
  EXPECT_EQ(decode<std::int16_t>(layout, {}, gzipped(big_endian(values))), expected);
  const std::vector<std::int32_t> wide{1, 2, 3, 40000, 5, 6};
  expect_words(problem_of([&] {
                 static_cast<void>(decode<std::int16_t>(layout, {}, gzipped(big_endian(wide))));
               }),
               {"tile 4", "pixel 3", "int16"});
  expect_words(
      problem_of([&] { static_cast<void>(decode<std::int16_t>(layout, {}, gzipped(Bytes(13)))); }),
      {"tile 4", "13 bytes", "6 pixels"});
}

TEST(Tiles, TilesThatWereNotQuantisedKeepTheirFloats) {  // T24
  auto layout = layout_of(-32, TileAlgorithm::rice);
  layout.quantized = true;
  const std::vector<float> values{1.5F, -0.0F, INFINITY, 1e-40F, 3e38F, 7};
  TileRecord record;
  record.scale = 99;
  record.home = TileRecord::Home::gzipped;
  EXPECT_EQ(decode<float>(layout, record, gzipped(big_endian(values))), values);
  record.home = TileRecord::Home::uncompressed;
  EXPECT_EQ(decode<float>(layout, record, big_endian(values)), values);
}

TEST(Tiles, QuantisedIntegersAreScaled) {
  auto layout = layout_of(-64, TileAlgorithm::none);
  layout.quantized = true;
  TileRecord record;
  record.scale = 0.5;
  record.zero = 10;
  record.blank = -7;
  const auto pixels =
      decode<double>(layout, record, big_endian<std::int32_t>({0, 1, -7, 4, -20, 100}));
  EXPECT_EQ(pixels[0], 10.0);
  EXPECT_EQ(pixels[1], 10.5);
  EXPECT_TRUE(std::isnan(pixels[2]));
  EXPECT_EQ(pixels[4], 0.0);
}

TEST(Tiles, AMaskTellsWhatIsUndefined) {
  const Bytes mask =
      gzipped({std::byte{0}, std::byte{1}, std::byte{0}, std::byte{0}, std::byte{0}, std::byte{1}});
  const auto floats = decode<float>(layout_of(-32, TileAlgorithm::none), {},
                                    big_endian<float>({1, 2, 3, 4, 5, 6}), mask);
  EXPECT_EQ(floats[0], 1.0F);
  EXPECT_TRUE(std::isnan(floats[1]) && std::isnan(floats[5]));
  auto integers = layout_of(16, TileAlgorithm::none);
  integers.image.coding.null = -32768;
  integers.reserved_null = true;
  EXPECT_EQ(decode<std::int16_t>(integers, {}, big_endian<std::int16_t>({1, 2, 3, 4, 5, 6}), mask),
            (std::vector<std::int16_t>{1, -32768, 3, 4, 5, -32768}));
  expect_words(problem_of([&] {
                 static_cast<void>(decode<std::int16_t>(
                     integers, {}, big_endian<std::int16_t>({1, 2, -32768, 4, 5, 6}), mask));
               }),
               {"tile 4", "pixel 2", "-32768"});
  expect_words(
      problem_of([&] {
        static_cast<void>(decode<float>(layout_of(-32, TileAlgorithm::none), {},
                                        big_endian<float>({1, 2, 3, 4, 5, 6}), gzipped(Bytes(5))));
      }),
      {"NULL_PIXEL_MASK"});
}

TEST(Tiles, WhatIsLeftOverIsAnError) {
  const auto layout = layout_of(8, TileAlgorithm::gzip_1);
  auto tile = gzipped(Bytes(6));
  tile.resize(tile.size() + 8);  // some programs round up
  EXPECT_EQ(decode<std::uint8_t>(layout, {}, tile), std::vector<std::uint8_t>(6));
  tile.resize(tile.size() + 1);
  expect_words(problem_of([&] { static_cast<void>(decode<std::uint8_t>(layout, {}, tile)); }),
               {"tile 4", "6 pixels end at byte", "of " + std::to_string(tile.size())});
}

TEST(Tiles, ATileIsNoLargerThanItsBytesCanSay) {
  const Bytes data(100);
  const auto check = [&](TileAlgorithm algorithm, std::uint64_t pixels) {
    const auto layout = layout_of(16, algorithm);
    return problem_of([&] { TileDecoder(layout).check(4, data, pixels); });
  };
  EXPECT_EQ(check(TileAlgorithm::rice, 8000), "no error");
  expect_words(check(TileAlgorithm::rice, 1000000), {"tile 4", "100 bytes", "1000000 pixels"});
  expect_words(check(TileAlgorithm::none, 1U << 20), {"tile 4", "NOCOMPRESS"});
  EXPECT_EQ(check(TileAlgorithm::hcompress, 1U << 28), "no error");  // a constant plane
  expect_words(check(TileAlgorithm::hcompress, (1U << 28) + 1), {"tile 4", "HCOMPRESS_1"});
}

TEST(Tiles, ARefusedLayoutIsRefused) {
  auto layout = layout_of(16, TileAlgorithm::none);
  layout.refused = FitsError::unsupported("why");
  expect_words(problem_of([&] { static_cast<void>(TileDecoder(layout)); }), {"why"});
}

}  // namespace
}  // namespace torchfits
