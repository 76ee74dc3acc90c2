// SPDX-License-Identifier: BSD-3-Clause
#include <gtest/gtest.h>

#include "base/parallel.h"
#include "file/tile_cache.h"

namespace torchfits {
namespace {

TileCache::Tile tile(std::size_t size) { return std::make_shared<const Scratch>(size); }

TEST(TileCache, TheLeastRecentlyUsedTileGoesFirst) {
  const TileCache cache(100);
  const auto first = tile(40), second = tile(40), third = tile(40);
  cache.keep({1, 0}, first);
  cache.keep({1, 1}, second);
  EXPECT_EQ(cache.find({1, 0}), first);  // used: the other one is the oldest now
  cache.keep({1, 2}, third);
  EXPECT_EQ(cache.find({1, 0}), first);
  EXPECT_EQ(cache.find({1, 1}), nullptr);
  EXPECT_EQ(cache.find({1, 2}), third);
}

TEST(TileCache, TilesOfDifferentImagesDiffer) {
  const TileCache cache(100);
  cache.keep({1, 7}, tile(10));
  EXPECT_EQ(cache.find({2, 7}), nullptr);
  EXPECT_EQ(cache.find({1, 8}), nullptr);
}

TEST(TileCache, HoldsNoMoreThanItsCapacityAndCountsIt) {
  const auto before = stats().tile_cache_bytes.load();
  {
    const TileCache cache(100);
    for (std::uint64_t i = 0; i < 50; ++i) {
      cache.keep({0, i}, tile(1 + i));
      EXPECT_LE(stats().tile_cache_bytes - before, 100U);
    }
    EXPECT_EQ(stats().tile_cache_bytes - before, 99U);  // 50 + 49
    cache.keep({0, 99}, tile(101));                     // larger than all of it
    EXPECT_EQ(cache.find({0, 99}), nullptr);
    EXPECT_EQ(stats().tile_cache_bytes - before, 99U);
  }
  EXPECT_EQ(stats().tile_cache_bytes, before);
}

TEST(TileCache, OneWithoutCapacityKeepsNothing) {
  const TileCache cache(0);
  cache.keep({0, 0}, tile(1));
  EXPECT_EQ(cache.find({0, 0}), nullptr);
}

TEST(TileCache, ManyThreadsMayUseIt) {
  const TileCache cache(64);
  parallel_for(1000, [&](std::size_t i) {
    const TileCache::Key key{0, i % 9};
    if (const auto kept = cache.find(key)) {
      EXPECT_EQ(kept->size(), 8 + key.second);
    } else {
      cache.keep(key, tile(8 + key.second));
    }
  });
}

}  // namespace
}  // namespace torchfits
