// SPDX-License-Identifier: BSD-3-Clause
// _core.write: HDUs in memory become a file.
#include <nanobind/nanobind.h>
#include <nanobind/stl/string.h>

#include <algorithm>
#include <string>
#include <utility>
#include <vector>

#include "base/defaults.h"
#include "base/error.h"
#include "bindings.h"
#include "file/file_writer.h"
#include "fits/image_header.h"
#include "io/file_sink.h"
#include "io/memory_sink.h"
#include "source.h"

namespace nb = nanobind;
using namespace nb::literals;
using namespace torchfits;

namespace {

ElementType element_type_named(const std::string& name) {
  const auto found = std::find_if(kElementTypes.begin(), kElementTypes.end(),
                                  [&](const ElementInfo& entry) { return entry.name == name; });
  if (found == kElementTypes.end()) throw FitsError(ErrorCode::type, "no dtype " + name);
  return found->type;
}

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

/// (address, dtype, shape): memory that the caller keeps alive.
MemoryImage image_of(const nb::tuple& parts) {
  MemoryImage image;
  image.data = static_cast<const std::byte*>(PyLong_AsVoidPtr(parts[0].ptr()));
  if (PyErr_Occurred() != nullptr) nb::raise_python_error();
  image.natural = element_type_named(nb::cast<std::string>(parts[1]));
  for (const auto length : nb::borrow<nb::tuple>(parts[2]))
    image.shape.push_back(nb::cast<std::uint64_t>(length));
  return image;
}

/// (image or None, Header, name or None, compression or None) for each HDU.
std::vector<NewHdu> hdus_of(const nb::list& list) {
  std::vector<NewHdu> hdus;
  for (const auto item : list) {
    const auto parts = nb::cast<nb::tuple>(item);
    auto& hdu = hdus.emplace_back();
    if (!parts[0].is_none()) hdu.image = image_of(nb::cast<nb::tuple>(parts[0]));
    hdu.cards.header = nb::cast<const Header&>(parts[1]);
    if (!parts[2].is_none()) hdu.cards.name = nb::cast<std::string>(parts[2]);
    if (!parts[3].is_none()) hdu.compression = compression_of(nb::cast<nb::tuple>(parts[3]));
  }
  return hdus;
}

void write_path(nb::handle path, const nb::list& list, bool overwrite, bool checksum) {
  const auto hdus = hdus_of(list);
  const auto name = file_system_path(path);
  const nb::gil_scoped_release no_gil;
  try {
    FileSink sink(name, overwrite);
    sink.commit(write_hdus(sink, hdus, checksum));
  } catch (FitsError& error) {
    error.in_file(name);
    throw;
  }
}

/// All of `bytes`, although a raw file may take fewer at a time.
void put(nb::handle file, ByteView bytes) {
  while (!bytes.empty()) {
    const auto some = std::min(bytes.size(), kMaxWindowBytes);
    const nb::object taken = file.attr("write")(nb::bytes(bytes.data(), some));
    const auto count = taken.is_none() ? some : nb::cast<std::size_t>(taken);
    if (count == 0 || count > some)
      throw FitsError(ErrorCode::io, "the file object took no bytes; is it open for writing?");
    bytes = bytes.subspan(count);
  }
}

void write_stream(nb::handle file, const nb::list& list, bool checksum) {
  const auto hdus = hdus_of(list);
  MemorySink sink;
  {
    const nb::gil_scoped_release no_gil;
    sink.reserve(write_hdus(sink, hdus, checksum));
  }
  put(file, sink.bytes());
}

}  // namespace

void bind_write(nb::module_& m) {
  m.def("write_path", &write_path, "path"_a, "hdus"_a, "overwrite"_a, "checksum"_a);
  m.def("write_stream", &write_stream, "file"_a, "hdus"_a, "checksum"_a);
}
