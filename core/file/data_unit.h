// SPDX-License-Identifier: BSD-3-Clause
// One HDU: a header, and data that many threads make block by block, each straight into its place.
#pragma once

#include <cstddef>
#include <cstdint>

#include "base/bytes.h"
#include "fits/hdu_cards.h"
#include "io/byte_sink.h"

namespace torchfits {

/// Where an HDU goes, and what is written beside its data.
struct HduTarget {
  ByteSink& sink;
  std::uint64_t offset = 0;
  HduPlace place = HduPlace::primary;
  bool checksum = false;
};

/// The bytes of a data unit. Used by many threads.
class DataBlocks {
 public:
  virtual ~DataBlocks() = default;
  DataBlocks(const DataBlocks&) = delete;
  DataBlocks& operator=(const DataBlocks&) = delete;

  /// Of all blocks, without what pads them.
  [[nodiscard]] virtual std::uint64_t bytes() const = 0;
  [[nodiscard]] virtual std::uint64_t blocks() const = 0;
  /// Where a block begins in the data unit.
  [[nodiscard]] virtual std::uint64_t position(std::uint64_t block) const = 0;
  /// Bytes that hold any block.
  [[nodiscard]] virtual std::size_t room() const = 0;
  /// Fills the front of `room`, which holds the block, or says where else the bytes are.
  [[nodiscard]] virtual ByteView block(std::uint64_t number, ByteSpan room) const = 0;
  /// What pads the last 2880 bytes.
  [[nodiscard]] virtual char fill() const { return '\0'; }

 protected:
  DataBlocks() = default;
};

/// `header` has the placeholders of checksums where `target` wants these. Returns where the next
/// HDU begins.
std::uint64_t write_data_unit(const HduTarget& target, Header header, const DataBlocks& data);

}  // namespace torchfits
