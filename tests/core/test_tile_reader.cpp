// SPDX-License-Identifier: BSD-3-Clause
#include <gtest/gtest.h>

#include <cstring>
#include <memory>
#include <string>
#include <thread>
#include <utility>
#include <vector>

#include "base/error.h"
#include "base/parallel.h"
#include "base/stats.h"
#include "file/tile_reader.h"
#include "header_text.h"
#include "io/memory_source.h"

namespace torchfits {
namespace {

using testing::bytes_of;
using testing::header_blocks;
using testing::padded_to_block;

constexpr std::uint64_t kRows = 60, kColumns = 50, kTileRows = 8, kTileColumns = 9;

/// Pixel (y, x) of the image is 100 y + x.
std::int16_t pixel(std::uint64_t y, std::uint64_t x) {
  return static_cast<std::int16_t>(100 * y + x);
}

/// 8 x 6 tiles of NOCOMPRESS; `break_tile` gets a descriptor outside the heap.
std::string file_of_tiles(int break_tile = -1) {
  std::string rows, heap;
  int tile = 0;
  for (std::uint64_t y = 0; y < kRows; y += kTileRows) {
    for (std::uint64_t x = 0; x < kColumns; x += kTileColumns, ++tile) {
      const auto offset = heap.size();
      for (auto v = y; v < std::min(kRows, y + kTileRows); ++v) {
        for (auto u = x; u < std::min(kColumns, x + kTileColumns); ++u) {
          std::byte stored[2];
          store_be(stored, pixel(v, u));
          heap.append(reinterpret_cast<const char*>(stored), 2);
        }
      }
      std::byte descriptor[8];
      store_be(descriptor, static_cast<std::int32_t>(heap.size() - offset));
      store_be(descriptor + 4, static_cast<std::int32_t>(tile == break_tile ? 1 << 30 : offset));
      rows.append(reinterpret_cast<const char*>(descriptor), 8);
    }
  }
  const auto count = std::to_string(tile), bytes = std::to_string(heap.size());
  return header_blocks({{"SIMPLE", "T"}, {"BITPIX", "8"}, {"NAXIS", "0"}}) +
         header_blocks({{"XTENSION", "'BINTABLE'"},
                        {"BITPIX", "8"},
                        {"NAXIS", "2"},
                        {"NAXIS1", "8"},
                        {"NAXIS2", count},
                        {"PCOUNT", bytes},
                        {"GCOUNT", "1"},
                        {"TFIELDS", "1"},
                        {"TTYPE1", "'COMPRESSED_DATA'"},
                        {"TFORM1", "'1PB'"},
                        {"ZIMAGE", "T"},
                        {"ZCMPTYPE", "'NOCOMPRESS'"},
                        {"ZBITPIX", "16"},
                        {"ZNAXIS", "2"},
                        {"ZNAXIS1", "50"},
                        {"ZNAXIS2", "60"},
                        {"ZTILE1", "9"},
                        {"ZTILE2", "8"}}) +
         padded_to_block(rows + heap, '\0');
}

File open(std::string content, std::size_t tile_cache = 0) {
  const auto owner = std::make_shared<const std::string>(std::move(content));
  return File(borrow_bytes(bytes_of(*owner), owner), tile_cache);
}

std::vector<std::int16_t> read(const File& file, const std::vector<AxisSlice>& box) {
  std::vector<std::int16_t> out(box[0].count * box[1].count);
  read_image(file, 1, {box, true},
             {ElementType::i16,
              reinterpret_cast<std::byte*>(out.data()),
              {box[0].count, box[1].count},
              {0, 0}});
  return out;
}

std::vector<std::int16_t> expected(const std::vector<AxisSlice>& box) {
  std::vector<std::int16_t> out;
  for (std::uint64_t i = 0; i < box[0].count; ++i) {
    for (std::uint64_t j = 0; j < box[1].count; ++j) {
      const auto y = box[0].start + static_cast<std::int64_t>(i) * box[0].step;
      const auto x = box[1].start + static_cast<std::int64_t>(j) * box[1].step;
      out.push_back(pixel(static_cast<std::uint64_t>(y), static_cast<std::uint64_t>(x)));
    }
  }
  return out;
}

const std::vector<std::vector<AxisSlice>> kBoxes{
    {{0, 1, 60}, {0, 1, 50}}, {{59, -1, 60}, {49, -7, 8}}, {{7, 1, 2}, {8, 1, 2}},
    {{3, 20, 3}, {0, 1, 50}}, {{16, 1, 8}, {9, 1, 9}},     {{59, 1, 1}, {49, 1, 1}},
    {{10, 1, 0}, {0, 1, 50}},
};

TEST(TileReader, EverySelectionHasItsPixels) {
  const auto content = file_of_tiles();
  for (const std::size_t cache : {std::size_t{0}, std::size_t{2000}, std::size_t{1} << 20}) {
    const auto file = open(content, cache);
    for (int round = 0; round < 2; ++round) {
      for (const auto& box : kBoxes) EXPECT_EQ(read(file, box), expected(box)) << cache;
    }
  }
}

TEST(TileReader, ReadsTheDescriptorsAndTilesItMeetsAndNoOthers) {
  const auto file = open(file_of_tiles());
  static_cast<void>(file.layout(1));
  reset_stats();
  static_cast<void>(read(file, {{7, 1, 2}, {8, 1, 2}}));  // where four tiles meet
  EXPECT_EQ(stats().tiles_decoded, 4U);
  EXPECT_EQ(stats().bytes_read, 4 * 8 + 4 * 8 * 9 * 2U);
}

TEST(TileReader, ThreadsShareAFileAndItsCache) {
  const auto content = file_of_tiles();
  const auto file = open(content, 3000);  // room for some of the tiles
  std::vector<std::thread> threads;
  for (std::size_t t = 0; t < 4; ++t) {
    threads.emplace_back([&, t] {
      for (std::size_t i = 0; i < 60; ++i) {
        const auto& box = kBoxes[(i + t) % kBoxes.size()];
        EXPECT_EQ(read(file, box), expected(box));
      }
    });
  }
  for (auto& thread : threads) thread.join();
}

TEST(TileReader, AnErrorNamesHduAndTile) {
  const auto file = open(file_of_tiles(13));
  EXPECT_EQ(read(file, kBoxes[2]), expected(kBoxes[2]));  // elsewhere
  try {
    static_cast<void>(read(file, kBoxes[0]));
    FAIL() << "no error";
  } catch (const FitsError& error) {
    const std::string text = error.what();
    EXPECT_NE(text.find("HDU 1"), std::string::npos) << text;
    EXPECT_NE(text.find("tile 13"), std::string::npos) << text;
  }
}

TEST(TileReader, AnImageThatItsHeapCannotHoldIsRefused) {
  const auto file = open(file_of_tiles());
  const auto held = file.layout(1);
  auto layout = std::get<TiledImageLayout>(*held);
  EXPECT_NO_THROW(check_plausible(layout));
  layout.image.shape = {1000000, 1000000};
  EXPECT_THROW(check_plausible(layout), FitsError);
}

}  // namespace
}  // namespace torchfits
