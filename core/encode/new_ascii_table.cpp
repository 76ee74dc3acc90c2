// SPDX-License-Identifier: BSD-3-Clause
#include "encode/new_ascii_table.h"

#include <algorithm>
#include <atomic>
#include <charconv>
#include <cmath>
#include <cstring>
#include <limits>
#include <mutex>
#include <optional>
#include <string_view>
#include <type_traits>
#include <utility>

#include "base/error.h"
#include "base/parallel.h"
#include "encode/decimal.h"
#include "fits/ascii_header.h"

namespace torchfits {
namespace {

/// Rows that one thread looks at together.
constexpr std::uint64_t kBlockRows = 16 * 1024;
constexpr std::string_view kNull = "NULL";
constexpr std::size_t kLongestNull = 60;  ///< stands in one card

/// What the values of a column need of its fields.
struct Extent {
  std::uint64_t width = 1;  ///< of integers and text
  DecimalExtent decimals{};
  bool nulls = false;
  bool keeps_form = true;   ///< all floats fit the form that is wished
  bool takes_null = false;  ///< a text is the one that is wished for null

  void add(const Extent& other) noexcept {
    width = std::max(width, other.width);
    decimals.add(other.decimals);
    nulls |= other.nulls;
    keeps_form &= other.keeps_form;
    takes_null |= other.takes_null;
  }
};

FitsError refused(ErrorCode code, const NewColumn& given, const std::string& problem) {
  return {code, "column '" + given.column.name + "': " + problem};
}

FitsError refused(const NewColumn& given, std::uint64_t row, const std::string& problem) {
  return refused(ErrorCode::value, given, "row " + std::to_string(row) + ": " + problem);
}

void check_kind(const NewColumn& given) {
  const auto refuse = [&](const std::string& what) {
    throw refused(ErrorCode::type, given, "an ASCII table cannot hold " + what);
  };
  if (given.memory.offsets != nullptr) {
    refuse("cells of different lengths; write a binary table, which is what no kind= gives");
  }
  if (!given.column.shape.empty()) {
    refuse("several values in a cell; write each as a column of its own, or a binary table");
  }
  if (given.values.text) return;
  switch (given.values.type) {
    case ElementType::boolean:
      refuse("bools; convert the column, such as with .to(torch.uint8), or write a binary table");
      break;
    case ElementType::c64:
    case ElementType::c128:
      refuse(
          "complex numbers; write the real and the imaginary parts as columns, or a binary "
          "table");
      break;
    default: break;
  }
}

/// Looks at the values of one column.
class Measure {
 public:
  Measure(const NewColumn& given, const AsciiWish& wish, const std::optional<AsciiForm>& form)
      : given_(given), wish_(wish), form_(form) {
    if (form_ && form_->code != 'A' && form_->code != 'I') {
      constexpr std::uint64_t kWidest = 4096;
      room_ = static_cast<std::size_t>(std::min(form_->width, kWidest));
      if (room_ != form_->width) form_.reset();
    }
  }

  [[nodiscard]] Extent all() const {
    Extent extent;
    std::mutex mutex;
    parallel_for((given_.rows + kBlockRows - 1) / kBlockRows, [&](std::size_t block) {
      const auto first = block * kBlockRows;
      const auto some = rows(first, std::min(kBlockRows, given_.rows - first));
      const std::lock_guard lock(mutex);
      extent.add(some);
    });
    return extent;
  }

 private:
  [[nodiscard]] Extent rows(std::uint64_t first, std::uint64_t count) const {
    Extent extent;
    std::string room(room_, ' ');
    for (auto row = first; row < first + count; ++row) {
      if (given_.memory.nulls != nullptr && given_.memory.nulls[row] != std::byte{0}) {
        extent.nulls = true;
      } else if (given_.values.text) {
        add_text(extent, row);
      } else {
        add_number(extent, row, room);
      }
    }
    return extent;
  }

  void add_text(Extent& extent, std::uint64_t row) const {
    const auto characters = given_.column.characters;
    const auto text = content_of(given_.memory.values + row * characters, characters);
    if (!std::all_of(text.begin(), text.end(), [](char c) { return c >= ' ' && c <= '~'; })) {
      throw refused(given_, row,
                    "the text has characters beyond printable ASCII, which an ASCII table cannot "
                    "hold; write a binary table");
    }
    extent.width = std::max<std::uint64_t>(extent.width, text.size());
    extent.takes_null |=
        text.substr(std::min(text.size(), text.find_first_not_of(' '))) == wish_.null;
  }

  void add_number(Extent& extent, std::uint64_t row, std::string& room) const {
    dispatch(given_.values.type, [&]<class Number>() {
      if constexpr (is_plain_number<Number>) {
        Number value;
        std::memcpy(&value, given_.memory.values + row * sizeof value, sizeof value);
        if constexpr (std::is_floating_point_v<Number>) {
          add_float(extent, row, value, room);
        } else {
          add_integer(extent, row, value);
        }
      }
    });
  }

  template <class Real>
  void add_float(Extent& extent, std::uint64_t row, Real value, std::string& room) const {
    if (std::isnan(value)) {
      extent.nulls = true;
      return;
    }
    if (std::isinf(value)) {
      throw refused(given_, row,
                    "an infinity has no form in an ASCII table; write a binary table, or NaN");
    }
    const auto decimal = Decimal::of(value);
    extent.decimals.add(decimal);
    extent.keeps_form = extent.keeps_form && form_ && put_decimal(decimal, *form_, room.data());
  }

  template <class Integer>
  void add_integer(Extent& extent, std::uint64_t row, Integer value) const {
    if constexpr (std::is_same_v<Integer, std::uint64_t>) {
      if (value > static_cast<std::uint64_t>(std::numeric_limits<std::int64_t>::max())) {
        throw refused(given_, row,
                      std::to_string(value) +
                          " is larger than the 64-bit integers that readers of ASCII tables know; "
                          "write a binary table");
      }
    }
    char text[24];
    auto* const end = std::to_chars(text, text + sizeof text, value).ptr;
    extent.width = std::max(extent.width, static_cast<std::uint64_t>(end - text));
  }

  const NewColumn& given_;
  const AsciiWish& wish_;
  std::optional<AsciiForm> form_;
  std::size_t room_ = 0;
};

std::optional<AsciiForm> parsed(const std::string& format) {
  try {
    return AsciiForm::parse(format);
  } catch (const FitsError&) {
    return std::nullopt;
  }
}

bool occurs(const NewColumn& given, std::string_view text) {
  const auto characters = given.column.characters;
  for (std::uint64_t row = 0; row < given.rows; ++row) {
    auto value = content_of(given.memory.values + row * characters, characters);
    value.remove_prefix(std::min(value.size(), value.find_first_not_of(' ')));
    if (value == text) return true;
  }
  return false;
}

/// TNULL: the old one if it cannot be taken for a value, a new one if there are nulls.
std::string null_text(const NewColumn& given, const AsciiWish& wish, const Extent& extent) {
  const bool fits = !wish.null.empty() && wish.null.size() <= kLongestNull;
  const bool number_like = wish.null.find_first_of("0123456789") != std::string::npos;
  if (fits && (given.values.text ? !extent.takes_null : !number_like)) return wish.null;
  if (!extent.nulls) return {};
  std::string text(kNull);
  for (int i = 1; given.values.text && occurs(given, text); ++i)
    text = std::string(kNull) + std::to_string(i);
  return text;
}

char code_of(const NewColumn& given) {
  if (given.values.text) return 'A';
  if (is_integer(given.values.type)) return 'I';
  return given.values.type == ElementType::f32 ? 'E' : 'D';
}

AsciiForm chosen(const Extent& extent, char code, const std::optional<AsciiForm>& wish,
                 std::uint64_t null_width) {
  const bool real = code == 'E' || code == 'D';
  AsciiForm form = real ? extent.decimals.form(code) : AsciiForm{code, extent.width, {}};
  form.width = std::max(form.width, null_width);
  if (!wish || wish->width < null_width) return form;
  const bool same_kind = real ? wish->code != 'A' && wish->code != 'I' : wish->code == code;
  const bool kept = same_kind && (real ? extent.keeps_form : wish->width >= form.width);
  return kept ? *wish : form;
}

void choose(NewColumn& given, const AsciiWish& wish) {
  check_kind(given);
  const auto form = parsed(wish.format);
  const auto extent = Measure(given, wish, form).all();
  auto& column = given.column;
  column.null_text = null_text(given, wish, extent);
  column.text = chosen(extent, code_of(given), form, column.null_text.size());
  column.coding = {};
  column.coding.natural = given.values.type;
}

}  // namespace

MemoryAsciiTable ascii_table_of(std::vector<NewColumn> columns,
                                const std::vector<AsciiWish>& wishes) {
  const auto rows = rows_of(columns);
  MemoryAsciiTable ascii;
  std::vector<Column> stored;
  for (std::size_t i = 0; i < columns.size(); ++i) {
    choose(columns[i], i < wishes.size() ? wishes[i] : AsciiWish{});
    stored.push_back(std::move(columns[i].column));
    ascii.table.columns.push_back(columns[i].memory);
  }
  ascii.table.layout = lay_out_text(std::move(stored), rows);
  return ascii;
}

}  // namespace torchfits
