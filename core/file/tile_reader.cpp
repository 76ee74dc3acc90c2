// SPDX-License-Identifier: BSD-3-Clause
// Why it is fast:
// - the descriptors of neighbouring tiles are one range; the compressed bytes of all tiles of a
//   batch are handed to the source together, which merges, maps and shares them out;
// - a tile that needs no scaling and has no gaps in the tensor is decoded straight into its place;
// - others are decoded into memory that stays in the second-level cache, and go from there to their
//   place with scaling and dtype conversion in the same pass;
// - selections that are read together share their tiles: each is decoded once;
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

namespace torchfits {
namespace {

/// Tiles that are handed over together: enough to keep all threads busy, few enough to cost no
/// memory.
constexpr std::uint64_t kBatchTiles = 2048;
/// Meetings of selections and tiles that are in memory together.
constexpr std::uint64_t kMostMeetings = 1U << 18;
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

/// Which tiles some selections meet. Those of a single one are computed from their number, never
/// stored; those of several are stored in order of tiles.
class Meetings {
 public:
  struct Meeting {
    std::uint64_t tile;
    std::uint64_t part;  ///< of the plan of its selection
    std::size_t selection;
  };

  Meetings(const TiledImageLayout& layout, std::span<const ImagePart> selections) {
    plans_.reserve(selections.size());
    for (const auto& one : selections) {
      plans_.push_back(TilePlan::make(layout.image.shape, layout.tile, one.selection, one.origin));
    }
    if (selections.size() == 1) return;
    for (std::size_t i = 0; i < plans_.size(); ++i) {
      for (std::uint64_t part = 0; part < plans_[i].parts(); ++part)
        sorted_.push_back({plans_[i].tile(part), part, i});
    }
    std::sort(sorted_.begin(), sorted_.end(), [](const Meeting& a, const Meeting& b) {
      return a.tile != b.tile ? a.tile < b.tile : a.selection < b.selection;
    });
  }

  [[nodiscard]] std::uint64_t count() const noexcept {
    return plans_.size() == 1 ? plans_[0].parts() : sorted_.size();
  }
  [[nodiscard]] Meeting operator[](std::uint64_t index) const {
    return plans_.size() == 1 ? Meeting{plans_[0].tile(index), index, 0} : sorted_[index];
  }
  /// One past the last meeting with the tile of the one at `index`.
  [[nodiscard]] std::uint64_t end_of_tile(std::uint64_t index) const noexcept {
    auto end = index + 1;
    if (plans_.size() == 1) return end;
    while (end < sorted_.size() && sorted_[end].tile == sorted_[index].tile) ++end;
    return end;
  }
  void part(const Meeting& meeting, TilePart& part) const {
    plans_[meeting.selection].part(meeting.part, part);
  }
  [[nodiscard]] std::uint64_t tiles() const noexcept {
    if (plans_.size() == 1) return plans_[0].parts();
    std::uint64_t tiles = 0;
    for (std::uint64_t i = 0; i < sorted_.size(); i = end_of_tile(i)) ++tiles;
    return tiles;
  }

 private:
  std::vector<TilePlan> plans_;
  std::vector<Meeting> sorted_;
};

/// Selections that are read together.
class TileRead {
 public:
  TileRead(const File& file, const HduRecord& hdu, const TiledImageLayout& layout,
           std::span<const ImagePart> selections, bool scaled, const ImageBlocks& blocks)
      : file_(file),
        hdu_(hdu),
        layout_(layout),
        selections_(selections),
        blocks_(blocks),
        decoder_(layout),
        stored_bytes_(info(layout.image.coding.stored).size),
        element_bytes_(info(blocks.type).size),
        decode_(scaled ? layout.image.coding : layout.image.coding.unscaled(), blocks.type,
                best_simd(), ByteOrder::native),
        meetings_(layout, selections),
        keep_(!takes_all(selections[0].selection, layout.image.shape) &&
              file.tiles().capacity() / stored_bytes_ /
                      std::max<std::uint64_t>(1, meetings_.tiles()) >=
                  pixels_of(layout.tile)) {}

  void run() {
    for (std::uint64_t next = 0; next < meetings_.count();) next = run_batch(next);
  }

 private:
  struct Piece {
    std::uint64_t first, end;  ///< of the meetings with its tile
    std::uint64_t tile;
    TileRecord record;
  };

  /// Gives the first meeting that is left.
  std::uint64_t run_batch(std::uint64_t first) {
    std::vector<Piece> pieces;
    pieces.reserve(std::min(meetings_.count() - first, kBatchTiles));
    for (std::uint64_t tiles = 0; first < meetings_.count() && tiles < kBatchTiles; ++tiles) {
      const auto tile = meetings_[first].tile;
      const auto end = meetings_.end_of_tile(first);
      if (const auto kept = file_.tiles().find({hdu_.index, tile})) {
        TilePart part;
        place_all(first, end, kept->data(), part);
      } else {
        pieces.push_back({first, end, tile, {}});
      }
      first = end;
    }
    if (!pieces.empty()) decode_all(pieces);
    return first;
  }

  void decode_all(std::vector<Piece>& pieces) {
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
    file_.source().for_each(ranges, [&](std::size_t i, ByteView data) { decode(pieces[i], data); },
                            {.weight = weight});
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
    const auto meeting = meetings_[piece.first];
    meetings_.part(meeting, part);
    const auto bytes = part.pixels() * stored_bytes_;
    decoder_.check(part.tile, data, part.pixels());
    const auto kept = keep_ ? std::make_shared<Scratch>(bytes) : nullptr;
    const bool alone = piece.end == piece.first + 1;
    const auto block = selections_[meeting.selection].block;
    auto* const straight = kept || !alone ? nullptr : straight_place(part, block);
    ByteSpan out(straight, bytes);
    if (kept) out = kept->span();
    if (!kept && straight == nullptr)
      out = desk->workspace.take(TileWorkspace::Buffer::pixels, bytes);
    decoder_.decode(part.tile, piece.record, data, mask.span(), part.shape, desk->workspace, out);
    if (straight == nullptr) {
      place(part, block, out.data());
      place_all(piece.first + 1, piece.end, out.data(), part);
    }
    desks_.give_back(std::move(desk));
    if (kept) file_.tiles().keep({hdu_.index, piece.tile}, kept);
  }

  /// Where a tile that is taken whole and unchanged lies in the output without a gap, as lines do;
  /// null for others.
  [[nodiscard]] std::byte* straight_place(const TilePart& part,
                                          std::uint64_t block) const noexcept {
    if (!decode_.copies()) return nullptr;
    std::uint64_t first = 0;
    bool one_line = true;  // the axes so far have one pixel each
    for (std::size_t i = 0; i < part.shape.size(); ++i) {
      const auto length = part.shape[i];
      if (part.selection[i] != AxisSlice{0, 1, length}) return nullptr;
      if (!one_line && length != blocks_.shape[i]) return nullptr;
      one_line = one_line && length == 1;
      first = first * blocks_.shape[i] + part.out_origin[i];
    }
    return blocks_.data + (block + first) * element_bytes_;
  }

  /// The pixels of a decoded tile go wherever they are wanted.
  void place_all(std::uint64_t first, std::uint64_t end, const std::byte* pixels,
                 TilePart& part) const {
    for (; first < end; ++first) {
      const auto meeting = meetings_[first];
      meetings_.part(meeting, part);
      place(part, selections_[meeting.selection].block, pixels);
    }
  }

  void place(const TilePart& part, std::uint64_t block, const std::byte* pixels) const {
    const auto plan = ImagePlan::make(part.shape, stored_bytes_, 0, part.selection, blocks_.shape,
                                      part.out_origin);
    for (std::uint64_t i = 0; i < plan.runs(); ++i) {
      const auto run = plan.run(i);
      const ByteView bytes(pixels + run.range.offset, run.range.length);
      const auto out = block + run.out;
      auto* to = blocks_.data + out * element_bytes_;
      if (plan.step() == 1) {
        decode_(bytes.data(), run.count, to, out);
      } else {
        decode_.strided(bytes, plan.step(), run.count, to, out);
      }
    }
  }

  const File& file_;
  const HduRecord& hdu_;
  const TiledImageLayout& layout_;
  std::span<const ImagePart> selections_;
  const ImageBlocks& blocks_;
  TileDecoder decoder_;
  std::size_t stored_bytes_;
  std::size_t element_bytes_;
  ElementDecoder decode_;
  Meetings meetings_;
  bool keep_;  ///< a part of the image is read, and the cache has room for all tiles of it
  Desks desks_;
};

/// How many of the first selections are read together.
std::size_t met_together(const TiledImageLayout& layout, std::span<const ImagePart> parts) {
  std::uint64_t meetings = 0;
  std::size_t count = 1;
  for (; count < parts.size(); ++count) {
    const auto& [selection, origin, block] = parts[count];
    meetings += TilePlan::make(layout.image.shape, layout.tile, selection, origin).parts();
    if (meetings > kMostMeetings) break;
  }
  return count;
}

}  // namespace

void check_plausible(const TiledImageLayout& layout) {
  const auto pixels = pixels_of(layout.image.shape);
  if (pixels <= TileDecoder(layout).most_pixels(layout.table.heap_bytes)) return;
  throw FitsError::format("a heap of " + std::to_string(layout.table.heap_bytes) + " bytes of " +
                          layout.zcmptype + " cannot hold the " + std::to_string(pixels) +
                          " pixels that ZNAXISn announce");
}

void read_tiles(const File& file, std::size_t index, const TiledImageLayout& layout,
                std::span<const ImagePart> parts, bool scaled, const ImageBlocks& blocks) {
  check_plausible(layout);
  while (!parts.empty()) {
    const auto together = parts.first(met_together(layout, parts));
    TileRead(file, file.hdu(index), layout, together, scaled, blocks).run();
    parts = parts.subspan(together.size());
  }
}

}  // namespace torchfits
