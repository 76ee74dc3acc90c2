// SPDX-License-Identifier: BSD-3-Clause
// A file for one test.
#pragma once

#include <unistd.h>

#include <cstddef>
#include <filesystem>
#include <fstream>
#include <span>
#include <string>

namespace torchfits {

class ScratchFile {
 public:
  explicit ScratchFile(std::span<const std::byte> bytes) {
    static int made = 0;
    path_ = (std::filesystem::temp_directory_path() /
             ("torchfits_test_" + std::to_string(getpid()) + "_" + std::to_string(made++)))
                .string();
    write(bytes);
  }
  ~ScratchFile() { std::filesystem::remove(path_); }
  ScratchFile(const ScratchFile&) = delete;
  ScratchFile& operator=(const ScratchFile&) = delete;

  void write(std::span<const std::byte> bytes) const {
    std::ofstream(path_, std::ios::binary | std::ios::trunc)
        .write(reinterpret_cast<const char*>(bytes.data()),
               static_cast<std::streamsize>(bytes.size()));
  }
  [[nodiscard]] const std::string& path() const noexcept { return path_; }

 private:
  std::string path_;
};

}  // namespace torchfits
