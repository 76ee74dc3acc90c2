// SPDX-License-Identifier: BSD-3-Clause
#pragma once

#include "platform/file.h"

namespace torchfits {

/// A file for reading and writing that has no name and goes away with its handle, in $TMPDIR or
/// else /tmp.
[[nodiscard]] FileHandle open_temporary_file();

}  // namespace torchfits
