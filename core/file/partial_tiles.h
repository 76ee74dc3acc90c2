// SPDX-License-Identifier: BSD-3-Clause
// Tiles of which not all pixels are known yet. Some stay in memory, the others in a temporary file.
#pragma once

#include <cstddef>
#include <cstdint>
#include <deque>
#include <map>
#include <optional>
#include <vector>

#include "base/bytes.h"
#include "base/stats.h"
#include "platform/file.h"

namespace torchfits {

class PartialTiles {
 public:
  /// Of tiles of at most `pixels` pixels of `size` bytes; those in memory take about `budget`.
  PartialTiles(std::size_t pixels, std::size_t size, std::size_t budget)
      : pixels_(pixels), size_(size), budget_(budget) {}

  /// What a tile is while it is changed.
  struct Open {
    ByteSpan pixels;      ///< zeros where they are not known
    std::uint8_t* known;  ///< a byte for each pixel, 1 where it is
  };

  [[nodiscard]] bool empty() const noexcept { return tiles_.empty(); }
  [[nodiscard]] bool has(std::uint64_t tile) const { return tiles_.contains(tile); }
  /// In order.
  [[nodiscard]] std::vector<std::uint64_t> numbers() const;

  /// The tile, new or as it was left; valid until the next call.
  [[nodiscard]] Open open(std::uint64_t tile);
  /// So many more of its pixels are known; gives how many are.
  std::uint64_t add_known(std::uint64_t tile, std::uint64_t count);
  void erase(std::uint64_t tile);

  /// Its pixels: where they lie, or read into `room`. Called by many threads, between changes.
  [[nodiscard]] const std::byte* pixels(std::uint64_t tile, std::size_t count, ByteSpan room) const;

 private:
  struct Tile {
    Scratch memory{};  ///< pixels, then what is known; empty while it is in the file
    std::uint64_t known = 0;
    std::optional<std::uint64_t> slot{};  ///< in the file
  };
  [[nodiscard]] std::size_t bytes() const noexcept { return pixels_ * (size_ + 1); }
  void make_room();
  void spill(Tile& tile);

  std::size_t pixels_;
  std::size_t size_;
  std::size_t budget_;
  std::map<std::uint64_t, Tile> tiles_;
  std::deque<std::uint64_t> oldest_;  ///< in memory, or erased since, the oldest first
  std::size_t held_ = 0;              ///< in memory
  FileHandle file_{-1};
  std::uint64_t slots_ = 0;
  std::vector<std::uint64_t> free_slots_;
};

}  // namespace torchfits
