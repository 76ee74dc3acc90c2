// SPDX-License-Identifier: BSD-3-Clause
#pragma once

#include <string>
#include <string_view>

#include "fits/layout.h"

namespace torchfits {

/// A card that scales data.
struct ScalingCard {
  std::string keyword;    ///< for messages
  std::string_view text;  ///< the card; empty where the header has none
};

/// The scaling that BSCALE and BZERO, or their like of columns and groups, tell. A card without a
/// value is as good as none; one that is no finite number is ErrorCode::format, since ignoring it
/// would give wrong values.
[[nodiscard]] Scaling read_scaling(const ScalingCard& scale, const ScalingCard& zero);

}  // namespace torchfits
