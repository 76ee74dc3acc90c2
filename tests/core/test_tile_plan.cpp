// SPDX-License-Identifier: BSD-3-Clause
#include <gtest/gtest.h>

#include <map>
#include <numeric>
#include <random>
#include <set>

#include "plan/tile_plan.h"

namespace torchfits {
namespace {

using Shape = std::vector<std::uint64_t>;

/// Every selected pixel, found one by one: (its tile, its place in the tile) by its place in the
/// output.
std::map<Shape, std::pair<std::uint64_t, Shape>> pixel_by_pixel(
    const Shape& shape, const Shape& tile, const std::vector<AxisSlice>& selection,
    const Shape& origin) {
  std::map<Shape, std::pair<std::uint64_t, Shape>> found;
  Shape at(shape.size(), 0);
  for (const auto& slice : selection)
    if (slice.count == 0) return found;
  while (true) {
    Shape out, inside;
    std::uint64_t number = 0;
    for (std::size_t i = 0; i < shape.size(); ++i) {
      const auto pixel = static_cast<std::uint64_t>(
          selection[i].start + selection[i].step * static_cast<std::int64_t>(at[i]));
      number = number * ((shape[i] + tile[i] - 1) / tile[i]) + pixel / tile[i];
      inside.push_back(pixel % tile[i]);
      out.push_back(origin[i] + at[i]);
    }
    found[out] = {number, inside};
    std::size_t axis = shape.size();
    while (axis > 0 && ++at[axis - 1] == selection[axis - 1].count) at[--axis] = 0;
    if (axis == 0) return found;
  }
}

std::map<Shape, std::pair<std::uint64_t, Shape>> from_plan(const TilePlan& plan) {
  std::map<Shape, std::pair<std::uint64_t, Shape>> found;
  std::set<std::uint64_t> tiles;
  for (std::uint64_t i = 0; i < plan.parts(); ++i) {
    const auto part = plan.part(i);
    EXPECT_EQ(plan.tile(i), part.tile);
    EXPECT_TRUE(tiles.insert(part.tile).second) << "tile " << part.tile << " comes twice";
    const auto axes = part.shape.size();
    std::vector<AxisSlice> all(part.selection);
    Shape at(axes, 0);
    for (std::size_t k = 0; k < axes; ++k) {
      if (all[k].count > part.shape[k]) {
        ADD_FAILURE() << "part " << i << " takes more pixels than its tile has";
        return found;
      }
    }
    while (true) {
      Shape out, inside;
      for (std::size_t k = 0; k < axes; ++k) {
        const auto pixel = all[k].start + all[k].step * static_cast<std::int64_t>(at[k]);
        EXPECT_GE(pixel, 0);
        EXPECT_LT(static_cast<std::uint64_t>(pixel), part.shape[k]);
        inside.push_back(static_cast<std::uint64_t>(pixel));
        out.push_back(part.out_origin[k] + at[k]);
      }
      EXPECT_TRUE(found.emplace(out, std::pair(part.tile, inside)).second);
      std::size_t axis = axes;
      while (axis > 0 && ++at[axis - 1] == all[axis - 1].count) at[--axis] = 0;
      if (axis == 0) break;
    }
  }
  return found;
}

TEST(TilePlan, EqualsThePixelByPixelSearch) {
  std::mt19937 random(5);
  const auto below = [&](std::uint64_t n) { return random() % n; };
  for (int round = 0; round < 3000; ++round) {
    const auto axes = 1 + below(3);
    Shape shape, tile, origin;
    std::vector<AxisSlice> selection;
    for (std::uint64_t i = 0; i < axes; ++i) {
      shape.push_back(1 + below(12));
      tile.push_back(1 + below(shape.back()));
      origin.push_back(below(3));
      const auto start = static_cast<std::int64_t>(below(shape.back()));
      auto step = static_cast<std::int64_t>(1 + below(6));
      if (below(2) == 1) step = -step;
      const auto room = step > 0 ? static_cast<std::int64_t>(shape.back()) - 1 - start : start;
      const auto most = static_cast<std::uint64_t>(room / (step > 0 ? step : -step)) + 1;
      selection.push_back({start, step, below(most + 1)});
    }
    const auto plan = TilePlan::make(shape, tile, selection, origin);
    ASSERT_EQ(from_plan(plan), pixel_by_pixel(shape, tile, selection, origin)) << round;
  }
}

TEST(TilePlan, NumbersTilesAsTheStandardDoes) {
  // Section 10.1: in the order of their first pixels, NAXIS1 (the last axis here) fastest. 5 x 7
  // pixels in tiles of 2 x 3: 3 x 3 tiles, those at the far edges 1 row high or 1 column wide.
  const Shape shape{5, 7}, tile{2, 3}, origin{0, 0};
  const std::vector<AxisSlice> all{{0, 1, 5}, {0, 1, 7}};
  const auto plan = TilePlan::make(shape, tile, all, origin);
  ASSERT_EQ(plan.parts(), 9U);
  for (std::uint64_t i = 0; i < 9; ++i) {
    EXPECT_EQ(plan.part(i).tile, i);
  }
  EXPECT_EQ(plan.part(5).shape, (Shape{2, 1}));
  EXPECT_EQ(plan.part(7).shape, (Shape{1, 3}));
  EXPECT_EQ(plan.part(8).pixels(), 1U);
  EXPECT_EQ(plan.part(7).out_origin, (Shape{4, 3}));
}

TEST(TilePlan, AnEmptySelectionMeetsNoTile) {
  const Shape shape{4, 0}, tile{1, 0}, origin{0, 0};
  const std::vector<AxisSlice> all{{0, 1, 4}, {0, 1, 0}};
  EXPECT_EQ(TilePlan::make(shape, tile, all, origin).parts(), 0U);
}

TEST(TilePlan, MeetsNoMoreTilesThanItMust) {
  const Shape shape{2048, 2048}, tile{128, 128}, origin{0, 0};
  const std::vector<AxisSlice> box{{1000, 1, 100}, {30, 1, 98}};
  EXPECT_EQ(TilePlan::make(shape, tile, box, origin).parts(), 2U);  // rows 7 and 8, column 0
  const std::vector<AxisSlice> sparse{{0, 512, 4}, {2047, -512, 4}};
  EXPECT_EQ(TilePlan::make(shape, tile, sparse, origin).parts(), 16U);
}

}  // namespace
}  // namespace torchfits
