// SPDX-License-Identifier: BSD-3-Clause
// Bytes of one HDU's data that change in place, and its header and checksums with them.
#pragma once

#include <cstddef>
#include <cstdint>
#include <functional>

#include "file/file.h"
#include "update/updater.h"

namespace torchfits {

/// Pieces of a file that do not overlap, each at most a few hundred KiB.
struct DataPatches {
  std::uint64_t count = 0;
  std::function<ByteRange(std::uint64_t piece)> range{};
  /// `bytes` holds what stands there, zeros behind the end of the file. Called by many threads; may
  /// not fail.
  std::function<void(std::uint64_t piece, ByteSpan bytes)> fill{};

  /// One behind the other.
  static DataPatches join(DataPatches first, DataPatches second);
};

/// `header` is that of HDU `index` afterwards, of as many blocks as it has now. Its checksums stay
/// as right as they were.
void change_data(Updater& updater, const File& file, std::size_t index, const Header& header,
                 const DataPatches& patches);

/// Whether `header` takes as many blocks as that of `hdu`.
[[nodiscard]] bool keeps_blocks(const HduRecord& hdu, const Header& header);

}  // namespace torchfits
