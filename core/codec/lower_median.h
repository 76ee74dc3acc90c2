// SPDX-License-Identifier: BSD-3-Clause
#pragma once

#include <span>

#include "base/simd.h"

namespace torchfits {

/// The element of rank (n - 1) / 2 of n >= 1 numbers, none of them negative or NaN. Their order is
/// lost. Float is float or double.
template <class Float>
[[nodiscard]] Float lower_median(std::span<Float> values, Simd simd = best_simd());

}  // namespace torchfits
