// SPDX-License-Identifier: BSD-3-Clause
// Compressed tables written byte by byte, for tests. DEFLATE is zlib's.
#pragma once

#include <cstdint>
#include <span>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "deflated.h"
#include "fits/scan.h"
#include "header_text.h"

namespace torchfits::testing {

using Cards = std::vector<std::pair<std::string, std::string>>;

/// Big-endian, of `width` bytes.
inline std::string big_endian(std::uint64_t value, int width) {
  std::string bytes;
  for (int i = width - 1; i >= 0; --i) bytes += static_cast<char>(value >> (8 * i));
  return bytes;
}

inline std::string long_descriptor(std::uint64_t count, std::uint64_t offset) {
  return big_endian(count, 8) + big_endian(offset, 8);
}

/// An HDU 1 whose tiles are given one after another, column by column.
class CompressedTable {
 public:
  CompressedTable(std::uint64_t row_bytes, std::uint64_t rows, std::uint64_t tile_rows)
      : row_bytes_(row_bytes), rows_(rows), tile_rows_(tile_rows) {}

  CompressedTable& column(std::string form, std::string algorithm) {
    columns_.emplace_back(std::move(form), std::move(algorithm));
    return *this;
  }

  /// The next column of the next tile.
  CompressedTable& stream(std::string_view bytes) {
    descriptors_ += long_descriptor(bytes.size(), heap_.size());
    heap_ += bytes;
    return *this;
  }

  /// Bytes in the heap that no tile points to; their position.
  std::uint64_t add_to_heap(std::string_view bytes) {
    heap_ += bytes;
    return heap_.size() - bytes.size();
  }

  /// Replaces a card, or takes it out where the value is empty.
  CompressedTable& set(std::string keyword, std::string value) {
    changes_.emplace_back(std::move(keyword), std::move(value));
    return *this;
  }

  /// The heap of the table that is held.
  CompressedTable& pcount(std::uint64_t bytes) { return set("ZPCOUNT", std::to_string(bytes)); }

  [[nodiscard]] std::string descriptors() const { return descriptors_; }
  CompressedTable& descriptors(std::string bytes) {
    descriptors_ = std::move(bytes);
    return *this;
  }

  /// The whole HDU.
  [[nodiscard]] std::string text() const {
    const auto width = 16 * columns_.size();
    Cards cards{{"XTENSION", "'BINTABLE'"},
                {"BITPIX", "8"},
                {"NAXIS", "2"},
                {"NAXIS1", std::to_string(width)},
                {"NAXIS2", std::to_string(width == 0 ? 0 : descriptors_.size() / width)},
                {"PCOUNT", std::to_string(heap_.size())},
                {"GCOUNT", "1"},
                {"TFIELDS", std::to_string(columns_.size())},
                {"ZTABLE", "T"},
                {"ZTILELEN", std::to_string(tile_rows_)},
                {"ZNAXIS1", std::to_string(row_bytes_)},
                {"ZNAXIS2", std::to_string(rows_)},
                {"ZPCOUNT", "0"}};
    for (std::size_t i = 0; i < columns_.size(); ++i) {
      const auto n = std::to_string(i + 1);
      cards.emplace_back("TTYPE" + n, "'C" + n + "'");
      cards.emplace_back("TFORM" + n, "'1QB'");
      cards.emplace_back("ZFORM" + n, "'" + columns_[i].first + "'");
      cards.emplace_back("ZCTYP" + n, "'" + columns_[i].second + "'");
    }
    std::string header;
    for (auto [keyword, value] : cards) {
      for (const auto& [changed, to] : changes_) {
        if (changed == keyword) value = to;
      }
      if (!value.empty()) header += card_text(keyword, value);
    }
    return padded_to_block(header + "END", ' ') + padded_to_block(descriptors_ + heap_, '\0');
  }

 private:
  std::uint64_t row_bytes_, rows_, tile_rows_;
  std::vector<std::pair<std::string, std::string>> columns_;
  std::string descriptors_, heap_;
  Cards changes_;
};

}  // namespace torchfits::testing
