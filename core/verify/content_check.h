// SPDX-License-Identifier: BSD-3-Clause
// The data of an HDU against the Standard: bytes of tables that have a meaning, tiles that must
// decode, and what fills the last block.
#pragma once

#include "file/file.h"
#include "fits/finding.h"

namespace torchfits {

/// Zeros, or blanks behind an ASCII table, up to a whole block (FITS 4.0 section 3.3.2).
void check_data_padding(const ByteSource& source, const HduRecord& hdu, Findings& findings);

/// Every row of a table: logicals, text, bits that fill a byte, descriptors and what they lead to,
/// numbers of ASCII tables. All data are there.
void check_rows(const File& file, const HduRecord& hdu, Findings& findings);

/// verify/tile_check.cpp: decodes all tiles of a compressed image or table, a band at a time.
void check_tiles(const File& file, const HduRecord& hdu, Findings& findings);

}  // namespace torchfits
