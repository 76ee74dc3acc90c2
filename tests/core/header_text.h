// SPDX-License-Identifier: BSD-3-Clause
// Headers written out card by card, for tests.
#pragma once

#include <initializer_list>
#include <string>
#include <string_view>

#include "base/bytes.h"
#include "fits/block.h"

namespace torchfits::testing {

/// "KEYWORD = value" padded to 80 characters, the value as it is given.
inline std::string card_text(std::string_view keyword, std::string_view value) {
  std::string text(keyword);
  text.resize(8, ' ');
  text += "= ";
  if (value.size() < 20) text.append(20 - value.size(), ' ');
  text += value;
  text.resize(kCardSize, ' ');
  return text;
}

/// `text` filled up to whole blocks.
inline std::string padded_to_block(std::string text, char fill) {
  text.resize(padded(text.size()).value(), fill);
  return text;
}

struct KeyValue {
  std::string_view keyword, value;
};

/// The cards, END and blanks to a whole block.
inline std::string header_blocks(std::initializer_list<KeyValue> cards) {
  std::string text;
  for (const auto& [keyword, value] : cards) text += card_text(keyword, value);
  return padded_to_block(text + "END", ' ');
}

inline ByteView bytes_of(std::string_view text) { return std::as_bytes(std::span(text)); }

}  // namespace torchfits::testing
