// SPDX-License-Identifier: BSD-3-Clause
// Which dtype a header announces, by the Standard's conventions (Tables 11 and 19) and the
// project's rules.
#include <gtest/gtest.h>

#include "base/error.h"
#include "fits/layout.h"

namespace torchfits {
namespace {

using Rule = ElementCoding::Rule;
using T = ElementType;

constexpr double kTwo63 = 9223372036854775808.0;

void expect(const ElementCoding& coding, T stored, T natural, Rule rule) {
  EXPECT_EQ(info(coding.stored).name, info(stored).name);
  EXPECT_EQ(info(coding.natural).name, info(natural).name);
  EXPECT_EQ(coding.rule, rule);
}

TEST(StoredType, KnowsTheSixBitpix) {
  EXPECT_EQ(stored_type(8), T::u8);
  EXPECT_EQ(stored_type(16), T::i16);
  EXPECT_EQ(stored_type(32), T::i32);
  EXPECT_EQ(stored_type(64), T::i64);
  EXPECT_EQ(stored_type(-32), T::f32);
  EXPECT_EQ(stored_type(-64), T::f64);
  for (const std::int64_t bitpix :
       std::initializer_list<std::int64_t>{0, 1, -8, -16, 24, 128, (std::int64_t{1} << 32) + 8}) {
    EXPECT_THROW(static_cast<void>(stored_type(bitpix)), FitsError) << bitpix;
  }
}

TEST(ImageCoding, WithoutScalingTheStoredType) {
  for (const int bitpix : {8, 16, 32, 64, -32, -64}) {
    const auto type = stored_type(bitpix);
    expect(ElementCoding::image(bitpix, {}, {}), type, type, Rule::copy);
    expect(ElementCoding::image(bitpix, {1.0, -0.0}, {}), type, type, Rule::copy);
  }
}

TEST(ImageCoding, test_t1_offset_conventions) {
  expect(ElementCoding::image(8, {1.0, -128.0}, {}), T::u8, T::i8, Rule::offset);
  expect(ElementCoding::image(16, {1.0, 32768.0}, {}), T::i16, T::u16, Rule::offset);
  expect(ElementCoding::image(32, {1.0, 2147483648.0}, {}), T::i32, T::u32, Rule::offset);
  expect(ElementCoding::image(64, {1.0, kTwo63}, {}), T::i64, T::u64, Rule::offset);
}

TEST(ImageCoding, OffsetsOfOtherWidthsAreScalings) {
  expect(ElementCoding::image(8, {1.0, 128.0}, {}), T::u8, T::f32, Rule::scale);
  expect(ElementCoding::image(16, {1.0, -32768.0}, {}), T::i16, T::f32, Rule::scale);
  expect(ElementCoding::image(16, {-1.0, 32768.0}, {}), T::i16, T::f32, Rule::scale);
  expect(ElementCoding::image(32, {1.0, 32768.0}, {}), T::i32, T::f64, Rule::scale);
  expect(ElementCoding::image(-32, {1.0, 32768.0}, {}), T::f32, T::f32, Rule::scale);
}

TEST(ImageCoding, test_t3_scaled_types_follow_bitpix) {
  const Scaling scaling{2.0, 0.5};
  expect(ElementCoding::image(8, scaling, {}), T::u8, T::f32, Rule::scale);
  expect(ElementCoding::image(16, scaling, {}), T::i16, T::f32, Rule::scale);
  expect(ElementCoding::image(32, scaling, {}), T::i32, T::f64, Rule::scale);
  expect(ElementCoding::image(64, scaling, {}), T::i64, T::f64, Rule::scale);
  expect(ElementCoding::image(-32, scaling, {}), T::f32, T::f32, Rule::scale);
  expect(ElementCoding::image(-64, scaling, {}), T::f64, T::f64, Rule::scale);
}

TEST(ImageCoding, SixtyFourBitsWithAWholeOffsetStayExact) {
  const auto coding = ElementCoding::image(64, {1.0, -1000.0}, {});
  expect(coding, T::i64, T::i64, Rule::offset);
  EXPECT_EQ(coding.offset, -1000);
  EXPECT_EQ(ElementCoding::image(64, {1.0, -kTwo63}, {}).offset,
            std::numeric_limits<std::int64_t>::min());
  expect(ElementCoding::image(64, {1.0, 0.5}, {}), T::i64, T::f64, Rule::scale);
  expect(ElementCoding::image(64, {1.0, 2 * kTwo63}, {}), T::i64, T::f64, Rule::scale);
  expect(ElementCoding::image(64, {2.0, 1000.0}, {}), T::i64, T::f64, Rule::scale);
}

TEST(ImageCoding, test_t6_t7_t8_blank_makes_floats_whatever_its_value_and_the_scaling) {
  for (const std::int64_t blank :
       std::initializer_list<std::int64_t>{0, -32768, 255, std::int64_t{1} << 40}) {
    for (const Scaling scaling : {Scaling{}, Scaling{1.0, 32768.0}, Scaling{0.1, 3.0}}) {
      const auto coding = ElementCoding::image(16, scaling, blank);
      expect(coding, T::i16, T::f32, Rule::scale);
      EXPECT_EQ(coding.null, blank);
      EXPECT_EQ(coding.scaling.zero, scaling.zero);
      EXPECT_EQ(coding.scaling.scale, scaling.scale);
    }
  }
  expect(ElementCoding::image(8, {1.0, -128.0}, 0), T::u8, T::f32, Rule::scale);
  expect(ElementCoding::image(32, {}, 0), T::i32, T::f64, Rule::scale);
  expect(ElementCoding::image(64, {1.0, kTwo63}, 0), T::i64, T::f64, Rule::scale);
}

TEST(ImageCoding, test_t10_blank_of_a_float_image_is_ignored) {
  for (const int bitpix : {-32, -64}) {
    const auto coding = ElementCoding::image(bitpix, {}, 0);
    expect(coding, stored_type(bitpix), stored_type(bitpix), Rule::copy);
    EXPECT_FALSE(coding.null);
  }
}

TEST(ColumnCoding, WithoutScalingTheStoredType) {
  const std::vector<std::pair<char, T>> codes{
      {'B', T::u8},  {'I', T::i16}, {'J', T::i32},  {'K', T::i64},     {'E', T::f32},
      {'D', T::f64}, {'C', T::c64}, {'M', T::c128}, {'L', T::boolean}, {'A', T::u8}};
  for (const auto& [code, type] : codes)
    expect(ElementCoding::column(code, {}, {}), type, type, Rule::copy);
  expect(ElementCoding::column('X', {}, {}), T::u8, T::boolean, Rule::copy);
  EXPECT_THROW(static_cast<void>(ElementCoding::column('Z', {}, {})), FitsError);
}

TEST(ColumnCoding, test_t44_t45_offset_conventions_with_and_without_null) {
  for (const std::optional<std::int64_t> null :
       {std::optional<std::int64_t>{}, std::optional<std::int64_t>{0}}) {
    expect(ElementCoding::column('B', {1.0, -128.0}, null), T::u8, T::i8, Rule::offset);
    expect(ElementCoding::column('I', {1.0, 32768.0}, null), T::i16, T::u16, Rule::offset);
    expect(ElementCoding::column('J', {1.0, 2147483648.0}, null), T::i32, T::u32, Rule::offset);
    expect(ElementCoding::column('K', {1.0, kTwo63}, null), T::i64, T::u64, Rule::offset);
    EXPECT_EQ(ElementCoding::column('K', {1.0, kTwo63}, null).null, null);
  }
}

TEST(ColumnCoding, test_t46_t47_other_scalings_are_float64) {
  for (const char code : {'B', 'I', 'J', 'K', 'E', 'D'}) {
    EXPECT_EQ(ElementCoding::column(code, {0.5, 1.0}, {}).natural, T::f64) << code;
    EXPECT_EQ(ElementCoding::column(code, {0.5, 1.0}, {}).rule, Rule::scale) << code;
  }
  const auto offset = ElementCoding::column('K', {1.0, 7.0}, {});
  expect(offset, T::i64, T::i64, Rule::offset);
  EXPECT_EQ(offset.offset, 7);
  expect(ElementCoding::column('J', {1.0, 7.0}, {}), T::i32, T::f64, Rule::scale);
}

TEST(ColumnCoding, ComplexStaysComplex) {
  expect(ElementCoding::column('C', {2.0, 1.0}, {}), T::c64, T::c64, Rule::scale);
  expect(ElementCoding::column('M', {2.0, 1.0}, {}), T::c128, T::c128, Rule::scale);
}

TEST(ColumnCoding, NullKeepsTheIntegerAndIsForIntegersOnly) {
  const auto coding = ElementCoding::column('J', {}, -99);
  expect(coding, T::i32, T::i32, Rule::copy);
  EXPECT_EQ(coding.null, -99);
  EXPECT_FALSE(ElementCoding::column('E', {}, -99).null);
  EXPECT_FALSE(ElementCoding::column('D', {2.0, 0.0}, -99).null);
  EXPECT_EQ(ElementCoding::column('I', {2.0, 0.0}, -99).null, -99);
}

TEST(ColumnCoding, ScalingOfTextAndLogicalsIsIgnored) {
  for (const char code : {'L', 'X', 'A'})
    EXPECT_EQ(ElementCoding::column(code, {2.0, 1.0}, 0).rule, Rule::copy);
}

TEST(Unscaled, IsTheStoredTypeWithoutNulls) {
  for (const auto& coding :
       {ElementCoding::image(16, {1.0, 32768.0}, {}), ElementCoding::image(16, {0.1, 1.0}, 5),
        ElementCoding::column('I', {1.0, 32768.0}, 5)}) {
    expect(coding.unscaled(), T::i16, T::i16, Rule::copy);
    EXPECT_FALSE(coding.unscaled().null);
    EXPECT_TRUE(coding.unscaled().scaling.identity());
  }
  EXPECT_EQ(ElementCoding::image(64, {1.0, 7.0}, {}).unscaled().offset, 0);
  EXPECT_EQ(ElementCoding::column('L', {}, {}).unscaled().natural, T::boolean);
  EXPECT_EQ(ElementCoding::column('X', {}, {}).unscaled().natural, T::boolean);
}

}  // namespace
}  // namespace torchfits
