// SPDX-License-Identifier: BSD-3-Clause
#include "update/table_updates.h"

#include <algorithm>
#include <limits>
#include <memory>
#include <optional>
#include <utility>

#include "base/defaults.h"
#include "base/error.h"
#include "encode/columns.h"
#include "encode/fitted_columns.h"
#include "encode/heap.h"
#include "file/table_reader.h"
#include "fits/table_cards.h"
#include "fits/table_structure.h"
#include "plan/heap_plan.h"
#include "update/changed_table.h"
#include "update/data_change.h"

namespace torchfits {
namespace {

std::string listed(const std::vector<std::string>& names) {
  std::string text;
  for (const auto& name : names) text += (text.empty() ? "'" : ", '") + name + "'";
  return text;
}

std::vector<ColumnValuesFor> named_columns(const TableLayout& table,
                                           std::vector<NewColumn> columns) {
  std::vector<ColumnValuesFor> found;
  for (auto& given : columns) {
    const auto position = find_column(table, given.column.name);
    for (const auto& other : found) {
      if (other.position != position) continue;
      throw FitsError(ErrorCode::value,
                      "column '" + table.columns[position].name + "' is given twice");
    }
    found.push_back({position, std::move(given)});
  }
  return found;
}

void check_new_name(const TableLayout& table, const std::string& name) {
  constexpr std::size_t kMostColumns = 999;
  for (const auto& column : table.columns) {
    if (folded_name(column.name) != folded_name(name)) continue;
    throw FitsError(ErrorCode::value, "there is a column '" + column.name +
                                          "' already; assign to it, or delete it first");
  }
  if (table.columns.size() >= kMostColumns)
    throw FitsError(ErrorCode::value, "a table has at most 999 columns, and this one has them");
}

void set_forms(Header& header, const TableLayout& table, const FittedColumns& fitted,
               const std::vector<ColumnValuesFor>& columns) {
  for (std::size_t i = 0; i < columns.size(); ++i) {
    const auto position = columns[i].position;
    const auto& form = fitted.table().layout.columns[i].form;
    if (form.maximum != table.columns[position].form.maximum) set_form(header, position, form);
  }
}

/// What is left of `count` old rows.
std::vector<RowSpan> rows_without(const RowSelection& gone, std::uint64_t count) {
  std::vector<RowSpan> kept;
  std::uint64_t begin = 0, first = 0;
  const auto keep_to = [&](std::uint64_t end) {
    if (end > first) kept.push_back({begin, end - first, first, false});
    begin += end - first;
  };
  const bool together = gone.indices.empty() && gone.step == 1;
  const auto length = together ? gone.count : 1;
  for (std::uint64_t i = 0; i < gone.count; i += length) {
    const auto row = row_of(gone, i);
    keep_to(row);
    first = row + length;
  }
  keep_to(count);
  return kept;
}

/// New values of rows that stand in the file.
class CellPatches {
 public:
  CellPatches(const ChangedTable& target, const RowSelection& rows, const FittedColumns& fitted,
              const std::vector<ColumnValuesFor>& columns, const HeapEncoder& heap) {
    std::vector<std::size_t> positions;
    for (const auto& column : columns) positions.push_back(column.position);
    plan_ = TablePlan::make(target.table(), target.hdu().data_offset, positions, rows);
    const auto first = plan_.blocks() == 0 ? 0 : plan_.block(0).first_byte;
    values_ = fitted.table();
    for (auto& column : values_.layout.columns) column.offset -= column.width == 0 ? 0 : first;
    if (rows.indices.empty() && rows.count > 1)
      values_.layout.row_bytes *= static_cast<std::uint64_t>(rows.step);
    row_bytes_ = target.table().row_bytes;
    alone_ = fitted.table().layout.rows == 1;
    encode_ = std::make_unique<RowEncoder>(values_, heap);
  }

  [[nodiscard]] DataPatches patches() const {
    DataPatches patches;
    patches.count = plan_.blocks();
    patches.range = [this](std::uint64_t i) { return plan_.block(i).range; };
    patches.fill = [this](std::uint64_t i, ByteSpan bytes) { fill(plan_.block(i), bytes); };
    return patches;
  }

 private:
  void fill(const RowBlock& block, ByteSpan bytes) const {
    const bool even = block.listed.empty();
    if (even && !alone_) return (*encode_)(block.out_row, block.rows, bytes);
    for (std::uint64_t i = 0; i < block.rows; ++i) {
      const auto row =
          even ? i * static_cast<std::uint64_t>(block.row_stride)
               : static_cast<std::uint64_t>(block.listed[i] - block.listed[0]) * row_bytes_;
      (*encode_)(alone_ ? 0 : block.out_row + i, 1, bytes.subspan(row));
    }
  }

  TablePlan plan_;
  MemoryTable values_;  ///< at their places behind the first byte of a block
  std::unique_ptr<RowEncoder> encode_;
  std::uint64_t row_bytes_ = 0;
  bool alone_ = false;  ///< one row for all
};

}  // namespace

std::vector<ColumnValuesFor> all_columns(const TableLayout& table, std::vector<NewColumn> columns) {
  auto found = named_columns(table, std::move(columns));
  std::vector<std::string> missing;
  for (std::size_t i = 0; i < table.columns.size(); ++i) {
    const bool given = std::any_of(found.begin(), found.end(),
                                   [&](const ColumnValuesFor& one) { return one.position == i; });
    if (!given) missing.push_back(table.columns[i].name);
  }
  if (missing.empty()) return found;
  throw FitsError(ErrorCode::value,
                  "new rows need values for every column; missing: " + listed(missing));
}

HeapEncoder cells_behind(const MemoryTable& table, std::uint64_t heap_bytes) {
  constexpr std::uint64_t kMost = std::numeric_limits<std::int32_t>::max();
  HeapEncoder heap(table, heap_bytes);
  const bool far = heap.bytes() > 0 && heap_bytes + heap.bytes() > kMost;
  for (const auto& column : table.layout.columns) {
    if (!far || column.form.code != 'P') continue;
    throw FitsError(ErrorCode::value,
                    "the heap would have more than 2 GiB, which the descriptors of column '" +
                        column.name + "' (TFORM = '" + column.format() +
                        "') do not reach; read the table and replace the HDU, which packs the heap "
                        "and takes long descriptors where it needs them");
  }
  return heap;
}

void write_cells(Updater& updater, const File& file, std::size_t index, const RowSelection& rows,
                 std::vector<NewColumn> columns, bool alone) {
  ChangedTable::of_binary(updater, file, index, "cells").run([&](ChangedTable& target) {
    const auto& table = target.table();
    const auto named = named_columns(table, std::move(columns));
    const FittedColumns fitted(table, named, alone ? 1 : rows.count);
    const auto heap = cells_behind(fitted.table(), table.heap_bytes);
    if (rows.count == 0 || named.empty()) return;
    if (alone && heap.bytes() > 0)
      throw FitsError(ErrorCode::value, "cells of variable length are given row by row");
    const CellPatches cells(target, rows, fitted, named, heap);
    auto header = target.hdu().header;
    set_forms(header, table, fitted, named);
    auto size = size_of(table);
    size.heap_bytes += heap.bytes();
    if (heap.bytes() > 0) set_table_size(header, size);
    if (target.grows_in_place(size, header))
      return target.change(header, size, DataPatches::join(cells.patches(), target.append(heap)));
    // First the heap, to whose new part no row points; then the rows.
    target.grow_heap(heap);
    const File grown(updater.source());
    const auto same = ChangedTable::of_binary(updater, grown, index, "cells");
    header = same.hdu().header;
    set_forms(header, table, fitted, named);
    const CellPatches moved(same, rows, fitted, named, heap);
    change_data(updater, grown, index, header, moved.patches());
  });
}

void insert_rows(Updater& updater, const File& file, std::size_t index, std::uint64_t at,
                 std::vector<NewColumn> columns) {
  ChangedTable::of_binary(updater, file, index, "new rows").run([&](ChangedTable& target) {
    const auto& table = target.table();
    const auto added = columns.empty() ? 0 : columns.front().rows;
    const auto named = all_columns(table, std::move(columns));
    const FittedColumns fitted(table, named, added);
    const auto heap = cells_behind(fitted.table(), table.heap_bytes);
    if (added == 0) return;
    const RowEncoder encode(fitted.table(), heap);
    auto header = target.hdu().header;
    set_forms(header, table, fitted, named);
    auto size =
        target.resized(table.rows + added, table.row_bytes, table.heap_bytes + heap.bytes());
    set_table_size(header, size);
    const bool behind_all = at == table.rows && size.heap_bytes == 0;
    if (behind_all && target.grows_in_place(size, header))
      return target.change(header, size, target.append(encode, added));
    auto rewrite = target.rewrite(size);
    rewrite.rows = {
        {0, at, 0, false}, {at, added, 0, true}, {at + added, table.rows - at, at, false}};
    rewrite.new_rows = &encode;
    rewrite.new_cells = &heap;
    target.rebuild(std::move(header), rewrite);
  });
}

void delete_rows(Updater& updater, const File& file, std::size_t index, const RowSelection& rows) {
  if (rows.count == 0) return;
  ChangedTable::of_rows(updater, file, index).run([&](ChangedTable& target) {
    const auto& table = target.table();
    const auto left = table.rows - rows.count;
    auto header = target.hdu().header;
    const auto size = target.resized(left, table.row_bytes, left == 0 ? 0 : table.heap_bytes);
    set_table_size(header, size);
    auto rewrite = target.rewrite(size);
    rewrite.rows = rows_without(rows, table.rows);
    target.rebuild(std::move(header), rewrite);
  });
}

void add_column(Updater& updater, const File& file, std::size_t index, std::size_t before,
                NewColumn column) {
  ChangedTable::of_binary(updater, file, index, "columns").run([&](ChangedTable& target) {
    const auto& table = target.table();
    check_new_name(table, column.column.name);
    if (column.rows != table.rows && (table.rows != 0 || !table.columns.empty())) {
      throw FitsError(ErrorCode::value, "column '" + column.column.name + "' has " +
                                            std::to_string(column.rows) + " rows, the table " +
                                            std::to_string(table.rows));
    }
    std::vector<NewColumn> alone;
    alone.push_back(std::move(column));
    auto made = table_of(std::move(alone));
    auto& field = made.layout.columns.front();
    const auto heap_bytes = table.heap_bytes + made.layout.heap_bytes;
    if (field.form.in_heap() && heap_bytes > std::numeric_limits<std::int32_t>::max()) {
      field.form.code = 'Q';
      field.width = field.form.width().value();
    }
    const auto place =
        before < table.columns.size() ? table.columns[before].offset : target.end_of_fields();
    field.offset = place;
    const auto size = target.resized(made.layout.rows, table.row_bytes + field.width, heap_bytes);
    made.layout.row_bytes = size.row_bytes;
    const HeapEncoder heap(made, table.heap_bytes);
    const RowEncoder encode(made, heap);
    auto header = target.hdu().header;
    add_column_cards(header, before, field);
    set_table_size(header, size);
    auto rewrite = target.rewrite(size);
    rewrite.fields = {{0, 0, place}, {place, place + field.width, table.row_bytes - place}};
    if (table.rows == 0) rewrite.rows.clear();
    rewrite.new_column = &encode;
    rewrite.new_cells = &heap;
    target.rebuild(std::move(header), rewrite);
  });
}

void delete_column(Updater& updater, const File& file, std::size_t index, const std::string& name) {
  ChangedTable::of_binary(updater, file, index, "columns").run([&](ChangedTable& target) {
    const auto& table = target.table();
    const auto position = find_column(table, name);
    const auto& field = table.columns[position];
    bool heap_stays = false;
    for (std::size_t i = 0; i < table.columns.size(); ++i)
      heap_stays = heap_stays || (i != position && table.columns[i].form.in_heap());
    const auto size = target.resized(table.rows, table.row_bytes - field.width,
                                     heap_stays ? table.heap_bytes : 0);
    auto header = target.hdu().header;
    remove_column_cards(header, position);
    set_table_size(header, size);
    auto rewrite = target.rewrite(size);
    const auto behind = field.offset + field.width;
    rewrite.fields = {{0, 0, field.offset}, {behind, field.offset, table.row_bytes - behind}};
    target.rebuild(std::move(header), rewrite);
  });
}

}  // namespace torchfits
