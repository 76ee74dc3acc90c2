// SPDX-License-Identifier: BSD-3-Clause
// A file that replaces another when it is complete.
#pragma once

#include <string>

#include "io/byte_sink.h"
#include "platform/replacement_file.h"

namespace torchfits {

class FileSink final : public ByteSink {
 public:
  FileSink(std::string path, bool overwrite) : file_(std::move(path), overwrite) {}

  void reserve(std::uint64_t size) override;
  void write_at(std::uint64_t offset, ByteView bytes) override {
    file_.file().write_at(offset, bytes);
  }

  /// The file of `size` bytes takes its name; without this call it leaves no trace. `durable`: see
  /// ReplacementFile.
  void commit(std::uint64_t size, bool durable = false) { file_.commit(size, durable); }

 private:
  ReplacementFile file_;
};

}  // namespace torchfits
