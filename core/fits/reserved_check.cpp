// SPDX-License-Identifier: BSD-3-Clause
// Reserved keywords (FITS 4.0 sections 4.4.2 and 8): types, values, and where they belong.
#include <algorithm>
#include <array>
#include <cctype>
#include <optional>
#include <string>
#include <string_view>

#include "fits/card_value.h"
#include "fits/header_check.h"

namespace torchfits {
namespace {

enum class Type : std::uint8_t { text, integer, real, logical };

struct Reserved {
  std::string_view name;
  Type type;
};

constexpr std::array<Reserved, 34> kReserved{{
    {"EXTNAME", Type::text},     {"ORIGIN", Type::text},     {"AUTHOR", Type::text},
    {"CREATOR", Type::text},     {"REFERENC", Type::text},   {"TELESCOP", Type::text},
    {"INSTRUME", Type::text},    {"OBSERVER", Type::text},   {"OBJECT", Type::text},
    {"BUNIT", Type::text},       {"CHECKSUM", Type::text},   {"DATASUM", Type::text},
    {"ZCMPTYPE", Type::text},    {"ZQUANTIZ", Type::text},   {"EXTVER", Type::integer},
    {"EXTLEVEL", Type::integer}, {"BLANK", Type::integer},   {"ZBLANK", Type::integer},
    {"THEAP", Type::integer},    {"WCSAXES", Type::integer}, {"ZBITPIX", Type::integer},
    {"ZNAXIS", Type::integer},   {"BSCALE", Type::real},     {"BZERO", Type::real},
    {"DATAMAX", Type::real},     {"DATAMIN", Type::real},    {"EQUINOX", Type::real},
    {"EPOCH", Type::real},       {"MJD-OBS", Type::real},    {"MJD-AVG", Type::real},
    {"EXTEND", Type::logical},   {"INHERIT", Type::logical}, {"ZIMAGE", Type::logical},
    {"ZTABLE", Type::logical},
}};

/// Families with a number behind the name, and perhaps a letter that tells the WCS.
constexpr std::array<Reserved, 23> kNumbered{{
    {"CTYPE", Type::text}, {"CUNIT", Type::text}, {"CNAME", Type::text},    {"CRPIX", Type::real},
    {"CRVAL", Type::real}, {"CDELT", Type::real}, {"CROTA", Type::real},    {"CRDER", Type::real},
    {"CSYER", Type::real}, {"TTYPE", Type::text}, {"TFORM", Type::text},    {"TUNIT", Type::text},
    {"TDISP", Type::text}, {"TDIM", Type::text},  {"TCTYP", Type::text},    {"TCUNI", Type::text},
    {"TSCAL", Type::real}, {"TZERO", Type::real}, {"TCRVL", Type::real},    {"TCDLT", Type::real},
    {"TCRPX", Type::real}, {"TCROT", Type::real}, {"TBCOL", Type::integer},
}};

bool has_type(const CardValue& value, Type type) {
  switch (type) {
    case Type::text: return std::holds_alternative<std::string>(value);
    case Type::logical: return std::holds_alternative<bool>(value);
    case Type::integer:
      return std::holds_alternative<std::int64_t>(value) ||
             std::holds_alternative<BigInteger>(value);
    case Type::real:
      return std::holds_alternative<double>(value) || std::holds_alternative<std::int64_t>(value) ||
             std::holds_alternative<BigInteger>(value);
  }
  return false;
}

std::string_view type_name(Type type) {
  constexpr std::array<std::string_view, 4> names{"a string in quotes", "an integer", "a number",
                                                  "T or F"};
  return names[static_cast<std::size_t>(type)];
}

/// The number behind the stem of "CRVAL2A", the letter left out.
std::optional<std::int64_t> axis_of(std::string_view keyword, std::string_view stem) {
  if (keyword.size() > stem.size() && std::isupper(static_cast<unsigned char>(keyword.back())) != 0)
    keyword.remove_suffix(1);
  return index_of(keyword, stem);
}

/// PCi_j and CDi_j.
bool is_matrix(std::string_view keyword, std::string_view stem) {
  if (!keyword.starts_with(stem)) return false;
  const auto bar = keyword.find('_');
  return bar != std::string_view::npos && axis_of(keyword.substr(0, bar), stem).has_value();
}

std::optional<Type> type_of(std::string_view keyword) {
  for (const auto& entry : kReserved) {
    if (keyword == entry.name) return entry.type;
  }
  for (const auto& entry : kNumbered) {
    if (axis_of(keyword, entry.name)) return entry.type;
  }
  if (is_matrix(keyword, "PC") || is_matrix(keyword, "CD")) return Type::real;
  return std::nullopt;
}

std::optional<double> number_of(const NumberedCard& card) {
  if (const auto* real = std::get_if<double>(&card.card.value)) return *real;
  if (const auto n = integer_of(&card)) return static_cast<double>(*n);
  return std::nullopt;
}

bool matches(std::string_view text, std::string_view pattern) {
  return text.size() == pattern.size() &&
         std::equal(text.begin(), text.end(), pattern.begin(), [](char c, char p) {
           return p == '9' ? std::isdigit(static_cast<unsigned char>(c)) != 0 : c == p;
         });
}

/// YYYY-MM-DD, perhaps with Thh:mm:ss and a fraction (section 9.1.1), or the DD/MM/YY of old.
bool is_date(std::string_view text) {
  text = trim(text);
  if (!text.empty() && (text.front() == '+' || text.front() == '-')) text.remove_prefix(1);
  if (matches(text, "99/99/99")) return true;
  const auto date = text.substr(0, text.find('T'));
  const auto month = date.size() < 6 ? 0 : date.size() - 5;
  if (month < 5 || !matches(date.substr(month), "99-99") || date[month - 1] != '-' ||
      date.substr(0, month - 1).find_first_not_of("0123456789") != std::string_view::npos)
    return false;
  if (date.size() == text.size()) return true;
  const auto time = text.substr(date.size() + 1);
  if (!matches(time.substr(0, 8), "99:99:99")) return false;
  const auto rest = time.substr(8);
  return rest.empty() ||
         (rest.front() == '.' && rest.find_first_not_of("0123456789", 1) == std::string_view::npos);
}

class ReservedCheck {
 public:
  ReservedCheck(const CardList& cards, const HeaderPlace& place, Findings& findings)
      : cards_(cards), place_(place), findings_(findings) {
    const auto* xtension = cards.find("XTENSION");
    const auto* name =
        xtension == nullptr ? nullptr : std::get_if<std::string>(&xtension->card.value);
    table_ = !place.primary && name != nullptr && name->ends_with("TABLE");
    array_ = place.primary || (name != nullptr && *name == "IMAGE");
    const auto* compressed = cards.find("ZIMAGE");
    compressed_ = compressed != nullptr;
    bitpix_ = integer_of(cards.find("BITPIX")).value_or(8);
    naxis_ = integer_of(cards.find("NAXIS")).value_or(0);
    for (const auto& card : cards.cards) {
      const bool of_any_wcs = card.keyword.starts_with("WCSAXES") && card.keyword.size() <= 8;
      if (of_any_wcs && card.card.kind == CardKind::value)
        wcsaxes_ = std::max(wcsaxes_.value_or(0), integer_of(&card).value_or(0));
    }
  }

  void check() {
    for (const auto& card : cards_.cards) {
      if (card.card.kind != CardKind::value) continue;
      check_type(card);
      check_place(card);
      check_wcs(card);
    }
    check_scaling();
    check_matrices();
    check_extend();
  }

 private:
  void error(const NumberedCard& card, std::string problem, std::string remedy) {
    findings_.error("keyword-value", card.where(), std::move(problem), std::move(remedy));
  }
  void warn(const NumberedCard& card, std::string problem, std::string remedy) {
    findings_.warning("keyword-value", card.where(), std::move(problem), std::move(remedy));
  }

  void check_type(const NumberedCard& card) {
    const bool date = card.keyword.starts_with("DATE");
    const auto type = date ? std::optional(Type::text) : type_of(card.keyword);
    if (!type) return;
    if (!has_type(card.card.value, *type)) {
      const bool none = std::holds_alternative<std::monostate>(card.card.value);
      return error(card,
                   std::string(none ? "the value is missing" : "the value has a wrong type") +
                       ": the Standard wants " + std::string(type_name(*type)),
                   none ? "write the value, or delete the card" : "write the value anew");
    }
    const auto* text = std::get_if<std::string>(&card.card.value);
    if (!date || text == nullptr || is_date(*text)) return;
    const auto trimmed = trim_right(*text);
    if (trimmed.ends_with('Z') && is_date(trimmed.substr(0, trimmed.size() - 1))) {
      warn(card, "'" + *text + "' has a time zone, which section 9.1.1 does not allow",
           "leave the Z out; TIMESYS tells the time scale");
    } else {
      error(card, "'" + *text + "' is no date of the form YYYY-MM-DDThh:mm:ss",
            "write the date anew");
    }
  }

  void check_place(const NumberedCard& card) {
    constexpr std::array<std::string_view, 6> of_arrays{"BSCALE", "BZERO",   "BUNIT",
                                                        "BLANK",  "DATAMAX", "DATAMIN"};
    constexpr std::array<std::string_view, 15> of_columns{
        "TBCOL", "TFORM", "TSCAL", "TZERO", "TNULL", "TTYPE", "TUNIT", "TDISP",
        "TDIM",  "TCTYP", "TCUNI", "TCRVL", "TCDLT", "TCRPX", "TCROT"};
    constexpr std::array<std::string_view, 3> of_groups{"PTYPE", "PSCAL", "PZERO"};
    const auto& keyword = card.keyword;
    const auto numbered = [&](std::string_view stem) {
      return index_of(keyword, stem).has_value();
    };
    if (table_ && !compressed_ &&
        std::find(of_arrays.begin(), of_arrays.end(), keyword) != of_arrays.end())
      misplaced(card, "belongs to images and means nothing in a table");
    if (array_ && (keyword == "TFIELDS" || keyword == "THEAP" ||
                   std::any_of(of_columns.begin(), of_columns.end(), numbered)))
      misplaced(card, "belongs to tables and means nothing in an image");
    if (!place_.primary && std::any_of(of_groups.begin(), of_groups.end(), numbered))
      misplaced(card, "belongs to random groups alone");
    if (keyword == "BLOCKED" && !place_.primary)
      misplaced(card, "belongs into the primary header alone");
    if (keyword == "EPOCH") warn(card, "EPOCH is deprecated", "rename it to EQUINOX");
    if (keyword == "BLOCKED" && place_.primary) warn(card, "BLOCKED is deprecated", "delete it");
  }

  void misplaced(const NumberedCard& card, const std::string& why) {
    findings_.error("keyword-place", card.where(), card.keyword + " " + why, "delete the card");
  }

  void check_wcs(const NumberedCard& card) {
    const auto& keyword = card.keyword;
    for (const auto stem :
         {"CRPIX", "CRVAL", "CDELT", "CTYPE", "CUNIT", "CROTA", "CRDER", "CSYER"}) {
      const auto axis = axis_of(keyword, stem);
      if (!axis) continue;
      const auto number = number_of(card);
      if (std::string_view(stem) == "CDELT" && number == 0.0)
        error(card, "an increment of 0 gives no coordinates", "write the increment, or 1");
      const bool width = std::string_view(stem) == "CRDER" || std::string_view(stem) == "CSYER";
      if (width && number.value_or(0) < 0) error(card, "an error is 0 or more", "write it anew");
      check_axis(card, *axis);
    }
  }

  void check_axis(const NumberedCard& card, std::int64_t axis) {
    if (wcsaxes_ && axis > *wcsaxes_) {
      error(card, "counts beyond WCSAXES = " + std::to_string(*wcsaxes_),
            "correct WCSAXES, or delete the card");
    } else if (!wcsaxes_ && array_ && axis > naxis_) {
      warn(card, "counts beyond NAXIS = " + std::to_string(naxis_),
           "add WCSAXES in front of all WCS keywords, or delete the card");
    }
  }

  void check_scaling() {
    const auto* blank = cards_.find("BLANK");
    if (blank != nullptr && array_ && bitpix_ < 0)
      error(*blank, "BLANK has no meaning where pixels are floats",
            "delete it; NaN stands for pixels without a value");
    const auto* scale = cards_.find("BSCALE");
    if (scale != nullptr && number_of(*scale) == 0.0)
      warn(*scale, "a scale of 0 makes all pixels equal", "write the scale, or 1");
  }

  void check_matrices() {
    const NumberedCard *pc = nullptr, *cd = nullptr, *wcs = nullptr;
    for (const auto& card : cards_.cards) {
      if (card.card.kind != CardKind::value) continue;
      const auto& keyword = card.keyword;
      const bool primary =
          !keyword.empty() && std::isdigit(static_cast<unsigned char>(keyword.back())) != 0;
      if (!primary) continue;
      if (pc == nullptr && is_matrix(keyword, "PC")) pc = &card;
      if (cd == nullptr && is_matrix(keyword, "CD")) cd = &card;
      for (const auto stem : {"CTYPE", "CRPIX", "CRVAL", "CDELT", "CUNIT"}) {
        if (wcs == nullptr && index_of(keyword, stem)) wcs = &card;
      }
    }
    const auto* rotation = cards_.find("CROTA2");
    const auto* axes = cards_.find("WCSAXES");
    if (pc != nullptr && cd != nullptr)
      error(*cd, "CDi_j and PCi_j (" + pc->where() + ") exclude each other", "keep one matrix");
    if (pc != nullptr && rotation != nullptr)
      error(*rotation, "CROTA2 and PCi_j (" + pc->where() + ") exclude each other", "keep PCi_j");
    if (axes != nullptr && wcs != nullptr && wcs->line < axes->line)
      error(*axes, "WCSAXES stands behind " + wcs->where(), "move it in front of all WCS keywords");
  }

  void check_extend() {
    const auto* extend = cards_.find("EXTEND");
    if (extend == nullptr || !place_.primary || !place_.has_extensions) return;
    const auto* value = std::get_if<bool>(&extend->card.value);
    if (value != nullptr && !*value)
      error(*extend, "EXTEND = F, but there are extensions", "write EXTEND = T, or delete it");
  }

  const CardList& cards_;
  const HeaderPlace& place_;
  Findings& findings_;
  bool table_ = false, array_ = false, compressed_ = false;
  std::int64_t bitpix_ = 8, naxis_ = 0;
  std::optional<std::int64_t> wcsaxes_;
};

}  // namespace

void check_reserved(const CardList& cards, const HeaderPlace& place, Findings& findings) {
  ReservedCheck(cards, place, findings).check();
}

}  // namespace torchfits
