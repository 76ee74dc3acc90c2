// SPDX-License-Identifier: BSD-3-Clause
#pragma once

#include <cstdint>
#include <limits>
#include <memory>
#include <string>

#include "io/byte_source.h"
#include "platform/file.h"

namespace torchfits {

/// A regular file. Its first bytes are read at opening, all of them up to kSmallFileBytes: a small
/// file costs open, fstat, one pread and close. ErrorCode::file_not_found, or ErrorCode::io where
/// there is no regular file to be read; both name the path. A file that is changed in place at this
/// moment is ErrorCode::changed, one whose change was interrupted is ErrorCode::io.
[[nodiscard]] std::shared_ptr<const ByteSource> open_file(const std::string& path);

/// The same of an open file, by one who knows its state: no more than `size` bytes of it.
[[nodiscard]] std::shared_ptr<const ByteSource> open_file(
    FileHandle file, const FileIdentity& identity, std::string name,
    std::uint64_t size = std::numeric_limits<std::uint64_t>::max());

}  // namespace torchfits
