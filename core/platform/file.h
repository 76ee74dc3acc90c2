// SPDX-License-Identifier: BSD-3-Clause
// A file descriptor that closes itself, and what can be asked of it without a cursor.
#pragma once

#include <cstdint>
#include <string>

#include "base/bytes.h"

namespace torchfits {

/// What an open file is. Two that are equal hold the same bytes, as far as the file system tells.
struct FileIdentity {
  std::uint64_t device = 0;
  std::uint64_t inode = 0;
  std::uint64_t size = 0;
  std::int64_t modified_ns = 0;
  friend bool operator==(const FileIdentity&, const FileIdentity&) = default;
};

/// All members may be called by many threads at once. Errors are ErrorCode::io without a place.
class FileHandle {
 public:
  /// ErrorCode::file_not_found, or ErrorCode::io for all that is no regular file; never waits for a
  /// pipe. `identity` is filled from the same call that looked what the file is.
  static FileHandle open_for_reading(const std::string& path, FileIdentity& identity);

  /// Takes `descriptor` over.
  explicit FileHandle(int descriptor) noexcept : descriptor_(descriptor) {}
  FileHandle(FileHandle&& other) noexcept;
  FileHandle& operator=(FileHandle&& other) noexcept;
  ~FileHandle();

  [[nodiscard]] int descriptor() const noexcept { return descriptor_; }
  [[nodiscard]] FileIdentity identity() const;

  /// On a network or user-space file system, where a page fault is a round trip and may fail.
  [[nodiscard]] bool on_network() const noexcept;

  /// Fills `into` from `offset`; returns fewer bytes only where the file ends.
  [[nodiscard]] std::size_t read_at(std::uint64_t offset, ByteSpan into) const;
  void write_at(std::uint64_t offset, ByteView bytes) const;

 private:
  int descriptor_ = -1;
};

}  // namespace torchfits
