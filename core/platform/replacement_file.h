// SPDX-License-Identifier: BSD-3-Clause
// A new file that takes its name when it is complete: until then the old one stays.
#pragma once

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
  /// Removes the temporary file, unless it was committed.
  ~ReplacementFile();
  ReplacementFile(const ReplacementFile&) = delete;
  ReplacementFile& operator=(const ReplacementFile&) = delete;

  [[nodiscard]] const FileHandle& file() const noexcept { return file_; }

  /// Makes room for `size` bytes, where the file system can; ErrorCode::io where there is none.
  void preallocate(std::uint64_t size) const;

  /// Cuts the file to `size` bytes and gives it its name.
  void commit(std::uint64_t size);

 private:
  std::string path_;
  std::string temporary_;
  FileHandle file_{-1};
  bool overwrite_;
};

}  // namespace torchfits
