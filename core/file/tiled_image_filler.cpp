// SPDX-License-Identifier: BSD-3-Clause
#include "file/tiled_image_filler.h"

#include <algorithm>
#include <string>
#include <utility>

#include "base/defaults.h"
#include "decode/tiles.h"
#include "encode/pixels.h"
#include "fits/block.h"
#include "fits/checksum.h"
#include "fits/image_header.h"

namespace torchfits {
namespace {

std::uint64_t product(std::span<const std::uint64_t> lengths) {
  std::uint64_t result = 1;
  for (const auto length : lengths) result *= length;
  return result;
}

TilePlan plan_of(const TiledImageLayout& layout) {
  const auto& shape = layout.image.shape;
  return TilePlan::make(shape, layout.tile, whole_axes(shape),
                        std::vector<std::uint64_t>(shape.size(), 0));
}

}  // namespace

TiledImageFiller::TiledImageFiller(ImageLayout image, const Compression& wish, UserCards user,
                                   bool checksum)
    : user_(std::move(user)),
      checksum_(checksum),
      table_(tiled_layout_of(std::move(image), wish), wish, checksum),
      plan_(plan_of(table_.layout())),
      partial_(static_cast<std::size_t>(product(table_.layout().tile)),
               info(table_.layout().image.coding.stored).size, kSpoolBytes) {}

Header TiledImageFiller::header() const {
  return tiled_image_header(table_.layout(), user_, table_.wish().hcomp_scale, checksum_);
}

std::uint64_t TiledImageFiller::data_of(std::uint64_t offset) const {
  return offset + padded(header().text().size() + kCardSize).value();
}

std::uint64_t TiledImageFiller::pixels_of(std::uint64_t tile,
                                          std::vector<std::uint64_t>& shape) const {
  shape = plan_.part(tile).shape;
  return product(shape);
}

void TiledImageFiller::keep_parts(const TileSource& section, std::uint64_t offset,
                                  const ReadBack& read) {
  ready_.clear();
  for (std::uint64_t i = 0; i < section.parts(); ++i) {
    const auto part = section.part(i);
    if (takes_whole_tile(part)) {
      if (partial_.has(part.tile)) partial_.erase(part.tile);
      ready_.push_back({i, true});
      continue;
    }
    const bool fresh = !partial_.has(part.tile);
    const auto open = partial_.open(part.tile);
    if (fresh) start(part.tile, open, offset, read);
    const auto known = section.put(part, open.pixels.data(), open.known);
    if (partial_.add_known(part.tile, known) == part.pixels()) ready_.push_back({part.tile, false});
  }
}

void TiledImageFiller::start(std::uint64_t tile, const PartialTiles::Open& into,
                             std::uint64_t offset, const ReadBack& read) {
  const auto& layout = table_.layout();
  const ElementEncoder natural(layout.image.coding);  // its own inverse
  auto* const out = into.pixels.data();
  std::vector<std::uint64_t> shape;
  const auto pixels = static_cast<std::size_t>(pixels_of(tile, shape));
  if (!table_.has(tile)) return natural.native(out, pixels, out);
  const TileDecoder decoder(layout);
  const auto record = decoder.record(tile, table_.row(tile));
  const Scratch stored(static_cast<std::size_t>(record.data.length));
  const auto heap = data_of(offset) + layout.table.heap_offset;
  read({heap + record.data.offset, record.data.length}, stored.span());
  TileWorkspace workspace;
  decoder.decode(tile, record, stored.span(), {}, shape, workspace,
                 into.pixels.first(pixels * info(layout.image.coding.stored).size));
  natural.native(out, pixels, out);
  std::fill_n(into.known, pixels, std::uint8_t{1});
  partial_.add_known(tile, pixels);
}

TilePixels TiledImageFiller::kept(std::uint64_t tile, std::vector<std::uint64_t>& shape,
                                  ByteSpan room) const {
  const auto count = static_cast<std::size_t>(pixels_of(tile, shape));
  return {tile, shape, partial_.pixels(tile, count, room), count};
}

TilePixels TiledImageFiller::empty(std::uint64_t tile, std::vector<std::uint64_t>& shape,
                                   ByteSpan room) const {
  const auto& coding = table_.layout().image.coding;
  const auto count = static_cast<std::size_t>(pixels_of(tile, shape));
  std::fill_n(room.data(), count * info(coding.stored).size, std::byte{0});
  ElementEncoder(coding).native(room.data(), count, room.data());
  return {tile, shape, room.data(), count};
}

void TiledImageFiller::encode(const TileSource& section, ByteSink& sink, std::uint64_t offset) {
  table_.add(sink, data_of(offset), ready_.size(),
             [&](std::uint64_t i, std::vector<std::uint64_t>& shape, ByteSpan room) {
               const auto& [number, whole] = ready_[i];
               return whole ? section.tile(number, shape, room) : kept(number, shape, room);
             });
  for (const auto& [number, whole] : ready_) {
    if (!whole) partial_.erase(number);
  }
  ready_.clear();
}

void TiledImageFiller::encode_kept(ByteSink& sink, std::uint64_t offset) {
  const auto tiles = partial_.numbers();
  table_.add(sink, data_of(offset), tiles.size(),
             [&](std::uint64_t i, std::vector<std::uint64_t>& shape, ByteSpan room) {
               return kept(tiles[i], shape, room);
             });
  for (const auto tile : tiles) partial_.erase(tile);
}

void TiledImageFiller::encode_empty(ByteSink& sink, std::uint64_t offset) {
  std::vector<std::uint64_t> tiles;
  for (std::uint64_t tile = 0; tile < table_.tiles(); ++tile) {
    if (!table_.has(tile)) tiles.push_back(tile);
  }
  table_.add(sink, data_of(offset), tiles.size(),
             [&](std::uint64_t i, std::vector<std::uint64_t>& shape, ByteSpan room) {
               return empty(tiles[i], shape, room);
             });
}

std::uint64_t TiledImageFiller::finish(ByteSink& sink, std::uint64_t offset) {
  encode_kept(sink, offset);
  encode_empty(sink, offset);
  const auto data = data_of(offset);
  const auto sum = table_.finish(sink, data);
  auto cards = header();  // with the size of the heap, the largest tiles and the seed
  if (checksum_) set_checksums(cards, sum.value());
  const auto blocks = cards.to_blocks();
  sink.write_at(offset, std::as_bytes(std::span(blocks)));
  const auto& table = table_.layout().table;
  return data + padded(table.heap_offset + table.heap_bytes).value();
}

}  // namespace torchfits
