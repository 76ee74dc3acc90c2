// SPDX-License-Identifier: BSD-3-Clause
// Cells of a variable-length column become ranges of the heap (FITS 4.0 section 7.3.5). Pure: no
// I/O.
#pragma once

#include <cstdint>
#include <optional>
#include <span>

#include "base/bytes.h"
#include "fits/layout.h"
#include "plan/descriptor.h"
#include "plan/table_plan.h"

namespace torchfits {

/// The cells of a column in the selected rows, after place_cells.
struct HeapCells {
  std::span<const std::int64_t> offsets;     ///< cell i is elements offsets[i] to offsets[i + 1] of
                                             ///< the output; offsets[0] is 0
  std::span<const std::uint64_t> positions;  ///< first byte in the heap; of an empty cell anything
  std::uint64_t adjoining = 0;  ///< of so many of the first cells each begins where the one before
                                ///< ends, empty ones left out

  [[nodiscard]] std::uint64_t size() const noexcept { return positions.size(); }
  [[nodiscard]] std::uint64_t first(std::uint64_t cell) const noexcept {
    return static_cast<std::uint64_t>(offsets[cell]);
  }
  [[nodiscard]] std::uint64_t count(std::uint64_t cell) const noexcept {
    return first(cell + 1) - first(cell);
  }
  /// The cell that holds an element of the output.
  [[nodiscard]] std::uint64_t cell_of(std::uint64_t element) const noexcept;
};

/// Turns the counts that descriptors gave, in offsets[1], offsets[2], ..., into offsets, in place,
/// and finds the cells that adjoin. The result refers to both spans.
/// ErrorCode::format, naming column, row and heap, for a cell that is not wholly inside the heap,
/// and where cells that share bytes add up to far more than the heap.
HeapCells place_cells(const TableLayout& table, std::size_t column, const RowSelection& rows,
                      std::span<std::int64_t> offsets, std::span<const std::uint64_t> positions);

/// The row of the table that is row `index` of the selection.
[[nodiscard]] std::uint64_t row_of(const RowSelection& rows, std::uint64_t index) noexcept;

/// Neighbouring cells that are read as one range.
struct HeapPiece {
  ByteRange range;          ///< of the heap
  bool packed = true;       ///< elements follow each other as they do in the output
  std::uint64_t first = 0;  ///< packed: the first element of the output; else the first cell
  std::uint64_t count = 0;  ///< packed: elements; else cells, all inside the range
};

/// Cells that follow each other in the heap as they do in the table, which is how most writers
/// leave them, are packed pieces of kMaxRangeBytes; others that lie close are read together.
class HeapPlan {
 public:
  HeapPlan(HeapCells cells, char code) noexcept : cells_(cells), size_(code) {}
  /// Pieces in order of the output; none after the last.
  [[nodiscard]] std::optional<HeapPiece> next();

 private:
  [[nodiscard]] HeapPiece cut_run() noexcept;
  void find_run();
  [[nodiscard]] std::optional<HeapPiece> gather_near();

  HeapCells cells_;
  ArraySize size_;
  std::uint64_t cell_ = 0;  ///< the first one that no piece or run has taken
  std::uint64_t run_cell_ = 0, run_position_ = 0, run_first_ = 0;
  std::uint64_t run_elements_ = 0;  ///< of a run of packed cells, still to be handed out
};

}  // namespace torchfits
