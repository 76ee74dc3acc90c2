// SPDX-License-Identifier: BSD-3-Clause
#include "relate/key_codes.h"

#include <atomic>
#include <bit>
#include <cmath>
#include <cstring>
#include <string>
#include <vector>

#include "base/bytes.h"
#include "base/error.h"
#include "relate/text_codes.h"

namespace torchfits {
namespace {

constexpr std::uint64_t kTopBit = std::uint64_t{1} << 63;

/// Lowest and highest code of a block, and how many of its rows are special.
struct Findings {
  std::uint64_t low = ~std::uint64_t{0};
  std::uint64_t high = 0;
  std::size_t specials = 0;
};

/// Bits of a float as a number of the same order; the sign of zero is forgotten.
template <class Float>
std::uint64_t float_code(Float value) noexcept {
  using Uint = UintOfSize<sizeof(Float)>;
  constexpr auto sign = static_cast<Uint>(Uint{1} << (8 * sizeof(Float) - 1));
  const auto bits = std::bit_cast<Uint>(value + Float{0});
  return (bits & sign) != 0 ? static_cast<Uint>(~bits) : static_cast<Uint>(bits | sign);
}

/// Integers; `flip` turns the order of signed ones into that of unsigned ones.
template <class T>
struct IntegerCoder {
  using Value = T;
  std::uint64_t flip;
  [[nodiscard]] Special special(T value) const noexcept {
    if constexpr (std::is_same_v<T, std::uint64_t>) {
      if (flip != 0 && value >= kTopBit) return Special::foreign;
    }
    static_cast<void>(value);
    return Special::none;
  }
  [[nodiscard]] std::uint64_t code(T value) const noexcept {
    return static_cast<std::uint64_t>(static_cast<std::int64_t>(value)) ^ flip;
  }
};

template <class T, class As>
struct FloatCoder {
  using Value = T;
  [[nodiscard]] static Special special(T value) noexcept {
    return std::isnan(value) ? Special::nan : Special::none;
  }
  [[nodiscard]] static std::uint64_t code(T value) noexcept {
    return float_code(static_cast<As>(value));
  }
};

template <class Coder>
Findings encode_rows(const KeyColumn& column, const Coder& coder, std::size_t begin,
                     std::size_t end, std::uint64_t* codes) {
  using Value = typename Coder::Value;
  Findings found;
  for (auto row = begin; row < end; ++row) {
    Value value;
    std::memcpy(&value, column.data + row * sizeof value, sizeof value);
    const auto code = coder.code(value);
    codes[row] = code;
    if (column.is_null(row) || coder.special(value) != Special::none) {
      ++found.specials;
      continue;
    }
    found.low = std::min(found.low, code);
    found.high = std::max(found.high, code);
  }
  return found;
}

template <class Coder>
void mark_specials(const KeyColumn& column, const Coder& coder, std::uint8_t* specials) {
  using Value = typename Coder::Value;
  for_row_blocks(column.rows, [&](std::size_t, std::size_t begin, std::size_t end) {
    for (auto row = begin; row < end; ++row) {
      Value value;
      std::memcpy(&value, column.data + row * sizeof value, sizeof value);
      const auto special = column.is_null(row) ? Special::null : coder.special(value);
      specials[row] = static_cast<std::uint8_t>(special);
    }
  });
}

/// Which codes the columns of all tables share.
enum class Space : std::uint8_t { signed64, unsigned64, float32, float64, boolean };

Space space_of(ElementType type) {
  using enum ElementType;
  switch (type) {
    case u64: return Space::unsigned64;
    case f32: return Space::float32;
    case f64: return Space::float64;
    case boolean: return Space::boolean;
    default: break;
  }
  if (is_integer(type)) return Space::signed64;
  throw FitsError(ErrorCode::type, "values of dtype " + std::string(info(type).name) +
                                       " are no keys; use integers, floats, bools or text");
}

/// Unsigned integers below 64 bits fit into either space of integers.
bool is_small_unsigned(ElementType type) {
  return type == ElementType::u8 || type == ElementType::u16 || type == ElementType::u32;
}

Space shared_space(std::span<const KeyColumn> tables) {
  auto space = space_of(tables.front().type);
  bool any_signed = false;
  bool any_unsigned = false;
  for (const auto& column : tables) {
    const auto other = space_of(column.type);
    const bool integers = is_integer(column.type) && is_integer(tables.front().type);
    const bool floats = is_float(column.type) && is_float(tables.front().type);
    if (!integers && !floats && other != space) {
      throw FitsError(ErrorCode::type, "keys of dtype " +
                                           std::string(info(tables.front().type).name) + " and " +
                                           std::string(info(column.type).name) +
                                           " do not compare; convert one of them");
    }
    if (floats && other == Space::float64) space = other;
    any_unsigned |= other == Space::unsigned64;
    any_signed |= other == Space::signed64 && !is_small_unsigned(column.type);
  }
  if (is_integer(tables.front().type))
    space = any_unsigned && !any_signed ? Space::unsigned64 : Space::signed64;
  return space;
}

/// Calls visitor(coder) for the type of a column within a space.
template <class Visitor>
void with_coder(ElementType type, Space space, const Visitor& visitor) {
  dispatch(type, [&]<class T>() {
    if constexpr (std::is_same_v<T, bool>) {
      visitor(IntegerCoder<std::uint8_t>{0});
    } else if constexpr (std::is_integral_v<T>) {
      visitor(IntegerCoder<T>{space == Space::signed64 ? kTopBit : 0});
    } else if constexpr (std::is_same_v<T, float> || std::is_same_v<T, double>) {
      if (space == Space::float64)
        visitor(FloatCoder<T, double>{});
      else
        visitor(FloatCoder<T, float>{});
    }
  });
}

KeyCodes encode_numbers(std::span<const KeyColumn> tables, std::size_t rows) {
  const auto space = shared_space(tables);
  KeyCodes key{Array<std::uint64_t>(rows), {}, ~std::uint64_t{0}, 0};
  std::size_t specials = 0;
  std::size_t first = 0;
  for (const auto& column : tables) {
    with_coder(column.type, space, [&](const auto& coder) {
      std::vector<Findings> found(row_blocks(column.rows));
      for_row_blocks(column.rows, [&](std::size_t block, std::size_t begin, std::size_t end) {
        found[block] = encode_rows(column, coder, begin, end, key.codes.data() + first);
      });
      for (const auto& one : found) {
        key.low = std::min(key.low, one.low);
        key.high = std::max(key.high, one.high);
        specials += one.specials;
      }
    });
    first += column.rows;
  }
  if (key.low > key.high) key.low = key.high = 0;
  if (specials == 0) return key;
  key.specials = Array<std::uint8_t>(rows);
  first = 0;
  for (const auto& column : tables) {
    with_coder(column.type, space, [&](const auto& coder) {
      mark_specials(column, coder, key.specials.data() + first);
    });
    first += column.rows;
  }
  return key;
}

}  // namespace

KeyCodes encode_key(std::span<const KeyColumn> tables, Wanted wanted) {
  std::size_t rows = 0;
  for (const auto& column : tables) {
    if (column.rows > kMaxRows - rows) {
      throw FitsError::unsupported("tables of together more than " + std::to_string(kMaxRows) +
                                   " rows are not compared; take them in parts");
    }
    rows += column.rows;
    if (column.is_text != tables.front().is_text)
      throw FitsError(ErrorCode::type, "keys of text and of numbers do not compare");
  }
  return tables.front().is_text ? encode_text(tables, rows, wanted) : encode_numbers(tables, rows);
}

}  // namespace torchfits
