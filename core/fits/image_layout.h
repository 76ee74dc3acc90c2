// SPDX-License-Identifier: BSD-3-Clause
#pragma once

#include <string>
#include <string_view>
#include <vector>

#include "fits/layout.h"

namespace torchfits {

/// BSCALE and BZERO; ErrorCode::format where one is not a finite number.
[[nodiscard]] Scaling image_scaling(const Header& header);

/// An image of `bitpix` and `axes` (NAXIS1 first): shape, and coding by the BSCALE, BZERO and
/// `blank` (a keyword) of `header`.
[[nodiscard]] ImageLayout describe_image(const Header& header, std::int64_t bitpix,
                                         std::vector<std::uint64_t> axes, std::string_view blank,
                                         std::vector<std::string>& warnings);

}  // namespace torchfits
