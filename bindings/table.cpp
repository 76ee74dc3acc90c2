// SPDX-License-Identifier: BSD-3-Clause
// Tables across the bridge: tensors now, descriptions of columns when somebody asks.
#include <nanobind/stl/string.h>

#include <algorithm>
#include <cstdint>
#include <numeric>
#include <string>
#include <utility>

#include "base/error.h"
#include "base/stats.h"
#include "file/row_filter.h"
#include "file/table_inflater.h"
#include "file/table_reader.h"
#include "fits/compressed_header.h"
#include "read.h"
#include "selection.h"
#include "source.h"
#include "tensor.h"

namespace nb = nanobind;
using namespace torchfits;

namespace {

/// Positions of the wanted columns; all of them for None, one for a name, in the order of a list or
/// tuple of names.
std::vector<std::size_t> parse_columns(nb::handle wish, const TableLayout& table) {
  std::vector<std::size_t> positions;
  if (wish.is_none()) {
    for (std::size_t i = 0; i < table.columns.size(); ++i) positions.push_back(i);
  } else if (nb::isinstance<nb::str>(wish)) {
    positions.push_back(find_column(table, nb::borrow<nb::str>(wish).c_str()));
  } else if (nb::isinstance<nb::list>(wish) || nb::isinstance<nb::tuple>(wish)) {
    for (const auto name : wish) {
      if (!nb::isinstance<nb::str>(name)) {
        throw FitsError(ErrorCode::type,
                        "columns= takes names, not " + std::string(nb::repr(name).c_str()));
      }
      positions.push_back(find_column(table, nb::borrow<nb::str>(name).c_str()));
      if (std::find(positions.begin(), positions.end() - 1, positions.back()) !=
          positions.end() - 1) {
        throw FitsError(ErrorCode::value, "columns= names '" +
                                              table.columns[positions.back()].name +
                                              "' twice; a table has each column once");
      }
    }
  } else {
    throw FitsError(ErrorCode::type, "columns= takes a name or a list of names, not " +
                                         std::string(nb::repr(wish).c_str()));
  }
  return positions;
}

/// Shape of a column's tensor; strings are rows of characters.
std::vector<std::uint64_t> tensor_shape(const Column& column, std::uint64_t rows) {
  std::vector<std::uint64_t> shape{rows};
  shape.insert(shape.end(), column.shape.begin(), column.shape.end());
  if (column.form.code == 'A') shape.push_back(column.characters);
  return shape;
}

/// Shape of its mask: a string is null as a whole.
std::vector<std::uint64_t> mask_shape(const Column& column, std::uint64_t rows) {
  auto shape = tensor_shape(column, rows);
  if (column.form.code == 'A') shape.pop_back();
  return shape;
}

/// A variable-length column under way: its descriptors come with the rows, its values afterwards.
struct HeapRead {
  std::size_t place = 0;            ///< in the result
  std::span<std::int64_t> offsets;  ///< memory of a tensor
  Scratch memory;                   ///< of the positions
  HeapCells cells;                  ///< when the rows were read

  [[nodiscard]] std::span<std::uint64_t> positions() const noexcept {
    return {reinterpret_cast<std::uint64_t*>(memory.data()), offsets.size() - 1};
  }
};

/// One read under way: what is asked of the core, and the tensors that receive it.
class TableRead {
 public:
  TableRead(const TableData& table, const std::string& label, const RowSelection& rows,
            const Form& form)
      : table_(table), label_(label), rows_(rows), form_(form) {}

  void add(std::size_t position) {
    const auto& column = table_.layout.columns[position];
    requests_.push_back(request_column(column, form_.scaled));
    names_.append(nb::str(column.name.c_str(), column.name.size()));
    masks_.append(nb::none());
    if (column.form.in_heap()) return add_offsets(position);
    auto host = memory_for(tensor_shape(column, rows_.count), requests_.back().type);
    if (column.form.code == 'A') strings_.append(outputs_.size());
    outputs_.push_back({position, host.data});
    tensors_.append(std::move(host.tensor));
    // Text is not read twice for the sake of its nulls.
    if (column.text && column.width != 0 &&
        (column.form.code != 'A' || !column.null_text.empty())) {
      const auto place = outputs_.size() - 1;
      outputs_[place].mask = add_mask(place, mask_shape(column, rows_.count));
    }
  }

  /// Once, after the last column.
  void run() {
    std::vector<std::uint64_t> nulls;
    {
      const nb::gil_scoped_release no_gil;
      nulls = read_table(table_, rows_, outputs_, requests_);
      for (auto& heap : heaps_) {
        const auto column = outputs_[heap.place].column;
        heap.cells = place_cells(table_.layout, column, rows_, heap.offsets, heap.positions());
      }
    }
    read_masks(nulls);
    if (!heaps_.empty()) read_values();
  }

  /// (names, tensors, masks, string positions, schema, variable-length columns).
  [[nodiscard]] nb::object result(Schema schema) const {
    return nb::make_tuple(names_, tensors_, masks_, strings_, nb::cast(std::move(schema)), ragged_);
  }

 private:
  [[nodiscard]] HostTensor memory_for(std::span<const std::uint64_t> shape,
                                      ElementType type) const {
    return form_.out.is_none() ? empty_tensor(shape, type, form_.pinned)
                               : tensor_from(form_.out, shape, type);
  }

  /// Where a row has no descriptor every cell is empty, and rows may be without number: one zero
  /// stands for all offsets.
  void add_offsets(std::size_t position) {
    if (rows_.count >= INT64_MAX / sizeof(std::int64_t)) {
      throw FitsError::unsupported("a column of " + std::to_string(rows_.count) +
                                   " cells is beyond what a tensor can be");
    }
    const bool empty = requests_.back().elements == 0;
    const auto cells = empty ? 0 : rows_.count;
    const std::uint64_t shape[] = {cells + 1}, whole[] = {rows_.count + 1};
    auto host = memory_for(shape, ElementType::i64);
    auto& heap = heaps_.emplace_back();
    heap.place = outputs_.size();
    heap.offsets = {reinterpret_cast<std::int64_t*>(host.data), cells + 1};
    heap.memory = Scratch(cells * sizeof(std::uint64_t));
    outputs_.push_back(
        {position, host.data + sizeof(std::int64_t), nullptr, heap.positions().data()});
    tensors_.append(empty ? host.tensor.attr("expand")(to_tuple(whole)) : host.tensor);
  }

  /// Columns in which nulls were met are read once more, into their masks; most tables have none.
  void read_masks(const std::vector<std::uint64_t>& nulls) {
    std::vector<ColumnOutput> again;
    std::vector<ColumnRequest> asked;
    for (std::size_t i = 0; i < nulls.size(); ++i) {
      if (nulls[i] == 0 || outputs_[i].mask != nullptr) continue;
      const auto shape = mask_shape(table_.layout.columns[outputs_[i].column], rows_.count);
      again.push_back({outputs_[i].column, outputs_[i].data, add_mask(i, shape)});
      asked.push_back(requests_[i]);
    }
    if (again.empty()) return;
    const nb::gil_scoped_release no_gil;
    read_table(table_, rows_, std::move(again), std::move(asked));
  }

  std::uint8_t* add_mask(std::size_t place, std::span<const std::uint64_t> shape) {
    auto host = memory_for(shape, ElementType::boolean);
    masks_[place] = std::move(host.tensor);
    return reinterpret_cast<std::uint8_t*>(host.data);
  }

  /// All heaps at once, and once more those in which nulls were met.
  void read_values() {
    std::vector<HeapOutput> outputs;
    for (const auto& heap : heaps_) {
      const std::uint64_t shape[] = {static_cast<std::uint64_t>(heap.offsets.back())};
      const auto& request = requests_[heap.place];
      auto host = memory_for(shape, request.type);
      const auto column = outputs_[heap.place].column;
      outputs.push_back({column, request, heap.cells, host.data, nullptr});
      const bool text = table_.layout.columns[column].form.heap_code == 'A';
      ragged_.append(nb::make_tuple(heap.place, std::move(host.tensor), text));
    }
    std::vector<HeapOutput> again;
    const auto found = read_heaps(outputs);
    for (std::size_t i = 0; i < found.size(); ++i) {
      if (found[i].numeric_logicals) warn_of_numbers(table_.layout.columns[outputs[i].column]);
      if (found[i].nulls == 0) continue;
      const std::uint64_t shape[] = {static_cast<std::uint64_t>(heaps_[i].offsets.back())};
      again.push_back(outputs[i]);
      again.back().mask = add_mask(heaps_[i].place, shape);
    }
    if (!again.empty()) read_heaps(again);
  }

  std::vector<HeapFindings> read_heaps(std::span<const HeapOutput> outputs) const {
    const nb::gil_scoped_release no_gil;
    return read_heap(table_, rows_, outputs);
  }

  void warn_of_numbers(const Column& column) const {
    warn({table_.source.name() + ", " + label_ + ": column '" + column.name +
          "': the logicals in the heap are stored as 0 and 1, not as F and T; they are read as "
          "such"});
  }

  TableData table_;
  const std::string& label_;  ///< of the HDU
  RowSelection rows_;
  const Form& form_;
  std::vector<ColumnOutput> outputs_;
  std::vector<ColumnRequest> requests_;
  std::vector<HeapRead> heaps_;
  nb::list names_, tensors_, masks_, strings_, ragged_;
};

/// The layout of the table that is read: of a compressed HDU the one that is stored, where `raw`.
std::shared_ptr<const Layout> table_layout_of(const File& file, const HduRecord& hdu, bool raw) {
  std::shared_ptr<const Layout> layout;
  if (raw && (hdu.kind == HduKind::compressed_image || is_compressed_table(hdu))) {
    std::vector<std::string> warnings;
    layout = std::make_shared<const Layout>(read_table_layout(hdu, warnings));
  } else {
    layout = file.layout(hdu.index);
    if (find_table(*layout) == nullptr) static_cast<void>(table_layout(file, hdu.index));
  }
  file.check_data_present(hdu);
  return layout;
}

/// Of the selected rows those for which the expression is true.
void keep_rows_where(Rows& rows, const TableData& table, nb::handle where, bool scaled) {
  const auto text = expression_text(where);
  const nb::gil_scoped_release no_gil;
  const auto predicate = bind_where(table.layout, text, scaled);
  rows.indices = filter_rows(table, rows.selection, predicate, scaled);
  rows.selection = {0, 1, rows.indices.size(), rows.indices};
}

/// A compressed table in the memory that it is inflated into; none of another one. A condition may
/// name any column.
std::shared_ptr<const ByteSource> inflated_source(const File& file, const HduRecord& hdu,
                                                  const Layout& layout,
                                                  std::vector<std::size_t> columns,
                                                  const RowSelection& rows, bool all_columns) {
  const auto* compressed = std::get_if<CompressedTableLayout>(&layout);
  if (compressed == nullptr) return nullptr;
  if (all_columns) {
    columns.resize(compressed->held.columns.size());
    std::iota(columns.begin(), columns.end(), std::size_t{0});
  }
  const nb::gil_scoped_release no_gil;
  return inflate_table({file.source(), hdu.data_offset, *compressed}, columns, rows);
}

nb::object read_laid_out(const File& file, const HduRecord& hdu,
                         std::shared_ptr<const Layout> layout, const Selection& selection,
                         const Form& form) {
  const auto& wanted = *find_table(*layout);
  auto columns = parse_columns(selection.columns, wanted);
  auto rows = parse_rows(selection.rows, wanted.rows);
  const bool filtered = !selection.where.is_none();
  const auto inflated = inflated_source(file, hdu, *layout, columns, rows.selection, filtered);
  const TableData table = inflated ? TableData{*inflated, 0, wanted}
                                   : TableData{file.source(), hdu.data_offset, wanted};
  if (filtered) keep_rows_where(rows, table, selection.where, form.scaled);
  const auto label = hdu.label();
  TableRead read(table, label, rows.selection, form);
  for (const auto position : columns) read.add(position);
  read.run();
  return read.result(Schema(std::move(layout), std::move(columns), form.scaled));
}

nb::object text_or_none(const std::string& text) {
  return text.empty() ? nb::object(nb::none()) : nb::object(nb::str(text.c_str(), text.size()));
}

/// TNULL: a stored integer, or the text of an ASCII table.
nb::object null_of(const Column& column) {
  if (column.text) return text_or_none(column.null_text);
  return column.coding.null ? nb::object(nb::int_(*column.coding.null)) : nb::object(nb::none());
}

}  // namespace

nb::object read_table_hdu(const File& file, const HduRecord& hdu, const Selection& selection,
                          const Form& form) {
  try {
    std::shared_ptr<const Layout> layout;
    {
      const nb::gil_scoped_release no_gil;
      layout = table_layout_of(file, hdu, selection.raw);
    }
    return read_laid_out(file, hdu, std::move(layout), selection, form);
  } catch (FitsError& error) {
    error.in_hdu(hdu.label());
    throw;
  }
}

nb::list Schema::columns() const {
  const auto& table = *find_table(*layout_);
  nb::list result;
  for (const auto position : columns_) {
    const auto& column = table.columns[position];
    const char code = column.form.code;
    const bool heap = column.form.in_heap();
    const char kind = heap ? column.form.heap_code : code;
    nb::object dtype = nb::none();
    if (kind != 'A') {
      const auto name = info(request_column(column, scaled_).type).name;
      dtype = nb::str(name.data(), name.size());
    }
    const bool can_be_null =
        kind == 'L' || column.text || (scaled_ && column.coding.null.has_value());
    result.append(nb::make_tuple(
        column.name, column.ttype, column.format(), text_or_none(column.unit), null_of(column),
        text_or_none(column.dim), text_or_none(column.display), text_or_none(column.comment),
        text_or_none(column.ucd), dtype,
        heap && kind != 'A' ? nb::make_tuple(-1) : to_tuple(column.shape), can_be_null));
  }
  return result;
}
