// SPDX-License-Identifier: BSD-3-Clause
#include "new_hdus.h"

#include <nanobind/stl/string.h>

#include <algorithm>
#include <cstdint>
#include <string>
#include <utility>

#include "base/error.h"
#include "encode/new_ascii_table.h"
#include "encode/new_groups.h"
#include "encode/new_table.h"

namespace nb = nanobind;
using namespace torchfits;

ElementType element_type_named(const std::string& name) {
  const auto found = std::find_if(kElementTypes.begin(), kElementTypes.end(),
                                  [&](const ElementInfo& entry) { return entry.name == name; });
  if (found == kElementTypes.end()) throw FitsError(ErrorCode::type, "no dtype " + name);
  return found->type;
}

namespace {

template <class Enum, class Name>
Enum named(const std::string& wanted, std::initializer_list<Enum> all, Name name) {
  const auto found =
      std::find_if(all.begin(), all.end(), [&](Enum one) { return name(one) == wanted; });
  if (found == all.end()) throw FitsError(ErrorCode::value, "no method " + wanted);
  return *found;
}

TileAlgorithm algorithm_named(const std::string& name) {
  using enum TileAlgorithm;
  return named(name, {rice, gzip_1, gzip_2, hcompress, plio, none}, algorithm_name);
}

Dither dither_named(const std::string& name) {
  using enum Dither;
  return named(name, {none, subtractive_1, subtractive_2}, dither_name);
}

/// (algorithm, tile or None, quantize_level, dither, dither_seed or None, hcomp_scale,
/// hcomp_smooth)
Compression compression_of(const nb::tuple& parts) {
  Compression wish;
  wish.algorithm = algorithm_named(nb::cast<std::string>(parts[0]));
  if (!parts[1].is_none()) {
    wish.tile.emplace();
    for (const auto length : nb::borrow<nb::tuple>(parts[1]))
      wish.tile->push_back(nb::cast<std::uint64_t>(length));
  }
  wish.quantize_level = nb::cast<double>(parts[2]);
  wish.dither = dither_named(nb::cast<std::string>(parts[3]));
  if (!parts[4].is_none()) wish.dither_seed = nb::cast<std::uint64_t>(parts[4]);
  wish.hcomp_scale = nb::cast<double>(parts[5]);
  wish.hcomp_smooth = nb::cast<bool>(parts[6]);
  return wish;
}

template <class T>
const T* memory(nb::handle address) {
  const auto* pointer = PyLong_AsVoidPtr(address.ptr());
  if (PyErr_Occurred() != nullptr) nb::raise_python_error();
  return static_cast<const T*>(pointer);
}

std::vector<std::uint64_t> shape_of(nb::handle lengths) {
  std::vector<std::uint64_t> shape;
  for (const auto length : nb::borrow<nb::tuple>(lengths))
    shape.push_back(nb::cast<std::uint64_t>(length));
  return shape;
}

/// (address, dtype, shape)
MemoryImage image_of(const nb::tuple& parts) {
  MemoryImage image;
  image.data = memory<std::byte>(parts[0]);
  image.natural = element_type_named(nb::cast<std::string>(parts[1]));
  image.shape = shape_of(parts[2]);
  return image;
}

/// (name, unit, display, UCD, comment, TDIM), each but the name may be None
Column described(const nb::tuple& words) {
  const auto word = [&](std::size_t i) {
    return words[i].is_none() ? std::string() : nb::cast<std::string>(words[i]);
  };
  Column column;
  column.name = word(0);
  column.unit = word(1);
  column.display = word(2);
  column.ucd = word(3);
  column.comment = word(4);
  column.dim = word(5);
  return column;
}

/// (address, dtype or None for text, shape with the rows, bytes of a text)
void add_values(NewColumn& given, const nb::tuple& parts) {
  given.memory.values = memory<std::byte>(parts[0]);
  given.values.text = parts[1].is_none();
  if (!given.values.text) given.values.type = element_type_named(nb::cast<std::string>(parts[1]));
  const auto shape = shape_of(parts[2]);
  given.rows = given.elements = shape.at(0);
  given.column.shape.assign(shape.begin() + 1, shape.end());
  given.column.characters = nb::cast<std::uint64_t>(parts[3]);
}

/// (words, values, (address of the nulls or 0, TNULL or None, whether it can be null), (address of
/// the offsets or 0, cells), whether booleans are bits)
NewColumn column_of(const nb::tuple& parts) {
  NewColumn given;
  given.column = described(nb::cast<nb::tuple>(parts[0]));
  add_values(given, nb::cast<nb::tuple>(parts[1]));
  const auto nulls = nb::cast<nb::tuple>(parts[2]);
  given.memory.nulls = memory<std::byte>(nulls[0]);
  if (!nulls[1].is_none()) given.null = nb::cast<std::int64_t>(nulls[1]);
  given.can_be_null = nb::cast<bool>(nulls[2]);
  const auto cells = nb::cast<nb::tuple>(parts[3]);
  given.memory.offsets = memory<std::int64_t>(cells[0]);
  if (given.memory.offsets != nullptr) given.rows = nb::cast<std::uint64_t>(cells[1]);
  given.values.bits = nb::cast<bool>(parts[4]);
  return given;
}

MemoryTable table_of_columns(const nb::list& list) {
  auto columns = columns_of(list);
  const nb::gil_scoped_release no_gil;
  return table_of(std::move(columns));
}

/// (TFORM, TNULL) for each column.
MemoryAsciiTable ascii_of_columns(const nb::list& list, const nb::list& words) {
  auto columns = columns_of(list);
  std::vector<AsciiWish> wishes;
  for (const auto item : words) {
    const auto parts = nb::cast<nb::tuple>(item);
    wishes.push_back({nb::cast<std::string>(parts[0]), nb::cast<std::string>(parts[1])});
  }
  const nb::gil_scoped_release no_gil;
  return ascii_table_of(std::move(columns), wishes);
}

/// (PTYPE, PSCAL, PZERO) for each column but the last.
MemoryGroups groups_of_columns(const nb::list& list, const nb::list& words) {
  auto columns = columns_of(list);
  std::vector<ParameterWish> wishes;
  for (const auto item : words) {
    const auto parts = nb::cast<nb::tuple>(item);
    const Scaling scaling{nb::cast<double>(parts[1]), nb::cast<double>(parts[2])};
    wishes.push_back({nb::cast<std::string>(parts[0]), scaling});
  }
  const nb::gil_scoped_release no_gil;
  return groups_of(std::move(columns), wishes);
}

/// (BITPIX, BSCALE, BZERO, BLANK or None)
IntegerStorage integers_of(const nb::tuple& parts) {
  IntegerStorage integers;
  integers.stored = stored_type(nb::cast<std::int64_t>(parts[0]));
  integers.scaling = {nb::cast<double>(parts[1]), nb::cast<double>(parts[2])};
  if (!parts[3].is_none()) integers.blank = nb::cast<std::int64_t>(parts[3]);
  integers.check();
  return integers;
}

/// `form`: (what the columns become, what else is said of each).
void add_columns(NewHdu& hdu, const nb::list& list, const nb::tuple& form) {
  const auto kind = nb::cast<std::string>(form[0]);
  if (kind == "ascii_table") {
    hdu.data = ascii_of_columns(list, nb::cast<nb::list>(form[1]));
  } else if (kind == "random_groups") {
    hdu.data = groups_of_columns(list, nb::cast<nb::list>(form[1]));
  } else {
    hdu.data = table_of_columns(list);
  }
}

void add_name(UserCards& cards, nb::handle name) {
  if (nb::isinstance<nb::tuple>(name)) {
    const auto parts = nb::borrow<nb::tuple>(name);
    cards.name = nb::cast<std::string>(parts[0]);
    cards.version = nb::cast<std::int64_t>(parts[1]);
  } else if (!name.is_none()) {
    cards.name = nb::cast<std::string>(name);
  }
}

NewHdu hdu_of(const nb::tuple& parts) {
  NewHdu hdu;
  const auto form = nb::cast<nb::tuple>(parts[4]);
  if (nb::isinstance<nb::list>(parts[0])) {
    add_columns(hdu, nb::borrow<nb::list>(parts[0]), form);
  } else if (!parts[0].is_none()) {
    hdu.data = image_of(nb::cast<nb::tuple>(parts[0]));
    if (!form[1].is_none()) hdu.integers = integers_of(nb::cast<nb::tuple>(form[1]));
  }
  hdu.cards.header = nb::cast<const Header&>(parts[1]);
  add_name(hdu.cards, parts[2]);
  if (!parts[3].is_none()) hdu.compression = compression_of(nb::cast<nb::tuple>(parts[3]));
  return hdu;
}

}  // namespace

std::vector<NewColumn> columns_of(const nb::list& list) {
  std::vector<NewColumn> columns;
  for (const auto item : list) columns.push_back(column_of(nb::cast<nb::tuple>(item)));
  return columns;
}

std::vector<NewHdu> hdus_of(const nb::list& list) {
  std::vector<NewHdu> hdus;
  for (const auto item : list) {
    try {
      hdus.push_back(hdu_of(nb::cast<nb::tuple>(item)));
    } catch (FitsError& error) {
      if (list.size() > 1) error.in_hdu("item " + std::to_string(hdus.size()) + " of the list");
      throw;
    }
  }
  return hdus;
}

SectionValues section_values(const nb::tuple& values) {
  return {element_type_named(nb::cast<std::string>(values[1])), memory<std::byte>(values[0]),
          nb::cast<std::uint64_t>(values[2]), nb::cast<bool>(values[3])};
}
