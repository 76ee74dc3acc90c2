// SPDX-License-Identifier: BSD-3-Clause
#include "plan/table_plan.h"

#include <algorithm>

#include "base/defaults.h"

namespace torchfits {
namespace {

/// From this distance on, rows of which little is wanted are ranges of their own: what lies between
/// is not read.
constexpr std::uint64_t kSparseStride = 16 * KiB;
constexpr std::uint64_t kSparseShare = 4;
/// Rows of a list with up to so many bytes between them share a block: a page that is read for one
/// of them holds the other too.
constexpr std::uint64_t kNearBytes = 4 * KiB;

std::uint64_t magnitude(std::int64_t step) noexcept {
  return step < 0 ? 0 - static_cast<std::uint64_t>(step) : static_cast<std::uint64_t>(step);
}

/// Rows at a distance of `stride` bytes, `hull` of them wanted, that one block takes.
std::uint64_t rows_of_block(std::optional<std::uint64_t> stride, std::uint64_t hull) noexcept {
  if (!stride || *stride == 0 || *stride > kMaxRangeBytes) return 1;
  if (*stride >= kSparseStride && hull < *stride / kSparseShare) return 1;
  return kMaxRangeBytes / *stride;
}

}  // namespace

TablePlan TablePlan::make(const TableLayout& table, std::uint64_t data_offset,
                          std::span<const std::size_t> columns, const RowSelection& rows) {
  TablePlan plan;
  plan.rows_ = rows;
  plan.row_bytes_ = table.row_bytes;
  plan.data_offset_ = data_offset;
  std::uint64_t first = table.row_bytes, last = 0;
  for (const auto column : columns) {
    const auto& field = table.columns[column];
    if (field.width == 0) continue;
    first = std::min(first, field.offset);
    last = std::max(last, field.offset + field.width);
  }
  if (last > first) {
    plan.first_byte_ = first;
    plan.hull_bytes_ = last - first;
  }
  const bool list = !rows.indices.empty();
  const auto stride = checked_mul(list ? 1 : magnitude(rows.step), table.row_bytes);
  plan.rows_per_block_ = rows_of_block(stride, plan.hull_bytes_);
  if (list) plan.split_indices();
  return plan;
}

/// A block ends where the next index does not rise or lies far behind, or where the block is full.
void TablePlan::split_indices() {
  const auto& indices = rows_.indices;
  const auto near =
      static_cast<std::int64_t>(1 + kNearBytes / std::max<std::uint64_t>(row_bytes_, 1));
  const auto most = static_cast<std::int64_t>(rows_per_block_);
  starts_.push_back(0);
  auto first = indices[0];
  for (std::size_t i = 1; i < indices.size(); ++i) {
    const auto distance = indices[i] - indices[i - 1];
    if (distance >= 1 && distance <= near && indices[i] - first < most) continue;
    starts_.push_back(i);
    first = indices[i];
  }
  starts_.push_back(indices.size());
}

std::uint64_t TablePlan::blocks() const noexcept {
  if (hull_bytes_ == 0) return 0;
  if (!starts_.empty()) return starts_.size() - 1;
  return rows_.count / rows_per_block_ + (rows_.count % rows_per_block_ != 0 ? 1 : 0);
}

bool TablePlan::sparse() const noexcept {
  if (rows_per_block_ == 1) return false;
  const auto stride = starts_.empty() ? magnitude(rows_.step) * row_bytes_ : row_bytes_;
  return 2 * (hull_bytes_ + kCacheLineBytes) <= stride;
}

RowBlock TablePlan::block(std::uint64_t index) const noexcept {
  RowBlock block;
  block.first_byte = first_byte_;
  block.hull_bytes = hull_bytes_;
  std::int64_t step = 1;
  std::uint64_t steps = 0;  // from the first row to the last
  if (!starts_.empty()) {
    block.out_row = starts_[index];
    block.rows = starts_[index + 1] - block.out_row;
    block.file_row = static_cast<std::uint64_t>(rows_.indices[block.out_row]);
    const auto listed = rows_.indices.subspan(block.out_row, block.rows);
    steps = static_cast<std::uint64_t>(listed.back() - listed.front());
    if (steps + 1 != block.rows) block.listed = listed;
  } else {
    block.out_row = index * rows_per_block_;
    block.rows = std::min(rows_per_block_, rows_.count - block.out_row);
    block.file_row = static_cast<std::uint64_t>(rows_.start) +
                     block.out_row * static_cast<std::uint64_t>(rows_.step);
    step = rows_.step;
    steps = block.rows - 1;
  }
  // A single row has no next one: its stride would be a product that nothing has checked.
  const auto distance = steps > 0 ? magnitude(step) * row_bytes_ : 0;
  block.row_stride =
      step < 0 ? -static_cast<std::int64_t>(distance) : static_cast<std::int64_t>(distance);
  const auto span = steps * distance;
  const auto first = block.file_row * row_bytes_ - (step < 0 ? span : 0);
  block.range = {data_offset_ + first + first_byte_, span + hull_bytes_};
  return block;
}

}  // namespace torchfits
