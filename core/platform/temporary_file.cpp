// SPDX-License-Identifier: BSD-3-Clause
#include "platform/temporary_file.h"

#include <fcntl.h>
#include <unistd.h>

#include <cerrno>
#include <cstdlib>
#include <string>
#include <system_error>

#include "base/error.h"

namespace torchfits {
namespace {

std::string temporary_directory() {
  const char* chosen = std::getenv("TMPDIR");
  return chosen != nullptr && *chosen != '\0' ? chosen : "/tmp";
}

int open_named_and_unlink(const std::string& directory) {
  auto path = directory + "/torchfits-XXXXXX";
  const int descriptor = mkostemp(path.data(), O_CLOEXEC);
  if (descriptor >= 0) unlink(path.c_str());
  return descriptor;
}

}  // namespace

FileHandle open_temporary_file() {
  const auto directory = temporary_directory();
  int descriptor = -1;
#ifdef O_TMPFILE
  descriptor = open(directory.c_str(), O_TMPFILE | O_RDWR | O_CLOEXEC | O_EXCL, 0600);
#endif
  if (descriptor < 0) descriptor = open_named_and_unlink(directory);
  if (descriptor < 0) {
    throw FitsError(ErrorCode::io, "make a temporary file in " + directory + ": " +
                                       std::generic_category().message(errno) +
                                       "; set TMPDIR to a directory that can be written");
  }
  return FileHandle(descriptor);
}

}  // namespace torchfits
