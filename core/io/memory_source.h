// SPDX-License-Identifier: BSD-3-Clause
#pragma once

#include <memory>
#include <string>

#include "io/byte_source.h"
#include "io/range_groups.h"

namespace torchfits {

/// Bytes that lie in memory; `owner` keeps them there, unchanged, as long as the source lives.
[[nodiscard]] std::shared_ptr<const ByteSource> borrow_bytes(ByteView bytes,
                                                             std::shared_ptr<const void> owner,
                                                             std::string name = "<bytes>");

/// Hands over `ranges`, which `request` has found to lie in `bytes`: on the pool where that is
/// worth it.
void lend_ranges(ByteView bytes, std::span<const ByteRange> ranges, RangeGroups& request,
                 std::uint64_t weight, const Consume& consume);

}  // namespace torchfits
