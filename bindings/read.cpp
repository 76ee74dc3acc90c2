// SPDX-License-Identifier: BSD-3-Clause
#include "read.h"

#include <string>
#include <utility>

#include "base/error.h"
#include "device_copy.h"
#include "file/batch_reader.h"
#include "file/cutout_reader.h"
#include "file/image_reader.h"
#include "file/table_reader.h"
#include "file/tile_reader.h"
#include "selection.h"
#include "source.h"
#include "tensor.h"

namespace nb = nanobind;
using namespace torchfits;

namespace {

HostTensor destination(const Form& form, std::span<const std::uint64_t> shape, ElementType type) {
  return form.out.is_none() ? empty_tensor(shape, type, form.pinned)
                            : checked_out(form.out, shape, type);
}

/// Everything but the allocation runs without the GIL.
template <class Work>
decltype(auto) without_gil(Work&& work) {
  const nb::gil_scoped_release no_gil;
  return work();
}

/// An error that names no HDU is about this one.
template <class Work>
auto in_hdu(const HduRecord& hdu, Work&& work) {
  try {
    return work();
  } catch (FitsError& error) {
    error.in_hdu(hdu.label());
    throw;
  }
}

/// The layout of an image whose data are all there: nothing is allocated for a header that promises
/// too much.
const ImageLayout& checked_image(const File& file, std::size_t hdu) {
  const auto& layout = image_layout(file, hdu);
  const auto& record = file.hdu(hdu);
  file.check_data_present(record);
  const auto whole = file.layout(hdu);
  if (const auto* tiled = std::get_if<TiledImageLayout>(whole.get())) {
    in_hdu(record, [&] { check_plausible(*tiled); });
  }
  return layout;
}

nb::object read_image_hdu(const File& file, std::size_t hdu, const Selection& selection,
                          const Form& form) {
  const auto& layout = without_gil([&]() -> const auto& { return checked_image(file, hdu); });
  auto section = parse_section(selection.section, layout.shape);
  const auto type = form.type(layout.coding);
  const ImageRequest request{std::move(section.axes), form.scaled};
  const auto whole = file.layout(hdu);
  if (std::holds_alternative<ImageLayout>(*whole)) {
    if (auto target = device_target(form, section.shape, type); !target.is_none()) {
      read_image_to_device(file, hdu, request, target, type);
      return target;
    }
  }
  auto host = destination(form, section.shape, type);
  without_gil([&] {
    const std::vector<std::uint64_t> origin(section.counts.size(), 0);
    read_image(file, hdu, request, {type, host.data, section.counts, origin});
  });
  return host.tensor;
}

/// Whether a table is read: also that of a compressed image, if `selection` asks for it.
bool reads_table(const HduRecord& hdu, const Selection& selection) {
  using enum HduKind;
  return hdu.kind == table || hdu.kind == ascii_table || hdu.kind == random_groups ||
         (selection.raw && hdu.kind == compressed_image);
}

/// A keyword that has no meaning for the kind of HDU is a mistake, not something to ignore.
void check_keywords(const HduRecord& hdu, const Selection& selection, const Form& form) {
  const auto refuse = [&](const char* keyword, const char* meant) {
    throw FitsError(ErrorCode::type, std::string(keyword) + "= is for " + meant +
                                         "; this one is of kind '" +
                                         std::string(kind_name(hdu.kind)) + "'")
        .in_hdu(hdu.label());
  };
  if (reads_table(hdu, selection)) {
    if (!selection.section.is_none()) refuse("section", "images");
    if (!form.dtype.is_none()) refuse("dtype", "images");
    if (!form.out.is_none() && PyCallable_Check(form.out.ptr()) == 0) refuse("out", "images");
  } else {
    if (!selection.columns.is_none()) refuse("columns", "tables");
    if (!selection.rows.is_none()) refuse("rows", "tables");
    if (!selection.where.is_none()) refuse("where", "tables");
  }
}

}  // namespace

void warn(const std::vector<std::string>& warnings) {
  if (warnings.empty()) return;
  const nb::object category = nb::module_::import_("torchfits._errors").attr("FITSWarning");
  for (const auto& warning : warnings) {
    const auto text = to_python(warning);
    if (PyErr_WarnFormat(category.ptr(), 2, "%U", text.ptr()) < 0) nb::raise_python_error();
  }
}

File::Want Selection::wanted_kind() const {
  if (!section.is_none()) return File::Want::image;
  const bool of_table = !columns.is_none() || !rows.is_none() || !where.is_none();
  return raw || !of_table ? File::Want::any : File::Want::table;
}

ElementType Form::type(const ElementCoding& coding) const {
  if (!dtype.is_none()) return element_type_of_dtype(dtype);
  return scaled ? coding.natural : coding.stored;
}

nb::object read_hdu(const File& file, const HduChoice& choice, const Selection& selection,
                    const Form& form) {
  const auto want = selection.wanted_kind();
  const auto& hdu =
      without_gil([&]() -> const auto& { return file.hdu(file.choose(choice, want)); });
  check_keywords(hdu, selection, form);
  return in_hdu(hdu, [&] {
    return reads_table(hdu, selection) ? read_table_hdu(file, hdu, selection, form)
                                       : read_image_hdu(file, hdu.index, selection, form);
  });
}

nb::tuple read_cutout(const File& file, const HduChoice& choice, nb::handle wish, nb::handle fill,
                      const Form& form) {
  const auto& hdu = without_gil(
      [&]() -> const auto& { return file.hdu(file.choose(choice, File::Want::image)); });
  const auto& layout = without_gil([&]() -> const auto& { return checked_image(file, hdu.index); });
  auto box = in_hdu(hdu, [&] { return parse_box(wish, layout.shape); });
  const auto type = form.type(layout.coding);
  if (!box.whole_inside && fill.is_none()) {
    throw FitsError(ErrorCode::index, "the cutout reaches outside the image of shape " +
                                          std::string(nb::str(to_tuple(layout.shape)).c_str()) +
                                          "; pass fill= to pad it")
        .in_hdu(hdu.label());
  }
  auto host = box.whole_inside ? destination(form, box.shape, type)
                               : full_tensor(box.shape, type, form.pinned, fill);
  without_gil([&] {
    read_image(file, hdu.index, {std::move(box.inside.axes), form.scaled},
               {type, host.data, box.counts, box.origin});
  });
  nb::list start;
  for (const auto first : box.start) start.append(first);
  return nb::make_tuple(host.tensor, start, hdu.index);
}

nb::object read_cutouts(const File& file, std::size_t index, nb::handle starts, nb::handle box,
                        nb::handle fill, const Form& form) {
  const auto& layout = without_gil([&]() -> const auto& { return checked_image(file, index); });
  const auto& hdu = file.hdu(index);
  return in_hdu(hdu, [&] {
    const auto boxes = parse_boxes(starts, box, layout.shape);
    const auto type = form.type(layout.coding);
    if (boxes.cutouts.outside() && fill.is_none()) {
      throw FitsError(ErrorCode::index, "cutout " + std::to_string(*boxes.cutouts.outside()) +
                                            " reaches outside the image of shape " +
                                            std::string(nb::str(to_tuple(layout.shape)).c_str()) +
                                            "; pass fill= to pad it");
    }
    auto host = boxes.cutouts.outside() ? full_tensor(boxes.shape, type, form.pinned, fill)
                                        : destination(form, boxes.shape, type);
    without_gil([&] { boxes.cutouts.read(file, index, form.scaled, type, host.data); });
    return host.tensor;
  });
}

namespace {

/// Sources as the pool opens them: paths by the core, everything else (and what only Python
/// inflates) beforehand.
struct BatchSources {
  explicit BatchSources(const nb::list& sources) {
    for (const auto item : sources) {
      const bool path = nb::isinstance<nb::str>(item);
      objects.push_back(nb::borrow(item));
      paths.push_back(path ? file_system_path(item) : "");
      opened.push_back(path ? nullptr : open_source(item));
    }
  }

  [[nodiscard]] std::shared_ptr<const ByteSource> open(std::size_t index) const {
    if (opened[index]) return opened[index];
    if (auto source = open_path(paths[index])) return source;
    const nb::gil_scoped_acquire gil;
    return open_source(objects[index]);
  }

  std::vector<nb::object> objects;
  std::vector<std::string> paths;
  std::vector<std::shared_ptr<const ByteSource>> opened;
};

}  // namespace

nb::object read_batch_of(const nb::list& list, const HduChoice& choice, const Selection& selection,
                         const Form& form) {
  if (nb::len(list) == 0)
    throw FitsError(ErrorCode::value, "no sources: a batch needs at least one");
  const BatchSources sources(list);
  const auto count = sources.paths.size();
  BatchRequest request;
  request.hdu = choice;
  without_gil([&] {
    const File first(sources.open(0));
    try {
      const auto& layout = checked_image(first, first.choose(choice, File::Want::image));
      request.shape = layout.shape;
      request.natural = form.scaled ? layout.coding.natural : layout.coding.stored;
    } catch (FitsError& error) {
      error.in_file(first.source().name() + " (the first source)");
      throw;
    }
  });
  auto section = parse_section(selection.section, request.shape);
  request.image = {std::move(section.axes), form.scaled};
  request.same_type = form.dtype.is_none();
  const auto type = request.same_type ? request.natural : element_type_of_dtype(form.dtype);
  std::vector<std::uint64_t> shape{count};
  shape.insert(shape.end(), section.shape.begin(), section.shape.end());
  const auto open = [&](std::size_t i) { return sources.open(i); };
  const std::vector<std::uint64_t> origin(section.counts.size(), 0);
  if (auto target = device_target(form, shape, type); !target.is_none()) {
    std::vector<std::uint64_t> starts{0};
    const auto elements = nb::cast<std::uint64_t>(target.attr("numel")()) / count;
    while (starts.size() <= count) starts.push_back(starts.back() + elements);
    DeviceCopy copy(target, type, std::move(starts));
    warn(without_gil([&] {
      return read_batch(count, open, request, {type, nullptr, section.counts, origin},
                        [&](std::size_t i, const auto& fill) { copy.part(i, fill); });
    }));
    copy.finish();
    return target;
  }
  auto host = destination(form, shape, type);
  warn(without_gil(
      [&] { return read_batch(count, open, request, {type, host.data, section.counts, origin}); }));
  return host.tensor;
}

void emit_warnings(const File& file) {
  if (file.has_warnings()) warn(without_gil([&] { return file.take_warnings(); }));
}
