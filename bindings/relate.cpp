// SPDX-License-Identifier: BSD-3-Clause
// Keys of tables, which Python keeps in memory, to positions of rows and results of groups.
#include <nanobind/nanobind.h>
#include <nanobind/stl/string.h>

#include <algorithm>
#include <cmath>
#include <cstdint>
#include <cstring>
#include <memory>
#include <string>
#include <vector>

#include "base/error.h"
#include "bindings.h"
#include "platform/memory.h"
#include "query/gather.h"
#include "relate/groups.h"
#include "relate/join.h"
#include "relate/sort_rows.h"
#include "tensor.h"

namespace nb = nanobind;
using namespace nb::literals;
using namespace torchfits;

namespace {

template <class T>
T* pointer(nb::handle address) {
  auto* memory = PyLong_AsVoidPtr(address.ptr());
  if (PyErr_Occurred() != nullptr) nb::raise_python_error();
  return static_cast<T*>(memory);
}

template <class Enum>
Enum named(const std::string& wanted, std::initializer_list<std::pair<const char*, Enum>> all) {
  for (const auto& [name, value] : all)
    if (wanted == name) return value;
  throw FitsError(ErrorCode::value, "no '" + wanted + "' here");
}

/// (address, rows, dtype or None for text, address of the nulls or 0, width of texts, address of
/// their offsets or 0): memory that the caller keeps alive.
KeyColumn column_of(nb::handle item) {
  const auto parts = nb::cast<nb::tuple>(item);
  KeyColumn column;
  column.data = pointer<const std::byte>(parts[0]);
  column.rows = nb::cast<std::size_t>(parts[1]);
  column.is_text = parts[2].is_none();
  if (!column.is_text) {
    const auto name = nb::cast<std::string>(parts[2]);
    const auto found = std::find_if(kElementTypes.begin(), kElementTypes.end(),
                                    [&](const ElementInfo& entry) { return entry.name == name; });
    if (found == kElementTypes.end()) throw FitsError(ErrorCode::type, "no dtype " + name);
    column.type = found->type;
  }
  column.nulls = pointer<const std::uint8_t>(parts[3]);
  column.width = nb::cast<std::size_t>(parts[4]);
  column.offsets = pointer<const std::int64_t>(parts[5]);
  return column;
}

std::vector<KeyColumn> columns_of(const nb::list& items) {
  std::vector<KeyColumn> columns;
  for (const auto item : items) columns.push_back(column_of(item));
  if (columns.empty()) throw FitsError(ErrorCode::value, "rows are compared by one key at least");
  for (const auto& column : columns) {
    if (column.rows != columns.front().rows)
      throw FitsError(ErrorCode::value, "keys differ in length");
  }
  return columns;
}

template <class T>
struct Output {
  nb::object tensor;
  T* data;
};

template <class T>
Output<T> output(std::uint64_t rows, ElementType type) {
  const std::uint64_t shape[] = {rows};
  auto host = empty_tensor(shape, type, false);
  advise_huge_pages(host.data, rows * sizeof(T));
  return {std::move(host.tensor), reinterpret_cast<T*>(host.data)};
}

Output<std::int64_t> positions(std::uint64_t rows) {
  return output<std::int64_t>(rows, ElementType::i64);
}

nb::object rows_tensor(std::span<const std::uint32_t> rows) {
  auto result = positions(rows.size());
  std::copy(rows.begin(), rows.end(), result.data);
  return std::move(result.tensor);
}

/// A row of elements that are all `gap`: 0, 1 or NaN, which every type has that is asked for it.
std::vector<std::byte> gap_bytes(ElementType type, std::size_t row_size, double gap) {
  std::vector<std::byte> row(row_size);
  dispatch(type, [&]<class T>() {
    if constexpr (std::is_same_v<T, Half> || std::is_same_v<T, BFloat16>) {
      if (std::isnan(gap)) std::fill(row.begin(), row.end(), std::byte{0x7f});
    } else {
      T element{};
      if (!std::isnan(gap)) {
        element = static_cast<T>(gap);
      } else if constexpr (!std::is_integral_v<T>) {
        element = static_cast<T>(gap);
      }
      for (std::size_t at = 0; at < row_size; at += sizeof element)
        std::memcpy(row.data() + at, &element, sizeof element);
    }
  });
  return row;
}

nb::object sorted_rows(const nb::list& keys, const nb::list& falling) {
  const auto columns = columns_of(keys);
  const auto descending = std::make_unique<bool[]>(columns.size());
  for (std::size_t i = 0; i < columns.size(); ++i) descending[i] = nb::cast<bool>(falling[i]);
  auto result = positions(columns.front().rows);
  const nb::gil_scoped_release no_gil;
  std::vector<KeyCodes> codes;
  for (const auto& column : columns) codes.push_back(encode_key({&column, 1}, Wanted::order));
  const auto words = pack_keys(std::move(codes), {descending.get(), columns.size()});
  sort_rows(words, columns.front().rows, result.data);
  return std::move(result.tensor);
}

nb::object distinct(const nb::list& keys) {
  const auto columns = columns_of(keys);
  std::vector<std::uint32_t> rows;
  {
    const nb::gil_scoped_release no_gil;
    rows = distinct_rows(columns);
  }
  return rows_tensor(rows);
}

/// Memory for the rows of a join, of which there may be many more than of both tables.
Output<std::int64_t> joined_positions(const Join& join) {
  try {
    return positions(join.size());
  } catch (nb::python_error& error) {
    const auto text = "the joined table has " + std::to_string(join.size()) +
                      " rows, for which there is no memory: keys that repeat in both tables pair "
                      "each row with each; take t.unique(...) of one, or how='semi'";
    nb::raise_from(error, PyExc_MemoryError, "%s", text.c_str());
  }
}

/// (positions in the left table, in the right one), of semi and anti joins (positions, None).
nb::tuple joined_rows(const nb::list& left, const nb::list& right, const std::string& wanted) {
  const auto how = named<JoinHow>(wanted, {{"inner", JoinHow::inner},
                                           {"left", JoinHow::left},
                                           {"outer", JoinHow::outer},
                                           {"semi", JoinHow::semi},
                                           {"anti", JoinHow::anti}});
  const auto left_keys = columns_of(left);
  const auto right_keys = columns_of(right);
  std::vector<JoinKey> keys;
  for (std::size_t i = 0; i < left_keys.size(); ++i)
    keys.push_back({left_keys[i], right_keys.at(i)});
  std::unique_ptr<Join> join;
  {
    const nb::gil_scoped_release no_gil;
    join = std::make_unique<Join>(keys, how);
  }
  auto left_rows = joined_positions(*join);
  const bool one_table = how == JoinHow::semi || how == JoinHow::anti;
  auto right_rows = one_table ? Output<std::int64_t>{nb::none(), nullptr} : joined_positions(*join);
  {
    const nb::gil_scoped_release no_gil;
    join->write(left_rows.data, right_rows.data);
    join.reset();
  }
  return nb::make_tuple(left_rows.tensor, right_rows.tensor);
}

/// Rows of a contiguous tensor on the host: (address, dtype, shape) at positions (address, count);
/// where a position is -1, every element is `gap`.
nb::object gathered(const nb::tuple& source, const nb::tuple& where, double gap) {
  const auto type = element_type_of_dtype(source[1]);
  std::vector<std::uint64_t> shape;
  for (const auto length : nb::borrow<nb::tuple>(source[2]))
    shape.push_back(nb::cast<std::uint64_t>(length));
  const auto rows = shape.at(0);
  auto cell_bytes = info(type).size;
  for (std::size_t axis = 1; axis < shape.size(); ++axis) cell_bytes *= shape[axis];
  const std::span positions(pointer<const std::int64_t>(where[0]), nb::cast<std::size_t>(where[1]));
  shape[0] = positions.size();
  auto host = empty_tensor(shape, type, false);
  const CellCopy column{pointer<const std::byte>(source[0]), host.data, cell_bytes};
  const nb::gil_scoped_release no_gil;
  const auto filled = gap_bytes(type, cell_bytes, gap);
  gather_rows(positions, rows, column, filled);
  return std::move(host.tensor);
}

/// A bool tensor of the positions that are -1, or None where all are rows.
nb::object gaps(const nb::tuple& where) {
  const std::span positions(pointer<const std::int64_t>(where[0]), nb::cast<std::size_t>(where[1]));
  auto marks = output<std::uint8_t>(positions.size(), ElementType::boolean);
  return mark_gaps(positions, marks.data) == 0 ? nb::none() : std::move(marks.tensor);
}

/// The column of an aggregate, which has a value for each row of the groups.
KeyColumn values_of(const Groups& groups, nb::handle item) {
  auto column = column_of(item);
  if (column.rows != groups.rows())
    throw FitsError(ErrorCode::value, "the column and the groups differ in length");
  return column;
}

/// Calls fill(column, data) without the GIL on a tensor of one value a group.
template <class T, class Fill>
nb::object per_group(const Groups& groups, nb::handle item, ElementType type, const Fill& fill) {
  const auto column = values_of(groups, item);
  auto result = output<T>(groups.count(), type);
  {
    const nb::gil_scoped_release no_gil;
    fill(column, result.data);
  }
  return std::move(result.tensor);
}

nb::object row_counts(const Groups& groups) {
  auto result = positions(groups.count());
  {
    const nb::gil_scoped_release no_gil;
    count_rows(groups, result.data);
  }
  return std::move(result.tensor);
}

nb::object counts(const Groups& groups, nb::handle item) {
  return per_group<std::int64_t>(groups, item, ElementType::i64, [&](const auto& column, auto* to) {
    count_values(groups, column, to);
  });
}

nb::object distinct_counts(const Groups& groups, nb::handle item) {
  return per_group<std::int64_t>(groups, item, ElementType::i64, [&](const auto& column, auto* to) {
    count_distinct(groups, column, to);
  });
}

nb::object whole_sums(const Groups& groups, nb::handle item) {
  const auto type = column_of(item).type == ElementType::u64 ? ElementType::u64 : ElementType::i64;
  return per_group<std::int64_t>(
      groups, item, type, [&](const auto& column, auto* to) { sum_integers(groups, column, to); });
}

nb::object float_results(const Groups& groups, nb::handle item, const std::string& wanted) {
  return per_group<double>(groups, item, ElementType::f64, [&](const auto& column, double* to) {
    if (wanted == "median") return medians(groups, column, to);
    using enum Moment;
    moments(groups, column,
            named<Moment>(wanted, {{"sum", sum}, {"mean", mean}, {"var", variance}}), to);
  });
}

nb::object picked_rows(const Groups& groups, nb::handle item, const std::string& wanted) {
  using enum Pick;
  const auto pick =
      named<Pick>(wanted, {{"first", first}, {"last", last}, {"min", min}, {"max", max}});
  return per_group<std::int64_t>(groups, item, ElementType::i64, [&](const auto& column, auto* to) {
    pick_rows(groups, column, pick, to);
  });
}

nb::object tests(const Groups& groups, nb::handle item, bool every) {
  return per_group<std::uint8_t>(
      groups, item, ElementType::boolean,
      [&](const auto& column, auto* to) { test_values(groups, column, every, to); });
}

}  // namespace

void bind_relate(nb::module_& m) {
  m.def("sorted_rows", &sorted_rows, "keys"_a, "descending"_a,
        "Positions of the rows in the stable order of their keys.");
  m.def("distinct_rows", &distinct, "keys"_a, "The first row of each different key.");
  m.def("gathered", &gathered, "source"_a, "positions"_a, "gap"_a,
        "Rows of a tensor; `gap` where a position is -1.");
  m.def("gaps", &gaps, "positions"_a, "Which positions are -1; None where none is.");
  m.def("joined_rows", &joined_rows, "left"_a, "right"_a, "how"_a,
        "Positions in both tables, -1 where there is no row.");
  nb::class_<Groups>(m, "Groups", "Rows of equal keys.")
      .def(
          "__init__",
          [](Groups* place, const nb::list& keys) {
            const auto columns = columns_of(keys);
            const nb::gil_scoped_release no_gil;
            new (place) Groups(columns);
          },
          "keys"_a)
      .def("__len__", &Groups::count)
      .def("of_row", [](const Groups& groups) { return rows_tensor(groups.of_row()); })
      .def("first_rows", [](const Groups& groups) { return rows_tensor(groups.first_rows()); })
      .def("row_counts", &row_counts)
      .def("counts", &counts, "column"_a)
      .def("distinct_counts", &distinct_counts, "column"_a)
      .def("whole_sums", &whole_sums, "column"_a)
      .def("float_results", &float_results, "column"_a, "wanted"_a)
      .def("picked_rows", &picked_rows, "column"_a, "wanted"_a)
      .def("tests", &tests, "column"_a, "every"_a);
}
