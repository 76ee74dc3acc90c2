// SPDX-License-Identifier: BSD-3-Clause
// Why it is fast:
// - the descriptors of neighbouring tiles are one range; the compressed bytes of all tiles of a
//   batch are handed to the source together, which merges, maps and shares them out;
// - a tile that needs no scaling and has no gaps in the tensor is decoded straight into its place;
// - others are decoded into memory that stays in the second-level cache, and go from there to their
//   place with scaling and dtype conversion in the same pass;
// - an open file keeps the tiles of its last cutouts: the next one near by decodes nothing.
#include "file/tile_reader.h"

#include <algorithm>
#include <array>
#include <atomic>
#include <memory>
#include <string>
#include <utility>
#include <vector>

#include "base/defaults.h"
#include "base/error.h"
#include "base/parallel.h"
#include "base/stats.h"
#include "decode/pixels.h"
#include "decode/tiles.h"
#include "plan/image_plan.h"
#include "plan/tile_plan.h"
#include "platform/memory.h"

namespace torchfits {
namespace {

/// Tiles that are handed over together: enough to keep all threads busy, few enough to cost no
/// memory.
constexpr std::uint64_t kBatchTiles = 2048;
/// What decoding costs for each byte it makes, in bytes copied.
constexpr std::uint64_t kDecodeWeight = 8;

std::uint64_t pixels_of(std::span<const std::uint64_t> shape) {
  std::uint64_t product = 1;
  for (const auto length : shape) product *= length;
  return product;
}

bool takes_all(std::span<const AxisSlice> selection, std::span<const std::uint64_t> shape) {
  for (std::size_t i = 0; i < shape.size(); ++i) {
    if (selection[i].count != shape[i]) return false;
  }
  return true;
}

/// What a thread decodes with.
struct Desk {
  TileWorkspace workspace;
  TilePart part;
};

/// The desks of the threads that are decoding. Tiles are small and many: a thread looks first
/// where it left its own, and no lock is taken.
class Desks {
 public:
  Desks() = default;
  Desks(const Desks&) = delete;
  Desks& operator=(const Desks&) = delete;
  ~Desks() {
    for (auto& slot : slots_) delete slot.desk.load();
  }

  std::unique_ptr<Desk> take() {
    const auto home = own_slot();
    for (std::size_t i = 0; i < slots_.size(); ++i) {
      auto& slot = slots_[(home + i) % slots_.size()].desk;
      if (slot.load(std::memory_order_relaxed) == nullptr) continue;
      if (auto* found = slot.exchange(nullptr)) return std::unique_ptr<Desk>(found);
    }
    return std::make_unique<Desk>();
  }

  void give_back(std::unique_ptr<Desk> desk) {
    const auto home = own_slot();
    for (std::size_t i = 0; i < slots_.size(); ++i) {
      Desk* empty = nullptr;
      auto& slot = slots_[(home + i) % slots_.size()].desk;
      if (slot.compare_exchange_strong(empty, desk.get())) {
        static_cast<void>(desk.release());
        return;
      }
    }
  }

 private:
  struct alignas(64) Slot {
    std::atomic<Desk*> desk{nullptr};
  };

  static std::size_t own_slot() noexcept {
    static std::atomic<std::size_t> threads{0};
    thread_local const std::size_t mine = threads.fetch_add(1, std::memory_order_relaxed);
    return mine;
  }

  std::array<Slot, 16> slots_;
};

/// One call of read_tiles.
class TileRead {
 public:
  TileRead(const File& file, const HduRecord& hdu, const TiledImageLayout& layout,
           const ImageRequest& request, const ImageDestination& destination)
      : file_(file),
        hdu_(hdu),
        layout_(layout),
        destination_(destination),
        decoder_(layout),
        stored_bytes_(info(layout.image.coding.stored).size),
        element_bytes_(info(destination.type).size),
        decode_(request.scaled ? layout.image.coding : layout.image.coding.unscaled(),
                destination.type, best_simd(), ByteOrder::native),
        plan_(
            TilePlan::make(layout.image.shape, layout.tile, request.selection, destination.origin)),
        keep_(!takes_all(request.selection, layout.image.shape) &&
              file.tiles().capacity() / stored_bytes_ / std::max<std::uint64_t>(1, plan_.parts()) >=
                  pixels_of(layout.tile)) {}

  void run() {
    for (std::uint64_t first = 0; first < plan_.parts(); first += kBatchTiles)
      run_batch(first, std::min(plan_.parts(), first + kBatchTiles));
  }

 private:
  struct Piece {
    std::uint64_t index;  ///< of its part in the plan
    std::uint64_t tile;
    TileRecord record;
  };

  void run_batch(std::uint64_t first, std::uint64_t end) {
    std::vector<Piece> pieces;
    pieces.reserve(end - first);
    for (auto i = first; i < end; ++i) {
      const auto tile = plan_.tile(i);
      if (const auto kept = file_.tiles().find({hdu_.index, tile})) {
        place(plan_.part(i), kept->data());
      } else {
        pieces.push_back({i, tile, {}});
      }
    }
    if (pieces.empty()) return;
    read_records(pieces);
    std::vector<ByteRange> ranges;
    ranges.reserve(pieces.size());
    std::uint64_t packed = 1;
    for (const auto& piece : pieces) {
      ranges.push_back(in_file(piece.record.data));
      packed += piece.record.data.length;
    }
    const auto unpacked = pieces.size() * pixels_of(layout_.tile) * stored_bytes_;
    const auto weight = 1 + kDecodeWeight * unpacked / packed;
    file_.source().for_each(
        ranges, [&](std::size_t i, ByteView data) { decode(pieces[i], data); }, weight);
    stats().tiles_decoded.fetch_add(pieces.size(), std::memory_order_relaxed);
  }

  [[nodiscard]] ByteRange in_file(ByteRange of_heap) const {
    return {hdu_.data_offset + layout_.table.heap_offset + of_heap.offset, of_heap.length};
  }

  /// The rows of the table, those of neighbouring tiles in one range.
  void read_records(std::vector<Piece>& pieces) const {
    const auto row_bytes = layout_.table.row_bytes;
    const auto most =
        std::max<std::uint64_t>(1, kMaxRangeBytes / std::max<std::uint64_t>(1, row_bytes));
    std::vector<ByteRange> ranges;
    std::vector<std::size_t> firsts;
    for (std::size_t i = 0; i < pieces.size(); ++i) {
      const auto tile = pieces[i].tile;
      const bool next = i > 0 && tile == pieces[i - 1].tile + 1 && i - firsts.back() < most;
      if (next) {
        ranges.back().length += row_bytes;
      } else {
        ranges.push_back({hdu_.data_offset + tile * row_bytes, row_bytes});
        firsts.push_back(i);
      }
    }
    file_.source().for_each(ranges, [&](std::size_t range, ByteView rows) {
      for (std::size_t k = 0; k * row_bytes < rows.size(); ++k) {
        auto& piece = pieces[firsts[range] + k];
        piece.record = decoder_.record(piece.tile, rows.subspan(k * row_bytes, row_bytes));
      }
    });
  }

  /// Called from several threads.
  void decode(const Piece& piece, ByteView data) {
    auto desk = desks_.take();
    Scratch mask;
    if (piece.record.mask.length > 0) {
      mask = Scratch(piece.record.mask.length);
      file_.source().read(in_file(piece.record.mask), mask.span());
    }
    auto& part = desk->part;
    plan_.part(piece.index, part);
    const auto bytes = part.pixels() * stored_bytes_;
    decoder_.check(part.tile, data, part.pixels());
    const auto kept = keep_ ? std::make_shared<Scratch>(bytes) : nullptr;
    auto* const straight = kept ? nullptr : straight_place(part);
    ByteSpan out(straight, bytes);
    if (kept) out = kept->span();
    if (!kept && straight == nullptr)
      out = desk->workspace.take(TileWorkspace::Buffer::pixels, bytes);
    decoder_.decode(part.tile, piece.record, data, mask.span(), part.shape, desk->workspace, out);
    if (straight == nullptr) place(part, out.data());
    desks_.give_back(std::move(desk));
    if (kept) file_.tiles().keep({hdu_.index, piece.tile}, kept);
  }

  /// Where a tile that is taken whole and unchanged lies in the output without a gap, as lines do;
  /// null for others.
  [[nodiscard]] std::byte* straight_place(const TilePart& part) const noexcept {
    if (!decode_.copies()) return nullptr;
    std::uint64_t first = 0;
    bool one_line = true;  // the axes so far have one pixel each
    for (std::size_t i = 0; i < part.shape.size(); ++i) {
      const auto length = part.shape[i];
      if (part.selection[i] != AxisSlice{0, 1, length}) return nullptr;
      if (!one_line && length != destination_.shape[i]) return nullptr;
      one_line = one_line && length == 1;
      first = first * destination_.shape[i] + part.out_origin[i];
    }
    return destination_.data + first * element_bytes_;
  }

  /// The selected pixels of a decoded tile go to their places.
  void place(const TilePart& part, const std::byte* pixels) const {
    const auto plan = ImagePlan::make(part.shape, stored_bytes_, 0, part.selection,
                                      destination_.shape, part.out_origin);
    for (std::uint64_t i = 0; i < plan.runs(); ++i) {
      const auto run = plan.run(i);
      const ByteView bytes(pixels + run.range.offset, run.range.length);
      auto* to = destination_.data + run.out * element_bytes_;
      if (plan.step() == 1) {
        decode_(bytes.data(), run.count, to, run.out);
      } else {
        decode_.strided(bytes, plan.step(), run.count, to, run.out);
      }
    }
  }

  const File& file_;
  const HduRecord& hdu_;
  const TiledImageLayout& layout_;
  const ImageDestination& destination_;
  TileDecoder decoder_;
  std::size_t stored_bytes_;
  std::size_t element_bytes_;
  ElementDecoder decode_;
  TilePlan plan_;
  bool keep_;  ///< a part of the image is read, and the cache has room for all tiles of it
  Desks desks_;
};

}  // namespace

void check_plausible(const TiledImageLayout& layout) {
  const auto pixels = pixels_of(layout.image.shape);
  if (pixels <= TileDecoder(layout).most_pixels(layout.table.heap_bytes)) return;
  throw FitsError::format("a heap of " + std::to_string(layout.table.heap_bytes) + " bytes of " +
                          layout.zcmptype + " cannot hold the " + std::to_string(pixels) +
                          " pixels that ZNAXISn announce");
}

void read_tiles(const File& file, std::size_t index, const TiledImageLayout& layout,
                const ImageRequest& request, const ImageDestination& destination) {
  check_plausible(layout);
  std::uint64_t elements = 1;
  for (const auto& slice : request.selection) elements *= slice.count;
  const auto written = elements * info(destination.type).size;
  if (written >= kHugePageBytes) advise_huge_pages(destination.data, written);
  TileRead(file, file.hdu(index), layout, request, destination).run();
  stats().bytes_decoded.fetch_add(elements * info(layout.image.coding.stored).size,
                                  std::memory_order_relaxed);
  stats().bytes_written.fetch_add(written, std::memory_order_relaxed);
}

}  // namespace torchfits
