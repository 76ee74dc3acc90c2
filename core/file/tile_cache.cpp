// SPDX-License-Identifier: BSD-3-Clause
#include "file/tile_cache.h"

#include <mutex>

namespace torchfits {

TileCache::~TileCache() { stats().tile_cache_bytes.fetch_sub(held_, std::memory_order_relaxed); }

TileCache::Tile TileCache::find(const Key& key) const {
  if (capacity_ == 0) return nullptr;
  const std::lock_guard lock(mutex_);
  const auto place = places_.find(key);
  if (place == places_.end()) return nullptr;
  uses_.splice(uses_.begin(), uses_, place->second);
  stats().tile_cache_hits.fetch_add(1, std::memory_order_relaxed);
  return place->second->second;
}

void TileCache::keep(const Key& key, Tile tile) const {
  const auto size = tile->size();
  if (size > capacity_) return;
  const std::lock_guard lock(mutex_);
  if (places_.contains(key)) return;  // another thread was first
  while (held_ > capacity_ - size) drop_last();
  uses_.emplace_front(key, std::move(tile));
  places_.emplace(key, uses_.begin());
  held_ += size;
  stats().tile_cache_bytes.fetch_add(size, std::memory_order_relaxed);
}

void TileCache::drop_last() const {
  const auto size = uses_.back().second->size();
  places_.erase(uses_.back().first);
  uses_.pop_back();
  held_ -= size;
  stats().tile_cache_bytes.fetch_sub(size, std::memory_order_relaxed);
}

}  // namespace torchfits
