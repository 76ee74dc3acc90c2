// SPDX-License-Identifier: BSD-3-Clause
// Headers of ASCII tables that are written: read_ascii_layout()'s mirror (FITS 4.0 section 7.2).
#pragma once

#include <cstdint>
#include <vector>

#include "fits/hdu_cards.h"
#include "fits/layout.h"

namespace torchfits {

/// Puts the fields of a row one behind the other, a blank between them. Of each column `text`,
/// `null_text` and the words of the user are known. ErrorCode::value for more columns or bytes than
/// a table can have.
[[nodiscard]] TableLayout lay_out_text(std::vector<Column> columns, std::uint64_t rows);

[[nodiscard]] Header ascii_table_header(const TableLayout& table, const UserCards& user,
                                        bool checksum);

}  // namespace torchfits
