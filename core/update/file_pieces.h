// SPDX-License-Identifier: BSD-3-Clause
// A file put together from HDUs that stand in another, and new ones.
#pragma once

#include <cstddef>
#include <cstdint>
#include <string>
#include <vector>

#include "file/file.h"
#include "update/updater.h"

namespace torchfits {

/// Writes `count` bytes of `fill` from `offset` on.
void write_fill(ByteSink& sink, std::uint64_t offset, std::uint64_t count, char fill);

/// The bytes that a file lacks behind its last HDU: its header or data may end before their block
/// does. ErrorCode::truncated where bytes of the data themselves are missing.
struct LackingPadding {
  std::uint64_t bytes = 0;
  char fill = '\0';
};
[[nodiscard]] LackingPadding lacking_padding(const File& file, const HduRecord& hdu,
                                             std::uint64_t size);

/// The pieces of Updater::rebuild(), in order.
class FilePieces {
 public:
  FilePieces(const Updater& updater, const File& file) : updater_(updater), file_(file) {}

  /// HDUs [first, last), as they stand there, and whole.
  void keep_hdus(std::size_t first, std::size_t last);
  /// Bytes as they stand there.
  void keep(ByteRange range);
  void write(WriteBytes write) { pieces_.emplace_back(std::move(write)); }
  /// Headers that are computed already.
  void write(std::string bytes);
  /// What stands behind the last HDU, unless an interrupted append left it.
  void keep_what_follows();

  [[nodiscard]] const std::vector<FilePiece>& list() const noexcept { return pieces_; }

 private:
  const Updater& updater_;
  const File& file_;
  std::vector<FilePiece> pieces_;
};

}  // namespace torchfits
