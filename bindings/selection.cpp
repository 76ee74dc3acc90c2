// SPDX-License-Identifier: BSD-3-Clause
#include "selection.h"

#include <nanobind/ndarray.h>
#include <nanobind/stl/vector.h>

#include <algorithm>
#include <string>
#include <tuple>

#include "base/error.h"

namespace nb = nanobind;
using torchfits::AxisSlice;
using torchfits::ErrorCode;
using torchfits::FitsError;

namespace {

std::string python_type(nb::handle object) { return nb::type_name(object.type()).c_str(); }

/// operator.index(): Python and numpy integers, not bool, and no array, however short.
std::optional<std::int64_t> as_index(nb::handle object) {
  if (PyBool_Check(object.ptr()) || !PyIndex_Check(object.ptr())) return std::nullopt;
  if (!PyLong_Check(object.ptr()) && nb::hasattr(object, "ndim") &&
      !object.attr("ndim").equal(nb::int_(0))) {
    return std::nullopt;
  }
  const auto value = PyNumber_AsSsize_t(object.ptr(), PyExc_IndexError);
  if (value == -1 && PyErr_Occurred() != nullptr) nb::raise_python_error();
  return value;
}

struct SliceBounds {
  Py_ssize_t start, stop, step;
};

SliceBounds unpack(nb::handle slice) {
  SliceBounds s{};
  if (PySlice_Unpack(slice.ptr(), &s.start, &s.stop, &s.step) < 0) nb::raise_python_error();
  return s;
}

/// The items of a section, `...` expanded and missing axes added: one an axis, null meaning the
/// whole axis.
std::vector<nb::object> one_item_an_axis(nb::handle section, std::size_t axes) {
  std::vector<nb::object> given;
  if (nb::isinstance<nb::tuple>(section)) {
    for (const auto item : nb::borrow<nb::tuple>(section)) given.push_back(nb::borrow(item));
  } else if (!section.is_none()) {
    given.push_back(nb::borrow(section));
  }
  std::vector<nb::object> items;
  bool expanded = false;
  const auto ellipses = static_cast<std::size_t>(std::count_if(
      given.begin(), given.end(), [](const nb::object& item) { return item.is(nb::ellipsis()); }));
  const auto named = given.size() - ellipses;
  if (ellipses > 1 || named > axes) {
    throw FitsError(ErrorCode::index,
                    "an image of " + std::to_string(axes) + " axes takes " + std::to_string(axes) +
                        " indices and one '...' at most, not " + std::to_string(named) + " and " +
                        std::to_string(ellipses));
  }
  for (const auto& item : given) {
    if (item.is(nb::ellipsis())) {
      items.resize(items.size() + axes - named);
      expanded = true;
    } else {
      items.push_back(item);
    }
  }
  if (!expanded) items.resize(axes);
  return items;
}

[[noreturn]] void refuse_item(nb::handle item) {
  throw FitsError(ErrorCode::type, "a section takes integers, slices and '...', not " +
                                       python_type(item) +
                                       "; read the enclosing box and index the tensor");
}

void add_axis(Section& section, AxisSlice axis, bool kept) {
  section.axes.push_back(axis);
  section.counts.push_back(axis.count);
  if (kept) section.shape.push_back(axis.count);
}

AxisSlice slice_of_axis(nb::handle item, std::uint64_t length) {
  auto s = unpack(item);
  const auto count =
      PySlice_AdjustIndices(static_cast<Py_ssize_t>(length), &s.start, &s.stop, s.step);
  return {s.start, s.step, static_cast<std::uint64_t>(count)};
}

std::int64_t index_of_axis(std::int64_t index, std::uint64_t length, std::size_t axis) {
  const auto n = static_cast<std::int64_t>(length);
  if (index < -n || index >= n) {
    throw FitsError(ErrorCode::index, "index " + std::to_string(index) +
                                          " is out of bounds for axis " + std::to_string(axis) +
                                          " of length " + std::to_string(length));
  }
  return index < 0 ? index + n : index;
}

/// First and one-past-last position of a cutout along one axis, absolute.
std::pair<std::int64_t, std::int64_t> box_bounds(nb::handle item, std::uint64_t length) {
  const auto s = nb::borrow<nb::slice>(item);
  const auto bound = [&](const char* name, std::int64_t missing) {
    const nb::object value = s.attr(name);
    if (value.is_none()) return missing;
    if (const auto index = as_index(value)) return *index;
    refuse_item(value);
  };
  const auto step = bound("step", 1);
  if (step != 1) {
    throw FitsError(ErrorCode::value,
                    "a cutout has no steps; use read(section=...) or index the tensor");
  }
  const auto start = bound("start", 0);
  const auto stop = bound("stop", static_cast<std::int64_t>(length));
  constexpr auto limit = std::int64_t{1} << 62;
  if (start > stop || start < -limit || stop > limit) {
    throw FitsError(ErrorCode::value, "the cutout [" + std::to_string(start) + ":" +
                                          std::to_string(stop) +
                                          "] ends before it begins, or is out of all bounds");
  }
  return {start, stop};
}

}  // namespace

torchfits::HduChoice parse_hdu(nb::handle hdu) {
  if (hdu.is_none()) return {};
  if (const auto index = as_index(hdu)) return {*index, std::nullopt, std::nullopt};
  if (nb::isinstance<nb::str>(hdu))
    return {std::nullopt, nb::borrow<nb::str>(hdu).c_str(), std::nullopt};
  if (nb::isinstance<nb::tuple>(hdu)) {
    const auto pair = nb::borrow<nb::tuple>(hdu);
    if (pair.size() == 2 && nb::isinstance<nb::str>(pair[0])) {
      if (const auto version = as_index(pair[1])) {
        return {std::nullopt, nb::borrow<nb::str>(pair[0]).c_str(), *version};
      }
    }
  }
  throw FitsError(ErrorCode::type, "hdu = " + std::string(nb::repr(hdu).c_str()) +
                                       " is neither an index, nor a name, nor (name, version)");
}

Section parse_section(nb::handle wish, std::span<const std::uint64_t> shape) {
  Section section;
  const auto items = one_item_an_axis(wish, shape.size());
  for (std::size_t axis = 0; axis < shape.size(); ++axis) {
    const auto& item = items[axis];
    if (!item.is_valid()) {
      add_axis(section, {0, 1, shape[axis]}, true);
    } else if (PySlice_Check(item.ptr())) {
      add_axis(section, slice_of_axis(item, shape[axis]), true);
    } else if (const auto index = as_index(item)) {
      add_axis(section, {index_of_axis(*index, shape[axis], axis), 1, 1}, false);
    } else {
      refuse_item(item);
    }
  }
  return section;
}

Box parse_box(nb::handle wish, std::span<const std::uint64_t> shape) {
  Box box;
  const auto items = one_item_an_axis(wish, shape.size());
  for (std::size_t axis = 0; axis < shape.size(); ++axis) {
    const auto& item = items[axis];
    const auto length = static_cast<std::int64_t>(shape[axis]);
    std::int64_t start = 0;
    std::int64_t stop = length;
    bool kept = true;
    if (item.is_valid() && PySlice_Check(item.ptr())) {
      std::tie(start, stop) = box_bounds(item, shape[axis]);
    } else if (item.is_valid()) {
      const auto index = as_index(item);
      if (!index) refuse_item(item);
      start = *index;
      stop = start + 1;
      kept = false;
    }
    const auto count = static_cast<std::uint64_t>(stop - start);
    const auto [slice, origin] = torchfits::inside(start, count, shape[axis]);
    box.whole_inside = box.whole_inside && slice.start == start && slice.count == count;
    box.start.push_back(start);
    box.counts.push_back(count);
    box.origin.push_back(origin);
    if (kept) box.shape.push_back(count);
    add_axis(box.inside, slice, kept);
  }
  return box;
}

namespace {

void check_row(std::int64_t& row, std::uint64_t count) {
  const auto n = static_cast<std::int64_t>(count);
  if (row < -n || row >= n) {
    throw FitsError(ErrorCode::index, "row " + std::to_string(row) +
                                          " is out of bounds for a table of " +
                                          std::to_string(count) + " rows");
  }
  if (row < 0) row += n;
}

void take_range(Rows& rows, nb::handle range, std::uint64_t count) {
  rows.selection.start = nb::cast<std::int64_t>(range.attr("start"));
  rows.selection.step = nb::cast<std::int64_t>(range.attr("step"));
  rows.selection.count = nb::len(range);
  if (rows.selection.count == 0) return;
  auto last = rows.selection.start +
              static_cast<std::int64_t>(rows.selection.count - 1) * rows.selection.step;
  if ((rows.selection.start < 0) != (last < 0)) {
    throw FitsError(ErrorCode::index,
                    "rows = " + std::string(nb::repr(range).c_str()) +
                        " counts from both ends of the table; use a slice or a list");
  }
  check_row(rows.selection.start, count);
  check_row(last, count);
}

template <class Element>
using Vector = nb::ndarray<const Element, nb::ndim<1>, nb::c_contig, nb::device::cpu>;

}  // namespace

Boxes parse_boxes(nb::handle starts, nb::handle box, std::span<const std::uint64_t> shape) {
  constexpr auto limit = std::int64_t{1} << 61;
  nb::ndarray<const std::int64_t, nb::ndim<2>, nb::c_contig, nb::device::cpu> positions;
  const auto lengths = nb::cast<std::vector<std::int64_t>>(box);
  if (!nb::try_cast(starts, positions, false) || positions.shape(1) != shape.size() ||
      lengths.size() != shape.size() || shape.empty()) {
    throw FitsError(ErrorCode::type, "boxes are an int64 tensor [N, axes] and a length an axis");
  }
  std::vector<std::uint64_t> counts;
  for (const auto length : lengths) {
    if (length < 0 || length > limit)
      throw FitsError(ErrorCode::value, "a box of " + std::to_string(length) + " pixels");
    counts.push_back(static_cast<std::uint64_t>(length));
  }
  const std::span all(positions.data(), positions.size());
  for (const auto start : all) {
    if (start < -limit || start > limit)
      throw FitsError(ErrorCode::value, "a box is out of all bounds");
  }
  std::vector<std::uint64_t> result{positions.shape(0)};
  result.insert(result.end(), counts.begin(), counts.end());
  return {torchfits::Cutouts(all, counts, shape), std::move(result)};
}

Rows parse_rows(nb::handle wish, std::uint64_t count) {
  Rows rows;
  rows.selection.count = count;
  if (wish.is_none()) return rows;
  if (PySlice_Check(wish.ptr())) {
    const auto slice = slice_of_axis(wish, count);
    rows.selection = {slice.start, slice.step, slice.count, {}};
    return rows;
  }
  if (PyRange_Check(wish.ptr())) {
    take_range(rows, wish, count);
    return rows;
  }
  // Tensors and arrays of one element have __index__ too, and mean a list.
  if (auto row = PyLong_Check(wish.ptr()) ? as_index(wish) : std::nullopt) {
    check_row(*row, count);
    rows.selection = {*row, 1, 1, {}};
    return rows;
  }
  Vector<bool> mask;
  Vector<std::int64_t> positions;
  if (nb::try_cast(wish, mask, false)) {
    if (mask.size() != count) {
      throw FitsError(ErrorCode::index, "the mask of rows has " + std::to_string(mask.size()) +
                                            " elements for a table of " + std::to_string(count) +
                                            " rows");
    }
    for (std::size_t i = 0; i < mask.size(); ++i) {
      if (mask.data()[i]) rows.indices.push_back(static_cast<std::int64_t>(i));
    }
  } else if (nb::try_cast(wish, positions, false)) {
    rows.indices.assign(positions.data(), positions.data() + positions.size());
    for (auto& row : rows.indices) check_row(row, count);
  } else {
    throw FitsError(
        ErrorCode::type,
        "rows= takes a slice, range, int, list, or a tensor or array of int64 or bool, not " +
            python_type(wish));
  }
  rows.selection = {0, 1, rows.indices.size(), rows.indices};
  return rows;
}

std::string_view expression_text(nb::handle where) {
  if (!PyUnicode_Check(where.ptr())) {
    throw FitsError(ErrorCode::type, "a condition on rows is text such as \"MAG < 20\", not " +
                                         python_type(where) + "; rows= takes a mask");
  }
  Py_ssize_t size = 0;
  const auto* text = PyUnicode_AsUTF8AndSize(where.ptr(), &size);
  if (text == nullptr) nb::raise_python_error();
  return {text, static_cast<std::size_t>(size)};
}
