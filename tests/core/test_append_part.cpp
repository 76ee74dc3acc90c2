// SPDX-License-Identifier: BSD-3-Clause
// What grows behind the end of a file before anybody sees it, and tiles that wait for their pixels.
#include <gtest/gtest.h>

#include <cerrno>
#include <cstring>
#include <string>
#include <vector>

#include "base/error.h"
#include "file/partial_tiles.h"
#include "header_text.h"
#include "platform/system_calls.h"
#include "scratch_folder.h"
#include "update/updater.h"

namespace torchfits {
namespace {

using testing::bytes_of;
using testing::read_text;
using testing::ScratchFolder;
using testing::write_text;

constexpr std::uint64_t kEnd = 2 * 2880;

std::string text_of(const ByteSource& source) {
  std::string text(source.extent(UINT64_MAX), '\0');
  source.read({0, text.size()}, std::as_writable_bytes(std::span(text)));
  return text;
}

class AppendPart : public ::testing::Test {
 protected:
  void SetUp() override { write_text(folder_.path(), old_); }
  [[nodiscard]] std::string content() const { return read_text(folder_.path()); }
  static void put(Updater& updater, std::uint64_t offset, const std::string& text) {
    updater.append_part(kEnd, [&](ByteSink& sink) { sink.write_at(offset, bytes_of(text)); });
  }
  ScratchFolder folder_;
  const std::string old_ = std::string(kEnd, 'o');
};

TEST_F(AppendPart, IsSeenWithTheLastStep) {
  Updater updater(folder_.path(), false);
  put(updater, kEnd + 4000, "heap");
  put(updater, kEnd + 4004, "more");
  EXPECT_EQ(text_of(*updater.source()), old_);
  EXPECT_EQ(content().substr(0, kEnd), old_);
  EXPECT_EQ(content().substr(kEnd, 8), std::string("\0PARTIAL", 8));
  EXPECT_TRUE(updater.is_free(kEnd));
  updater.append(kEnd, [](ByteSink& sink, std::uint64_t offset) {
    sink.write_at(offset, bytes_of("XTENSION= x"));
    return offset + 5760;
  });
  auto expected = old_ + std::string(5760, '\0');
  expected.replace(kEnd, 11, "XTENSION= x");
  expected.replace(kEnd + 4000, 8, "heapmore");
  EXPECT_EQ(content(), expected);
  EXPECT_EQ(text_of(*updater.source()), expected);
}

TEST_F(AppendPart, IsForgottenByAnotherChange) {
  Updater updater(folder_.path(), false);
  put(updater, kEnd + 3000, "first");
  updater.cut(kEnd);
  EXPECT_EQ(content(), old_);
  put(updater, kEnd + 3000, "second");
  updater.cut(kEnd);
  updater.append(kEnd, [](ByteSink& sink, std::uint64_t offset) {
    sink.write_at(offset, bytes_of("12345678"));
    return offset + 2880;
  });
  EXPECT_EQ(content(), old_ + "12345678" + std::string(2872, '\0'));
}

TEST_F(AppendPart, AnErrorKeepsTheStepsBefore) {
  Updater updater(folder_.path(), false);
  put(updater, kEnd + 3000, "kept");
  EXPECT_THROW(updater.append_part(
                   kEnd, [](ByteSink&) { throw FitsError(ErrorCode::value, "wrong pixel"); }),
               FitsError);
  updater.append(kEnd, [](ByteSink& sink, std::uint64_t offset) {
    sink.write_at(offset, bytes_of("12345678"));
    return offset + 5760;
  });
  EXPECT_EQ(content().substr(kEnd + 3000, 4), "kept");
}

TEST_F(AppendPart, IsOverwrittenAfterAKill) {
  {
    Updater updater(folder_.path(), false);
    put(updater, kEnd + 3000, "left behind");
  }
  Updater updater(folder_.path(), false);
  put(updater, kEnd + 100, "new");
  updater.append(kEnd, [](ByteSink&, std::uint64_t offset) { return offset + 5760; });
  auto expected = old_ + std::string(5760, '\0');
  expected.replace(kEnd + 100, 3, "new");
  EXPECT_EQ(content(), expected);
}

TEST_F(AppendPart, StopsBeforeBytesOfOthers) {
  write_text(folder_.path(), old_ + "special records");
  Updater updater(folder_.path(), false);
  EXPECT_THROW(put(updater, kEnd + 3000, "x"), FitsError);
  EXPECT_EQ(content(), old_ + "special records");
}

/// Writes `value` into pixel `at` of a tile of 16-bit numbers.
void mark(PartialTiles& tiles, std::uint64_t tile, std::size_t at, std::uint16_t value) {
  const auto open = tiles.open(tile);
  std::memcpy(open.pixels.data() + at * sizeof value, &value, sizeof value);
  tiles.add_known(tile, open.known[at] == 0 ? 1 : 0);
  open.known[at] = 1;
}

TEST(PartialTiles, KeepTheirPixelsInMemoryAndFile) {
  constexpr std::size_t kPixels = 10;
  for (const std::size_t budget : {0U, 100U, 100000U}) {
    PartialTiles tiles(kPixels, sizeof(std::uint16_t), budget);
    for (std::uint16_t round = 0; round < 3; ++round) {
      for (std::uint16_t tile = 0; tile < 20; ++tile)
        mark(tiles, tile, static_cast<std::size_t>(round + tile % 3),
             static_cast<std::uint16_t>(100 * tile + round));
    }
    for (std::uint64_t tile = 0; tile < 20; tile += 2) tiles.erase(tile);
    mark(tiles, 4, 0, 7);  // anew, in a place of the file that is free
    EXPECT_EQ(tiles.numbers(), (std::vector<std::uint64_t>{1, 3, 4, 5, 7, 9, 11, 13, 15, 17, 19}));
    alignas(8) std::byte room[kPixels * sizeof(std::uint16_t)];
    for (const auto tile : tiles.numbers()) {
      std::vector<std::uint16_t> expected(kPixels);
      if (tile == 4) expected[0] = 7;
      for (std::uint16_t round = 0; round < 3 && tile != 4; ++round)
        expected[round + tile % 3] = static_cast<std::uint16_t>(100 * tile + round);
      std::vector<std::uint16_t> found(kPixels);
      std::memcpy(found.data(), tiles.pixels(tile, kPixels, room), sizeof room);
      EXPECT_EQ(found, expected) << tile << " with " << budget;
      EXPECT_EQ(tiles.add_known(tile, 0), tile == 4 ? 1U : 3U);
    }
    EXPECT_TRUE(tiles.has(4));
    EXPECT_FALSE(tiles.has(2));
  }
}

ssize_t refuse(int /*file*/, const void* /*bytes*/, std::size_t /*size*/, off_t /*offset*/) {
  errno = ENOSPC;
  return -1;
}

TEST(PartialTiles, AreAsBeforeWhereTheTemporaryFileIsFull) {
  constexpr std::size_t kPixels = 10;
  for (const std::size_t budget : {10U, 70U}) {  // one or two of 30 bytes
    PartialTiles tiles(kPixels, sizeof(std::uint16_t), budget);
    mark(tiles, 0, 0, 1);
    mark(tiles, 1, 0, 2);
    const auto all = system_calls;
    system_calls.pwrite = refuse;
    for (int tries = 0; tries < 3; ++tries) EXPECT_THROW((void)tiles.open(2), FitsError);
    system_calls = all;
    EXPECT_FALSE(tiles.has(2));
    mark(tiles, 2, 0, 3);
    alignas(8) std::byte room[kPixels * sizeof(std::uint16_t)];
    for (std::uint16_t tile = 0; tile < 3; ++tile) {
      std::uint16_t found = 0;
      std::memcpy(&found, tiles.pixels(tile, kPixels, room), sizeof found);
      EXPECT_EQ(found, tile + 1);
    }
  }
}

}  // namespace
}  // namespace torchfits
