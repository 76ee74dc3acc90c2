// SPDX-License-Identifier: BSD-3-Clause
#pragma once

#include <memory>
#include <string>

#include "io/byte_source.h"

namespace torchfits {

/// A regular file. Its first bytes are read at opening, all of them up to kSmallFileBytes: a small
/// file costs open, fstat, one pread and close. ErrorCode::file_not_found, or ErrorCode::io where
/// there is no regular file to be read; both name the path.
[[nodiscard]] std::shared_ptr<const ByteSource> open_file(const std::string& path);

}  // namespace torchfits
