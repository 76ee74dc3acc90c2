// SPDX-License-Identifier: BSD-3-Clause
#pragma once

#include <memory>
#include <string>

#include "io/byte_source.h"

namespace torchfits {

/// Bytes that lie in memory; `owner` keeps them there, unchanged, as long as the source lives.
[[nodiscard]] std::shared_ptr<const ByteSource> borrow_bytes(ByteView bytes,
                                                             std::shared_ptr<const void> owner,
                                                             std::string name = "<bytes>");

}  // namespace torchfits
