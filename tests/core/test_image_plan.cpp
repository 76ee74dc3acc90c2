// SPDX-License-Identifier: BSD-3-Clause
// Runs, carried out naively, must equal slicing done element by element.
#include <gtest/gtest.h>

#include <numeric>

#include "base/defaults.h"
#include "plan/image_plan.h"

namespace torchfits {
namespace {

using Shape = std::vector<std::uint64_t>;
using Selection = std::vector<AxisSlice>;

constexpr std::uint64_t kDataOffset = 2880;
constexpr std::int64_t kUntouched = -1;

std::uint64_t product(const Shape& shape) {
  return std::accumulate(shape.begin(), shape.end(), std::uint64_t{1}, std::multiplies<>());
}

/// A selection of an image whose elements are their own positions, and the block that receives it.
struct Case {
  Shape shape;
  Selection selection;
  std::size_t element_bytes = 4;
  std::uint64_t margin = 0;  ///< of the output around the selection, on each side of each axis

  [[nodiscard]] Shape out_shape() const {
    Shape out;
    for (const auto& slice : selection) out.push_back(slice.count + 2 * margin);
    return out;
  }
  [[nodiscard]] ImagePlan plan() const {
    return ImagePlan::make(shape, element_bytes, kDataOffset, selection, out_shape(),
                           Shape(shape.size(), margin));
  }
};

/// Counts through the selection like an odometer.
std::vector<std::int64_t> sliced(const Case& a) {
  const auto out_shape = a.out_shape();
  std::vector<std::int64_t> out(product(out_shape), kUntouched);
  std::uint64_t total = 1;
  for (const auto& slice : a.selection) total *= slice.count;
  for (std::uint64_t n = 0; n < total; ++n) {
    std::uint64_t rest = n;
    std::int64_t from = 0;
    std::uint64_t to = 0;
    std::int64_t from_stride = 1;
    std::uint64_t to_stride = 1;
    for (std::size_t i = a.shape.size(); i-- > 0;) {
      const auto position = rest % a.selection[i].count;
      rest /= a.selection[i].count;
      from += (a.selection[i].start + static_cast<std::int64_t>(position) * a.selection[i].step) *
              from_stride;
      to += (position + a.margin) * to_stride;
      from_stride *= static_cast<std::int64_t>(a.shape[i]);
      to_stride *= out_shape[i];
    }
    out[to] = from;
  }
  return out;
}

/// The output of the runs, or an explanation.
std::string execute(const Case& a, const ImagePlan& plan, std::vector<std::int64_t>& out) {
  out.assign(product(a.out_shape()), kUntouched);
  const auto unit = static_cast<std::int64_t>(a.element_bytes);
  const auto data_end = kDataOffset + product(a.shape) * a.element_bytes;
  std::uint64_t elements = 0;
  for (std::uint64_t i = 0; i < plan.runs(); ++i) {
    const auto run = plan.run(i);
    if (run.range.length > std::max(kMaxRangeBytes, a.element_bytes)) return "a run is too long";
    if (run.range.offset < kDataOffset || run.range.end() > data_end)
      return "a run leaves the data";
    const auto distance = plan.step() < 0 ? -plan.step() : plan.step();
    if (run.range.length !=
        ((run.count - 1) * static_cast<std::uint64_t>(distance) + 1) * a.element_bytes) {
      return "a run is longer than its elements";
    }
    auto byte = static_cast<std::int64_t>(plan.step() < 0 ? run.range.end() - a.element_bytes
                                                          : run.range.offset);
    for (std::uint64_t k = 0; k < run.count; ++k, byte += plan.step() * unit) {
      if (run.out + k >= out.size() || out[run.out + k] != kUntouched)
        return "an element is written twice or outside";
      out[run.out + k] = (byte - static_cast<std::int64_t>(kDataOffset)) / unit;
      ++elements;
    }
  }
  return elements == plan.elements() ? "" : "elements() differs";
}

void expect_equal_to_slicing(const Case& a) {
  std::vector<std::int64_t> out;
  ASSERT_EQ(execute(a, a.plan(), out), "");
  ASSERT_EQ(out, sliced(a));
}

Selection all_slices(std::uint64_t length) {
  Selection slices{{0, 1, 0}};
  const auto end = static_cast<std::int64_t>(length);
  for (const std::int64_t step : {1, 2, 3, -1, -2, -3}) {
    for (std::int64_t start = 0; start < end; ++start) {
      std::uint64_t count = 0;
      for (auto at = start; at >= 0 && at < end; at += step)
        slices.push_back({start, step, ++count});
    }
  }
  return slices;
}

void try_all(const Shape& shape, Selection& chosen, std::size_t element_bytes,
             std::uint64_t margin) {
  if (chosen.size() == shape.size())
    return expect_equal_to_slicing({shape, chosen, element_bytes, margin});
  for (const auto& slice : all_slices(shape[chosen.size()])) {
    chosen.push_back(slice);
    try_all(shape, chosen, element_bytes, margin);
    chosen.pop_back();
    if (testing::Test::HasFatalFailure()) return;
  }
}

TEST(ImagePlan, EverySelectionOfSmallShapesEqualsSlicing) {
  for (const Shape& shape : {Shape{1}, Shape{7}, Shape{4, 5}, Shape{1, 4}, Shape{4, 1},
                             Shape{2, 3, 3}, Shape{2, 1, 3, 2}}) {
    for (const std::uint64_t margin : {0, 1}) {
      for (const std::size_t element_bytes :
           {4, 300}) {  // 300: with a step, elements become runs of their own
        Selection chosen;
        try_all(shape, chosen, element_bytes, margin);
        if (HasFatalFailure()) FAIL() << "shape of " << shape.size() << " axes, margin " << margin;
      }
    }
  }
}

TEST(ImagePlan, WholeImageIsCutIntoEvenRuns) {
  const Case a{{3000, 1000}, {{0, 1, 3000}, {0, 1, 1000}}, 4, 0};
  const auto plan = a.plan();
  const auto last = plan.runs() - 1;
  ASSERT_GE(plan.runs(), 12'000'000 / kMaxRangeBytes);
  for (std::uint64_t i = 1; i < last; ++i) EXPECT_EQ(plan.run(i).count, plan.run(0).count);
  EXPECT_LE(plan.run(last).count, plan.run(0).count);
  EXPECT_LE(plan.run(0).range.length, kMaxRangeBytes);
  EXPECT_EQ(plan.run(last).range.end(), kDataOffset + 12'000'000);
  expect_equal_to_slicing(a);
}

TEST(ImagePlan, LinesLongerThanTheLimitAreCutInEveryDirection) {
  for (const std::int64_t step : {1, 2, -1, -2}) {
    const std::uint64_t count = step * step == 1 ? 30'001 : 15'001;
    expect_equal_to_slicing(
        {{2, 30'001}, {{0, 1, 2}, {step < 0 ? 30'000 : 0, step, count}}, 256, 1});
  }
}

TEST(ImagePlan, AnElementLargerThanTheLimitIsARun) {
  const Case a{{3}, {{2, -1, 3}}, kMaxRangeBytes + 1, 0};
  EXPECT_EQ(a.plan().runs(), 3U);
  expect_equal_to_slicing(a);
}

TEST(ImagePlan, MergesAxesThatContinueEachOther) {
  EXPECT_EQ((Case{{5, 6, 7}, {{0, 1, 5}, {0, 1, 6}, {0, 1, 7}}}.plan().runs()), 1U);
  EXPECT_EQ((Case{{5, 6, 7}, {{1, 1, 3}, {0, 1, 6}, {0, 1, 7}}}.plan().runs()), 1U);
  EXPECT_EQ((Case{{5, 6, 7}, {{4, -1, 5}, {5, -1, 6}, {6, -1, 7}}}.plan().runs()), 1U);
  EXPECT_EQ((Case{{5, 6, 8}, {{0, 1, 5}, {0, 1, 6}, {0, 2, 4}}}.plan().runs()), 1U);
  EXPECT_EQ((Case{{5, 6, 7}, {{0, 1, 5}, {1, 1, 3}, {0, 1, 7}}}.plan().runs()), 5U);
  EXPECT_EQ((Case{{5, 6, 7}, {{0, 2, 3}, {0, 1, 6}, {0, 1, 7}}}.plan().runs()), 3U);
}

TEST(ImagePlan, EmptySelectionsHaveNoRuns) {
  const std::uint64_t huge = std::uint64_t{1} << 62;  // products of the other axes would overflow
  const Case a{{huge, 0, huge}, {{0, 1, huge}, {0, 1, 0}, {0, 1, huge}}, 8, 0};
  EXPECT_EQ(a.plan().runs(), 0U);
  EXPECT_EQ(a.plan().elements(), 0U);
}

TEST(ImagePlan, TheStepOfASingleElementMayBeAnyNumber) {
  const auto most = std::numeric_limits<std::int64_t>::max();
  const auto least = std::numeric_limits<std::int64_t>::min();
  expect_equal_to_slicing({{4, 4}, {{3, most, 1}, {2, least, 1}}, 8, 0});
}

TEST(ImagePlan, PlansFilesOfManyTerabytesWithoutForgingNumbers) {
  const std::uint64_t side = 2'000'000;  // 8 * side * side = 32 TB
  const auto last = static_cast<std::int64_t>(side) - 1;
  const auto plan = Case{{side, side}, {{last, -1, side}, {last, -1, side}}, 8, 0}.plan();
  const auto first = plan.run(0);
  const auto final = plan.run(plan.runs() - 1);
  EXPECT_EQ(first.range.end(), kDataOffset + 8 * side * side);
  EXPECT_EQ(first.out, 0U);
  EXPECT_EQ(final.range.offset, kDataOffset);
  EXPECT_EQ(final.out + final.count, side * side);
}

TEST(ImagePlan, SixtyFourAxes) {
  Shape shape(64, 1);
  Selection selection(64, {0, 1, 1});
  shape[0] = shape[31] = shape[63] = 3;
  selection[0] = selection[31] = selection[63] = {2, -1, 3};
  expect_equal_to_slicing({shape, selection, 2, 0});
}

}  // namespace
}  // namespace torchfits
