// SPDX-License-Identifier: BSD-3-Clause
#include "fits/compressed_header.h"

#include <algorithm>
#include <array>
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <unordered_map>
#include <utility>

#include "fits/block.h"
#include "fits/card_value.h"

namespace torchfits {
namespace {

struct Renamed {
  std::string_view stored, held;
};

/// Keywords that take their names back where they stand. A card that has the name already belongs
/// to the compressed table.
constexpr std::array<Renamed, 4> kRenamed{{{"ZEXTEND", "EXTEND"},
                                           {"ZBLOCKED", "BLOCKED"},
                                           {"ZHECKSUM", "CHECKSUM"},
                                           {"ZDATASUM", "DATASUM"}}};

constexpr std::array<std::string_view, 22> kLeftOut{
    "SIMPLE",   "XTENSION", "BITPIX",   "NAXIS",   "PCOUNT", "GCOUNT",  "TFIELDS", "THEAP",
    "ZIMAGE",   "ZSIMPLE",  "ZTENSION", "ZBITPIX", "ZNAXIS", "ZPCOUNT", "ZGCOUNT", "ZCMPTYPE",
    "ZQUANTIZ", "ZDITHER0", "ZMASKCMP", "ZSCALE",  "ZZERO",  "ZBLANK"};

/// Stems of numbered keywords that an image does not have.
constexpr std::array<std::string_view, 5> kLeftOutNumbered{"NAXIS", "ZNAXIS", "ZTILE", "ZNAME",
                                                           "ZVAL"};
/// Those that describe a column of the table of tiles.
constexpr std::array<std::string_view, 11> kColumnKeywords{"TTYPE", "TFORM", "TUNIT", "TNULL",
                                                           "TSCAL", "TZERO", "TDISP", "TDIM",
                                                           "TBCOL", "TUCD",  "TCOMM"};

constexpr std::array<std::string_view, 6> kTableLeftOut{"ZTABLE", "ZTILELEN", "ZPCOUNT",
                                                        "ZTHEAP", "CHECKSUM", "DATASUM"};
constexpr std::array<std::string_view, 3> kTableLeftOutNumbered{"ZNAXIS", "ZFORM", "ZCTYP"};

template <std::size_t Size>
bool among(const std::array<std::string_view, Size>& names, std::string_view keyword) {
  return std::find(names.begin(), names.end(), keyword) != names.end();
}

/// The n of STEMn, without leading zeros; 0 for any other keyword.
std::uint64_t number_behind(std::string_view stem, std::string_view keyword) noexcept {
  if (!keyword.starts_with(stem) || keyword.size() == stem.size()) return 0;
  std::uint64_t number = 0;
  for (const auto c : keyword.substr(stem.size())) {
    if (c < '0' || c > '9' || (number == 0 && c == '0')) return 0;
    number = 10 * number + static_cast<std::uint64_t>(c - '0');
  }
  return number;
}

template <std::size_t Size>
bool numbered(const std::array<std::string_view, Size>& stems, std::string_view keyword,
              std::uint64_t most = UINT64_MAX) {
  return std::any_of(stems.begin(), stems.end(), [&](std::string_view stem) {
    const auto number = number_behind(stem, keyword);
    return number > 0 && number <= most;
  });
}

/// Of a card of eight-character keywords; a HIERARCH card is called HIERARCH here.
std::string short_keyword(std::string_view card) {
  std::string keyword(trim_right(card.substr(0, 8)));
  for (auto& c : keyword) c = c >= 'a' && c <= 'z' ? static_cast<char>(c - 'a' + 'A') : c;
  return keyword;
}

/// A header that is taken from another one card by card.
class HeldHeader {
 public:
  explicit HeldHeader(const Header& stored) : stored_(stored) {
    for (std::size_t i = 0; i < stored.size(); ++i) {
      places_.try_emplace(short_keyword(stored.card_text(i)), i);
    }
  }

  [[nodiscard]] bool has(std::string_view keyword) const {
    return places_.contains(std::string(keyword));
  }

  /// The first card of `keyword` under the name `held`; false where there is none.
  bool take(const std::string& keyword, std::string_view held) {
    const auto found = places_.find(keyword);
    if (found == places_.end()) return false;
    add(stored_.card_text(found->second), held);
    return true;
  }

  /// A card byte for byte.
  void add(std::string_view card) { text_ += card; }

  /// A card under another name, its value and comment byte for byte.
  void add(std::string_view card, std::string_view keyword) {
    const auto start = text_.size();
    text_ += card;
    text_.replace(start, 8, std::string(keyword) + std::string(8 - keyword.size(), ' '));
  }

  void add(const Card& card) { text_ += card.format(); }

  [[nodiscard]] Header done() && { return Header(std::move(text_)); }

 private:
  const Header& stored_;
  std::unordered_map<std::string, std::size_t> places_;  ///< of the first card of each keyword
  std::string text_;
};

/// The mandatory keywords of an image in the Standard's order (section 4.4.1).
void add_mandatory(HeldHeader& held, const Header& header) {
  const bool primary = held.take("ZSIMPLE", "SIMPLE");
  if (!primary && !held.take("ZTENSION", "XTENSION")) {
    held.add(Card::make("XTENSION", std::string("IMAGE"), ""));
  }
  held.take("ZBITPIX", "BITPIX");
  held.take("ZNAXIS", "NAXIS");
  const auto naxis = header.integer("ZNAXIS").value_or(0);
  for (std::int64_t n = 1; n <= std::min<std::int64_t>(naxis, 999); ++n) {
    const auto keyword = "NAXIS" + std::to_string(n);
    held.take("Z" + keyword, keyword);
  }
  if (primary) return;
  if (!held.take("ZPCOUNT", "PCOUNT")) held.add(Card::make("PCOUNT", std::int64_t{0}, ""));
  if (!held.take("ZGCOUNT", "GCOUNT")) held.add(Card::make("GCOUNT", std::int64_t{1}, ""));
}

bool unnamed(std::string_view card) {
  const auto value = Card::parse(card).value;
  const auto* name = std::get_if<std::string>(&value);
  return name != nullptr && trim_right(*name) == "COMPRESSED_IMAGE";
}

/// What a card of the compressed image is called in the image's header; empty where it is left out.
std::string_view name_in_image(const HeldHeader& held, std::string_view keyword) {
  for (const auto& [stored, name] : kRenamed) {
    if (keyword == stored) return name;
    if (keyword == name) return name.ends_with("SUM") || held.has(stored) ? "" : name;
  }
  return among(kLeftOut, keyword) || numbered(kLeftOutNumbered, keyword) ? "" : keyword;
}

Header image_header(const Header& header) {
  HeldHeader held(header);
  add_mandatory(held, header);
  const auto columns =
      static_cast<std::uint64_t>(std::max<std::int64_t>(0, header.integer("TFIELDS").value_or(0)));
  // Of integers ZBLANK is the null of the pixels, of floats that of their quantised values.
  const bool blank = header.integer("ZBITPIX").value_or(0) > 0 && !held.has("BLANK");
  for (std::size_t i = 0; i < header.size(); ++i) {
    const auto card = header.card_text(i);
    const auto keyword = short_keyword(card);
    if (numbered(kColumnKeywords, keyword, columns)) continue;
    if (keyword == "EXTNAME" && unnamed(card)) continue;
    const auto name = keyword == "ZBLANK" && blank ? "BLANK" : name_in_image(held, keyword);
    if (name == keyword) {
      held.add(card);
    } else if (!name.empty()) {
      held.add(card, name);
    }
  }
  return std::move(held).done();
}

/// What a keyword of the compressed table is called in the header that it replaces it with.
std::optional<std::string> replacement(std::string_view keyword) {
  if (keyword == "NAXIS1" || keyword == "NAXIS2" || keyword == "PCOUNT" ||
      number_behind("TFORM", keyword) > 0) {
    auto stored = "Z" + std::string(keyword);
    if (keyword.starts_with("TFORM")) stored.erase(1, 1);
    return stored;
  }
  return std::nullopt;
}

Header table_header(const Header& header) {
  HeldHeader held(header);
  for (std::size_t i = 0; i < header.size(); ++i) {
    const auto card = header.card_text(i);
    const auto keyword = short_keyword(card);
    if (const auto stored = replacement(keyword)) {
      if (!held.take(*stored, keyword)) held.add(card);
    } else if (keyword == "ZTHEAP") {
      held.add(card, "THEAP");
    } else if (keyword == "ZHECKSUM" || keyword == "ZDATASUM") {
      held.add(card, keyword == "ZHECKSUM" ? "CHECKSUM" : "DATASUM");
    } else if (keyword != "THEAP" && !among(kTableLeftOut, keyword) &&
               !numbered(kTableLeftOutNumbered, keyword)) {
      held.add(card);
    }
  }
  return std::move(held).done();
}

}  // namespace

bool is_compressed_table(const HduRecord& hdu) {
  // Most tables are not, and are told so without an index of their cards.
  return hdu.kind == HduKind::table && hdu.header.text().find("ZTABLE") != std::string::npos &&
         hdu.header.logical("ZTABLE").value_or(false);
}

Header uncompressed_header(const HduRecord& hdu) {
  if (hdu.kind == HduKind::compressed_image) return image_header(hdu.header);
  if (is_compressed_table(hdu)) return table_header(hdu.header);
  return hdu.header;
}

}  // namespace torchfits
