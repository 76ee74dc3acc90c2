// SPDX-License-Identifier: BSD-3-Clause
// Sections of images, and cells, rows and columns of tables of a file that is changed.
#include <nanobind/stl/string.h>

#include <utility>
#include <vector>

#include "bindings.h"
#include "file/image_reader.h"
#include "file/table_reader.h"
#include "new_hdus.h"
#include "open_file.h"
#include "selection.h"
#include "tensor.h"
#include "update.h"
#include "update/image_updates.h"
#include "update/table_updates.h"

namespace nb = nanobind;
using namespace nb::literals;
using namespace torchfits;

namespace {

nb::tuple section_shape(const nb::tuple& shape, nb::handle section) {
  std::vector<std::uint64_t> lengths;
  for (const auto length : shape) lengths.push_back(nb::cast<std::uint64_t>(length));
  return to_tuple(parse_section(section, lengths).shape);
}

void write_section_in(OpenUpdater& self, std::size_t index, nb::handle section,
                      const nb::tuple& values) {
  const auto given = section_values(values);
  const auto file = self.file();
  const auto shape = image_layout(*file, index).shape;
  const auto wanted = parse_section(section, shape);
  self.run([&](Updater& updater, const FilePointer& now) {
    write_section(updater, *now, index, wanted.axes, given);
  });
}

/// `rows`, which rise, as parse_rows() takes them.
Rows rows_in(OpenUpdater& self, std::size_t index, nb::handle rows) {
  const auto file = self.file();
  return parse_rows(rows, table_layout(*file, index).rows);
}

void write_cells_in(OpenUpdater& self, std::size_t index, nb::handle rows, const nb::list& list,
                    bool alone) {
  const auto wanted = rows_in(self, index, rows);
  auto columns = columns_of(list);
  self.run([&](Updater& updater, const FilePointer& file) {
    write_cells(updater, *file, index, wanted.selection, std::move(columns), alone);
  });
}

void insert_rows_in(OpenUpdater& self, std::size_t index, std::uint64_t at, const nb::list& list) {
  auto columns = columns_of(list);
  self.run([&](Updater& updater, const FilePointer& file) {
    insert_rows(updater, *file, index, at, std::move(columns));
  });
}

void delete_rows_in(OpenUpdater& self, std::size_t index, nb::handle rows) {
  const auto wanted = rows_in(self, index, rows);
  self.run([&](Updater& updater, const FilePointer& file) {
    delete_rows(updater, *file, index, wanted.selection);
  });
}

void add_column_in(OpenUpdater& self, std::size_t index, std::size_t before, const nb::list& list) {
  auto columns = columns_of(list);
  self.run([&](Updater& updater, const FilePointer& file) {
    add_column(updater, *file, index, before, std::move(columns.at(0)));
  });
}

void delete_column_in(OpenUpdater& self, std::size_t index, const std::string& name) {
  self.run([&](Updater& updater, const FilePointer& file) {
    delete_column(updater, *file, index, name);
  });
}

}  // namespace

void bind_data_updates(nb::module_& m) {
  m.def("section_shape", &section_shape, "shape"_a, "section"_a,
        "The shape of a section of an image.");
  m.def("write_section", &write_section_in, "updater"_a, "index"_a, "section"_a.none(), "values"_a,
        "Values, (address, dtype, number, whether one stands for all), for a section of an image.");
  m.def("write_cells", &write_cells_in, "updater"_a, "index"_a, "rows"_a.none(), "columns"_a,
        "alone"_a, "Values of some columns for rows that rise, or one row of them for all.");
  m.def("insert_rows", &insert_rows_in, "updater"_a, "index"_a, "at"_a, "columns"_a);
  m.def("delete_rows", &delete_rows_in, "updater"_a, "index"_a, "rows"_a, "Rows that rise.");
  m.def("add_column", &add_column_in, "updater"_a, "index"_a, "before"_a, "columns"_a);
  m.def("delete_column", &delete_column_in, "updater"_a, "index"_a, "name"_a);
}
