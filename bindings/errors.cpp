// SPDX-License-Identifier: BSD-3-Clause
// The one place where an ErrorCode becomes a Python class.
#include <string_view>

#include "base/error.h"
#include "bindings.h"

namespace nb = nanobind;

namespace {

/// Class names of torchfits._errors, or of builtins.
const char* class_name(torchfits::ErrorCode code) {
  using enum torchfits::ErrorCode;
  switch (code) {
    case format: return "FormatError";
    case truncated: return "TruncatedError";
    case hdu_name: return "HDUNotFoundError";
    case hdu_index: return "HDUIndexError";
    case column_name: return "ColumnNotFoundError";
    case keyword: return "KeywordNotFoundError";
    case no_data: return "NoDataError";
    case unsupported: return "UnsupportedError";
    case file_not_found: return "FileMissingError";
    case io: return "FITSIOError";
    case changed: return "FileChangedError";
    case value: return "ValueError";
    case type: return "TypeError";
    case index: return "IndexError";
  }
  return "FITSError";
}

void raise(const torchfits::FitsError& error) {
  using torchfits::ErrorCode;
  const auto code = error.code();
  const bool builtin =
      code == ErrorCode::value || code == ErrorCode::type || code == ErrorCode::index;
  const auto module = nb::module_::import_(builtin ? "builtins" : "torchfits._errors");
  // A message may quote bytes of a damaged file.
  const std::string_view text = error.what();
  const auto message = nb::steal(
      PyUnicode_DecodeUTF8(text.data(), static_cast<Py_ssize_t>(text.size()), "backslashreplace"));
  PyErr_SetObject(nb::object(module.attr(class_name(code))).ptr(), message.ptr());
}

}  // namespace

void bind_errors(nb::module_&) {
  nb::register_exception_translator([](const std::exception_ptr& pointer, void*) {
    try {
      std::rethrow_exception(pointer);
    } catch (const torchfits::FitsError& error) {
      raise(error);
    } catch (const nb::cast_error&) {
      PyErr_SetString(
          PyExc_ValueError,
          "an argument is of another type than wanted, or a number of more than 64 bits");
    }
  });
}
