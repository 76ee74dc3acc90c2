// SPDX-License-Identifier: BSD-3-Clause
// What Python calls a source, opened as a ByteSource.
#pragma once

#include <nanobind/nanobind.h>

#include <memory>
#include <string>

#include "io/byte_source.h"

/// A path (str, already fspath'ed), an object with the buffer protocol, or a binary file object;
/// whole-file compression is taken off. Called with the GIL held. A borrowed buffer is kept alive
/// by the source.
std::shared_ptr<const torchfits::ByteSource> open_source(nanobind::handle source);

/// The same for a path, without the GIL; null where only Python can inflate the file (bzip2, xz).
std::shared_ptr<const torchfits::ByteSource> open_path(const std::string& path);

/// The bytes that the operating system knows a path by; ValueError for an embedded NUL.
std::string file_system_path(nanobind::handle path);

/// Text of the core for Python: a path or a header may hold bytes that are no UTF-8, which come
/// back as os.fsdecode gives them.
nanobind::object to_python(const std::string& text);
