// SPDX-License-Identifier: BSD-3-Clause
// Tables across the bridge: tensors now, descriptions of columns when somebody asks.
#include <nanobind/stl/string.h>

#include <algorithm>
#include <string>
#include <utility>

#include "base/error.h"
#include "file/table_reader.h"
#include "read.h"
#include "selection.h"
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

/// One read under way: what is asked of the core, and the tensors that receive it.
struct TableRead {
  std::vector<ColumnOutput> outputs;
  std::vector<ColumnRequest> requests;
  nb::list names, tensors, masks, strings;

  void add(const TableLayout& table, std::size_t position, std::uint64_t rows, const Form& form) {
    const auto& column = table.columns[position];
    requests.push_back(request_column(column, form.scaled));
    auto host = empty_tensor(tensor_shape(column, rows), requests.back().type, form.pinned);
    if (column.form.code == 'A') strings.append(outputs.size());
    outputs.push_back({position, host.data, nullptr});
    names.append(nb::str(column.name.c_str(), column.name.size()));
    tensors.append(std::move(host.tensor));
    masks.append(nb::none());
  }

  /// Columns in which nulls were met are read once more, into their masks; most tables have none.
  void read_masks(const File& file, std::size_t hdu, const TableLayout& table,
                  const RowSelection& rows, const std::vector<std::uint64_t>& nulls,
                  const Form& form) {
    std::vector<ColumnOutput> again;
    std::vector<ColumnRequest> asked;
    for (std::size_t i = 0; i < nulls.size(); ++i) {
      if (nulls[i] == 0) continue;
      const auto shape = tensor_shape(table.columns[outputs[i].column], rows.count);
      auto host = empty_tensor(shape, ElementType::boolean, form.pinned);
      masks[i] = host.tensor;
      again.push_back(
          {outputs[i].column, outputs[i].data, reinterpret_cast<std::uint8_t*>(host.data)});
      asked.push_back(requests[i]);
    }
    if (again.empty()) return;
    const nb::gil_scoped_release no_gil;
    read_table(file, hdu, rows, std::move(again), std::move(asked));
  }
};

nb::object text_or_none(const std::string& text) {
  return text.empty() ? nb::object(nb::none()) : nb::object(nb::str(text.c_str(), text.size()));
}

}  // namespace

nb::object read_table_hdu(const File& file, const HduRecord& hdu, const Selection& selection,
                          const Form& form) {
  try {
    std::shared_ptr<const Layout> layout;
    {
      const nb::gil_scoped_release no_gil;
      static_cast<void>(table_layout(file, hdu.index));
      file.check_data_present(hdu);
      layout = file.layout(hdu.index);
    }
    const auto& table = std::get<TableLayout>(*layout);
    auto columns = parse_columns(selection.columns, table);
    const auto rows = parse_rows(selection.rows, table.rows);
    TableRead read;
    for (const auto position : columns) read.add(table, position, rows.selection.count, form);
    std::vector<std::uint64_t> nulls;
    {
      const nb::gil_scoped_release no_gil;
      nulls = read_table(file, hdu.index, rows.selection, read.outputs, read.requests);
    }
    read.read_masks(file, hdu.index, table, rows.selection, nulls, form);
    auto schema = nb::cast(Schema(std::move(layout), std::move(columns), form.scaled));
    return nb::make_tuple(read.names, read.tensors, read.masks, read.strings, schema);
  } catch (FitsError& error) {
    error.in_hdu(hdu.label());
    throw;
  }
}

nb::list Schema::columns() const {
  const auto& table = std::get<TableLayout>(*layout_);
  nb::list result;
  for (const auto position : columns_) {
    const auto& column = table.columns[position];
    const char code = column.form.code;
    const bool heap = code == 'P' || code == 'Q';
    nb::object dtype = nb::none();
    if (code != 'A' && !heap) {
      const auto name = info(request_column(column, scaled_).type).name;
      dtype = nb::str(name.data(), name.size());
    }
    const bool can_be_null = scaled_ ? column.coding.null.has_value() || code == 'L' : code == 'L';
    result.append(nb::make_tuple(
        column.name, column.ttype, column.form.str(), text_or_none(column.unit),
        column.coding.null ? nb::object(nb::int_(*column.coding.null)) : nb::object(nb::none()),
        text_or_none(column.dim), text_or_none(column.display), text_or_none(column.comment),
        text_or_none(column.ucd), dtype, to_tuple(column.shape), can_be_null));
  }
  return result;
}
