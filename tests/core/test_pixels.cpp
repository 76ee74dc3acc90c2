// SPDX-License-Identifier: BSD-3-Clause
// Values by hand from the Standard; then every stored type, rule and target against a scalar
// decoding of raw bytes.
#include <gtest/gtest.h>

#include <cmath>
#include <complex>
#include <cstring>
#include <random>
#include <vector>

#include "base/error.h"
#include "decode/pixels.h"

namespace torchfits {
namespace {

using T = ElementType;
using Bytes = std::vector<std::byte>;

/// Most significant byte first, by arithmetic.
template <class Number>
Bytes big_endian(const std::vector<Number>& numbers) {
  Bytes bytes;
  for (const auto number : numbers) {
    const auto bits = std::bit_cast<UintOfSize<sizeof(Number)>>(number);
    for (std::size_t i = sizeof bits; i-- > 0;)
      bytes.push_back(static_cast<std::byte>(std::uint64_t{bits} >> 8 * i));
  }
  return bytes;
}

template <class Out>
std::vector<Out> decode(const ElementCoding& coding, const Bytes& bytes,
                        T target = element_type_of<Out>) {
  std::vector<Out> out(bytes.size() / info(coding.stored).size);
  const ElementDecoder decoder(coding, target);
  decoder(bytes.data(), out.size(), reinterpret_cast<std::byte*>(out.data()));
  if (decoder.in_place()) {
    auto same = bytes;
    decoder(same.data(), out.size(), same.data());
    EXPECT_EQ(std::memcmp(same.data(), out.data(), bytes.size()), 0);
  }
  return out;
}

std::string problem(const ElementCoding& coding, T target, const Bytes& bytes, ErrorCode code) {
  Bytes out(16 * bytes.size());
  try {
    ElementDecoder(coding, target)(bytes.data(), bytes.size() / info(coding.stored).size,
                                   out.data());
  } catch (const FitsError& error) {
    EXPECT_EQ(error.code(), code);
    return error.problem();
  }
  return "none";
}

TEST(Pixels, StoredNumbersAreBigEndian) {
  EXPECT_EQ(
      decode<std::uint8_t>(ElementCoding::image(8, {}, {}), big_endian<std::uint8_t>({0, 1, 255})),
      (std::vector<std::uint8_t>{0, 1, 255}));
  const Bytes two{std::byte{0x01}, std::byte{0x02}, std::byte{0xff}, std::byte{0xfe}};
  EXPECT_EQ(decode<std::int16_t>(ElementCoding::image(16, {}, {}), two),
            (std::vector<std::int16_t>{258, -2}));
  EXPECT_EQ(decode<std::int32_t>(ElementCoding::image(32, {}, {}), two),
            (std::vector<std::int32_t>{0x0102fffe}));
  EXPECT_EQ(decode<float>(ElementCoding::image(-32, {}, {}),
                          big_endian<std::uint32_t>({0x3f800000, 0xc0490fdb})),
            (std::vector<float>{1.0F, -3.14159274F}));
  EXPECT_EQ(decode<double>(ElementCoding::image(-64, {}, {}),
                           big_endian<std::uint64_t>({0x3ff8000000000000})),
            (std::vector<double>{1.5}));
  EXPECT_EQ(decode<std::int64_t>(ElementCoding::image(64, {}, {}),
                                 big_endian<std::uint64_t>({~std::uint64_t{1}})),
            (std::vector<std::int64_t>{-2}));
}

TEST(Pixels, test_t1_t2_offset_conventions_are_exact) {
  EXPECT_EQ(decode<std::int8_t>(ElementCoding::image(8, {1, -128}, {}),
                                big_endian<std::uint8_t>({0, 127, 128, 255})),
            (std::vector<std::int8_t>{-128, -1, 0, 127}));
  EXPECT_EQ(decode<std::uint16_t>(ElementCoding::image(16, {1, 32768}, {}),
                                  big_endian<std::uint16_t>({0x8000, 0xffff, 0, 0x7fff})),
            (std::vector<std::uint16_t>{0, 32767, 32768, 65535}));
  EXPECT_EQ(decode<std::uint32_t>(ElementCoding::image(32, {1, 2147483648.0}, {}),
                                  big_endian<std::uint32_t>({0x80000000, 0, 0x7fffffff})),
            (std::vector<std::uint32_t>{0, 2147483648U, 4294967295U}));
  EXPECT_EQ(decode<std::uint64_t>(ElementCoding::image(64, {1, 9223372036854775808.0}, {}),
                                  big_endian<std::uint64_t>({1ULL << 63, 1, (1ULL << 63) - 1})),
            (std::vector<std::uint64_t>{0, (1ULL << 63) + 1, ~0ULL}));
}

TEST(Pixels, WhatIsSwappedOnlyMayStayInItsPlace) {
  const auto in_place = [](int bitpix, Scaling scaling, T target) {
    return ElementDecoder(ElementCoding::image(bitpix, scaling, {}), target).in_place();
  };
  EXPECT_TRUE(in_place(8, {}, T::u8));
  EXPECT_TRUE(in_place(-32, {}, T::f32));
  EXPECT_TRUE(in_place(16, {1, 32768}, T::u16));
  EXPECT_FALSE(in_place(-32, {}, T::f64));
  EXPECT_FALSE(in_place(-32, {2, 0}, T::f32));
  EXPECT_FALSE(in_place(64, {1, 10}, T::i64)) << "an error names the stored number";
}

TEST(Pixels, WholeOffsetOf64BitsIsExactOrAnError) {
  const auto coding = ElementCoding::image(64, {1, 10}, {});
  const std::int64_t most = std::numeric_limits<std::int64_t>::max();
  EXPECT_EQ(
      decode<std::int64_t>(coding, big_endian<std::int64_t>({-10, (1LL << 53) + 1, most - 10})),
      (std::vector<std::int64_t>{0, (1LL << 53) + 11, most}));
  const auto text =
      problem(coding, T::i64, big_endian<std::int64_t>({0, most - 9}), ErrorCode::format);
  EXPECT_EQ(
      text,
      "the stored value 9223372036854775798 (element 1 of the output) plus the zero point 10 is "
      "no int64; "
      "read with scaled=False");
}

TEST(Pixels, TheSentinelOfANullMayOverflow) {
  const std::int64_t least = std::numeric_limits<std::int64_t>::min();
  const auto coding = ElementCoding::column('K', {1, -5}, least);
  const auto out = decode<std::int64_t>(coding, big_endian<std::int64_t>({7, least, 5}));
  EXPECT_EQ(out[0], 2);
  EXPECT_EQ(out[2], 0);
  EXPECT_NE(problem(coding, T::i64, big_endian<std::int64_t>({least + 1}), ErrorCode::format),
            "none");
}

TEST(Pixels, ScalingIsDoneInDoubleAndRoundedOnce) {
  const auto values = decode<float>(ElementCoding::image(16, {0.1, 100.0}, {}),
                                    big_endian<std::int16_t>({-7, 3, 30000}));
  EXPECT_EQ(values, (std::vector<float>{99.3F, 100.3F, 3100.0F}));
  // 16777217 is no float: in float arithmetic the last of these would be 0, the one before
  // 16777218.
  EXPECT_EQ(decode<float>(ElementCoding::image(16, {1, 16777216.0}, {}),
                          big_endian<std::int16_t>({1, 3}))[1],
            16777220.0F);
  EXPECT_EQ(decode<float>(ElementCoding::image(-32, {16777217.0, -16777216.0}, {}),
                          big_endian<float>({1.0F}))[0],
            1.0F);
  EXPECT_EQ(decode<double>(ElementCoding::image(32, {0.5, 0.25}, {}),
                           big_endian<std::int32_t>({-3, 2147483647}))[1],
            1073741823.75);
  EXPECT_EQ(decode<double>(ElementCoding::column('I', {0.5, 1.0}, {}),
                           big_endian<std::int16_t>({1, 2, 3})),
            (std::vector<double>{1.5, 2.0, 2.5}));
}

TEST(Pixels, test_t6_t7_t8_t9_blank_is_nan) {
  for (const std::int16_t blank : {0, -1, -32768, 32767}) {
    for (const Scaling scaling : {Scaling{}, Scaling{1, 32768}, Scaling{0.5, 3}}) {
      const auto stored = std::vector<std::int16_t>{blank, 5, blank, -6};
      const auto out = decode<float>(ElementCoding::image(16, scaling, blank), big_endian(stored));
      EXPECT_EQ(std::bit_cast<std::uint32_t>(out[0]), 0x7fc00000U);
      EXPECT_TRUE(std::isnan(out[2]));
      EXPECT_EQ(out[1], static_cast<float>(scaling.zero + scaling.scale * 5));
      EXPECT_EQ(out[3], static_cast<float>(scaling.zero + scaling.scale * -6));
    }
  }
  EXPECT_TRUE(std::isnan(
      decode<float>(ElementCoding::image(8, {}, 0), big_endian<std::uint8_t>({0, 1}))[0]));
  const auto wide =
      decode<double>(ElementCoding::image(64, {}, (1LL << 62) + 1),
                     big_endian<std::int64_t>({(1LL << 62) + 1, 1LL << 62}));  // equal as doubles
  EXPECT_TRUE(std::isnan(wide[0]));
  EXPECT_EQ(wide[1], 0x1p62);
}

TEST(Pixels, ABlankThatTheStoredTypeCannotHoldNeverOccurs) {
  EXPECT_EQ(decode<float>(ElementCoding::image(8, {}, -1), big_endian<std::uint8_t>({255}))[0],
            255.0F);
  EXPECT_EQ(decode<float>(ElementCoding::image(8, {}, 256), big_endian<std::uint8_t>({0}))[0],
            0.0F);
  EXPECT_EQ(
      decode<float>(ElementCoding::image(16, {}, 65536 + 7), big_endian<std::int16_t>({7}))[0],
      7.0F);
  EXPECT_EQ(
      decode<double>(ElementCoding::image(32, {}, 1LL << 32), big_endian<std::int32_t>({0}))[0],
      0.0);
}

TEST(Pixels, NullOfAnIntegerColumnStaysAndOfAScaledOneIsNan) {
  const auto bytes = big_endian<std::int16_t>({-99, 4});
  EXPECT_EQ(decode<std::int16_t>(ElementCoding::column('I', {}, -99), bytes)[0], -99);
  EXPECT_EQ(decode<std::uint16_t>(ElementCoding::column('I', {1, 32768}, -99), bytes)[0], 32669);
  EXPECT_TRUE(std::isnan(decode<double>(ElementCoding::column('I', {2, 0}, -99), bytes)[0]));
  EXPECT_EQ(decode<double>(ElementCoding::column('I', {2, 0}, -99), bytes)[1], 8.0);
}

TEST(Pixels, test_t18_subnormals_and_nan_payloads_survive) {
  const std::vector<std::uint32_t> bits{0x00000001, 0x807fffff, 0x7f800001, 0xffc12345};
  const auto out = decode<float>(ElementCoding::image(-32, {}, {}), big_endian(bits));
  for (std::size_t i = 0; i < bits.size(); ++i)
    EXPECT_EQ(std::bit_cast<std::uint32_t>(out[i]), bits[i]);
  const std::vector<std::uint64_t> wide{1, 0x800fffffffffffff, 0x7ff0000000000001};
  const auto doubles = decode<double>(ElementCoding::image(-64, {}, {}), big_endian(wide));
  for (std::size_t i = 0; i < wide.size(); ++i)
    EXPECT_EQ(std::bit_cast<std::uint64_t>(doubles[i]), wide[i]);
  EXPECT_EQ(decode<float>(ElementCoding::image(-32, {2, 0}, {}), big_endian<float>({0x1p-149F}))[0],
            0x1p-148F);
}

TEST(Pixels, test_t66_complex_is_swapped_by_component) {
  using C = std::complex<float>;
  const auto bytes = big_endian<float>({1.0F, 2.0F, -3.0F, 0.5F});
  EXPECT_EQ(decode<C>(ElementCoding::column('C', {}, {}), bytes),
            (std::vector<C>{{1, 2}, {-3, 0.5}}));
  EXPECT_EQ(decode<C>(ElementCoding::column('C', {2, 10}, {}), bytes),
            (std::vector<C>{{12, 4}, {4, 1}}));
  EXPECT_EQ(decode<std::complex<double>>(ElementCoding::column('C', {}, {}), bytes)[1],
            std::complex<double>(-3, 0.5));
  const auto wide = big_endian<double>({1.0, 2.0});
  EXPECT_EQ(decode<std::complex<double>>(ElementCoding::column('M', {3, 1}, {}), wide)[0],
            std::complex<double>(4, 6));
}

TEST(Pixels, IntegerTargetsNameTheFirstValueThatDoesNotFit) {
  std::vector<float> stored(3000, 12.0F);
  const auto coding = ElementCoding::image(-32, {}, {});
  EXPECT_EQ(decode<std::int16_t>(coding, big_endian(stored))[2999], 12);
  stored[2500] = 1.5F;
  stored[2600] = 1e9F;
  EXPECT_EQ(problem(coding, T::i16, big_endian(stored), ErrorCode::value),
            "the value 1.5 (element 2500 of the output) is no int16; read as float32 and convert");
  stored[7] = std::numeric_limits<float>::quiet_NaN();
  EXPECT_NE(problem(coding, T::u8, big_endian(stored), ErrorCode::value).find("nan (element 7"),
            std::string::npos);
  EXPECT_NE(problem(ElementCoding::image(16, {}, {}), T::u8, big_endian<std::int16_t>({1, -1}),
                    ErrorCode::value)
                .find("-1 (element 1"),
            std::string::npos);
  EXPECT_NE(problem(ElementCoding::image(16, {}, 0), T::i16, big_endian<std::int16_t>({0}),
                    ErrorCode::value),
            "none");
}

TEST(Pixels, ImpossibleTargetsListThePossible) {
  EXPECT_EQ(problem(ElementCoding::image(-32, {}, {}), T::c64, {}, ErrorCode::type),
            "float32 data cannot be read as complex64; use one of uint8, int8, uint16, int16, "
            "uint32, int32, uint64, "
            "int64, float16, bfloat16, float32, float64");
  EXPECT_EQ(problem(ElementCoding::column('C', {}, {}), T::f32, {}, ErrorCode::type),
            "complex64 data cannot be read as float32; use one of complex64, complex128");
  EXPECT_NE(problem(ElementCoding::image(8, {}, {}), T::boolean, {}, ErrorCode::type), "none");
}

std::vector<ElementCoding> all_codings() {
  std::vector<ElementCoding> codings;
  const std::vector<std::optional<std::int64_t>> nulls{{}, 0, 100};
  for (const Scaling scaling :
       {Scaling{}, Scaling{0.1, -3}, Scaling{1, 7}, Scaling{1, -128}, Scaling{1, 32768},
        Scaling{1, 2147483648.0}, Scaling{1, 9223372036854775808.0}}) {
    for (const auto& null : nulls) {
      for (const int bitpix : {8, 16, 32, 64, -32, -64})
        codings.push_back(ElementCoding::image(bitpix, scaling, null));
      for (const char code : {'B', 'I', 'J', 'K', 'E', 'D'})
        codings.push_back(ElementCoding::column(code, scaling, null));
    }
  }
  return codings;
}

/// Small numbers of the coding's stored type, some of them nulls; of 64 bits, none that an offset
/// would overflow.
Bytes random_stored(T stored, std::size_t count, std::mt19937_64& random) {
  return dispatch(stored, [&]<class Stored>() -> Bytes {
    if constexpr (sizeof(Stored) <= 8 && std::is_arithmetic_v<Stored> &&
                  !std::is_same_v<Stored, bool>) {
      std::vector<Stored> numbers(count);
      for (auto& number : numbers)
        number = static_cast<Stored>(static_cast<std::int64_t>(random() % 201) - 100);
      return big_endian(numbers);
    }
    return {};
  });
}

/// One element as the rules of the Standard and the conversion of a scalar give it.
template <class Stored, class Natural, class Target>
Target expected(const ElementCoding& coding, Stored stored) {
  Natural natural{};
  if (coding.rule == ElementCoding::Rule::scale) {
    natural = static_cast<Natural>(coding.scaling.zero +
                                   coding.scaling.scale * static_cast<double>(stored));
    if (coding.null && static_cast<std::int64_t>(stored) == *coding.null)
      natural = std::numeric_limits<Natural>::quiet_NaN();
  } else if (coding.rule == ElementCoding::Rule::copy) {
    natural = static_cast<Natural>(stored);
  } else {
    const auto half_range = std::uint64_t{1} << (8 * sizeof(Stored) - 1);
    const auto shift =
        std::is_same_v<Stored, Natural> ? static_cast<std::uint64_t>(coding.offset) : half_range;
    natural =
        static_cast<Natural>(static_cast<std::uint64_t>(static_cast<std::int64_t>(stored)) + shift);
  }
  return to_float<Target>(natural);
}

template <class Target>
void expect_decoded(const ElementCoding& coding, std::mt19937_64& random) {
  const std::size_t count = 1300;  // several blocks and a rest
  auto bytes = random_stored(coding.stored, count, random);
  Bytes out(1 + count * sizeof(Target));
  for (const auto simd : {Simd::portable, best_simd()}) {
    bytes.insert(bytes.begin(), std::byte{});  // no alignment, another one each time
    const auto* in = bytes.data() + bytes.size() - count * info(coding.stored).size;
    ElementDecoder(coding, element_type_of<Target>, simd)(in, count, out.data() + 1);
    dispatch(coding.stored, [&]<class Stored>() {
      dispatch(coding.natural, [&]<class Natural>() {
        if constexpr (std::is_arithmetic_v<Stored> && std::is_arithmetic_v<Natural> &&
                      !std::is_same_v<Natural, bool>) {
          for (std::size_t i = 0; i < count; ++i) {
            const auto want =
                expected<Stored, Natural, Target>(coding, load_be<Stored>(in + i * sizeof(Stored)));
            ASSERT_EQ(std::memcmp(&want, out.data() + 1 + i * sizeof want, sizeof want), 0)
                << info(coding.stored).name << " -> " << info(coding.natural).name << " -> "
                << info(element_type_of<Target>).name << " element " << i;
          }
        }
      });
    });
  }
}

TEST(Pixels, EveryStoredTypeRuleAndFloatTargetEqualsScalarDecoding) {
  std::mt19937_64 random(7);
  for (const auto& coding : all_codings()) {
    expect_decoded<Half>(coding, random);
    expect_decoded<BFloat16>(coding, random);
    expect_decoded<float>(coding, random);
    expect_decoded<double>(coding, random);
    if (HasFatalFailure()) return;
  }
}

/// What a decoder makes of bytes: the output, or the text of its error.
std::string outcome(const ElementCoding& coding, T target, Simd simd, const Bytes& bytes) {
  const auto count = bytes.size() / info(coding.stored).size;
  std::string out(count * info(target).size, '\0');
  try {
    ElementDecoder(coding, target, simd)(bytes.data(), count,
                                         reinterpret_cast<std::byte*>(out.data()));
  } catch (const FitsError& error) {
    return error.problem();
  }
  return out;
}

TEST(Pixels, PortableAndVectorKernelsGiveEqualBitsForAnyBytes) {
  std::mt19937_64 random(11);
  for (const auto& coding : all_codings()) {
    for (const auto& target : kElementTypes) {
      if (target.size == 16 || target.type == T::c64 || target.type == T::boolean) continue;
      for (const std::size_t size : {0, 8, 24, 248, 9000}) {
        Bytes bytes(size);
        for (auto& byte : bytes) byte = static_cast<std::byte>(random());
        if (random() % 2 == 0) bytes = random_stored(coding.stored, size / 8, random);
        ASSERT_EQ(outcome(coding, target.type, Simd::portable, bytes),
                  outcome(coding, target.type, best_simd(), bytes))
            << info(coding.stored).name << " -> " << target.name;
      }
    }
  }
}

TEST(Pixels, StridedEqualsPackedAfterGathering) {
  std::mt19937_64 random(13);
  for (const auto& coding : all_codings()) {
    for (const std::int64_t step : {1, 2, 3, 100, -1, -2, -7}) {
      const std::size_t count = 1100;
      const auto distance = static_cast<std::size_t>(std::abs(step));
      const auto size = info(coding.stored).size;
      const auto run = random_stored(coding.stored, (count - 1) * distance + 1, random);
      Bytes packed;
      for (std::size_t i = 0; i < count; ++i) {
        const auto* from = run.data() + (step < 0 ? count - 1 - i : i) * distance * size;
        packed.insert(packed.end(), from, from + size);
      }
      for (const auto target : {coding.natural, T::f64}) {
        Bytes direct(count * info(target).size);
        Bytes strided(direct.size());
        const ElementDecoder decoder(coding, target);
        decoder(packed.data(), count, direct.data());
        decoder.strided(run, step, count, strided.data());
        ASSERT_EQ(direct, strided) << info(coding.stored).name << " step " << step;
      }
    }
  }
}

TEST(Pixels, StridedComplexKeepsItsPartsTogether) {
  using C = std::complex<double>;
  const auto run = big_endian<double>({1, 2, 3, 4, 5, 6});
  std::vector<C> out(2);
  ElementDecoder(ElementCoding::column('M', {}, {}), T::c128)
      .strided(run, -2, 2, reinterpret_cast<std::byte*>(out.data()));
  EXPECT_EQ(out, (std::vector<C>{{5, 6}, {1, 2}}));
}

}  // namespace
}  // namespace torchfits
