// SPDX-License-Identifier: BSD-3-Clause
// HDUs that Python hands over to be written.
#pragma once

#include <nanobind/nanobind.h>

#include <string>
#include <vector>

#include "encode/new_table.h"
#include "file/file_writer.h"
#include "update/image_updates.h"

/// (data, Header, name or (name, version) or None, compression or None, form) for each HDU; data is
/// an image as a tuple, a table as a list of columns, or None; form is (kind, what new_hdus.cpp
/// says of that kind). They refer to memory that the caller keeps alive.
[[nodiscard]] std::vector<torchfits::NewHdu> hdus_of(const nanobind::list& list);

/// The columns of a table that is handed over; likewise.
[[nodiscard]] std::vector<torchfits::NewColumn> columns_of(const nanobind::list& list);

/// The element type of a name such as "float32".
[[nodiscard]] torchfits::ElementType element_type_named(const std::string& name);

/// (address, dtype, number of elements, whether one stands for all) of a section that is written.
[[nodiscard]] torchfits::SectionValues section_values(const nanobind::tuple& values);
