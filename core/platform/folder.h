// SPDX-License-Identifier: BSD-3-Clause
#pragma once

#include <string>

namespace torchfits {

/// Of a path, with its slash; empty for the current one.
[[nodiscard]] inline std::string folder_of(const std::string& path) {
  return path.substr(0, path.rfind('/') + 1);
}

/// Waits until the disk has the names in the folder of `path`.
void sync_folder(const std::string& path);

}  // namespace torchfits
