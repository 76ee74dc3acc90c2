// SPDX-License-Identifier: BSD-3-Clause
// The noise as CFITSIO estimates it: in each line the medians of
//   |p(i) - p(i+2)|,  |2 p(i) - p(i-2) - p(i+2)|,  |6 p(i) - 4 p(i-2) - 4 p(i+2) + p(i-4) +
//   p(i+4)|,
// runs of equal pixels left out; the median of those medians, scaled to one standard deviation of
// normal noise; the smallest of the three. A slope cancels in the second, a curve in the third.
// Why it is fast:
// - differences are stored one after the other without a branch: the place moves on only past one
// that counts;
// - medians are found by counting (codec/lower_median.h).
#include "codec/noise.h"

#include <algorithm>
#include <cmath>
#include <vector>

#include "base/simd.h"
#include "base/stats.h"
#include "codec/lower_median.h"

namespace torchfits {
namespace {

/// Pixels that a difference of fifth order spans.
constexpr std::size_t kWindow = 9;
/// One standard deviation over the median absolute difference, by order; the digits are CFITSIO's.
constexpr double kSecondOrder = 1.0483579;
constexpr double kThirdOrder = 0.6052697;
constexpr double kFifthOrder = 0.1772048;

template <class Float>
struct Differences {
  Float* second;
  Float* third;
  Float* fifth;
};

struct DifferenceCounts {
  std::size_t second = 0;
  std::size_t third = 0;  ///< and of fifth order
  bool overflow = false;  ///< one of fifth order is infinity minus infinity
};

template <class Float>
struct TakeDifferences {
  [[gnu::always_inline]] static inline DifferenceCounts run(const Float* __restrict__ p,
                                                            std::size_t count,
                                                            Differences<Float> out) {
    DifferenceCounts made;
    Float* __restrict__ second = out.second;
    Float* __restrict__ third = out.third;
    Float* __restrict__ fifth = out.fifth;
    bool before = (p[2] == p[3]) & (p[3] == p[4]);  // p(i-2) = p(i-1) = p(i)
    bool last = p[3] == p[4];                       // p(i-1) = p(i)
    bool flat = p[4] == p[5];                       // p(i) = p(i+1)
    bool overflow = false;
    for (std::size_t i = 4; i + 4 < count; ++i) {
      const bool next = p[i + 1] == p[i + 2];
      const bool after = flat & next;
      second[made.second] = std::abs(p[i] - p[i + 2]);
      third[made.third] = std::abs(2 * p[i] - p[i - 2] - p[i + 2]);
      const auto value = std::abs(6 * p[i] - 4 * p[i - 2] - 4 * p[i + 2] + p[i - 4] + p[i + 4]);
      fifth[made.third] = value;
      overflow |= std::isnan(value);
      made.second += static_cast<std::size_t>(!after);
      made.third += static_cast<std::size_t>(!(before & after));
      before = last & flat;
      last = flat;
      flat = next;
    }
    made.overflow = overflow;
    return made;
  }
};

template <class Float>
struct Range {
  [[gnu::always_inline]] static inline PixelRange<Float> run(const Float* pixels,
                                                             std::size_t count) {
    constexpr std::size_t lanes = 64 / sizeof(Float);
    PixelRange<Float> range;
    Float min[lanes];
    Float max[lanes];
    UintOfSize<sizeof(Float)> good[lanes] = {};
    std::fill_n(min, lanes, range.min);
    std::fill_n(max, lanes, range.max);
    std::size_t i = 0;
    for (; i + lanes <= count; i += lanes) {
      for (std::size_t lane = 0; lane < lanes; ++lane) {
        const auto pixel = pixels[i + lane];
        min[lane] = pixel < min[lane] ? pixel : min[lane];
        max[lane] = pixel > max[lane] ? pixel : max[lane];
        good[lane] += std::isnan(pixel) ? 0 : 1;
      }
    }
    for (std::size_t lane = 0; i < count; ++i, ++lane) {
      const auto pixel = pixels[i];
      min[lane] = pixel < min[lane] ? pixel : min[lane];
      max[lane] = pixel > max[lane] ? pixel : max[lane];
      good[lane] += std::isnan(pixel) ? 0 : 1;
    }
    for (std::size_t lane = 0; lane < lanes; ++lane) {
      range.min = std::min(range.min, min[lane]);
      range.max = std::max(range.max, max[lane]);
      range.count += good[lane];
    }
    return range;
  }
};

double median_of_lines(std::vector<double>& medians) {
  if (medians.empty()) return 0.0;
  if (medians.size() == 1) return medians.front();
  std::sort(medians.begin(), medians.end());
  return (medians[(medians.size() - 1) / 2] + medians[medians.size() / 2]) / 2.0;
}

/// The lower median, by the quickselect that CFITSIO uses: the elements end in the same order.
template <class Float>
Float median_leaving_order(Float* values, std::size_t count) {
  const auto median = (count - 1) / 2;
  std::size_t low = 0;
  std::size_t high = count - 1;
  while (high > low + 1) {
    const auto middle = (low + high) / 2;
    if (values[middle] > values[high]) std::swap(values[middle], values[high]);
    if (values[low] > values[high]) std::swap(values[low], values[high]);
    if (values[middle] > values[low]) std::swap(values[middle], values[low]);
    std::swap(values[middle], values[low + 1]);
    auto left = low + 1;
    auto right = high;
    while (true) {
      do ++left;
      while (values[low] > values[left]);
      do --right;
      while (values[right] > values[low]);
      if (right < left) break;
      std::swap(values[left], values[right]);
    }
    std::swap(values[low], values[right]);
    if (right <= median) low = left;
    if (right >= median) high = right - 1;
  }
  if (high == low + 1 && values[low] > values[high]) std::swap(values[low], values[high]);
  return values[median];
}

/// The lines of a tile without their NaN.
template <class Float>
class Lines {
 public:
  Lines(std::span<const Float> pixels, std::size_t columns)
      : pixels_(pixels), columns_(columns), memory_(columns * sizeof(Float)) {}

  [[nodiscard]] std::size_t columns() const noexcept { return columns_; }
  [[nodiscard]] std::size_t count() const noexcept { return pixels_.size() / columns_; }

  [[nodiscard]] std::span<const Float> line(std::size_t row) const noexcept {
    const auto all = pixels_.subspan(row * columns_, columns_);
    if (pixel_range(all).count == columns_) return all;
    auto* good = reinterpret_cast<Float*>(memory_.data());
    const auto* end =
        std::copy_if(all.begin(), all.end(), good, [](Float p) { return !std::isnan(p); });
    return {good, static_cast<std::size_t>(end - good)};
  }

 private:
  std::span<const Float> pixels_;
  std::size_t columns_;
  Scratch memory_;
};

/// CFITSIO takes the median of second order over as many numbers as there are of third order.
/// Where a pixel occurs three times on end there are fewer of them: the others are what the lines
/// before left in the same buffer, in the order of its quickselect. A tile in which that happens
/// is gone through again like this.
template <class Float>
double second_order_with_leftovers(const Lines<Float>& lines, Differences<Float> room) {
  const auto take = compiled<TakeDifferences<Float>>(best_simd());
  std::vector<Float> buffer(lines.columns());
  std::vector<double> medians;
  for (std::size_t row = 0; row < lines.count(); ++row) {
    const auto line = lines.line(row);
    if (line.size() < kWindow) continue;
    const auto made = take(line.data(), line.size(), room);
    std::copy_n(room.second, made.second, buffer.begin());
    if (made.third == 1 && made.second == 1) medians.push_back(buffer[0]);
    if (made.second > 1) medians.push_back(median_leaving_order(buffer.data(), made.third));
  }
  return median_of_lines(medians);
}

}  // namespace

template <class Float>
PixelRange<Float> pixel_range(std::span<const Float> pixels) noexcept {
  return compiled<Range<Float>>(best_simd())(pixels.data(), pixels.size());
}

template <class Float>
double estimate_noise(std::span<const Float> pixels, std::size_t columns) {
  if (columns < kWindow) columns = pixels.size();
  if (columns < kWindow) return 0.0;
  const Lines<Float> lines(pixels, columns);
  const Scratch memory(3 * columns * sizeof(Float));
  auto* const room = reinterpret_cast<Float*>(memory.data());
  const Differences<Float> differences{room, room + columns, room + 2 * columns};
  const auto take = compiled<TakeDifferences<Float>>(best_simd());

  std::vector<double> second;
  std::vector<double> third;
  std::vector<double> fifth;
  bool leftovers = false;
  for (std::size_t row = 0; row < lines.count(); ++row) {
    const auto line = lines.line(row);
    if (line.size() < kWindow) continue;
    const auto made = take(line.data(), line.size(), differences);
    if (made.overflow) return 0.0;
    if (made.third == 0) continue;
    leftovers |= made.second > 1 && made.second < made.third;
    if (made.second > 1 || (made.second == 1 && made.third == 1))
      second.push_back(lower_median<Float>({differences.second, made.second}));
    third.push_back(lower_median<Float>({differences.third, made.third}));
    fifth.push_back(lower_median<Float>({differences.fifth, made.third}));
  }
  const auto of_second = kSecondOrder * (leftovers ? second_order_with_leftovers(lines, differences)
                                                   : median_of_lines(second));
  const auto of_fifth = kFifthOrder * median_of_lines(fifth);
  auto noise = kThirdOrder * median_of_lines(third);
  if (of_second != 0.0 && of_second < noise) noise = of_second;
  if (of_fifth != 0.0 && of_fifth < noise) noise = of_fifth;
  return noise;
}

template PixelRange<float> pixel_range(std::span<const float> pixels) noexcept;
template PixelRange<double> pixel_range(std::span<const double> pixels) noexcept;
template double estimate_noise(std::span<const float> pixels, std::size_t columns);
template double estimate_noise(std::span<const double> pixels, std::size_t columns);

}  // namespace torchfits
