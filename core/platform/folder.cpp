// SPDX-License-Identifier: BSD-3-Clause
#include "platform/folder.h"

#include <fcntl.h>

#include <cerrno>

#include "base/error.h"
#include "platform/file.h"

namespace torchfits {

void sync_folder(const std::string& path) {
  const auto folder = folder_of(path);
  const int descriptor =
      open(folder.empty() ? "." : folder.c_str(), O_RDONLY | O_DIRECTORY | O_CLOEXEC);
  if (descriptor < 0) throw FitsError::io("open the folder of the file", errno);
  FileHandle(descriptor).sync();
}

}  // namespace torchfits
