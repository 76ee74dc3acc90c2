// SPDX-License-Identifier: BSD-3-Clause
// Columns of keys made of vectors.
#pragma once

#include <cstddef>
#include <cstdint>
#include <string>
#include <vector>

#include "relate/key_column.h"

namespace torchfits {

/// The vectors must outlive the column.
template <class T>
KeyColumn numbers(const std::vector<T>& values, const std::vector<std::uint8_t>* nulls = nullptr) {
  KeyColumn column;
  column.data = reinterpret_cast<const std::byte*>(values.data());
  column.rows = values.size();
  column.type = element_type_of<T>;
  column.nulls = nulls == nullptr ? nullptr : nulls->data();
  return column;
}

/// Texts of one width, padded with blanks, or without a width each of its own length.
class Text {
 public:
  explicit Text(const std::vector<std::string>& texts) : offsets_{0} {
    for (const auto& text : texts) {
      bytes_ += text;
      offsets_.push_back(static_cast<std::int64_t>(bytes_.size()));
    }
    rows_ = texts.size();
  }
  Text(const std::vector<std::string>& texts, std::size_t width)
      : width_(width), rows_(texts.size()) {
    for (auto text : texts) {
      text.resize(width, ' ');
      bytes_ += text;
    }
  }
  [[nodiscard]] KeyColumn column() const {
    KeyColumn column;
    column.data = reinterpret_cast<const std::byte*>(bytes_.data());
    column.rows = rows_;
    column.is_text = true;
    column.width = width_;
    column.offsets = offsets_.empty() ? nullptr : offsets_.data();
    return column;
  }

 private:
  std::string bytes_;
  std::vector<std::int64_t> offsets_;
  std::size_t width_ = 0;
  std::size_t rows_ = 0;
};

}  // namespace torchfits
