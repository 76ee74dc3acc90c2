// SPDX-License-Identifier: BSD-3-Clause
#include "fits/hdu_cards.h"

#include <algorithm>
#include <array>
#include <span>

#include "fits/checksum.h"

namespace torchfits {
namespace {

using namespace std::string_view_literals;

constexpr std::string_view kChecksumComment = "sums the HDU to -0";
constexpr std::string_view kDatasumComment = "sum of the data";

/// Keywords of the Standard that describe data, its structure, or an HDU that it was before.
constexpr std::array kDescribing{
    "SIMPLE"sv,   "XTENSION"sv, "BITPIX"sv,   "NAXIS"sv,   "EXTEND"sv,   "PCOUNT"sv,
    "GCOUNT"sv,   "GROUPS"sv,   "BLOCKED"sv,  "TFIELDS"sv, "THEAP"sv,    "BSCALE"sv,
    "BZERO"sv,    "BLANK"sv,    "CHECKSUM"sv, "DATASUM"sv, "END"sv,      "ZIMAGE"sv,
    "ZTABLE"sv,   "ZCMPTYPE"sv, "ZBITPIX"sv,  "ZNAXIS"sv,  "ZMASKCMP"sv, "ZSIMPLE"sv,
    "ZTENSION"sv, "ZEXTEND"sv,  "ZBLOCKED"sv, "ZPCOUNT"sv, "ZGCOUNT"sv,  "ZHECKSUM"sv,
    "ZDATASUM"sv, "ZQUANTIZ"sv, "ZDITHER0"sv, "ZSCALE"sv,  "ZZERO"sv,    "ZBLANK"sv,
    "ZTILELEN"sv, "ZTHEAP"sv,   "FZALGOR"sv,  "FZTILE"sv,  "FZQVALUE"sv, "FZQMETHD"sv,
    "FZDTHRSD"sv, "FZINT2F"sv,  "FZHSCALE"sv,
};
/// The same, with a number behind them.
constexpr std::array kDescribingFamilies{
    "NAXIS"sv,  "TTYPE"sv, "TFORM"sv, "TUNIT"sv, "TNULL"sv, "TSCAL"sv, "TZERO"sv,
    "TDISP"sv,  "TBCOL"sv, "TDIM"sv,  "TUCD"sv,  "PTYPE"sv, "PSCAL"sv, "PZERO"sv,
    "ZNAXIS"sv, "ZTILE"sv, "ZNAME"sv, "ZVAL"sv,  "ZFORM"sv, "ZCTYP"sv, "FZALG"sv,
};

constexpr std::array kOfArrays{"BUNIT"sv, "DATAMAX"sv, "DATAMIN"sv};
constexpr std::array kFamiliesOfColumns{"TCTYP"sv, "TCUNI"sv, "TCRVL"sv,
                                        "TCDLT"sv, "TCRPX"sv, "TCROT"sv};

bool contains(std::span<const std::string_view> list, std::string_view keyword) {
  return std::find(list.begin(), list.end(), keyword) != list.end();
}

bool is_numbered(std::span<const std::string_view> families, std::string_view keyword) {
  const auto stem = keyword.substr(0, keyword.find_last_not_of("0123456789") + 1);
  return stem.size() < keyword.size() && contains(families, stem);
}

bool belongs_elsewhere(std::string_view keyword, Content content) {
  return content == Content::columns ? contains(kOfArrays, keyword)
                                     : is_numbered(kFamiliesOfColumns, keyword);
}

}  // namespace

bool describes_data(std::string_view keyword) {
  return contains(kDescribing, keyword) || is_numbered(kDescribingFamilies, keyword);
}

void CardText::add(std::string_view keyword, CardValue value, std::string_view comment) {
  text_ += Card::make(keyword, std::move(value), std::string(comment)).format();
}

void CardText::add(std::string_view stem, std::uint64_t number, CardValue value,
                   std::string_view comment) {
  add(std::string(stem) + std::to_string(number), std::move(value), comment);
}

void CardText::add(const UserCards& user, Content content) {
  std::optional<CardValue> name, version;
  if (user.name) name = *user.name;
  if (user.version) version = *user.version;
  const bool named = user.name.has_value(), numbered = user.version.has_value();
  for (std::size_t i = 0; i < user.header.size(); ++i) {
    const auto keyword = user.header.keyword(i);
    if (describes_data(keyword) || belongs_elsewhere(keyword, content)) continue;
    const bool is_name = named && keyword == "EXTNAME";
    if (!is_name && !(numbered && keyword == "EXTVER")) {
      text_ += user.header.card_text(i);
    } else if (auto& value = is_name ? name : version) {
      add(keyword, *value, user.header.card(i).comment);
      value.reset();
    }
  }
  if (name) add("EXTNAME", *name, "name of the HDU");
  if (version) add("EXTVER", *version, "version of HDUs of one name");
}

CardValue zero_of(const ElementCoding& coding) {
  if (coding.natural == ElementType::i8) return std::int64_t{-128};
  if (coding.natural == ElementType::u64) return BigInteger{"9223372036854775808"};
  return std::int64_t{1} << (8 * info(coding.stored).size - 1);
}

int bitpix_of(ElementType stored) {
  const auto bits = static_cast<int>(8 * info(stored).size);
  return is_float(stored) ? -bits : bits;
}

void MandatoryCards::add_to(CardText& cards) const {
  if (extension.empty()) {
    cards.add("SIMPLE", true, "conforms to the FITS Standard");
  } else {
    cards.add("XTENSION", std::string(extension), "kind of extension");
  }
  cards.add("BITPIX", std::int64_t{bitpix}, "bits of a stored number; negative: floating point");
  cards.add("NAXIS", static_cast<std::int64_t>(axes.size()), "number of axes");
  for (std::size_t i = 0; i < axes.size(); ++i)
    cards.add("NAXIS", i + 1, static_cast<std::int64_t>(axes[i]), "");
  if (extension.empty()) {
    cards.add("EXTEND", true, "extensions may follow");
  } else {
    cards.add("PCOUNT", static_cast<std::int64_t>(pcount), "bytes of the heap");
    cards.add("GCOUNT", std::int64_t{1}, "number of groups");
  }
}

void add_checksums(CardText& cards) {
  cards.add("CHECKSUM", std::string(kUnsetChecksum), kChecksumComment);
  cards.add("DATASUM", std::string("0"), kDatasumComment);
}

void set_checksums(Header& header, std::uint32_t data_sum) {
  const auto set = [&](std::string_view keyword, std::string text, std::string_view comment) {
    header.replace(header.find(keyword).value(),
                   Card::make(keyword, std::move(text), std::string(comment)));
  };
  set("CHECKSUM", kUnsetChecksum, kChecksumComment);
  set("DATASUM", std::to_string(data_sum), kDatasumComment);
  const auto blocks = header.to_blocks();
  Checksum sum;
  sum.add(std::as_bytes(std::span(blocks)), 0);
  // A part that sums to `data_sum`.
  std::array<std::byte, 4> word;
  store_be(word.data(), data_sum);
  sum.add(word, 0);
  set("CHECKSUM", encode_checksum(sum.value()), kChecksumComment);
}

}  // namespace torchfits
