// SPDX-License-Identifier: BSD-3-Clause
// The columns that a header describes (FITS 4.0 sections 6, 7.2 and 7.3).
#include <algorithm>
#include <array>
#include <cctype>
#include <charconv>
#include <limits>
#include <optional>
#include <string>
#include <string_view>
#include <unordered_map>

#include "base/bytes.h"
#include "base/error.h"
#include "fits/card_value.h"
#include "fits/header_check.h"
#include "fits/table_cards.h"
#include "fits/tform.h"

namespace torchfits {
namespace {

constexpr std::int64_t kMaxFields = 999;

std::optional<std::uint64_t> take_number(std::string_view& text) {
  std::uint64_t number = 0;
  const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), number);
  if (error != std::errc{}) return std::nullopt;
  text.remove_prefix(static_cast<std::size_t>(end - text.data()));
  return number;
}

bool take(std::string_view& text, char c) {
  if (text.empty() || text.front() != c) return false;
  text.remove_prefix(1);
  return true;
}

/// A display format: letter, width, and what may follow (section 7.3.3.1, table 20).
struct Display {
  char code = 0;
  bool valid = false;

  explicit Display(std::string_view text) {
    if (text.empty()) return;
    code = text.front();
    text.remove_prefix(1);
    const bool real = code == 'F' || code == 'E' || code == 'D' || code == 'G';
    const bool whole = code == 'I' || code == 'B' || code == 'O' || code == 'Z';
    if (!real && !whole && code != 'A' && code != 'L') return;
    if (code == 'E' && !take(text, 'N')) take(text, 'S');
    const auto width = take_number(text);
    if (!width || *width == 0) return;
    std::optional<std::uint64_t> digits;
    if ((real || whole) && take(text, '.')) {
      digits = take_number(text);
      if (!digits || *digits > *width) return;
    }
    if (real && !digits) return;
    std::optional<std::uint64_t> exponent = 2;
    const bool floating = code == 'E' || code == 'D';
    if ((floating || code == 'G') && take(text, 'E')) exponent = take_number(text);
    if (!exponent) return;
    // A sign, a point and the letter of the exponent need room too.
    if (floating && *width < checked_add(*digits, *exponent).value_or(*width) + 3) return;
    valid = trim(text).empty();
  }

  /// Whether it can show a column of that type.
  [[nodiscard]] bool shows(char type) const {
    if (code == 'G') return true;
    if (code == 'A' || code == 'L') return type == code;
    const bool integer = std::string_view("XBIJK").find(type) != std::string_view::npos;
    if (code == 'F' || code == 'E' || code == 'D')
      return integer || std::string_view("EDCMF").find(type) != std::string_view::npos;
    return integer;
  }
};

class ColumnCheck {
 public:
  ColumnCheck(const CardList& cards, Findings& findings) : cards_(cards), findings_(findings) {
    const auto* xtension = cards.find("XTENSION");
    const auto* name =
        xtension == nullptr ? nullptr : std::get_if<std::string>(&xtension->card.value);
    ascii_ = name != nullptr && *name == "TABLE";
    binary_ = name != nullptr && (*name == "BINTABLE" || *name == "A3DTABLE");
    fields_ =
        std::clamp<std::int64_t>(integer_of(cards.find("TFIELDS")).value_or(0), 0, kMaxFields);
    row_bytes_ = integer_of(cards.find("NAXIS1")).value_or(0);
    pcount_ = integer_of(cards.find("PCOUNT")).value_or(0);
  }

  void check() {
    if (!ascii_ && !binary_) return check_groups();
    for (std::int64_t n = 1; n <= fields_; ++n) check_column(n);
    check_numbers();
    if (binary_) check_row();
  }

 private:
  [[nodiscard]] const NumberedCard* find(std::string_view stem, std::int64_t n) const {
    return cards_.find(std::string(stem) + std::to_string(n));
  }
  static const std::string* text_of(const NumberedCard* card) {
    return card == nullptr ? nullptr : std::get_if<std::string>(&card->card.value);
  }
  void error(const NumberedCard& card, std::string problem, std::string remedy) {
    findings_.error("column", card.where(), std::move(problem), std::move(remedy));
  }
  void warn(const NumberedCard& card, std::string problem, std::string remedy) {
    findings_.warning("column", card.where(), std::move(problem), std::move(remedy));
  }

  void check_column(std::int64_t n) {
    check_name(n);
    const auto* card = find("TFORM", n);
    const auto* text = text_of(card);
    if (text == nullptr) {
      return findings_.error("column", "TFORM" + std::to_string(n),
                             "the mandatory keyword is missing, or is no string",
                             "add the format of the column");
    }
    if (text->find_first_of("abcdefghijklmnopqrstuvwxyz") != std::string::npos ||
        text->starts_with(' '))
      error(*card, "'" + *text + "' has lower-case letters or begins with a blank",
            "write it in upper case");
    try {
      const char type = ascii_ ? check_ascii(n, *card, *text) : check_binary(n, *card, *text);
      check_display(n, type);
      check_scaling(n, type);
    } catch (const FitsError& problem) {
      error(*card, problem.problem(), "correct the format");
      unknown_width_ = true;
    }
  }

  void check_name(std::int64_t n) {
    const auto* card = find("TTYPE", n);
    const auto* name = text_of(card);
    if (card == nullptr || (name != nullptr && trim(*name).empty())) {
      return findings_.warning("column-name", "TTYPE" + std::to_string(n),
                               "column " + std::to_string(n) + " has no name", "add the keyword");
    }
    if (name == nullptr) return;
    const auto odd = std::find_if(name->begin(), name->end(),
                                  [](unsigned char c) { return std::isalnum(c) == 0 && c != '_'; });
    if (odd != name->end()) {
      findings_.warning("column-name", card->where(),
                        "'" + *name + "' has other characters than letters, digits and '_'",
                        "rename the column");
    }
    const auto [first, fresh] = names_.emplace(folded_name(*name), n);
    if (!fresh) {
      findings_.warning("column-name", card->where(),
                        "'" + *name + "' is the name of column " + std::to_string(first->second) +
                            " too (case does not count)",
                        "rename one of them");
    }
  }

  char check_binary(std::int64_t n, const NumberedCard& card, const std::string& text) {
    const auto form = TForm::parse(text);
    const auto width = form.width();
    const auto sum = width ? checked_add(width_, *width) : std::nullopt;
    if (!sum) throw FitsError::format("TFORM '" + text + "' is wider than any row");
    width_ = *sum;
    heap_ = heap_ || form.in_heap();
    const char type = form.in_heap() ? form.heap_code : form.code;
    check_dimensions(n, form);
    check_null(n, type);
    std::string_view rest = form.rest;
    const auto string = take_number(rest);
    if (form.code == 'A' && string && *string != 0 && form.repeat % *string != 0)
      warn(card, "'" + text + "' does not divide into strings of that width", "use TDIMn");
    return type;
  }

  void check_dimensions(std::int64_t n, const TForm& form) {
    const auto* card = find("TDIM", n);
    const auto* text = text_of(card);
    if (text == nullptr || text->empty()) return;
    const auto sizes = parse_tdim(*text);
    if (!sizes) return error(*card, "'" + *text + "' is no list such as (2,3)", "write it anew");
    std::optional<std::uint64_t> product = 1;
    for (const auto size : *sizes) product = product ? checked_mul(*product, size) : product;
    if (form.in_heap() || (product && *product <= form.repeat)) return;
    error(*card,
          "'" + *text + "' has more elements than the " + std::to_string(form.repeat) +
              " of TFORM" + std::to_string(n),
          "correct one of them");
  }

  void check_null(std::int64_t n, char type) {
    const auto* card = find("TNULL", n);
    if (card == nullptr) return;
    if (std::string_view("BIJK").find(type) == std::string_view::npos)
      return error(
          *card, std::string("a column of type ") + type + " has no integer for nulls",
          type == 'E' || type == 'D' ? "delete it; NaN is the null of floats" : "delete the card");
    const auto value = integer_of(card);
    if (!value) return error(*card, "TNULL of a binary table must be an integer", "write it anew");
    const std::int64_t low = type == 'B'   ? 0
                             : type == 'I' ? std::numeric_limits<std::int16_t>::min()
                             : type == 'J' ? std::numeric_limits<std::int32_t>::min()
                                           : std::numeric_limits<std::int64_t>::min();
    const std::int64_t high = type == 'B' ? 255 : -(low + 1);
    if (*value < low || *value > high)
      warn(*card, "no value of type " + std::string(1, type) + " can be " + std::to_string(*value),
           "delete the card");
  }

  char check_ascii(std::int64_t n, const NumberedCard& card, const std::string& text) {
    const auto form = AsciiForm::parse(text);
    const auto* begin = find("TBCOL", n);
    if (begin == nullptr) {
      findings_.error("column", "TBCOL" + std::to_string(n), "the mandatory keyword is missing",
                      "add the column in which the field begins");
    }
    const auto first = integer_of(begin);
    const auto width = static_cast<std::int64_t>(
        std::min<std::uint64_t>(form.width, std::numeric_limits<std::int32_t>::max()));
    if (first && (*first < 1 || *first > row_bytes_ || width > row_bytes_ - *first + 1))
      error(*begin,
            "the field of " + card.keyword + " = '" + text + "' leaves the row of " +
                std::to_string(row_bytes_) + " characters",
            "correct TBCOL, TFORM or NAXIS1");
    const auto* null = find("TNULL", n);
    if (null != nullptr && text_of(null) == nullptr)
      error(*null, "TNULL of an ASCII table must be a string", "put it into quotes");
    return form.code;
  }

  void check_display(std::int64_t n, char type) {
    const auto* card = find("TDISP", n);
    const auto* text = text_of(card);
    if (text == nullptr || text->empty()) return;
    const Display display(*text);
    if (!display.valid)
      return error(*card, "'" + *text + "' is no display format", "write one such as F8.3 or I6");
    if (!display.shows(type))
      error(*card, "'" + *text + "' cannot show a column of type " + std::string(1, type),
            "use another format");
  }

  void check_scaling(std::int64_t n, char type) {
    const bool scalable = std::string_view("ALX").find(type) == std::string_view::npos;
    for (const auto stem : {"TSCAL", "TZERO"}) {
      const auto* card = find(stem, n);
      if (card == nullptr) continue;
      if (!scalable)
        error(*card, std::string("a column of type ") + type + " is not scaled", "delete the card");
      const auto* real = std::get_if<double>(&card->card.value);
      const bool zero = (real != nullptr && *real == 0) || integer_of(card) == std::int64_t{0};
      if (zero && std::string_view(stem) == "TSCAL")
        warn(*card, "a scale of 0 makes all values equal", "write the scale, or 1");
    }
  }

  /// Keywords of columns that there are not, and of the other kind of table.
  void check_numbers() {
    constexpr std::array<std::string_view, 16> stems{
        "TTYPE", "TFORM", "TUNIT", "TDISP", "TNULL", "TSCAL", "TZERO", "TDIM",
        "TBCOL", "TCTYP", "TCUNI", "TCRVL", "TCDLT", "TCRPX", "TCROT", "TDMIN"};
    for (const auto& card : cards_.cards) {
      if (card.card.kind != CardKind::value || !card.keyword.starts_with('T')) continue;
      for (const auto stem : stems) {
        const auto n = index_of(card.keyword, stem);
        if (n && *n > fields_)
          error(
              card,
              "there is no column " + std::to_string(*n) + ": TFIELDS = " + std::to_string(fields_),
              "correct TFIELDS, or delete the card");
        if (n && (stem == "TBCOL" ? binary_ : stem == "TDIM" && ascii_))
          findings_.error("keyword-place", card.where(), card.keyword + " has no meaning here",
                          "delete the card");
      }
      if (ascii_ && card.keyword == "THEAP")
        findings_.error("keyword-place", card.where(), "an ASCII table has no heap",
                        "delete the card");
    }
  }

  void check_row() {
    const auto* naxis1 = cards_.find("NAXIS1");
    if (naxis1 != nullptr && !unknown_width_ &&
        width_ != static_cast<std::uint64_t>(std::max<std::int64_t>(row_bytes_, 0)))
      error(*naxis1,
            "the columns take " + std::to_string(width_) + " bytes of a row, NAXIS1 says " +
                std::to_string(row_bytes_),
            "correct NAXIS1 or the TFORMn");
    const auto* theap = cards_.find("THEAP");
    if (theap != nullptr && pcount_ == 0)
      error(*theap, "THEAP without a heap: PCOUNT = 0", "delete the card");
    const auto rows = integer_of(cards_.find("NAXIS2"));
    const auto start = integer_of(theap);
    if (pcount_ > 0 && rows && start && row_bytes_ >= 0 && *rows >= 0) {
      const auto main =
          checked_mul(static_cast<std::uint64_t>(row_bytes_), static_cast<std::uint64_t>(*rows));
      const auto end = main ? checked_add(*main, static_cast<std::uint64_t>(pcount_)) : main;
      const auto at = static_cast<std::uint64_t>(*start);
      if (*start < 0 || !end || at < *main || at > *end)
        error(*theap, "THEAP does not lie behind the rows and inside the data", "correct it");
    }
    const auto* pcount = cards_.find("PCOUNT");
    if (pcount != nullptr && pcount_ > 0 && !heap_ && !unknown_width_)
      warn(*pcount,
           "there is a heap of " + std::to_string(pcount_) + " bytes, but no column of type P or Q",
           "write PCOUNT = 0 and drop the bytes, if they mean nothing");
  }

  void check_groups() {
    const auto* groups = cards_.find("GROUPS");
    const auto* value = groups == nullptr ? nullptr : std::get_if<bool>(&groups->card.value);
    if (value == nullptr || !*value) return;
    for (const auto& card : cards_.cards) {
      for (const auto stem : {"PTYPE", "PSCAL", "PZERO"}) {
        const auto n = index_of(card.keyword, stem);
        if (n && *n > pcount_)
          error(card,
                "there is no parameter " + std::to_string(*n) +
                    ": PCOUNT = " + std::to_string(pcount_),
                "correct PCOUNT, or delete the card");
      }
    }
  }

  const CardList& cards_;
  Findings& findings_;
  bool ascii_ = false, binary_ = false, heap_ = false, unknown_width_ = false;
  std::int64_t fields_ = 0, row_bytes_ = 0, pcount_ = 0;
  std::uint64_t width_ = 0;
  std::unordered_map<std::string, std::int64_t> names_;
};

}  // namespace

void check_columns(const CardList& cards, Findings& findings) {
  ColumnCheck(cards, findings).check();
}

}  // namespace torchfits
