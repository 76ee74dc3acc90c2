// SPDX-License-Identifier: BSD-3-Clause
// A new file that takes its name when it is complete: until then the old one stays.
#pragma once

#include <sys/types.h>

#include <cstdint>
#include <string>

#include "platform/file.h"

namespace torchfits {

class ReplacementFile {
 public:
  /// A temporary file in the folder of `path`, which is where symbolic links lead. ErrorCode::io
  /// where something stands there that may not be replaced: any file if not `overwrite`, and what
  /// is no regular file.
  ReplacementFile(std::string path, bool overwrite);
  /// Removes the temporary file, unless it was committed. In a child of a fork nothing happens: the
  /// file is that of the parent.
  ~ReplacementFile();
  ReplacementFile(const ReplacementFile&) = delete;
  ReplacementFile& operator=(const ReplacementFile&) = delete;

  [[nodiscard]] const FileHandle& file() const noexcept { return file_; }
  /// Whether this process made it, and not the one that it was forked from.
  [[nodiscard]] bool of_this_process() const noexcept;

  /// Cuts the file to `size` bytes and gives it its name. `durable`: returns when it would be found
  /// even if the machine went down.
  void commit(std::uint64_t size, bool durable = false);
  /// Whether it has its name; so it may be after an error of commit(), too.
  [[nodiscard]] bool committed() const noexcept { return committed_; }

 private:
  std::string path_;
  std::string temporary_;
  FileHandle file_{-1};
  bool overwrite_;
  bool committed_ = false;
  pid_t owner_;
};

}  // namespace torchfits
