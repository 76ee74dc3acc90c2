// SPDX-License-Identifier: BSD-3-Clause
#include "io/file_sink.h"

#include "base/defaults.h"

namespace torchfits {

void FileSink::reserve(std::uint64_t size) {
  // One call of the system costs more than it saves where the file is small.
  if (size > kSmallFileBytes) file_.file().preallocate(size);
}

}  // namespace torchfits
