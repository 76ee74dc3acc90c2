// SPDX-License-Identifier: BSD-3-Clause
// _core.write: HDUs in memory become a file.
#include <nanobind/nanobind.h>
#include <nanobind/stl/string.h>
#include <nanobind/stl/tuple.h>

#include <algorithm>
#include <cstdint>
#include <span>
#include <string>
#include <tuple>
#include <vector>

#include "base/defaults.h"
#include "base/error.h"
#include "bindings.h"
#include "file/file_writer.h"
#include "fits/tform.h"
#include "io/file_sink.h"
#include "io/gzip_writer.h"
#include "io/memory_sink.h"
#include "new_hdus.h"
#include "source.h"

namespace nb = nanobind;
using namespace nb::literals;
using namespace torchfits;

namespace {

/// How a new file takes its name.
struct Naming {
  bool overwrite = false;
  bool durable = false;
};

/// Compresses a whole file; called with the GIL held. `packer` is "gzip", or called with the bytes.
std::uint64_t pack(FileSink& sink, ByteView bytes, nb::handle packer) {
  if (nb::isinstance<nb::str>(packer)) {
    const nb::gil_scoped_release no_gil;
    return write_gzip(sink, bytes);
  }
  auto* memory = reinterpret_cast<char*>(const_cast<std::byte*>(bytes.data()));
  const auto view =
      nb::steal(PyMemoryView_FromMemory(memory, static_cast<Py_ssize_t>(bytes.size()), PyBUF_READ));
  const auto packed = nb::cast<nb::bytes>(packer(view));
  const nb::gil_scoped_release no_gil;
  sink.reserve(packed.size());
  sink.write_at(0, {static_cast<const std::byte*>(packed.data()), packed.size()});
  return packed.size();
}

void write_file(const std::string& name, std::span<const NewHdu> hdus, bool checksum,
                const Naming& naming, nb::handle packer) {
  FileSink sink(name, naming.overwrite);
  std::uint64_t end = 0;
  if (packer.is_none()) {
    const nb::gil_scoped_release no_gil;
    end = write_hdus(sink, hdus, checksum);
  } else {
    MemorySink whole;
    {
      const nb::gil_scoped_release no_gil;
      end = write_hdus(whole, hdus, checksum);
      whole.reserve(end);
    }
    end = pack(sink, whole.bytes().first(static_cast<std::size_t>(end)), packer);
  }
  const nb::gil_scoped_release no_gil;
  sink.commit(end, naming.durable);
}

void write_path(nb::handle path, const nb::list& list, bool checksum,
                const std::tuple<bool, bool>& naming, nb::handle packer) {
  const auto hdus = hdus_of(list);
  const auto name = file_system_path(path);
  try {
    write_file(name, hdus, checksum, {std::get<0>(naming), std::get<1>(naming)}, packer);
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

/// Of the dtype of a tensor; no text for one that no table holds.
std::string tform_code_of(const std::string& dtype) {
  for (const auto& entry : kElementTypes) {
    const char code = entry.name == dtype ? tform_code(entry.type) : '\0';
    if (code != '\0') return {code};
  }
  return {};
}

}  // namespace

void bind_write(nb::module_& m) {
  m.def("write_path", &write_path, "path"_a, "hdus"_a, "checksum"_a, "naming"_a, "packer"_a.none(),
        "`naming` is (overwrite, durable); `packer` compresses the whole file: None, 'gzip', or "
        "called with its bytes.");
  m.def("write_stream", &write_stream, "file"_a, "hdus"_a, "checksum"_a);
  m.def("tform_code", &tform_code_of, "dtype"_a);
}
