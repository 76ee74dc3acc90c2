// SPDX-License-Identifier: BSD-3-Clause
// What Python asks for (an index, slices, names, row numbers) as the plain structs of the core.
#pragma once

#include <nanobind/nanobind.h>

#include <cstdint>
#include <optional>
#include <span>
#include <string_view>
#include <vector>

#include "file/cutout_reader.h"
#include "file/file.h"
#include "plan/image_plan.h"
#include "plan/table_plan.h"

/// None, an int, a name, or (name, version); TypeError for anything else, bool included.
torchfits::HduChoice parse_hdu(nanobind::handle hdu);

/// A selection of an image: one slice an axis, and the shape of the result, without the axes that
/// an integer took away.
struct Section {
  std::vector<torchfits::AxisSlice> axes;
  std::vector<std::uint64_t> counts;  ///< one an axis
  std::vector<std::uint64_t> shape;   ///< of the tensor
};

/// numpy's basic indexing: integers, slices and one `...`; None stands for everything.
Section parse_section(nanobind::handle section, std::span<const std::uint64_t> shape);

/// The box of a cutout: positions are absolute, so that a negative start lies outside the image.
struct Box {
  Section inside;                     ///< the part that the image has; counts may be 0
  std::vector<std::uint64_t> counts;  ///< of the whole box, one an axis
  std::vector<std::uint64_t> origin;  ///< of the inside part within the box
  std::vector<std::uint64_t> shape;   ///< of the tensor
  std::vector<std::int64_t> start;    ///< of the box, one an axis
  bool whole_inside = true;
};

Box parse_box(nanobind::handle section, std::span<const std::uint64_t> shape);

/// Boxes of one shape, and the shape of the tensor that holds them.
struct Boxes {
  torchfits::Cutouts cutouts;
  std::vector<std::uint64_t> shape;
};

/// `starts`: an int64 tensor or array [N, axes]; `box`: a length an axis.
Boxes parse_boxes(nanobind::handle starts, nanobind::handle box,
                  std::span<const std::uint64_t> shape);

/// Rows of a table of `rows` rows: None, slice, range, int, or an int64 or bool tensor or array.
struct Rows {
  torchfits::RowSelection selection;
  std::vector<std::int64_t> indices;  ///< what selection.indices points at
};

Rows parse_rows(nanobind::handle rows, std::uint64_t count);

/// The text of where=; TypeError for anything but a str.
std::string_view expression_text(nanobind::handle where);
