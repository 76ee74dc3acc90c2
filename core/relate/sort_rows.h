// SPDX-License-Identifier: BSD-3-Clause
// The stable order of rows by their keys.
#pragma once

#include <cstddef>
#include <cstdint>
#include <span>

#include "relate/key_words.h"

namespace torchfits {

/// Writes the positions of the rows in rising order of their words, the first word first; rows of
/// equal words stay in their order.
void sort_rows(std::span<const KeyWord> words, std::size_t rows, std::int64_t* order);

}  // namespace torchfits
