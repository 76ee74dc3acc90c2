// SPDX-License-Identifier: BSD-3-Clause
// _core.File and the one-call functions over it.
#include <nanobind/stl/string.h>
#include <nanobind/stl/string_view.h>

#include "base/error.h"
#include "bindings.h"
#include "file/hdu_checksum.h"
#include "fits/compressed_header.h"
#include "open_file.h"
#include "read.h"
#include "selection.h"
#include "source.h"
#include "tensor.h"

namespace nb = nanobind;
using namespace nb::literals;
using namespace torchfits;

namespace {

/// `selection` decides what hdu=None means.
std::size_t choose(const OpenFile& self, nb::handle hdu, nb::handle selection) {
  const auto choice = parse_hdu(hdu);
  const auto want = selection.is_none() ? File::Want::any
                                        : Selection(nb::cast<nb::tuple>(selection)).wanted_kind();
  return self.run_without_gil([&](const File& f) { return f.choose(choice, want); });
}

nb::object read_open(const OpenFile& self, nb::handle hdu, const nb::tuple& selection,
                     const nb::tuple& form) {
  const auto choice = parse_hdu(hdu);
  return self.run([&](const File& f) {
    const Selection part(selection);
    return read_hdu(f, self.checked(choice, part.wanted_kind()), part, Form(form));
  });
}

nb::object read_once(nb::handle source, nb::handle hdu, const nb::tuple& selection,
                     const nb::tuple& form, bool allow_truncated) {
  const auto choice = parse_hdu(hdu);
  const File file(open_source(source), 0, allow_truncated);
  return in_file(file, [&] { return read_hdu(file, choice, Selection(selection), Form(form)); });
}

nb::tuple cutout_open(const OpenFile& self, nb::handle hdu, nb::handle section, nb::handle fill,
                      const nb::tuple& form) {
  const auto choice = parse_hdu(hdu);
  return self.run([&](const File& f) {
    return read_cutout(f, self.checked(choice, File::Want::image), section, fill, Form(form));
  });
}

nb::object cutouts_open(const OpenFile& self, std::size_t hdu, nb::handle starts, nb::handle box,
                        nb::handle fill, const nb::tuple& form) {
  return self.run([&](const File& f) {
    static_cast<void>(self.checked({static_cast<std::int64_t>(hdu), {}, {}}, File::Want::image));
    return read_cutouts(f, hdu, starts, box, fill, Form(form));
  });
}

Header header_once(nb::handle source, nb::handle hdu) {
  const auto choice = parse_hdu(hdu);
  const File file(open_source(source));
  return in_file(file, [&] {
    const nb::gil_scoped_release no_gil;
    return uncompressed_header(file.hdu(file.choose(choice, File::Want::any)));
  });
}

nb::object read_many(const nb::list& sources, nb::handle hdu, const nb::tuple& selection,
                     const nb::tuple& form) {
  return read_batch_of(sources, parse_hdu(hdu), Selection(selection), Form(form));
}

/// The shape of the data in numpy order: of a table its rows.
std::vector<std::uint64_t> data_shape(const Layout& layout) {
  struct Visitor {
    std::vector<std::uint64_t> operator()(const ImageLayout& image) const { return image.shape; }
    std::vector<std::uint64_t> operator()(const TiledImageLayout& tiled) const {
      return tiled.image.shape;
    }
    std::vector<std::uint64_t> operator()(const TableLayout& table) const { return {table.rows}; }
    std::vector<std::uint64_t> operator()(const CompressedTableLayout& table) const {
      return {table.held.rows};
    }
    std::vector<std::uint64_t> operator()(const AsciiTableLayout& ascii) const {
      return {ascii.table.rows};
    }
    std::vector<std::uint64_t> operator()(const RandomGroupsLayout& groups) const {
      auto shape = groups.shape;
      shape.insert(shape.begin(), groups.table.rows);
      return shape;
    }
    std::vector<std::uint64_t> operator()(const UnknownLayout&) const { return {}; }
  };
  return std::visit(Visitor{}, layout);
}

nb::object data_type(const Layout& layout) {
  const ElementCoding* coding = nullptr;
  if (const auto* image = std::get_if<ImageLayout>(&layout)) coding = &image->coding;
  if (const auto* tiled = std::get_if<TiledImageLayout>(&layout)) coding = &tiled->image.coding;
  if (coding == nullptr) return nb::none();
  const auto name = info(coding->natural).name;
  return nb::str(name.data(), name.size());
}

/// What the mandatory keywords tell, without reading data: (name, version, kind, data bytes, has
/// data).
nb::tuple describe(const OpenFile& self, std::size_t index) {
  const auto& hdu = self.run_without_gil([&](const File& f) { return &f.hdu(index); });
  return nb::make_tuple(hdu->name(), hdu->version(), kind_name(hdu->kind), hdu->data_bytes,
                        hdu->data_bytes > 0);
}

/// (shape, dtype name or None): for a table (rows,).
nb::tuple layout_of(const OpenFile& self, std::size_t index) {
  const auto layout = self.run_without_gil([&](const File& f) { return f.layout(index); });
  return nb::make_tuple(to_tuple(data_shape(*layout)), data_type(*layout));
}

nb::object columns_of(const OpenFile& self, std::size_t index) {
  const auto layout = self.run_without_gil([&](const File& f) { return f.layout(index); });
  const auto* table = find_table(*layout);
  if (table == nullptr) return nb::none();
  std::vector<std::size_t> all(table->columns.size());
  for (std::size_t i = 0; i < all.size(); ++i) all[i] = i;
  return Schema(layout, std::move(all), true).columns();
}

}  // namespace

void bind_file(nb::module_& m) {
  nb::class_<Schema>(m, "Schema").def("columns", &Schema::columns);

  nb::class_<OpenFile>(m, "File")
      .def(nb::init<nb::handle, std::size_t, bool, bool>(), "source"_a, "tile_cache"_a = 0,
           "checksum"_a = false, "allow_truncated"_a = false)
      .def_prop_ro(
          "name", [](const OpenFile& self) { return to_python(self.file->source().name()); },
          nb::for_getter(nb::sig("def name(self) -> str")))
      .def("count",
           [](const OpenFile& self) {
             return self.run_without_gil([](const File& f) { return f.count(); });
           })
      .def("choose", &choose, "hdu"_a.none(), "selection"_a.none() = nb::none())
      .def("describe", &describe, "index"_a)
      .def("layout", &layout_of, "index"_a)
      .def("columns", &columns_of, "index"_a)
      .def(
          "header",
          [](const OpenFile& self, std::size_t index, bool raw) {
            return self.run_without_gil([&](const File& f) {
              return raw ? f.hdu(index).header : uncompressed_header(f.hdu(index));
            });
          },
          "index"_a, "raw"_a = false)
      .def("read", &read_open, "hdu"_a.none(), "selection"_a, "form"_a)
      .def("cutout", &cutout_open, "hdu"_a.none(), "section"_a.none(), "fill"_a.none(), "form"_a)
      .def("cutouts", &cutouts_open, "index"_a, "starts"_a, "box"_a, "fill"_a.none(), "form"_a);

  m.def("read", &read_once, "source"_a, "hdu"_a.none(), "selection"_a, "form"_a,
        "allow_truncated"_a = false);
  m.def("read_header", &header_once, "source"_a, "hdu"_a.none());
  m.def("read_many", &read_many, "sources"_a, "hdu"_a.none(), "selection"_a, "form"_a);
}
