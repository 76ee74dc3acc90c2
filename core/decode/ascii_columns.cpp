// SPDX-License-Identifier: BSD-3-Clause
#include "decode/ascii_columns.h"

#include <algorithm>
#include <array>
#include <cstring>
#include <limits>
#include <type_traits>

#include "base/error.h"
#include "decode/named_row.h"
#include "decode/text_number.h"

namespace torchfits {
namespace {

/// Numbers that are scaled together.
constexpr std::size_t kBatch = 256;

TextNumber parse_number(std::string_view field, const AsciiForm& /*form*/, std::int64_t& value) {
  return parse_integer(field, value);
}

TextNumber parse_number(std::string_view field, const AsciiForm& form, double& value) {
  return parse_real(field, form.digits.value_or(0), value);
}

/// For a message: what can be printed of it, and not too much.
std::string shown(std::string_view field) {
  constexpr std::size_t kMost = 40;
  std::string text(field.substr(0, kMost));
  std::replace_if(text.begin(), text.end(), [](char c) { return c < ' ' || c > '~'; }, '?');
  return "'" + text + (field.size() > kMost ? "..." : "") + "'";
}

}  // namespace

AsciiColumn::AsciiColumn(const Column& column, const ElementCoding& coding, ElementType type)
    : name_(column.name),
      null_text_(column.null_text),
      form_(column.text.value()),
      width_(column.width),
      type_(type) {
  if (form_.code == 'A') return;
  if (coding.rule != ElementCoding::Rule::copy || type != coding.stored) {
    scale_.emplace(coding, type, best_simd(), ByteOrder::native);
  }
}

std::uint64_t AsciiColumn::decode(const TextFields& in, std::byte* out, std::uint8_t* mask) const {
  if (scale_) return convert(in, out, mask);
  return form_.code == 'I' ? parse<std::int64_t>(in, out, mask) : parse<double>(in, out, mask);
}

bool AsciiColumn::is_null_text(std::string_view field) const noexcept {
  return !null_text_.empty() && trim_field(field) == null_text_;
}

template <class Stored>
std::uint64_t AsciiColumn::parse(const TextFields& in, std::byte* out, std::uint8_t* mask) const {
  constexpr Stored kNull =
      std::is_integral_v<Stored> ? Stored{} : std::numeric_limits<Stored>::quiet_NaN();
  std::uint64_t nulls = 0;
  for (std::size_t i = 0; i < in.rows; ++i) {
    const std::string_view field(in.row(i), width_);
    Stored value{};
    auto found = is_null_text(field) ? TextNumber::blank : parse_number(field, form_, value);
    const bool is_null = found == TextNumber::blank;
    if (!is_null && found != TextNumber::number) refuse(in, i, found == TextNumber::too_large);
    if (is_null) value = kNull;
    nulls += is_null ? 1 : 0;
    std::memcpy(out + i * sizeof value, &value, sizeof value);
    if (mask != nullptr) mask[i] = static_cast<std::uint8_t>(is_null);
  }
  return nulls;
}

std::uint64_t AsciiColumn::convert(const TextFields& in, std::byte* out, std::uint8_t* mask) const {
  std::array<std::byte, kBatch * sizeof(double)> numbers;
  std::array<std::uint8_t, kBatch> blank;
  const auto size = info(type_).size;
  std::uint64_t nulls = 0;
  for (std::size_t done = 0; done < in.rows; done += kBatch) {
    const auto part = in.part(done, std::min(kBatch, in.rows - done));
    const auto found = form_.code == 'I' ? parse<std::int64_t>(part, numbers.data(), blank.data())
                                         : parse<double>(part, numbers.data(), blank.data());
    auto* to = out + done * size;
    scale(part, numbers.data(), to);
    for (std::size_t i = 0; i < part.rows && found != 0; ++i) {
      if (blank[i] != 0) clear(to + i * size);
    }
    if (mask != nullptr) std::memcpy(mask + done, blank.data(), part.rows);
    nulls += found;
  }
  return nulls;
}

void AsciiColumn::scale(const TextFields& in, const std::byte* numbers, std::byte* out) const {
  const auto decode = [&](std::size_t from, std::size_t count) {
    (*scale_)(numbers + from * sizeof(double), count, out + from * info(type_).size,
              in.out_row + from);
  };
  decode_naming_row(name_, in.rows, decode, [&](std::size_t i) { return in.row_in_file(i); });
}

/// Scaled or not, a null integer is 0, and any other null NaN.
void AsciiColumn::clear(std::byte* element) const noexcept {
  dispatch(type_, [&]<class T>() {
    T null{};
    if constexpr (std::is_floating_point_v<T>) null = std::numeric_limits<T>::quiet_NaN();
    std::memcpy(element, &null, sizeof null);
  });
}

std::uint64_t AsciiColumn::mark(const TextFields& in, std::uint8_t* mask) const noexcept {
  std::uint64_t nulls = 0;
  for (std::size_t i = 0; i < in.rows; ++i) {
    const bool is_null = is_null_text({in.row(i), width_});
    if (mask != nullptr) mask[i] = static_cast<std::uint8_t>(is_null);
    nulls += is_null ? 1 : 0;
  }
  return nulls;
}

void AsciiColumn::refuse(const TextFields& in, std::size_t row, bool too_large) const {
  const auto text = shown(trim_field({in.row(row), width_}));
  const auto where =
      "column '" + name_ + "', row " + std::to_string(in.row_in_file(row)) + ": " + text;
  const std::string why =
      too_large           ? " does not fit a 64-bit integer"
      : form_.code == 'I' ? " is no integer: a sign and digits are allowed"
                          : " is no number: a sign, digits, a point and an exponent such as E-05 "
                            "or D+02 are allowed";
  throw FitsError::format(where + why +
                          "; TNULLn of the header names a text that means null, and "
                          "columns=[...] selects the other columns");
}

}  // namespace torchfits
