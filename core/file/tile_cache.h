// SPDX-License-Identifier: BSD-3-Clause
// Decoded tiles of an open file, the least recently used of which go first.
#pragma once

#include <cstddef>
#include <cstdint>
#include <list>
#include <map>
#include <memory>
#include <utility>

#include "base/fork.h"
#include "base/stats.h"

namespace torchfits {

/// Safe to use from many threads at once. A capacity of 0 keeps nothing.
class TileCache {
 public:
  /// A tile of an image: (HDU, number).
  using Key = std::pair<std::size_t, std::uint64_t>;
  using Tile = std::shared_ptr<const Scratch>;

  explicit TileCache(std::size_t capacity) : capacity_(capacity) {}
  TileCache(const TileCache&) = delete;
  TileCache& operator=(const TileCache&) = delete;
  ~TileCache();

  [[nodiscard]] std::size_t capacity() const noexcept { return capacity_; }
  /// Null where it is not kept.
  [[nodiscard]] Tile find(const Key& key) const;
  /// A tile larger than the capacity is not kept.
  void keep(const Key& key, Tile tile) const;

 private:
  using Uses = std::list<std::pair<Key, Tile>>;  // the last one used comes first

  void drop_last() const;

  std::size_t capacity_;
  mutable ForkMutex mutex_;
  mutable Uses uses_;
  mutable std::map<Key, Uses::iterator> places_;
  mutable std::size_t held_ = 0;  // bytes
};

}  // namespace torchfits
