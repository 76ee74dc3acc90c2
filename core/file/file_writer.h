// SPDX-License-Identifier: BSD-3-Clause
// Writes HDUs one behind the other.
#pragma once

#include <cstdint>
#include <optional>
#include <span>
#include <variant>

#include "encode/ascii_columns.h"
#include "encode/memory_table.h"
#include "encode/new_groups.h"
#include "encode/tiling.h"
#include "file/image_writer.h"

namespace torchfits {

/// An HDU as the user gives it.
struct NewHdu {
  /// None: a header without data.
  std::variant<std::monostate, MemoryImage, MemoryTable, MemoryAsciiTable, MemoryGroups> data{};
  UserCards cards{};
  std::optional<Compression> compression{};  ///< of an image
  std::optional<IntegerStorage> integers{};  ///< that an image is scaled to
};

/// Cannot be the first HDU of a file.
[[nodiscard]] bool is_extension_only(const NewHdu& hdu) noexcept;

/// Returns where the next HDU begins.
std::uint64_t write_hdu(const HduTarget& target, const NewHdu& hdu);

/// A whole file, from the start of `sink`; returns its size. Where the first cannot be the primary
/// HDU, an empty one is put before it.
std::uint64_t write_hdus(ByteSink& sink, std::span<const NewHdu> hdus, bool checksum);

}  // namespace torchfits
