// SPDX-License-Identifier: BSD-3-Clause
// Slabs, one after the other, must be the elements of the block in their order, each once.
#include <gtest/gtest.h>

#include <algorithm>
#include <vector>

#include "plan/slabs.h"

namespace torchfits {
namespace {

using Shape = std::vector<std::uint64_t>;

std::vector<AxisSlice> whole_axes(const Shape& shape) {
  std::vector<AxisSlice> axes;
  for (const auto length : shape) axes.push_back({0, 1, length});
  return axes;
}

/// Positions of a slab's elements in the block, walked as an odometer does.
Shape positions(const Shape& shape, const std::vector<AxisSlice>& slab) {
  Shape found{0};
  for (std::size_t axis = 0; axis < shape.size(); ++axis) {
    Shape longer;
    for (const auto place : found) {
      for (std::uint64_t i = 0; i < slab[axis].count; ++i) {
        const auto at = slab[axis].start + static_cast<std::int64_t>(i) * slab[axis].step;
        longer.push_back(place * shape[axis] + static_cast<std::uint64_t>(at));
      }
    }
    found = longer;
  }
  return found;
}

TEST(Slabs, CoverTheBlockInOrder) {
  const Shape shapes[] = {{1},       {7},          {1, 1, 9},    {5, 4},       {4, 5, 6},
                          {3, 1, 8}, {1, 6, 1, 5}, {2, 3, 4, 5}, {9, 1, 1, 1}, {2, 2, 2, 2, 2}};
  for (const auto& shape : shapes) {
    for (std::uint64_t most = 1; most <= 130; ++most) {
      const Slabs slabs(shape, most);
      std::uint64_t next = 0;
      for (std::size_t i = 0; i < slabs.count(); ++i) {
        ASSERT_EQ(slabs.first_element(i), next);
        const auto found = positions(shape, slabs.slab(i, whole_axes(shape)));
        ASSERT_FALSE(found.empty());
        ASSERT_LE(found.size(), most);
        for (const auto position : found) ASSERT_EQ(position, next++);
      }
      std::uint64_t all = 1;
      for (const auto length : shape) all *= length;
      ASSERT_EQ(next, all);
      ASSERT_EQ(slabs.first_element(slabs.count()), all);
    }
  }
}

TEST(Slabs, TakeAsMuchAsTheyMay) {
  EXPECT_EQ(Slabs(Shape{10, 100}, 1000).count(), 1U);
  EXPECT_EQ(Slabs(Shape{10, 100}, 500).count(), 2U);
  EXPECT_EQ(Slabs(Shape{10, 100}, 499).count(), 3U);
  EXPECT_EQ(Slabs(Shape{10, 100}, 99).count(), 20U);  // lines of 99 elements and of 1
}

TEST(Slabs, ArePartsOfASelection) {
  const std::vector<AxisSlice> selection{{10, -2, 4}, {5, 3, 6}};
  const Slabs slabs(Shape{4, 6}, 12);
  ASSERT_EQ(slabs.count(), 2U);
  EXPECT_EQ(slabs.slab(0, selection), (std::vector<AxisSlice>{{10, -2, 2}, {5, 3, 6}}));
  EXPECT_EQ(slabs.slab(1, selection), (std::vector<AxisSlice>{{6, -2, 2}, {5, 3, 6}}));
  const Slabs lines(Shape{4, 6}, 4);
  EXPECT_EQ(lines.slab(3, selection), (std::vector<AxisSlice>{{8, -2, 1}, {17, 3, 2}}));
}

}  // namespace
}  // namespace torchfits
