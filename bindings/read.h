// SPDX-License-Identifier: BSD-3-Clause
// From what Python asks to a tensor: plan, allocate, execute, in one crossing of the bridge.
#pragma once

#include <nanobind/nanobind.h>

#include <cstddef>
#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "file/file.h"
#include "file/image_reader.h"
#include "fits/layout.h"

/// What part: (section, columns, rows, raw, where), all but `raw` None where they are not given.
struct Selection {
  nanobind::object section, columns, rows;
  bool raw;  ///< the table of a compressed HDU, not what it holds
  nanobind::object where;
  explicit Selection(const nanobind::tuple& parts)
      : section(parts[0]),
        columns(parts[1]),
        rows(parts[2]),
        raw(nanobind::cast<bool>(parts[3])),
        where(parts[4]) {}
  /// What hdu=None means: the first image where a section is given, the first table where columns,
  /// rows or a condition are.
  [[nodiscard]] torchfits::File::Want wanted_kind() const;
};

/// In which form: (scaled, dtype, out, target). `out` is the tensor that an image fills; of a table
/// a function that makes the tensors of its columns.
struct Form {
  bool scaled;
  nanobind::object dtype, out;
  nanobind::object target;  ///< false for the host, else `device_target` of _device.py
  bool pinned;              ///< a device copies from the memory that is read to
  explicit Form(const nanobind::tuple& parts)
      : scaled(nanobind::cast<bool>(parts[0])),
        dtype(parts[1]),
        out(parts[2]),
        target(parts[3]),
        pinned(nanobind::cast<bool>(nanobind::bool_(target))) {}

  /// The element type that comes out of data of `coding`.
  [[nodiscard]] torchfits::ElementType type(const torchfits::ElementCoding& coding) const;
};

/// The columns of a table that was read, told to Python when somebody asks.
class Schema {
 public:
  Schema(std::shared_ptr<const torchfits::Layout> layout, std::vector<std::size_t> columns,
         bool scaled)
      : layout_(std::move(layout)), columns_(std::move(columns)), scaled_(scaled) {}
  /// One tuple a column: (name, ttype, format, unit, null, dim, display, comment, ucd, dtype,
  /// shape, can_be_null).
  [[nodiscard]] nanobind::list columns() const;

 private:
  std::shared_ptr<const torchfits::Layout> layout_;
  std::vector<std::size_t> columns_;
  bool scaled_;
};

/// A tensor, or (names, tensors, masks, string positions, Schema) of a table. The HDU is chosen by
/// what is selected.
nanobind::object read_hdu(const torchfits::File& file, const torchfits::HduChoice& choice,
                          const Selection& selection, const Form& form);

/// The table's part of it (table.cpp).
nanobind::object read_table_hdu(const torchfits::File& file, const torchfits::HduRecord& hdu,
                                const Selection& selection, const Form& form);

/// (tensor, first position of the box on each axis, index of the HDU); None for `fill` refuses a
/// box that leaves the image.
nanobind::tuple read_cutout(const torchfits::File& file, const torchfits::HduChoice& choice,
                            nanobind::handle section, nanobind::handle fill, const Form& form);

/// One tensor [N, *box] of boxes that begin at `starts`, an int64 array [N, axes], and may lie
/// outside where there is a `fill`.
nanobind::object read_cutouts(const torchfits::File& file, std::size_t hdu, nanobind::handle starts,
                              nanobind::handle box, nanobind::handle fill, const Form& form);

/// One tensor [N, ...] of the images in a list of sources.
nanobind::object read_batch_of(const nanobind::list& sources, const torchfits::HduChoice& choice,
                               const Selection& selection, const Form& form);

/// Raises each as FITSWarning.
void warn(const std::vector<std::string>& warnings);

/// Raises what the file collected as FITSWarning.
void emit_warnings(const torchfits::File& file);
