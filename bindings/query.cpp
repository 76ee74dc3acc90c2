// SPDX-License-Identifier: BSD-3-Clause
// Expressions over columns that Python keeps in memory: parsed and bound here, once; computed here
// for memory of the host, and by Python from the syntax tree for that of other devices.
#include <nanobind/nanobind.h>
#include <nanobind/stl/string.h>

#include <algorithm>
#include <string>
#include <utility>
#include <vector>

#include "base/error.h"
#include "bindings.h"
#include "file/row_filter.h"
#include "query/gather.h"
#include "query/row_mask.h"
#include "selection.h"
#include "tensor.h"

namespace nb = nanobind;
using namespace nb::literals;
using namespace torchfits;

namespace {

ElementType type_called(const std::string& name) {
  const auto found = std::find_if(kElementTypes.begin(), kElementTypes.end(),
                                  [&](const ElementInfo& entry) { return entry.name == name; });
  if (found == kElementTypes.end()) throw FitsError(ErrorCode::type, "no dtype " + name);
  return found->type;
}

/// (name, dtype or None for text, shape of a cell, whether cells vary in length, TTYPE).
Column column_of(nb::handle item) {
  const auto parts = nb::cast<nb::tuple>(item);
  Column column;
  column.name = nb::cast<std::string>(parts[0]);
  column.ttype = nb::cast<std::string>(parts[4]);
  column.form.code = parts[1].is_none() ? 'A' : 'B';
  if (!parts[1].is_none()) column.coding.natural = type_called(nb::cast<std::string>(parts[1]));
  column.characters = 1;  // of no consequence: columns have their widths when they are computed
  for (const auto length : nb::cast<nb::tuple>(parts[2]))
    column.shape.push_back(nb::cast<std::uint64_t>(length));
  if (nb::cast<bool>(parts[3])) column.form.heap_code = column.form.code;
  return column;
}

nb::object literal_of(const Literal& literal) {
  struct Visitor {
    nb::object operator()(std::monostate) const { return nb::none(); }
    nb::object operator()(bool value) const { return nb::bool_(value); }
    nb::object operator()(std::int64_t value) const { return nb::int_(value); }
    nb::object operator()(std::uint64_t value) const { return nb::int_(value); }
    nb::object operator()(double value) const { return nb::float_(value); }
    nb::object operator()(const std::string& value) const {
      return nb::bytes(value.data(), value.size());
    }
  };
  return std::visit(Visitor{}, literal);
}

nb::object set_of(const ConstantSet& set) {
  nb::list constants;
  std::visit(
      [&](const auto& values) {
        for (const auto& value : values) constants.append(literal_of(value));
      },
      set);
  return constants;
}

template <class T>
T* memory(nb::handle address) {
  auto* pointer = PyLong_AsVoidPtr(address.ptr());
  if (PyErr_Occurred() != nullptr) nb::raise_python_error();
  return static_cast<T*>(pointer);
}

nb::object positions_of(const RowMask& mask) {
  const std::uint64_t shape[] = {mask.count()};
  auto tensor = empty_tensor(shape, ElementType::i64, false);
  const nb::gil_scoped_release no_gil;
  mask.positions(0, reinterpret_cast<std::int64_t*>(tensor.data));
  return std::move(tensor.tensor);
}

/// (address of the cells, address of the result, bytes of a cell) for each column.
void gather(const RowMask& mask, const nb::list& columns) {
  std::vector<CellCopy> copies;
  for (const auto item : columns) {
    const auto parts = nb::cast<nb::tuple>(item);
    copies.push_back({memory<const std::byte>(parts[0]), memory<std::byte>(parts[1]),
                      nb::cast<std::uint64_t>(parts[2])});
  }
  const nb::gil_scoped_release no_gil;
  gather_rows(mask, copies);
}

/// An expression bound to the columns of a table in memory.
class BoundExpression {
 public:
  BoundExpression(nb::handle text, const nb::list& columns) {
    TableLayout table;
    for (const auto column : columns) table.columns.push_back(column_of(column));
    predicate_ = bind_where(table, expression_text(text), true);
  }

  [[nodiscard]] nb::list columns() const {
    nb::list positions;
    for (const auto position : predicate_.columns) positions.append(position);
    return positions;
  }

  [[nodiscard]] std::uint32_t root() const { return predicate_.root; }

  [[nodiscard]] nb::list nodes() const {
    nb::list nodes;
    for (const auto& node : predicate_.nodes) {
      nb::list operands;
      for (const auto operand : predicate_.operands_of(node)) operands.append(operand);
      nb::object content = literal_of(node.literal);
      if (node.op == Op::column) content = nb::make_tuple(node.column, node.element);
      if (node.op == Op::in_set) content = set_of(predicate_.sets[node.set]);
      const auto op = op_name(node.op), kind = kind_name(node.kind);
      nodes.append(nb::make_tuple(nb::str(op.data(), op.size()), nb::str(kind.data(), kind.size()),
                                  nb::tuple(operands), content));
    }
    return nodes;
  }

  /// `columns` are those of columns(): (address, address of the nulls or 0, dtype or None for text,
  /// elements of a cell, bytes of a text), in memory that the caller keeps alive.
  [[nodiscard]] RowMask select(const nb::list& columns, std::uint64_t count) const {
    std::vector<ColumnValues> values;
    for (const auto item : columns) {
      const auto parts = nb::cast<nb::tuple>(item);
      auto& column = values.emplace_back();
      column.data = memory<const std::byte>(parts[0]);
      column.nulls = memory<const std::uint8_t>(parts[1]);
      if (!parts[2].is_none()) column.type = type_called(nb::cast<std::string>(parts[2]));
      column.elements = nb::cast<std::uint64_t>(parts[3]);
      column.characters = nb::cast<std::uint64_t>(parts[4]);
    }
    if (values.size() != predicate_.columns.size())
      throw FitsError(ErrorCode::value, "the expression has other columns");
    const nb::gil_scoped_release no_gil;
    return {predicate_, values, count};
  }

 private:
  Predicate predicate_;
};

}  // namespace

void bind_query(nb::module_& m) {
  nb::class_<BoundExpression>(m, "Expression")
      .def(nb::init<nb::handle, const nb::list&>(), "text"_a.none(), "columns"_a)
      .def("columns", &BoundExpression::columns, "Positions of the columns that it needs.")
      .def("root", &BoundExpression::root)
      .def("nodes", &BoundExpression::nodes,
           "All operations as (operation, kind of the result, operands, constant).")
      .def("select", &BoundExpression::select, "columns"_a, "count"_a,
           "The rows for which it is true.");

  nb::class_<RowMask>(m, "RowMask")
      .def("__len__", &RowMask::count)
      .def("positions", &positions_of)
      .def("gather", &gather, "columns"_a, "Copies the cells of the rows.");
}
