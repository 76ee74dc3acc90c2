// SPDX-License-Identifier: BSD-3-Clause
#include "file/partial_tiles.h"

#include <algorithm>

#include "base/error.h"
#include "platform/temporary_file.h"

namespace torchfits {

std::vector<std::uint64_t> PartialTiles::numbers() const {
  std::vector<std::uint64_t> all;
  all.reserve(tiles_.size());
  for (const auto& [number, tile] : tiles_) all.push_back(number);
  return all;
}

PartialTiles::Open PartialTiles::open(std::uint64_t tile) {
  const auto old = tiles_.find(tile);
  if (old == tiles_.end() || old->second.memory.size() == 0) {
    make_room();
    Scratch memory(bytes());
    const auto slot = old == tiles_.end() ? std::nullopt : old->second.slot;
    const auto got = slot ? file_.read_at(*slot * bytes(), memory.span()) : 0;
    if (slot && got != bytes())
      throw FitsError(ErrorCode::io, "the temporary file of unfinished tiles became shorter");
    if (!slot) std::fill_n(memory.data(), bytes(), std::byte{0});
    oldest_.push_back(tile);
    tiles_[tile].memory = std::move(memory);  // an error before this leaves no empty tile
    ++held_;
  }
  const auto& memory = tiles_.at(tile).memory;
  auto* first = memory.data();
  const auto of_pixels = pixels_ * size_;
  return {memory.span().first(of_pixels), reinterpret_cast<std::uint8_t*>(first + of_pixels)};
}

std::uint64_t PartialTiles::add_known(std::uint64_t tile, std::uint64_t count) {
  return tiles_.at(tile).known += count;
}

void PartialTiles::erase(std::uint64_t tile) {
  const auto found = tiles_.find(tile);
  if (found->second.slot) free_slots_.push_back(*found->second.slot);
  if (found->second.memory.size() > 0) --held_;
  tiles_.erase(found);
}

const std::byte* PartialTiles::pixels(std::uint64_t tile, std::size_t count, ByteSpan room) const {
  const auto& found = tiles_.at(tile);
  if (found.memory.size() > 0) return found.memory.data();
  const auto wanted = room.first(count * size_);
  if (file_.read_at(found.slot.value() * bytes(), wanted) != wanted.size())
    throw FitsError(ErrorCode::io, "the temporary file of unfinished tiles became shorter");
  return room.data();
}

void PartialTiles::make_room() {
  while (held_ > 0 && (held_ + 1) * bytes() > budget_) {
    const auto found = tiles_.find(oldest_.front());
    if (found != tiles_.end() && found->second.memory.size() > 0) spill(found->second);
    oldest_.pop_front();
  }
}

void PartialTiles::spill(Tile& tile) {
  if (file_.descriptor() < 0) file_ = open_temporary_file();
  if (!tile.slot) {
    if (free_slots_.empty()) {
      tile.slot = slots_++;
    } else {
      tile.slot = free_slots_.back();
      free_slots_.pop_back();
    }
  }
  file_.write_at(*tile.slot * bytes(), tile.memory.span());
  tile.memory = {};
  --held_;
}

}  // namespace torchfits
