// SPDX-License-Identifier: BSD-3-Clause
// Selection by counting: the median is enclosed between two numbers that approach each other, and
// sought among the few elements between them.
// Why it is fast:
// - a pass counts the elements up to a number: no element moves, no branch depends on the data, and
// the loop is as wide as a vector;
// - the next number is interpolated between the two ends, a little beyond the median, so that both
// ends move: some five passes enclose a dozen elements of thousands.
// Elements that repeat, or lie in clusters, cost no more than std::nth_element takes for them.
#include "codec/lower_median.h"

#include <algorithm>
#include <array>
#include <cmath>
#include <cstddef>
#include <limits>

#include "base/bytes.h"

namespace torchfits {
namespace {

/// What std::nth_element does as quickly as counting.
constexpr std::size_t kFew = 12;
constexpr std::size_t kShort = 48;
constexpr int kPasses = 10;
constexpr std::size_t kSample = 7;
/// A counter as wide as an element keeps the loop's vectors whole; so many cannot overflow it.
constexpr std::size_t kBlock = std::size_t{1} << 20;

template <class Float>
struct CountUpTo {
  [[gnu::always_inline]] static inline std::size_t run(const Float* values, std::size_t count,
                                                       Float most) {
    std::size_t sum = 0;
    for (std::size_t done = 0; done < count; done += kBlock) {
      const auto end = std::min(count, done + kBlock);
      UintOfSize<sizeof(Float)> counter = 0;
      for (auto i = done; i < end; ++i) counter += values[i] <= most ? 1 : 0;
      sum += counter;
    }
    return sum;
  }
};

/// Moves the elements in (low, high] to the front; returns how many there are.
template <class Float>
struct Gather {
  [[gnu::always_inline]] static inline std::size_t run(Float* values, std::size_t count, Float low,
                                                       Float high) {
    constexpr std::size_t step = 32;
    std::size_t made = 0;
    std::size_t begin = 0;
    for (; begin + step <= count; begin += step) {
      UintOfSize<sizeof(Float)> inside = 0;
      for (auto i = begin; i < begin + step; ++i)
        inside |= (values[i] > low ? 1 : 0) & (values[i] <= high ? 1 : 0);
      for (auto i = begin; inside != 0 && i < begin + step; ++i) {
        const auto value = values[i];
        values[made] = value;
        made += static_cast<std::size_t>(value > low) & static_cast<std::size_t>(value <= high);
      }
    }
    for (; begin < count; ++begin) {
      const auto value = values[begin];
      values[made] = value;
      made += static_cast<std::size_t>(value > low) & static_cast<std::size_t>(value <= high);
    }
    return made;
  }
};

template <class Float>
Float middle_of_sample(std::span<const Float> values) {
  std::array<Float, kSample> sample;
  const auto step = values.size() / kSample;
  for (std::size_t i = 0; i < kSample; ++i) sample[i] = values[i * step];
  std::nth_element(sample.begin(), sample.begin() + kSample / 2, sample.end());
  return sample[kSample / 2];
}

/// Some number and how many elements are not above it.
template <class Float>
struct End {
  Float value;
  std::size_t elements;
};

/// The ends of (low, high] enclose the element of `rank`.
template <class Float>
struct Bracket {
  std::size_t rank;
  End<Float> low{-1, 0};
  End<Float> high;

  [[nodiscard]] std::size_t size() const noexcept { return high.elements - low.elements; }

  /// Where to count next: beyond the median as seen from `last`, the end that has moved.
  [[nodiscard]] double next(const End<Float>& last) const noexcept {
    const auto from = static_cast<double>(low.elements);
    const auto distance = static_cast<double>(rank) + 0.5 - static_cast<double>(last.elements);
    const auto target =
        static_cast<double>(last.elements) + 1.25 * distance + std::copysign(2.0, distance);
    const auto begin = static_cast<double>(std::max(low.value, Float{0}));
    const bool open = high.value == std::numeric_limits<Float>::infinity();
    const auto end = static_cast<double>(open ? last.value : high.value);
    const auto to = static_cast<double>(open ? last.elements : high.elements);
    if (open) return end * target / to;
    return begin + (end - begin) * (target - from) / (to - from);
  }
};

}  // namespace

template <class Float>
Float lower_median(std::span<Float> values, Simd simd) {
  const auto rank = (values.size() - 1) / 2;
  Bracket<Float> around{rank, {-1, 0}, {std::numeric_limits<Float>::infinity(), values.size()}};
  if (values.size() > kShort) {
    const auto count_up_to = [&, kernel = compiled<CountUpTo<Float>>(simd)](Float most) {
      return End<Float>{most, kernel(values.data(), values.size(), most)};
    };
    auto guess = middle_of_sample<Float>(values);
    for (int pass = 0; pass < kPasses && around.size() > kFew; ++pass) {
      if (!(guess > around.low.value && guess < around.high.value)) break;
      auto here = count_up_to(guess);
      if (pass == 0 && here.elements > rank) {
        // Where values repeat, the first guess is often the median itself.
        here = count_up_to(std::nextafter(guess, Float{-1}));
        if (here.elements <= rank) return guess;
      }
      (here.elements > rank ? around.high : around.low) = here;
      guess = static_cast<Float>(around.next(here));
    }
    values = values.first(compiled<Gather<Float>>(simd)(values.data(), values.size(),
                                                        around.low.value, around.high.value));
  }
  const auto median = values.begin() + static_cast<std::ptrdiff_t>(rank - around.low.elements);
  std::nth_element(values.begin(), median, values.end());
  return *median;
}

template float lower_median(std::span<float> values, Simd simd);
template double lower_median(std::span<double> values, Simd simd);

}  // namespace torchfits
