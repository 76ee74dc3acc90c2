// SPDX-License-Identifier: BSD-3-Clause
#include "plan/heap_plan.h"

#include <algorithm>
#include <string>

#include "base/defaults.h"
#include "base/error.h"

namespace torchfits {
namespace {

/// Up to here a run of cells is worth no range of its own, and bytes between two are cheaper read
/// than left out.
constexpr std::uint64_t kSmallRun = 4 * KiB;
/// What rows that share cells may add up to beyond the heap itself.
constexpr std::uint64_t kMaxSharedBytes = 1024 * MiB;

FitsError outside(const TableLayout& table, const Column& column, std::uint64_t row,
                  std::int64_t count, std::uint64_t position) {
  const bool negative = column.form.code == 'Q' && position > static_cast<std::uint64_t>(INT64_MAX);
  const auto at =
      negative ? std::to_string(static_cast<std::int64_t>(position)) : std::to_string(position);
  return FitsError::format("column '" + column.name + "', row " + std::to_string(row) +
                           ": the descriptor says " + std::to_string(count) + " elements (" +
                           column.form.heap_code + ") from byte " + at +
                           " of the heap on, which has " + std::to_string(table.heap_bytes) +
                           " bytes; select the other columns with columns=[...]");
}

FitsError too_much(const TableLayout& table, const Column& column, std::uint64_t row) {
  return FitsError::format("column '" + column.name + "': rows that share their cells, up to row " +
                           std::to_string(row) + ", add up to " +
                           std::to_string(kMaxSharedBytes / MiB) +
                           " MiB more than the whole heap of " + std::to_string(table.heap_bytes) +
                           " bytes; read fewer rows at a time with rows=");
}

}  // namespace

std::uint64_t HeapCells::cell_of(std::uint64_t element) const noexcept {
  const auto after =
      std::upper_bound(offsets.begin(), offsets.end(), static_cast<std::int64_t>(element));
  return static_cast<std::uint64_t>(after - offsets.begin()) - 1;
}

std::uint64_t row_of(const RowSelection& rows, std::uint64_t index) noexcept {
  if (!rows.indices.empty()) return static_cast<std::uint64_t>(rows.indices[index]);
  return static_cast<std::uint64_t>(rows.start) + index * static_cast<std::uint64_t>(rows.step);
}

HeapCells place_cells(const TableLayout& table, std::size_t index, const RowSelection& rows,
                      std::span<std::int64_t> offsets, std::span<const std::uint64_t> positions) {
  const auto& column = table.columns[index];
  const ArraySize size(column.form.heap_code);
  const auto heap = table.heap_bytes;
  const auto limit = size.most(checked_add(heap, kMaxSharedBytes).value_or(heap));
  // Without a descriptor in the row every cell is empty.
  if (column.form.repeat == 0) std::fill(offsets.begin(), offsets.end(), 0);
  offsets[0] = 0;
  auto adjoining = positions.size();
  std::uint64_t elements = 0;
  std::uint64_t end = 0, room = 0;  // of the last cell, and elements that the heap holds behind it
  for (std::size_t i = 0; i < positions.size(); ++i) {
    const auto count = static_cast<std::uint64_t>(offsets[i + 1]);
    if (count != 0 && (positions[i] != end || count > room)) {
      const auto range = find_array({offsets[i + 1], positions[i]}, size, heap);
      if (!range) throw outside(table, column, row_of(rows, i), offsets[i + 1], positions[i]);
      if (elements != 0) adjoining = std::min(adjoining, i);
      end = range->offset;
      room = size.most(heap - end);
    }
    end += size.bytes(count);
    room = size.ends_byte(count) ? room - count : 0;
    elements += count;
    if (elements > limit) throw too_much(table, column, row_of(rows, i));
    offsets[i + 1] = static_cast<std::int64_t>(elements);
  }
  return {offsets, positions, adjoining};
}

std::optional<HeapPiece> HeapPlan::next() {
  if (run_elements_ == 0) find_run();
  if (run_elements_ == 0) return std::nullopt;
  if (const auto piece = gather_near()) return piece;
  return cut_run();
}

/// Cells from cell_ on that lie one behind the other, empty ones left out.
void HeapPlan::find_run() {
  while (cell_ < cells_.size() && cells_.count(cell_) == 0) ++cell_;
  if (cell_ == cells_.size()) return;
  run_cell_ = cell_;
  run_first_ = cells_.first(cell_);
  run_position_ = cells_.positions[cell_];
  auto cell = std::max(cell_ + 1, cells_.adjoining);
  for (; cell < cells_.size(); ++cell) {
    if (cells_.count(cell) == 0) continue;
    const auto elements = cells_.first(cell) - run_first_;
    const bool adjoins = cells_.positions[cell] == run_position_ + size_.bytes(elements);
    if (!adjoins || !size_.ends_byte(elements)) break;
  }
  cell_ = cell;
  run_elements_ = cells_.first(cell) - run_first_;
}

/// A short run and what lies close behind it.
std::optional<HeapPiece> HeapPlan::gather_near() {
  auto end = run_position_ + size_.bytes(run_elements_);
  const bool cut = run_first_ != cells_.first(run_cell_);
  if (cut || end - run_position_ > kSmallRun) return std::nullopt;
  auto behind = cell_;
  for (auto cell = cell_; cell < cells_.size(); ++cell) {
    const auto count = cells_.count(cell);
    if (count == 0) continue;
    const auto position = cells_.positions[cell];
    if (position < end || position - end > kSmallRun) break;
    const auto length = position - run_position_ + size_.bytes(count);
    if (length > kMaxRangeBytes) break;
    end = run_position_ + length;
    behind = cell + 1;
  }
  if (behind == cell_) return std::nullopt;
  const HeapPiece piece{{run_position_, end - run_position_}, false, run_cell_, behind - run_cell_};
  cell_ = behind;
  run_elements_ = 0;
  return piece;
}

HeapPiece HeapPlan::cut_run() noexcept {
  const auto count = std::min<std::uint64_t>(run_elements_, size_.most(kMaxRangeBytes));
  const HeapPiece piece{{run_position_, size_.bytes(count)}, true, run_first_, count};
  run_position_ += piece.range.length;
  run_first_ += count;
  run_elements_ -= count;
  return piece;
}

}  // namespace torchfits
