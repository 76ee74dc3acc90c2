// SPDX-License-Identifier: BSD-3-Clause
// Why it is fast:
// - tiles are encoded in parallel, in runs of neighbours that fill one buffer and take one write;
// - the heap grows batch by batch, and the rows, whose size is known from the start, come last.
#include "file/tile_table.h"

#include <algorithm>
#include <limits>
#include <utility>

#include "base/defaults.h"
#include "base/error.h"
#include "base/parallel.h"
#include "base/stats.h"

namespace torchfits {
namespace {

/// Pixels of one run, and of all runs that are held at once.
constexpr std::uint64_t kRunBytes = 256 * KiB;
constexpr std::uint64_t kBatchBytes = 32 * MiB;

std::uint64_t pixels_of(std::span<const std::uint64_t> tile) {
  std::uint64_t product = 1;
  for (const auto length : tile) product *= length;
  return product;
}

}  // namespace

/// Neighbouring tiles, encoded one behind the other.
struct TileTable::Run {
  std::uint64_t first = 0;
  std::uint64_t count = 0;
  Scratch room{};  ///< kept for the next batch
  std::vector<EncodedTile> tiles{};
  std::vector<std::uint64_t> numbers{};
  std::size_t bytes = 0;
};

TileTable::TileTable(TiledImageLayout layout, Compression wish, bool checksum)
    : layout_(std::move(layout)),
      wish_(std::move(wish)),
      checksum_(checksum),
      encoder_(layout_, wish_),
      rows_(static_cast<std::size_t>(layout_.table.rows * layout_.table.row_bytes)),
      added_(static_cast<std::size_t>(layout_.table.rows)),
      tile_pixels_(static_cast<std::size_t>(pixels_of(layout_.tile))),
      seeded_(layout_.dither == Dither::none || wish_.dither_seed.has_value()) {}

ByteView TileTable::row(std::uint64_t tile) const {
  const auto bytes = layout_.table.row_bytes;
  return ByteView(rows_).subspan(tile * bytes, bytes);
}

std::byte* TileTable::cell(std::uint64_t row, std::size_t column) {
  return rows_.data() + row * layout_.table.row_bytes + layout_.table.columns[column].offset;
}

void TileTable::put_descriptor(std::byte* to, std::size_t column, std::uint64_t count,
                               std::uint64_t heap_offset) const {
  if (layout_.table.columns[column].form.code == 'Q') {
    store_be(to, count);
    store_be(to + sizeof count, heap_offset);
    return;
  }
  constexpr std::uint64_t kMost = std::numeric_limits<std::int32_t>::max();
  if (count > kMost || heap_offset > kMost) {
    throw FitsError(ErrorCode::value,
                    "the compressed image outgrew 2 GiB, which its size did not let expect; write "
                    "each part of it once, or use another algorithm");
  }
  store_be(to, static_cast<std::uint32_t>(count));
  store_be(to + sizeof(std::uint32_t), static_cast<std::uint32_t>(heap_offset));
}

void TileTable::set_row(const EncodedTile& tile, std::uint64_t number, std::uint64_t heap_offset) {
  auto column = layout_.compressed.value();
  if (layout_.uncompressed) column = *layout_.uncompressed;
  if (tile.gzipped) column = layout_.gzipped.value();
  auto& form = layout_.table.columns[column].form;
  const auto count = tile.bytes / tform_element_size(form.heap_code);
  put_descriptor(cell(number, column), column, count, heap_offset);
  form.maximum = std::max(form.maximum.value_or(0), std::uint64_t{count});
  if (layout_.quantized) {
    // One that was added before may have stood in the other column.
    const auto other = tile.gzipped ? layout_.compressed.value() : layout_.gzipped.value();
    put_descriptor(cell(number, other), other, 0, 0);
    store_be(cell(number, layout_.scale.column.value()), tile.scale);
    store_be(cell(number, layout_.zero.column.value()), tile.zero);
  }
  added_[number] = true;
}

void TileTable::seed_by(const Tiles& tiles) {
  const Scratch room(tile_pixels_ * sizeof(std::uint64_t));
  std::vector<std::uint64_t> shape;
  const auto first = tiles(0, shape, room.span());
  const auto size = info(layout_.image.coding.stored).size;
  layout_.dither_seed = dither_seed_of({first.data, first.count * size});
  seeded_ = true;
}

void TileTable::add(ByteSink& sink, std::uint64_t data, std::uint64_t count, const Tiles& tiles) {
  if (count == 0) return;
  if (!seeded_) seed_by(tiles);
  const auto tile_bytes = tile_pixels_ * info(layout_.image.coding.stored).size;
  const auto run_tiles = std::max<std::uint64_t>(1, kRunBytes / tile_bytes);
  const auto most = std::max<std::uint64_t>(num_threads(), kBatchBytes / (run_tiles * tile_bytes));
  const auto runs = (count + run_tiles - 1) / run_tiles;
  std::vector<Run> batch(static_cast<std::size_t>(std::min(runs, most)));
  for (std::uint64_t first = 0; first < runs; first += batch.size()) {
    const auto now = static_cast<std::size_t>(std::min<std::uint64_t>(batch.size(), runs - first));
    parallel_for(now, [&](std::size_t i) {
      auto& run = batch[i];
      run.first = (first + i) * run_tiles;
      run.count = std::min(run_tiles, count - run.first);
      run = encode(std::move(run), tiles);
    });
    append(sink, data, std::span(batch).first(now));
  }
}

TileTable::Run TileTable::encode(Run run, const Tiles& tiles) const {
  const auto needed = static_cast<std::size_t>(run.count) * encoder_.bound(tile_pixels_);
  if (run.room.size() < needed) run.room = Scratch(needed);
  const Scratch pixels(tile_pixels_ * sizeof(std::uint64_t));
  const Scratch work(encoder_.workspace(tile_pixels_));
  std::vector<std::uint64_t> shape;
  run.tiles.clear();
  run.numbers.clear();
  run.bytes = 0;
  for (std::uint64_t i = 0; i < run.count; ++i) {
    const auto tile = tiles(run.first + i, shape, pixels.span());
    run.numbers.push_back(tile.number);
    run.tiles.push_back(encoder_(tile, run.room.span().subspan(run.bytes), work.span()));
    run.bytes += run.tiles.back().bytes;
  }
  return run;
}

void TileTable::append(ByteSink& sink, std::uint64_t data, std::span<const Run> batch) {
  std::vector<std::uint64_t> places;
  auto end = layout_.table.heap_bytes;
  for (const auto& run : batch) {
    places.push_back(end);
    end += run.bytes;
  }
  const auto heap = layout_.table.heap_offset;
  sink.reserve(data + heap + end);
  std::vector<Checksum> sums(batch.size());
  parallel_for(batch.size(), [&](std::size_t i) {
    const ByteView bytes = batch[i].room.span().first(batch[i].bytes);
    sink.write_at(data + heap + places[i], bytes);
    if (checksum_) sums[i].add(bytes, heap + places[i]);
  });
  for (const auto& sum : sums) sum_.add(sum);
  for (const auto& run : batch) {
    for (std::size_t i = 0; i < run.tiles.size(); ++i) {
      set_row(run.tiles[i], run.numbers[i], layout_.table.heap_bytes);
      layout_.table.heap_bytes += run.tiles[i].bytes;
    }
  }
}

Checksum TileTable::finish(ByteSink& sink, std::uint64_t data) {
  sink.reserve(data + layout_.table.heap_offset + layout_.table.heap_bytes);
  sink.write_at(data, rows_);
  auto sum = sum_;
  if (checksum_) sum.add(rows_, 0);
  return sum;
}

}  // namespace torchfits
