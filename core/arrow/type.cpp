// SPDX-License-Identifier: BSD-3-Clause
#include "arrow/type.h"

#include <array>
#include <charconv>
#include <cstring>
#include <limits>
#include <optional>

#include "base/error.h"

namespace torchfits {

namespace {

struct NumberFormat {
  char code;
  ElementType element;
};

constexpr std::array<NumberFormat, 11> kNumbers{{{'c', ElementType::i8},
                                                 {'C', ElementType::u8},
                                                 {'s', ElementType::i16},
                                                 {'S', ElementType::u16},
                                                 {'i', ElementType::i32},
                                                 {'I', ElementType::u32},
                                                 {'l', ElementType::i64},
                                                 {'L', ElementType::u64},
                                                 {'e', ElementType::f16},
                                                 {'f', ElementType::f32},
                                                 {'g', ElementType::f64}}};

struct PlainFormat {
  std::string_view format;
  ArrowType type;
};

const std::array<PlainFormat, 10> kPlain{{
    {"b", {ArrowKind::boolean, ElementType::boolean}},
    {"u", {.kind = ArrowKind::text, .utf8 = true}},
    {"U", {.kind = ArrowKind::text, .wide = true, .utf8 = true}},
    {"z", {.kind = ArrowKind::text}},
    {"Z", {.kind = ArrowKind::text, .wide = true}},
    {"vu", {.kind = ArrowKind::text_view, .utf8 = true}},
    {"vz", {.kind = ArrowKind::text_view}},
    {"+l", {.kind = ArrowKind::list}},
    {"+L", {.kind = ArrowKind::list, .wide = true}},
    {"+s", {.kind = ArrowKind::structure}},
}};

struct Refusal {
  std::string_view prefix, name, remedy;
};

constexpr std::string_view kNoTimes =
    "FITS tables have no type for times: cast it to int64, or to float64 days such as MJD";
constexpr std::string_view kAsList = "cast it to a list";

constexpr std::array<Refusal, 14> kRefusals{{
    {"n", "has no type (null)", "drop it, or cast it to the type that it is meant to have"},
    {"d", "holds decimals", "FITS tables have none: cast it to float64"},
    {"tdD", "holds dates (date32)", kNoTimes},
    {"tdm", "holds dates (date64)", kNoTimes},
    {"tt", "holds times of day", kNoTimes},
    {"ts", "holds timestamps", kNoTimes},
    {"tD", "holds durations", kNoTimes},
    {"ti", "holds intervals", kNoTimes},
    {"+m", "holds maps", "FITS tables have none: make keys and values columns of their own"},
    {"+ud", "holds unions", "make each of its types a column of its own"},
    {"+us", "holds unions", "make each of its types a column of its own"},
    {"+r", "is run-end encoded", "decode it first"},
    {"+vl", "holds list views", kAsList},
    {"+vL", "holds large list views", kAsList},
}};

std::optional<std::uint64_t> parse_size(std::string_view digits) {
  std::int64_t size = 0;
  const auto* const end = digits.data() + digits.size();
  const auto [stop, error] = std::from_chars(digits.data(), end, size);
  if (error != std::errc() || stop != end || size < 0) return std::nullopt;
  return static_cast<std::uint64_t>(size);
}

[[noreturn]] void refuse(std::string_view format) {
  for (const auto& refusal : kRefusals) {
    if (!format.starts_with(refusal.prefix)) continue;
    throw FitsError(ErrorCode::type,
                    std::string(refusal.name) + "; " + std::string(refusal.remedy));
  }
  throw FitsError(ErrorCode::type, "has the Arrow format '" + std::string(format) +
                                       "', which is unknown here; cast it to a number or a string");
}

}  // namespace

ArrowType ArrowType::parse(std::string_view format) {
  for (const auto& plain : kPlain) {
    if (format == plain.format) return plain.type;
  }
  for (const auto& number : kNumbers) {
    if (format.size() == 1 && format[0] == number.code) return {ArrowKind::number, number.element};
  }
  const bool list = format.starts_with("+w:");
  if (list || format.starts_with("w:")) {
    if (const auto size = parse_size(format.substr(list ? 3 : 2))) {
      return {.kind = list ? ArrowKind::fixed_list : ArrowKind::fixed_text, .size = *size};
    }
  }
  refuse(format);
}

std::string ArrowType::format() const {
  if (kind == ArrowKind::fixed_list) return "+w:" + std::to_string(size);
  if (kind == ArrowKind::fixed_text) return "w:" + std::to_string(size);
  for (const auto& number : kNumbers) {
    if (kind == ArrowKind::number && element == number.element) return {number.code};
  }
  for (const auto& plain : kPlain) {
    if (*this == plain.type) return std::string(plain.format);
  }
  throw FitsError(ErrorCode::type, "Arrow has no type for " + std::string(info(element).name));
}

ArrowMetadata parse_arrow_metadata(const char* encoded) {
  ArrowMetadata metadata;
  if (encoded == nullptr) return metadata;
  const auto number = [&] {
    std::int32_t value = 0;
    std::memcpy(&value, encoded, sizeof value);
    if (value < 0) {
      throw FitsError(ErrorCode::value,
                      "malformed Arrow metadata: a count of " + std::to_string(value));
    }
    encoded += sizeof value;
    return value;
  };
  const auto text = [&] {
    const auto length = static_cast<std::size_t>(number());
    std::string value(encoded, length);
    encoded += length;
    return value;
  };
  for (auto left = number(); left > 0; --left) {
    auto key = text();
    metadata.emplace_back(std::move(key), text());
  }
  return metadata;
}

std::string format_arrow_metadata(const ArrowMetadata& metadata) {
  if (metadata.empty()) return {};
  std::string encoded;
  const auto add_number = [&](std::size_t value) {
    if (value > std::numeric_limits<std::int32_t>::max())
      throw FitsError(ErrorCode::value, "metadata of more than 2 GiB do not go into Arrow");
    const auto number = static_cast<std::int32_t>(value);
    encoded.append(reinterpret_cast<const char*>(&number), sizeof number);
  };
  add_number(metadata.size());
  for (const auto& [key, value] : metadata) {
    add_number(key.size());
    encoded += key;
    add_number(value.size());
    encoded += value;
  }
  return encoded;
}

}  // namespace torchfits
