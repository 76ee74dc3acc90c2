// SPDX-License-Identifier: BSD-3-Clause
// Sections of images of a file that is changed. `file` is the scanned updater.source(), and out of
// date afterwards.
#pragma once

#include <cstddef>
#include <cstdint>
#include <span>

#include "file/file.h"
#include "plan/image_plan.h"
#include "update/updater.h"

namespace torchfits {

/// C-ordered elements, as many as the section has, or one for all of them.
struct SectionValues {
  ElementType type = ElementType::u8;
  const std::byte* data = nullptr;
  std::uint64_t count = 0;
  bool alone = false;

  /// ErrorCode::changed where they are not those of a section of `elements`: the HDU is another one
  /// than it was when the values were made.
  void require(std::uint64_t elements) const;
};

/// Values are physical ones: a scaled image stores the nearest numbers. ErrorCode::value, with the
/// first position, for what the image cannot store, before anything is written;
/// ErrorCode::unsupported for a compressed image.
void write_section(Updater& updater, const File& file, std::size_t index,
                   std::span<const AxisSlice> selection, const SectionValues& values);

}  // namespace torchfits
