// SPDX-License-Identifier: BSD-3-Clause
// HDUs of a file that is changed: which there are, and their order. `file` is the scanned
// updater.source(), and out of date afterwards.
#pragma once

#include <cstddef>
#include <span>

#include "file/file.h"
#include "file/file_writer.h"
#include "update/updater.h"

namespace torchfits {

/// The following give where the HDU stands then: one behind the wanted place, where an empty
/// primary HDU was put before it. `file` is null for a new file that is empty.
std::size_t append_hdu(Updater& updater, const File* file, const NewHdu& hdu, bool checksum);
/// Before HDU 0, which becomes an IMAGE extension; ErrorCode::hdu_index behind the last HDU.
std::size_t insert_hdu(Updater& updater, const File& file, std::size_t index, const NewHdu& hdu,
                       bool checksum);
std::size_t replace_hdu(Updater& updater, const File& file, std::size_t index, const NewHdu& hdu,
                        bool checksum);

/// In place of HDU 0 an empty one is left.
void remove_hdu(Updater& updater, const File& file, std::size_t index);

/// HDU `index` stands at `to` afterwards. ErrorCode::value where one of them is 0.
void move_hdu(Updater& updater, const File& file, std::size_t index, std::size_t to);

}  // namespace torchfits
