// SPDX-License-Identifier: BSD-3-Clause
#include "update.h"

#include <nanobind/stl/string.h>

#include <utility>
#include <vector>

#include "bindings.h"
#include "new_hdus.h"
#include "open_file.h"
#include "source.h"
#include "update/hdu_updates.h"
#include "update/header_updates.h"

namespace nb = nanobind;
using namespace nb::literals;
using namespace torchfits;

namespace {

NewHdu hdu_of(const nb::tuple& parts) {
  nb::list list;
  list.append(parts);
  return std::move(hdus_of(list).front());
}

void open_updater(OpenUpdater* self, nb::handle path, bool durable, std::size_t tile_cache) {
  const auto name = file_system_path(path);
  const nb::gil_scoped_release no_gil;
  new (self) OpenUpdater(Updater(name, durable), name, tile_cache);
}

void open_new_file(NewFile* self, nb::handle path, bool overwrite, bool durable) {
  const auto name = file_system_path(path);
  const nb::gil_scoped_release no_gil;
  new (self) NewFile(Updater::create(name, overwrite, durable), name, 0);
}

nb::object file_of(OpenUpdater& self) {
  auto file = self.file();
  return file ? nb::cast(OpenFile(std::move(file))) : nb::none();
}

/// ErrorCode::hdu_index where there is none yet.
const File& with_hdus(const FilePointer& file) {
  if (!file)
    throw FitsError(ErrorCode::hdu_index, "the file is new and has no HDUs yet; append the first");
  return *file;
}

std::size_t append_to(OpenUpdater& self, const nb::tuple& parts, bool checksum) {
  const auto hdu = hdu_of(parts);
  return self.run([&](Updater& updater, const FilePointer& file) {
    return append_hdu(updater, file.get(), hdu, checksum);
  });
}

std::size_t insert_into(OpenUpdater& self, std::size_t index, const nb::tuple& parts,
                        bool checksum) {
  const auto hdu = hdu_of(parts);
  return self.run([&](Updater& updater, const FilePointer& file) {
    return insert_hdu(updater, with_hdus(file), index, hdu, checksum);
  });
}

std::size_t replace_in(OpenUpdater& self, std::size_t index, const nb::tuple& parts,
                       bool checksum) {
  const auto hdu = hdu_of(parts);
  return self.run([&](Updater& updater, const FilePointer& file) {
    return replace_hdu(updater, with_hdus(file), index, hdu, checksum);
  });
}

void remove_from(OpenUpdater& self, std::size_t index) {
  self.run([&](Updater& updater, const FilePointer& file) {
    remove_hdu(updater, with_hdus(file), index);
  });
}

void move_in(OpenUpdater& self, std::size_t index, std::size_t to) {
  self.run([&](Updater& updater, const FilePointer& file) {
    move_hdu(updater, with_hdus(file), index, to);
  });
}

/// A list of (index, Header).
void set_all_headers(OpenUpdater& self, const nb::list& list) {
  std::vector<HeaderEdit> edits;
  for (const auto item : list) {
    const auto parts = nb::cast<nb::tuple>(item);
    edits.push_back({nb::cast<std::size_t>(parts[0]), nb::cast<const Header&>(parts[1])});
  }
  self.run([&](Updater& updater, const FilePointer& file) {
    set_headers(updater, with_hdus(file), edits);
  });
}

void commit_file(NewFile& self) {
  self.run([](Updater& updater, const FilePointer& file) {
    if (!file) append_hdu(updater, nullptr, {}, false);
    updater.commit();
  });
  self.close();
}

}  // namespace

std::shared_ptr<const File> OpenUpdater::file() {
  return run([](Updater& /*updater*/, const FilePointer& file) { return file; });
}

std::shared_ptr<const File> OpenUpdater::present() {
  if (updater_->size() == 0) return nullptr;
  auto source = updater_->source();
  if (!file_ || &file_->source() != source.get())
    file_ = std::make_shared<const File>(std::move(source), tile_cache_);
  return file_;
}

void OpenUpdater::close() {
  const nb::gil_scoped_release no_gil;
  const std::lock_guard lock(mutex_);
  file_.reset();
  updater_.reset();
}

void bind_update(nb::module_& m) {
  nb::class_<OpenUpdater>(m, "Updater", "A file that is changed, and locked until it is closed.")
      .def("__init__", &open_updater, "path"_a, "durable"_a = false, "tile_cache"_a = 0)
      .def("file", &file_of, nb::sig("def file(self) -> File | None"),
           "The file as it is now; None for one that is empty.")
      .def("set_headers", &set_all_headers, "headers"_a, "(index, cards) of some HDUs, at once.")
      .def("append", &append_to, "hdu"_a, "checksum"_a, "Gives the position of the HDU.")
      .def("insert", &insert_into, "index"_a, "hdu"_a, "checksum"_a,
           "Gives the position of the HDU.")
      .def("replace", &replace_in, "index"_a, "hdu"_a, "checksum"_a,
           "Gives the position of the HDU.")
      .def("remove", &remove_from, "index"_a)
      .def("move", &move_in, "index"_a, "to"_a)
      .def("close", &OpenUpdater::close);

  nb::class_<NewFile, OpenUpdater>(m, "NewFile", "A file that takes its name when it is complete.")
      .def("__init__", &open_new_file, "path"_a, "overwrite"_a, "durable"_a = false)
      .def("commit", &commit_file, "Gives the file its name, and closes it.");
}
