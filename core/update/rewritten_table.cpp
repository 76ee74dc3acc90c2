// SPDX-License-Identifier: BSD-3-Clause
#include "update/rewritten_table.h"

#include <algorithm>
#include <cstring>

#include "base/defaults.h"
#include "fits/block.h"

namespace torchfits {
namespace {

std::uint64_t quotient_up(std::uint64_t a, std::uint64_t b) { return a / b + (a % b != 0 ? 1 : 0); }

}  // namespace

RewrittenTable::RewrittenTable(const TableRewrite& table) : table_(table) {
  const auto& size = table.size;
  used_ = size.heap_offset + size.heap_bytes;
  old_heap_ = size.heap_bytes == 0 ? 0 : table.old.heap_bytes;
  heap_blocks_ = quotient_up(old_heap_, kMaxRangeBytes);
  if (table.new_cells != nullptr) new_blocks_ = table.new_cells->pieces();
  if (size.row_bytes == 0 || size.rows == 0) return;
  block_rows_ = std::max<std::uint64_t>(1, kMaxRangeBytes / size.row_bytes);
  row_blocks_ = quotient_up(size.rows, block_rows_);
}

std::uint64_t RewrittenTable::bytes() const {
  return table_.blank_padding ? padded(used_).value() : used_;
}

std::uint64_t RewrittenTable::blocks() const {
  return row_blocks_ + heap_blocks_ + new_blocks_ + (bytes() > used_ ? 1 : 0);
}

std::uint64_t RewrittenTable::position(std::uint64_t block) const {
  if (block < row_blocks_) return block * block_rows_ * table_.size.row_bytes;
  block -= row_blocks_;
  const auto heap = table_.size.heap_offset;
  if (block < heap_blocks_) return heap + block * kMaxRangeBytes;
  block -= heap_blocks_;
  if (block < new_blocks_) return heap + old_heap_ + table_.new_cells->position(block);
  return used_;
}

std::size_t RewrittenTable::room() const {
  return std::max<std::uint64_t>(kMaxRangeBytes, table_.size.row_bytes);
}

ByteView RewrittenTable::block(std::uint64_t number, ByteSpan room) const {
  return number < row_blocks_ ? row_block(number, room) : heap_block(number - row_blocks_, room);
}

ByteView RewrittenTable::row_block(std::uint64_t number, ByteSpan room) const {
  const auto first = number * block_rows_;
  const auto count = std::min(block_rows_, table_.size.rows - first);
  const auto out = room.first(static_cast<std::size_t>(count * table_.size.row_bytes));
  const bool whole = table_.fields.size() == 1 && table_.fields[0].length == out.size() / count;
  if (!whole || table_.new_rows != nullptr) std::fill(out.begin(), out.end(), std::byte{0});
  keep_rows(first, count, out.data());
  if (table_.new_column != nullptr) (*table_.new_column)(first, count, out);
  return out;
}

/// Rows from `first` on: old ones are read together, new ones encoded.
void RewrittenTable::keep_rows(std::uint64_t first, std::uint64_t count, std::byte* out) const {
  const auto& rows = table_.rows;
  if (rows.empty()) return;
  const auto behind =
      std::upper_bound(rows.begin(), rows.end(), first,
                       [](std::uint64_t row, const RowSpan& span) { return row < span.begin; });
  std::vector<RowSpan> old;
  std::vector<ByteRange> ranges;
  const auto width = table_.size.row_bytes;
  for (auto span = behind - 1; span != rows.end() && span->begin < first + count; ++span) {
    const auto begin = std::max(first, span->begin);
    const auto end = std::min(first + count, span->begin + span->count);
    if (begin >= end) continue;
    const RowSpan part{begin - first, end - begin, span->first + begin - span->begin, span->is_new};
    if (part.is_new) {
      const auto bytes = static_cast<std::size_t>(part.count * width);
      (*table_.new_rows)(part.first, part.count, {out + part.begin * width, bytes});
    } else if (table_.old.row_bytes != 0) {
      const auto offset = table_.data_offset + part.first * table_.old.row_bytes;
      ranges.push_back({offset, part.count * table_.old.row_bytes});
      old.push_back(part);
    }
  }
  table_.source.for_each(ranges, [&](std::size_t i, ByteView bytes) {
    copy_fields(old[i], bytes, out + old[i].begin * width);
  });
}

void RewrittenTable::copy_fields(const RowSpan& span, ByteView old, std::byte* out) const {
  const auto from = table_.old.row_bytes, to = table_.size.row_bytes;
  for (const auto& field : table_.fields) {
    if (field.length == from && from == to) {
      std::memcpy(out, old.data(), old.size());
      continue;
    }
    for (std::uint64_t row = 0; row < span.count; ++row) {
      const auto* bytes = old.data() + row * from + field.from;
      std::copy(bytes, bytes + field.length, out + row * to + field.to);
    }
  }
}

/// Of the old heap, of the new cells, or the blanks at the end.
ByteView RewrittenTable::heap_block(std::uint64_t number, ByteSpan room) const {
  if (number < heap_blocks_) {
    const auto from = number * kMaxRangeBytes;
    const auto out = room.first(std::min<std::uint64_t>(kMaxRangeBytes, old_heap_ - from));
    const auto heap = table_.data_offset + table_.old.heap_offset;
    table_.source.read({heap + from, out.size()}, out);
    return out;
  }
  number -= heap_blocks_;
  if (number < new_blocks_) return room.first((*table_.new_cells)(number, room));
  const auto out = room.first(static_cast<std::size_t>(bytes() - used_));
  std::fill(out.begin(), out.end(), std::byte{' '});
  return out;
}

}  // namespace torchfits
