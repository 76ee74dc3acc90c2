// SPDX-License-Identifier: BSD-3-Clause
// Writes HDUs one behind the other.
#pragma once

#include <cstdint>
#include <optional>
#include <span>

#include "encode/tiling.h"
#include "file/image_writer.h"

namespace torchfits {

/// An HDU as the user gives it.
struct NewHdu {
  std::optional<MemoryImage> image{};  ///< none: a header without data
  UserCards cards{};
  std::optional<Compression> compression{};
};

/// A whole file, from the start of `sink`; returns its size. A compressed image cannot come first:
/// an empty primary HDU is put before it.
std::uint64_t write_hdus(ByteSink& sink, std::span<const NewHdu> hdus, bool checksum);

}  // namespace torchfits
