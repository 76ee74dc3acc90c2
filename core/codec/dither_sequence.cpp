// SPDX-License-Identifier: BSD-3-Clause
// The generator of Park and Miller (FITS 4.0, Appendix I), run by the compiler.
#include "codec/quantize.h"

namespace torchfits {
namespace {

constexpr std::int64_t kMultiplier = 16807;
constexpr std::int64_t kModulus = 2147483647;

struct Sequence {
  std::array<float, 10000> values{};
  std::int64_t seed = 1;

  constexpr Sequence() noexcept {
    for (auto& value : values) {
      seed = kMultiplier * seed % kModulus;
      value = static_cast<float>(static_cast<double>(seed) / static_cast<double>(kModulus));
    }
  }
};

constexpr Sequence kSequence;
static_assert(kSequence.seed == 1043618065, "the Standard names the last seed");

}  // namespace

const std::array<float, 10000>& dither_sequence() noexcept { return kSequence.values; }

}  // namespace torchfits
