// SPDX-License-Identifier: BSD-3-Clause
// Headers of HDUs of a file that is changed.
#pragma once

#include <cstddef>
#include <span>

#include "file/file.h"
#include "fits/header.h"
#include "update/updater.h"

namespace torchfits {

/// What an HDU's header is to be: the user's cards, see updated_header().
struct HeaderEdit {
  std::size_t index = 0;
  Header wanted;
};

/// All of them at once, of one HDU no more than one; `file` is the scanned updater.source(), and
/// out of date afterwards. Headers that fit their blocks are changed in place, where their bytes
/// differ; else the file is built anew, with no spare blocks. Checksums that are there stay as
/// right as they were; those that are new are computed from the data.
void set_headers(Updater& updater, const File& file, std::span<const HeaderEdit> edits);

}  // namespace torchfits
