// SPDX-License-Identifier: BSD-3-Clause
// HDUs that are made empty, and _core.HduFilling: one that is filled before it belongs to its file.
#include <nanobind/stl/string.h>

#include <memory>
#include <utility>
#include <variant>
#include <vector>

#include "bindings.h"
#include "new_hdus.h"
#include "open_file.h"
#include "selection.h"
#include "update.h"
#include "update/hdu_filling.h"

namespace nb = nanobind;
using namespace nb::literals;
using namespace torchfits;

namespace {

struct HduFilling {
  std::variant<std::unique_ptr<ImageFilling>, std::unique_ptr<TableFilling>> parts;
};

bool has_heap(const TableLayout& table) {
  for (const auto& column : table.columns) {
    if (column.form.in_heap()) return true;
  }
  return false;
}

/// An image of address 0, or columns without rows.
NewHdu empty_hdu(const nb::tuple& parts) {
  nb::list list;
  list.append(parts);
  return std::move(hdus_of(list).front());
}

/// Gives where it stands, or what fills it.
nb::object create_in(OpenUpdater& self, const nb::tuple& parts, std::uint64_t rows, bool checksum) {
  auto hdu = empty_hdu(parts);
  using Made = std::variant<std::size_t, HduFilling>;
  auto made = self.run([&](Updater& updater, const FilePointer& file) -> Made {
    if (const auto* image = std::get_if<MemoryImage>(&hdu.data)) {
      const auto layout = empty_image(*image, hdu.compression, hdu.integers);
      if (!hdu.compression) return create_image(updater, file.get(), layout, hdu.cards, checksum);
      const auto end = FileEnd::behind(updater, file.get(), checksum);
      return HduFilling{
          std::make_unique<ImageFilling>(end, layout, *hdu.compression, hdu.cards, checksum)};
    }
    auto table = empty_table(std::get<MemoryTable>(std::move(hdu.data)).layout, rows);
    if (!has_heap(table)) return create_table(updater, file.get(), table, hdu.cards, checksum);
    const auto end = FileEnd::behind(updater, file.get(), checksum);
    return HduFilling{std::make_unique<TableFilling>(end, std::move(table), hdu.cards, checksum)};
  });
  if (const auto* index = std::get_if<std::size_t>(&made)) return nb::cast(*index);
  return nb::cast(std::get<HduFilling>(std::move(made)));
}

/// `values` as write_section() has them.
void write_section_of(HduFilling& self, OpenUpdater& updater, nb::handle section,
                      const nb::tuple& values) {
  auto& image = *std::get<std::unique_ptr<ImageFilling>>(self.parts);
  const auto wanted = parse_section(section, image.shape());
  const auto given = section_values(values);
  updater.run([&](Updater& to, const FilePointer&) { image.fill(to, wanted.axes, given); });
}

void append_rows_to(HduFilling& self, OpenUpdater& updater, const nb::list& list) {
  auto& table = *std::get<std::unique_ptr<TableFilling>>(self.parts);
  auto columns = columns_of(list);
  updater.run([&](Updater& to, const FilePointer&) { table.append_rows(to, std::move(columns)); });
}

void finish(HduFilling& self, OpenUpdater& updater) {
  updater.run([&](Updater& to, const FilePointer&) {
    std::visit([&](auto& parts) { parts->finish(to); }, self.parts);
  });
}

void cancel(HduFilling& self, OpenUpdater& updater) {
  updater.run([&](Updater& to, const FilePointer&) {
    std::visit([&](auto& parts) { parts->cancel(to); }, self.parts);
  });
}

}  // namespace

void bind_filling(nb::module_& m) {
  nb::class_<HduFilling>(m, "HduFilling", "An HDU that is filled before it belongs to its file.")
      .def("write_section", &write_section_of, "updater"_a, "section"_a.none(), "values"_a)
      .def("append_rows", &append_rows_to, "updater"_a, "columns"_a)
      .def("finish", &finish, "updater"_a)
      .def("cancel", &cancel, "updater"_a);
  m.def("create_hdu", &create_in, "updater"_a, "hdu"_a, "rows"_a, "checksum"_a,
        nb::sig("def create_hdu(updater: Updater, hdu: tuple, rows: int, checksum: bool) -> int | "
                "HduFilling"),
        "An image of address 0, or columns without rows. Gives the position of the HDU, or what "
        "fills it: of compressed images, and tables with cells of variable length.");
}
