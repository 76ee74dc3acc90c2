// SPDX-License-Identifier: BSD-3-Clause
#include "source.h"

#include <array>
#include <cstring>
#include <optional>
#include <utility>

#include "base/error.h"
#include "io/compression.h"
#include "io/file_source.h"
#include "io/memory_source.h"
#include "io/stream_source.h"

namespace nb = nanobind;
using namespace torchfits;

namespace {

/// The same with every Python, which nb::type_name is not: 3.12 puts the module before it.
std::string name_of_type(nb::handle object) {
  return nb::str(object.type().attr("__name__")).c_str();
}

using SourcePointer = std::shared_ptr<const ByteSource>;

/// A Python reference that may be dropped by any thread.
std::shared_ptr<const void> keep_alive(nb::handle object) {
  object.inc_ref();
  return {object.ptr(), [](const void* pointer) {
            if (!nb::is_alive()) return;
            const nb::gil_scoped_acquire gil;
            nb::handle(static_cast<PyObject*>(const_cast<void*>(pointer))).dec_ref();
          }};
}

/// A binary file object read in order. It is asked from one place only, under the lock of the
/// source above it.
class PythonStream final : public ByteStream {
 public:
  /// `inflater` is a file object of ours, whose errors are errors of the data.
  PythonStream(nb::handle file, bool inflater)
      : owner_(keep_alive(file)), inflater_(inflater), seekable_(!inflater && is_seekable(file)) {}

  std::size_t read(ByteSpan into) override {
    const nb::gil_scoped_acquire gil;
    const nb::handle file(static_cast<PyObject*>(const_cast<void*>(owner_.get())));
    try {
      if (seekable_) file.attr("seek")(position_);
      const nb::object data = file.attr("read")(into.size());
      if (!nb::isinstance<nb::bytes>(data)) {
        throw FitsError(ErrorCode::type, "the file object gives " + name_of_type(data) +
                                             " instead of bytes; open it in binary mode");
      }
      const nb::bytes bytes(data);
      const auto length = std::min(bytes.size(), into.size());
      std::memcpy(into.data(), bytes.c_str(), length);
      position_ += length;
      return length;
    } catch (nb::python_error& error) {
      if (inflater_) throw damaged(error);
      throw;
    }
  }

  static bool is_seekable(nb::handle file) {
    return nb::hasattr(file, "seekable") && nb::cast<bool>(file.attr("seekable")());
  }

 private:
  static FitsError damaged(const nb::python_error& error) {
    const std::string why = nb::str(error.value()).c_str();
    if (error.matches(PyExc_EOFError)) {
      return {ErrorCode::truncated, "the compressed file ends early (" + why + "); fetch it again"};
    }
    return FitsError::format("the compressed file is damaged (" + why + "); fetch it again");
  }

  std::shared_ptr<const void> owner_;
  bool inflater_;
  bool seekable_;
  std::uint64_t position_ = 0;
};

OuterCompression outer_compression(const ByteSource& source) {
  std::array<std::byte, 6> first{};
  const auto present = source.extent(first.size());
  if (present > 0) source.read({0, present}, first);
  const auto kind = detect_compression(ByteView(first).first(present));
  if (kind == OuterCompression::zip) {
    throw FitsError::unsupported("a zip archive may hold many files; unzip it first")
        .in_file(source.name());
  }
  return kind;
}

/// The source itself, or what it inflates to; null where Python's bz2 and lzma are needed.
SourcePointer without_compression(SourcePointer source, OuterCompression kind) {
  if (kind == OuterCompression::none) return source;
  if (kind != OuterCompression::gzip && kind != OuterCompression::compress) return nullptr;
  auto name = source->name();
  return retain_stream(make_inflater(kind, std::move(source)), std::move(name));
}

SourcePointer inflate_in_python(OuterCompression kind, nb::handle file, std::string name) {
  const auto module = nb::module_::import_(kind == OuterCompression::bzip2 ? "bz2" : "lzma");
  const auto opened = module.attr(kind == OuterCompression::bzip2 ? "BZ2File" : "LZMAFile")(file);
  return retain_stream(std::make_unique<PythonStream>(opened, true), std::move(name));
}

SourcePointer open_buffer(nb::handle object) {
  const nb::object view = nb::steal(PyMemoryView_FromObject(object.ptr()));
  if (!view.is_valid()) nb::raise_python_error();
  const auto* buffer = PyMemoryView_GET_BUFFER(view.ptr());
  if (PyBuffer_IsContiguous(buffer, 'C') == 0) {
    throw FitsError(ErrorCode::value, "the buffer is not contiguous; pass bytes(buffer)");
  }
  const ByteView bytes(static_cast<const std::byte*>(buffer->buf),
                       static_cast<std::size_t>(buffer->len));
  SourcePointer source = borrow_bytes(bytes, keep_alive(view));
  const auto kind = outer_compression(*source);
  if (auto plain = without_compression(source, kind)) return plain;
  return inflate_in_python(kind, nb::module_::import_("io").attr("BytesIO")(view), "<bytes>");
}

/// The descriptor of a plain file that Python opened itself, unwrapped exactly one buffer deep.
std::optional<int> plain_descriptor(nb::handle file) {
  const auto io = nb::module_::import_("io");
  nb::object plain = nb::borrow(file);
  if (file.type().is(io.attr("BufferedReader")) || file.type().is(io.attr("BufferedRandom")))
    plain = file.attr("raw");
  if (!plain.type().is(io.attr("FileIO")) || !nb::cast<bool>(plain.attr("seekable")()))
    return std::nullopt;
  if (!nb::cast<bool>(plain.attr("readable")())) {
    throw FitsError(ErrorCode::value,
                    "the file object is open for writing only; open it with mode 'rb'");
  }
  if (file.type().is(io.attr("BufferedRandom"))) file.attr("flush")();
  return nb::cast<int>(plain.attr("fileno")());
}

SourcePointer open_file_object(nb::handle file) {
  if (!nb::hasattr(file, "read")) {
    throw FitsError(ErrorCode::type,
                    "cannot read from " + name_of_type(file) +
                        "; pass a path, bytes, or a file object opened with mode 'rb'");
  }
  const auto name = "<" + name_of_type(file) + ">";
  SourcePointer source;
  if (const auto descriptor = plain_descriptor(file)) {
    source = open_file("/dev/fd/" + std::to_string(*descriptor));
  } else {
    source = retain_stream(std::make_unique<PythonStream>(file, false), name);
  }
  const nb::gil_scoped_release no_gil;
  const auto kind = outer_compression(*source);
  if (auto plain = without_compression(source, kind)) return plain;
  const nb::gil_scoped_acquire gil;
  if (!PythonStream::is_seekable(file)) {
    throw FitsError::unsupported(
        "a bzip2 or xz stream that cannot seek; read it whole and pass the bytes")
        .in_file(name);
  }
  file.attr("seek")(0);
  return inflate_in_python(kind, file, name);
}

}  // namespace

std::string file_system_path(nb::handle path) {
  const auto encoded = nb::steal<nb::bytes>(PyUnicode_EncodeFSDefault(path.ptr()));
  if (!encoded.is_valid()) nb::raise_python_error();
  std::string bytes(encoded.c_str(), encoded.size());
  if (bytes.find('\0') != std::string::npos)
    throw FitsError(ErrorCode::value, "the path contains a NUL character");
  return bytes;
}

nb::object to_python(const std::string& text) {
  auto decoded = nb::steal(
      PyUnicode_DecodeFSDefaultAndSize(text.data(), static_cast<Py_ssize_t>(text.size())));
  if (!decoded.is_valid()) nb::raise_python_error();
  return decoded;
}

SourcePointer open_path(const std::string& path) {
  try {
    const SourcePointer source = open_file(path);
    return without_compression(source, outer_compression(*source));
  } catch (FitsError& error) {
    if (error.code() == ErrorCode::file_not_found && path.ends_with(']')) {
      error =
          FitsError(ErrorCode::file_not_found,
                    error.problem() + "; brackets are part of the path: choose an HDU with hdu=" +
                        path.substr(path.rfind('[') + 1, path.size() - path.rfind('[') - 2));
    }
    error.in_file(path);
    throw;
  }
}

SourcePointer open_source(nb::handle source) {
  if (nb::isinstance<nb::str>(source)) {
    const auto path = file_system_path(source);
    SourcePointer opened;
    {
      const nb::gil_scoped_release no_gil;
      opened = open_path(path);
    }
    if (opened) return opened;
    const auto kind = outer_compression(*open_file(path));
    return inflate_in_python(kind, source, path);
  }
  if (PyObject_CheckBuffer(source.ptr()) != 0) return open_buffer(source);
  return open_file_object(source);
}
