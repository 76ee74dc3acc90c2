// SPDX-License-Identifier: BSD-3-Clause
// Why it is fast:
// - tiles are encoded in parallel, in runs of neighbours that fill one buffer and take one write;
// - tiles that lie together in the tensor are read where they are;
// - the heap grows batch by batch, and the table, whose size is known from the start, comes last.
#include "file/tiled_image_writer.h"

#include <algorithm>
#include <atomic>
#include <cstring>
#include <limits>
#include <string>
#include <utility>

#include "base/defaults.h"
#include "base/error.h"
#include "base/parallel.h"
#include "base/stats.h"
#include "encode/tile_source.h"
#include "encode/tiles.h"
#include "fits/block.h"
#include "fits/checksum.h"
#include "fits/image_header.h"

namespace torchfits {
namespace {

/// Pixels of one run, and of all runs that are held at once.
constexpr std::uint64_t kRunBytes = 256 * KiB;
constexpr std::uint64_t kBatchBytes = 32 * MiB;

template <class Wide, class Narrow>
bool all_fit(const std::byte* data, std::uint64_t count) {
  constexpr std::uint64_t kBlock = 64 * KiB;
  std::atomic<bool> fit{true};
  parallel_for((count + kBlock - 1) / kBlock, [&](std::size_t block) {
    const auto first = block * kBlock;
    Wide lost = 0;
    for (auto i = first; i < std::min(count, first + kBlock); ++i) {
      Wide value;
      std::memcpy(&value, data + i * sizeof value, sizeof value);
      lost |= value ^ static_cast<Wide>(static_cast<Narrow>(value));
    }
    if (lost != 0) fit = false;
  });
  return fit;
}

/// The type that is stored: 64-bit integers become 32-bit ones where the algorithm needs it and
/// they fit.
ElementType stored_natural(const MemoryImage& image, const Compression& wish) {
  if (!narrows(wish.algorithm, image.natural)) return image.natural;
  const bool is_signed = image.natural == ElementType::i64;
  const bool fit = is_signed ? all_fit<std::int64_t, std::int32_t>(image.data, image.elements())
                             : all_fit<std::uint64_t, std::uint32_t>(image.data, image.elements());
  if (fit) return is_signed ? ElementType::i32 : ElementType::u32;
  throw FitsError(ErrorCode::value,
                  std::string(algorithm_name(wish.algorithm)) +
                      " takes integers of 32 bits, and the image has larger ones; use GZIP_2, "
                      "GZIP_1 or NOCOMPRESS");
}

std::uint64_t pixels_of(std::span<const std::uint64_t> tile) {
  std::uint64_t product = 1;
  for (const auto length : tile) product *= length;
  return product;
}

/// The rows of the table, and the largest tile of each column.
class Rows {
 public:
  explicit Rows(TiledImageLayout& layout)
      : layout_(layout), bytes_(layout.table.rows * layout.table.row_bytes) {}

  void set(std::uint64_t row, const EncodedTile& tile, std::uint64_t heap_offset) {
    auto column = layout_.compressed.value();
    if (layout_.uncompressed) column = *layout_.uncompressed;
    if (tile.gzipped) column = layout_.gzipped.value();
    auto& form = layout_.table.columns[column].form;
    const auto count = tile.bytes / tform_element_size(form.heap_code);
    form.maximum = std::max(form.maximum.value_or(0), std::uint64_t{count});
    put_descriptor(row, column, count, heap_offset);
    if (!layout_.quantized) return;
    store_be(cell(row, layout_.scale.column.value()), tile.scale);
    store_be(cell(row, layout_.zero.column.value()), tile.zero);
  }

  [[nodiscard]] ByteView bytes() const noexcept { return bytes_; }

 private:
  std::byte* cell(std::uint64_t row, std::size_t column) {
    return bytes_.data() + row * layout_.table.row_bytes + layout_.table.columns[column].offset;
  }

  void put_descriptor(std::uint64_t row, std::size_t column, std::uint64_t count,
                      std::uint64_t heap_offset) {
    auto* to = cell(row, column);
    if (layout_.table.columns[column].form.code == 'Q') {
      store_be(to, count);
      store_be(to + sizeof count, heap_offset);
      return;
    }
    constexpr std::uint64_t kMost = std::numeric_limits<std::int32_t>::max();
    if (count > kMost || heap_offset > kMost) {
      throw FitsError(ErrorCode::value,
                      "the compressed image outgrew 2 GiB, which its size did not let expect; use "
                      "another algorithm");
    }
    store_be(to, static_cast<std::uint32_t>(count));
    store_be(to + sizeof(std::uint32_t), static_cast<std::uint32_t>(heap_offset));
  }

  TiledImageLayout& layout_;
  std::vector<std::byte> bytes_;
};

/// Neighbouring tiles, encoded one behind the other.
struct Run {
  Scratch room{};  ///< kept for the next batch
  std::vector<EncodedTile> tiles{};
  std::size_t bytes = 0;
  std::uint64_t heap_offset = 0;
};

class TileTable {
 public:
  TileTable(const HduTarget& target, const MemoryImage& image, const Compression& wish,
            TiledImageLayout& layout)
      : target_(target),
        layout_(layout),
        source_(image, layout),
        encoder_(layout, wish),
        rows_(layout),
        tile_pixels_(static_cast<std::size_t>(pixels_of(layout.tile))) {
    const auto tile_bytes = tile_pixels_ * info(layout.image.coding.stored).size;
    run_tiles_ = std::max<std::uint64_t>(1, kRunBytes / tile_bytes);
    batch_runs_ = std::max<std::uint64_t>(num_threads(), kBatchBytes / (run_tiles_ * tile_bytes));
    if (layout.dither != Dither::none && !wish.dither_seed) seed_by_first_tile();
  }

  /// Table and heap to `offset`; gives their sum.
  Checksum write(std::uint64_t offset) {
    heap_ = offset + layout_.table.heap_offset;
    const auto runs = (source_.tiles() + run_tiles_ - 1) / run_tiles_;
    std::vector<Run> batch(static_cast<std::size_t>(std::min(runs, batch_runs_)));
    for (std::uint64_t first = 0; first < runs; first += batch.size()) {
      const auto count =
          static_cast<std::size_t>(std::min<std::uint64_t>(batch.size(), runs - first));
      parallel_for(count, [&](std::size_t i) { encode(batch[i], first + i); });
      append(std::span(batch).first(count), first);
    }
    target_.sink.reserve(heap_ + layout_.table.heap_bytes);
    target_.sink.write_at(offset, rows_.bytes());
    if (target_.checksum) sum_.add(rows_.bytes(), 0);
    return sum_;
  }

 private:
  void seed_by_first_tile() {
    const Scratch room(tile_pixels_ * sizeof(std::uint64_t));
    std::vector<std::uint64_t> shape;
    const auto first = source_.tile(0, shape, room.span());
    const auto size = info(layout_.image.coding.stored).size;
    layout_.dither_seed = dither_seed_of({first.data, first.count * size});
  }

  void encode(Run& run, std::uint64_t number) const {
    const auto first = number * run_tiles_;
    const auto count = std::min(run_tiles_, source_.tiles() - first);
    const auto bound = encoder_.bound(tile_pixels_);
    const auto needed = static_cast<std::size_t>(count) * bound;
    if (run.room.size() < needed) run.room = Scratch(needed);
    const Scratch pixels(tile_pixels_ * sizeof(std::uint64_t));
    const Scratch work(encoder_.workspace(tile_pixels_));
    std::vector<std::uint64_t> shape;
    run.tiles.clear();
    run.bytes = 0;
    for (std::uint64_t i = 0; i < count; ++i) {
      const auto tile = source_.tile(first + i, shape, pixels.span());
      run.tiles.push_back(encoder_(tile, run.room.span().subspan(run.bytes), work.span()));
      run.bytes += run.tiles.back().bytes;
    }
  }

  void append(std::span<Run> batch, std::uint64_t first_run) {
    auto row = first_run * run_tiles_;
    auto& heap_bytes = layout_.table.heap_bytes;
    for (auto& run : batch) {
      run.heap_offset = heap_bytes;
      for (const auto& tile : run.tiles) {
        rows_.set(row++, tile, heap_bytes);
        heap_bytes += tile.bytes;
      }
    }
    target_.sink.reserve(heap_ + heap_bytes);
    std::vector<Checksum> sums(batch.size());
    parallel_for(batch.size(), [&](std::size_t i) {
      const ByteView bytes = batch[i].room.span().first(batch[i].bytes);
      target_.sink.write_at(heap_ + batch[i].heap_offset, bytes);
      if (target_.checksum) sums[i].add(bytes, layout_.table.heap_offset + batch[i].heap_offset);
    });
    for (const auto& sum : sums) sum_.add(sum);
  }

  const HduTarget& target_;
  TiledImageLayout& layout_;
  TileSource source_;
  TileEncoder encoder_;
  Rows rows_;
  std::size_t tile_pixels_;  ///< of a whole one
  std::uint64_t run_tiles_ = 1;
  std::uint64_t batch_runs_ = 1;
  std::uint64_t heap_ = 0;  ///< where it begins in the sink
  Checksum sum_;
};

}  // namespace

std::uint64_t write_tiled_image(const HduTarget& target, const MemoryImage& image,
                                const UserCards& user, const Compression& wish) {
  const ImageLayout stored{image.shape, image_storage(stored_natural(image, wish))};
  auto layout = tiled_layout_of(stored, wish);
  const auto make_header = [&] {
    return tiled_image_header(layout, user, wish.hcomp_scale, target.checksum);
  };
  const auto header_bytes = padded(make_header().text().size() + kCardSize).value();
  TileTable table(target, image, wish, layout);
  const auto sum = table.write(target.offset + header_bytes);
  auto header = make_header();  // with the size of the heap, the largest tiles and the seed
  if (target.checksum) set_checksums(header, sum.value());
  const auto blocks = header.to_blocks();
  target.sink.write_at(target.offset, std::as_bytes(std::span(blocks)));
  return target.offset + header_bytes +
         padded(layout.table.heap_offset + layout.table.heap_bytes).value();
}

}  // namespace torchfits
