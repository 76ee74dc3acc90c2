// SPDX-License-Identifier: BSD-3-Clause
#include "file/table_inflater.h"

#include <algorithm>
#include <cstring>
#include <set>
#include <string>
#include <utility>
#include <vector>

#include "base/error.h"
#include "base/parallel.h"
#include "decode/column_stream.h"
#include "io/memory_source.h"
#include "plan/array_descriptors.h"
#include "plan/heap_plan.h"
#include "platform/memory.h"

namespace torchfits {
namespace {

/// Arrays of a heap that one task inflates.
constexpr std::size_t kArraysOfTask = 256;

/// The rows of a selection, for questions in the order of the table.
class WantedRows {
 public:
  explicit WantedRows(const RowSelection& rows) : rows_(rows), list_(!rows.indices.empty()) {
    if (list_) {
      sorted_.assign(rows.indices.begin(), rows.indices.end());
      std::sort(sorted_.begin(), sorted_.end());
    } else if (rows.count > 0) {
      const auto a = row_of(rows, 0), b = row_of(rows, rows.count - 1);
      first_ = std::min(a, b);
      last_ = std::max(a, b);
      step_ = static_cast<std::uint64_t>(rows.step);
      if (rows.step < 0) step_ = 0 - step_;
    }
  }

  [[nodiscard]] bool contains(std::uint64_t row) const {
    if (list_) {
      return std::binary_search(sorted_.begin(), sorted_.end(), static_cast<std::int64_t>(row));
    }
    return rows_.count > 0 && row >= first_ && row <= last_ && (row - first_) % step_ == 0;
  }

  /// The tiles of `tile_rows` rows that hold any of them, in order.
  [[nodiscard]] std::vector<std::uint64_t> tiles(std::uint64_t tile_rows) const {
    std::vector<std::uint64_t> found;
    const auto add = [&](std::uint64_t tile) {
      if (found.empty() || found.back() != tile) found.push_back(tile);
    };
    for (const auto row : sorted_) add(static_cast<std::uint64_t>(row) / tile_rows);
    if (list_ || rows_.count == 0) return found;
    if (step_ <= tile_rows) {
      for (auto tile = first_ / tile_rows; tile <= last_ / tile_rows; ++tile) add(tile);
    } else {
      for (std::uint64_t i = 0; i < rows_.count; ++i) add((first_ + i * step_) / tile_rows);
    }
    return found;
  }

 private:
  RowSelection rows_;
  bool list_;
  std::vector<std::int64_t> sorted_;
  std::uint64_t first_ = 0, last_ = 0, step_ = 1;
};

/// One column of one tile: its bytes in the file.
struct Stream {
  std::size_t column = 0;
  std::uint64_t tile = 0;
  ByteRange stored;
};

/// One variable-length array: its bytes in the file, and those of the held table.
struct HeapArray {
  std::size_t column = 0;
  std::uint64_t row = 0;
  ByteRange stored, held;
};

/// Arrays that one task inflates; those that share bytes of the held heap are in the same one.
struct ArrayGroup {
  std::size_t first = 0, count = 0;
  bool overlap = false;
};

std::string tile_name(std::uint64_t tile) { return "tile " + std::to_string(tile); }

class Inflation {
 public:
  explicit Inflation(const CompressedTableData& table)
      : table_(table),
        layout_(table.layout),
        memory_(std::make_shared<ReservedMemory>(
            static_cast<std::size_t>(std::max<std::uint64_t>(1, layout_.held_bytes())))) {}

  void run(std::span<const std::size_t> columns, const WantedRows& rows) {
    streams_.clear();
    arrays_.clear();
    find_streams(columns, rows.tiles(layout_.tile_rows));
    count(streams_);
    std::vector<std::vector<HeapArray>> arrays(streams_.size());
    parallel_for(streams_.size(), [&](std::size_t i) { inflate(streams_[i], rows, arrays[i]); });
    for (const auto& found : arrays) arrays_.insert(arrays_.end(), found.begin(), found.end());
    count(arrays_);
    const auto groups = group_arrays();
    parallel_for(groups.size(), [&](std::size_t i) { inflate(groups[i]); });
  }

  [[nodiscard]] std::shared_ptr<const ByteSource> source() const {
    const auto size = static_cast<std::size_t>(layout_.held_bytes());
    return borrow_bytes({memory_->data(), size}, memory_, table_.source.name());
  }

 private:
  void find_streams(std::span<const std::size_t> columns, const std::vector<std::uint64_t>& tiles);
  [[nodiscard]] Stream stream_of(std::size_t column, std::uint64_t tile, ByteView row) const;
  template <class Part>
  void count(const std::vector<Part>& parts);
  [[nodiscard]] std::vector<ArrayGroup> group_arrays();
  void inflate(const Stream& stream, const WantedRows& rows, std::vector<HeapArray>& arrays) const;
  void inflate(const ArrayGroup& group) const;
  void inflate(const HeapArray& array, ByteView bytes, StreamDecoder& decoder) const;
  void restore_column(const Stream& stream, ByteView bytes) const;
  void restore_descriptors(const Stream& stream, ByteView bytes, const WantedRows& rows,
                           std::vector<HeapArray>& arrays) const;
  /// Fields of a column, from the first row of a tile on.
  void scatter(const Stream& stream, const StreamElements& elements) const;
  [[nodiscard]] ByteRange in_file(ByteRange heap) const noexcept {
    return {table_.data_offset + layout_.stored.heap_offset + heap.offset, heap.length};
  }
  [[nodiscard]] FitsError placed(const FitsError& error, std::size_t column,
                                 const std::string& part, ByteRange stored) const;

  const CompressedTableData& table_;
  const CompressedTableLayout& layout_;
  std::shared_ptr<ReservedMemory> memory_;
  std::vector<Stream> streams_;
  std::vector<HeapArray> arrays_;
  std::uint64_t counted_ = 0;  ///< bytes of the heap that are inflated
};

FitsError Inflation::placed(const FitsError& error, std::size_t column, const std::string& part,
                            ByteRange stored) const {
  return {error.code(), "compressed column '" + layout_.held.columns[column].name + "', " + part +
                            ", bytes " + std::to_string(stored.offset) + " to " +
                            std::to_string(stored.end()) + " of the file: " + error.problem()};
}

void Inflation::find_streams(std::span<const std::size_t> columns,
                             const std::vector<std::uint64_t>& tiles) {
  std::vector<std::size_t> wanted;
  for (const auto column : columns) {
    if (layout_.held.columns[column].width == 0) continue;
    if (layout_.columns[column].refused) throw FitsError(*layout_.columns[column].refused);
    wanted.push_back(column);
  }
  if (wanted.empty() || tiles.empty()) return;
  const auto width = layout_.stored.row_bytes;
  std::vector<ByteRange> ranges;
  ranges.reserve(tiles.size());
  for (const auto tile : tiles) ranges.push_back({table_.data_offset + tile * width, width});
  streams_.resize(tiles.size() * wanted.size());
  table_.source.for_each(ranges, [&](std::size_t i, ByteView row) {
    for (std::size_t c = 0; c < wanted.size(); ++c) {
      streams_[i * wanted.size() + c] = stream_of(wanted[c], tiles[i], row);
    }
  });
  const auto begin = tiles.front() * layout_.tile_rows * layout_.held.row_bytes;
  const auto end =
      (tiles.back() * layout_.tile_rows + layout_.rows_of(tiles.back())) * layout_.held.row_bytes;
  advise_huge_pages(memory_->data() + begin, end - begin);
}

Stream Inflation::stream_of(std::size_t column, std::uint64_t tile, ByteView row) const {
  const auto& field = layout_.stored.columns[column];
  const auto descriptor = read_descriptor(row.data() + field.offset, field.form.code);
  const auto range = find_array(descriptor, ArraySize('B'), layout_.stored.heap_bytes);
  if (!range) {
    throw FitsError::format("compressed column '" + layout_.held.columns[column].name + "', " +
                            tile_name(tile) + ": its descriptor (" +
                            std::to_string(descriptor.count) + " bytes at " +
                            std::to_string(descriptor.offset) + ") points outside the heap of " +
                            std::to_string(layout_.stored.heap_bytes) + " bytes");
  }
  return {column, tile, in_file(*range)};
}

/// No byte of the heap is inflated twice: the work is bounded by the size of the file.
template <class Part>
void Inflation::count(const std::vector<Part>& parts) {
  for (const auto& part : parts) {
    if (part.stored.length > layout_.stored.heap_bytes - counted_) {
      throw FitsError::format(
          "the compressed columns and arrays share bytes: together they are longer than the heap "
          "of " +
          std::to_string(layout_.stored.heap_bytes) + " bytes");
    }
    counted_ += part.stored.length;
  }
}

void Inflation::inflate(const Stream& stream, const WantedRows& rows,
                        std::vector<HeapArray>& arrays) const {
  table_.source.for_each({&stream.stored, 1}, [&](std::size_t, ByteView bytes) {
    try {
      if (layout_.held.columns[stream.column].form.in_heap()) {
        restore_descriptors(stream, bytes, rows, arrays);
      } else {
        restore_column(stream, bytes);
      }
    } catch (const FitsError& error) {
      throw placed(error, stream.column, tile_name(stream.tile), stream.stored);
    }
  });
}

void Inflation::restore_column(const Stream& stream, ByteView bytes) const {
  StreamDecoder decoder;
  const auto size = layout_.rows_of(stream.tile) * layout_.held.columns[stream.column].width;
  scatter(stream, decoder.decode(layout_.columns[stream.column], bytes, size));
}

void Inflation::scatter(const Stream& stream, const StreamElements& elements) const {
  const auto& column = layout_.held.columns[stream.column];
  const auto first = stream.tile * layout_.tile_rows;
  auto* to = memory_->data() + first * layout_.held.row_bytes + column.offset;
  const auto rows = layout_.rows_of(stream.tile);
  for (std::uint64_t row = 0; row < rows; ++row, to += layout_.held.row_bytes) {
    elements.store(row * column.width, column.width, to);
  }
}

void Inflation::restore_descriptors(const Stream& stream, ByteView bytes, const WantedRows& rows,
                                    std::vector<HeapArray>& arrays) const {
  const auto& column = layout_.held.columns[stream.column];
  const auto count = layout_.rows_of(stream.tile);
  const auto size = count * (column.width + kLongDescriptor);
  // Descriptors are gzipped whatever the arrays are, or stored beside arrays that are stored.
  const bool plain =
      layout_.columns[stream.column].algorithm == TileAlgorithm::none && bytes.size() == size;
  ColumnCompression how;
  how.algorithm = plain ? TileAlgorithm::none : TileAlgorithm::gzip_1;
  StreamDecoder decoder;
  const auto decoded = decoder.decode(how, bytes, size).bytes;
  // What is checked must not change any more, as bytes of a file may.
  Scratch copy(plain ? size : 0);
  if (plain && size > 0) std::memcpy(copy.data(), decoded.data(), size);
  const TileDescriptors tile(layout_, stream.column, plain ? ByteView(copy.span()) : decoded,
                             count);
  if (const auto problem = tile.problem()) throw FitsError::format(*problem);
  const auto first = stream.tile * layout_.tile_rows;
  for (std::uint64_t i = 0; i < count; ++i) {
    const auto held = tile.held(i);
    if (held.length == 0 || !rows.contains(first + i)) continue;
    arrays.push_back({stream.column,
                      first + i,
                      in_file(tile.stored(i)),
                      {layout_.held.heap_offset + held.offset, held.length}});
  }
  scatter(stream, {tile.fields()});
}

std::vector<ArrayGroup> Inflation::group_arrays() {
  std::sort(arrays_.begin(), arrays_.end(), [](const HeapArray& a, const HeapArray& b) {
    return std::pair(a.held.offset, a.row) < std::pair(b.held.offset, b.row);
  });
  std::vector<ArrayGroup> groups;
  std::uint64_t end = 0;
  for (std::size_t i = 0; i < arrays_.size(); ++i) {
    const auto& held = arrays_[i].held;
    const bool apart = held.offset >= end;
    if (groups.empty() || (apart && groups.back().count >= kArraysOfTask)) {
      groups.push_back({i, 0, false});
    } else if (!apart) {
      groups.back().overlap = true;
    }
    ++groups.back().count;
    end = std::max(end, held.end());
  }
  return groups;
}

void Inflation::inflate(const ArrayGroup& group) const {
  const std::span arrays(arrays_.data() + group.first, group.count);
  if (group.overlap) {
    StreamDecoder decoder;
    for (const auto& array : arrays) {
      table_.source.for_each({&array.stored, 1},
                             [&](std::size_t, ByteView bytes) { inflate(array, bytes, decoder); });
    }
    return;
  }
  std::vector<ByteRange> ranges;
  for (const auto& array : arrays) ranges.push_back(array.stored);
  table_.source.for_each(ranges, [&](std::size_t i, ByteView bytes) {
    StreamDecoder decoder;
    inflate(arrays[i], bytes, decoder);
  });
}

void Inflation::inflate(const HeapArray& array, ByteView bytes, StreamDecoder& decoder) const {
  try {
    const auto size = array.held.length;
    decoder.decode_array(layout_.columns[array.column], bytes, size)
        .store(0, size, memory_->data() + array.held.offset);
  } catch (const FitsError& error) {
    throw placed(error, array.column, "row " + std::to_string(array.row), array.stored);
  }
}

}  // namespace

std::shared_ptr<const ByteSource> inflate_table(const CompressedTableData& table,
                                                std::span<const std::size_t> columns,
                                                const RowSelection& rows) {
  // Whether 0 means false in arrays of logicals depends on all of them, whatever rows are wanted.
  std::vector<std::size_t> logical, others;
  for (const auto column : std::set<std::size_t>(columns.begin(), columns.end())) {
    (table.layout.held.columns[column].form.heap_code == 'L' ? logical : others).push_back(column);
  }
  Inflation inflation(table);
  inflation.run(others, WantedRows(rows));
  inflation.run(logical, WantedRows({.count = rows.count == 0 ? 0 : table.layout.held.rows}));
  return inflation.source();
}

}  // namespace torchfits
