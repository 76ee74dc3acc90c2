// SPDX-License-Identifier: BSD-3-Clause
// What a read made of one column, for tests.
#pragma once

#include <gtest/gtest.h>

#include <cstddef>
#include <cstdint>
#include <cstring>
#include <vector>

#include "fits/element_type.h"

namespace torchfits::testing {

struct DecodedColumn {
  ElementType type = ElementType::u8;
  std::vector<std::byte> data;
  std::vector<std::uint8_t> mask;

  template <class T>
  [[nodiscard]] std::vector<T> values() const {
    EXPECT_EQ(type, element_type_of<T>);
    std::vector<T> values;
    for (std::size_t at = 0; at < data.size(); at += sizeof(T)) {
      T value;
      std::memcpy(&value, data.data() + at, sizeof value);
      values.push_back(value);
    }
    return values;
  }
};

}  // namespace torchfits::testing
