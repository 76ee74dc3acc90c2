// SPDX-License-Identifier: BSD-3-Clause
#include "fits/scan.h"

#include <array>
#include <charconv>
#include <limits>
#include <optional>
#include <utility>

#include "base/defaults.h"
#include "base/error.h"
#include "fits/block.h"
#include "fits/card.h"

namespace torchfits {
namespace {

constexpr std::size_t kKeywordSize = 8;
constexpr std::size_t kMaxNaxis = 999;  // FITS 4.0 section 4.4.1.1
constexpr auto kMaxDataBytes = static_cast<std::uint64_t>(std::numeric_limits<std::int64_t>::max());

std::string_view as_text(ByteView bytes) {
  return {reinterpret_cast<const char*>(bytes.data()), bytes.size()};
}

/// The keyword field of a card, blanks and NULs at its end removed.
std::string_view keyword_of(std::string_view card) {
  const auto field = card.substr(0, kKeywordSize);
  const auto last = field.find_last_not_of(std::string_view(" \0", 2));
  return last == std::string_view::npos ? std::string_view{} : field.substr(0, last + 1);
}

/// Bytes before the END card; nothing where there is none among whole cards.
std::optional<std::size_t> find_end(std::string_view text) {
  for (std::size_t at = 0; at + kCardSize <= text.size(); at += kCardSize) {
    if (text[at] == 'E' && keyword_of(text.substr(at, kCardSize)) == "END") return at;
  }
  return std::nullopt;
}

/// "first bytes" for a message, with what cannot be printed shown as '?'.
std::string printable(std::string_view text) {
  std::string shown(text.substr(0, 16));
  for (auto& c : shown) {
    if (c < ' ' || c > '~') c = '?';
  }
  return shown;
}

/// Collects the mandatory keywords (the first of repeated ones wins) and turns them into a record.
class MandatoryKeywords {
 public:
  explicit MandatoryKeywords(HduRecord& hdu) : hdu_(hdu) {}

  void collect(std::string_view cards) {
    for (std::size_t at = 0; at < cards.size(); at += kCardSize) {
      take(cards.substr(at, kCardSize));
    }
  }

  void finish() {
    if (hdu_.index == 0 && !is_true(simple_)) {
      hdu_.warnings.emplace_back(
          "SIMPLE is not T: the file says that it departs from the Standard; read all the same");
    }
    hdu_.bitpix = integer(bitpix_).value_or(8);
    read_axes();
    const bool groups =
        hdu_.index == 0 && is_true(groups_) && !hdu_.axes.empty() && hdu_.axes[0] == 0;
    if (hdu_.index > 0 || groups) {
      hdu_.pcount = count("PCOUNT", pcount_, 0);
      hdu_.gcount = count("GCOUNT", gcount_, 1);
    }
    hdu_.kind = groups ? HduKind::random_groups : kind();
    read_one_group();
    hdu_.data_bytes = data_bytes(groups);
  }

 private:
  struct Slot {
    std::string_view name;
    std::string_view* card;
  };

  void take(std::string_view card) {
    const auto keyword = keyword_of(card);
    if (keyword.starts_with("NAXIS") && keyword.size() > 5) return take_axis(card, keyword);
    const std::array<Slot, 8> slots{{{"SIMPLE", &simple_},
                                     {"XTENSION", &xtension_},
                                     {"BITPIX", &bitpix_},
                                     {"NAXIS", &naxis_},
                                     {"PCOUNT", &pcount_},
                                     {"GCOUNT", &gcount_},
                                     {"GROUPS", &groups_},
                                     {"ZIMAGE", &zimage_}}};
    for (const auto& slot : slots) {
      if (keyword == slot.name && slot.card->empty()) *slot.card = card;
    }
  }

  void take_axis(std::string_view card, std::string_view keyword) {
    const auto digits = keyword.substr(5);
    std::size_t n = 0;
    const auto [end, error] = std::from_chars(digits.data(), digits.data() + digits.size(), n);
    if (error != std::errc{} || end != digits.data() + digits.size()) return;
    if (n == 0 || n > kMaxNaxis) return;
    if (axis_cards_.size() < n) axis_cards_.resize(n);
    if (axis_cards_[n - 1].empty()) axis_cards_[n - 1] = card;
  }

  /// The usual fixed format without the full parser; whole floats are taken with a warning.
  std::optional<std::int64_t> integer(std::string_view card) {
    if (card.empty()) return std::nullopt;
    const auto field = card.substr(10);
    const auto first = field.find_first_not_of(' ');
    if (first == std::string_view::npos) return lenient_integer(card);
    std::int64_t value = 0;
    const auto [end, error] =
        std::from_chars(field.data() + first, field.data() + field.size(), value);
    const bool whole = end == field.data() + field.size() || *end == ' ' || *end == '/';
    if (error == std::errc{} && whole && card[8] == '=') return value;
    return lenient_integer(card);
  }

  std::optional<std::int64_t> lenient_integer(std::string_view text) {
    const auto card = Card::parse(text);
    if (const auto* value = std::get_if<std::int64_t>(&card.value)) return *value;
    if (const auto* value = std::get_if<double>(&card.value)) {
      constexpr double limit =
          9007199254740992.0;  // 2^53: beyond, a double does not tell integers apart
      if (*value >= -limit && *value <= limit &&
          *value == static_cast<double>(static_cast<std::int64_t>(*value))) {
        hdu_.warnings.push_back(card.keyword + " = " + std::string(text.substr(10, 20)) +
                                " is written as a float; read as an integer");
        return static_cast<std::int64_t>(*value);
      }
    }
    throw FitsError::format(card.keyword + " is not an integer that can be used: '" +
                            std::string(text.substr(8, 40)) + "'; correct the header");
  }

  std::uint64_t count(std::string_view keyword, std::string_view card, std::uint64_t missing) {
    const auto value = integer(card);
    if (!value) return missing;
    if (*value < 0) {
      throw FitsError::format(std::string(keyword) + " = " + std::to_string(*value) +
                              " is negative; correct the header");
    }
    return static_cast<std::uint64_t>(*value);
  }

  void read_axes() {
    const auto naxis = integer(naxis_);
    if (!naxis)
      throw FitsError::format("the mandatory keyword NAXIS is missing; correct the header");
    if (*naxis < 0 || *naxis > static_cast<std::int64_t>(kMaxNaxis)) {
      throw FitsError::format("NAXIS = " + std::to_string(*naxis) +
                              " is outside 0 to 999 (FITS 4.0 section 4.4.1)");
    }
    for (std::size_t n = 0; n < static_cast<std::size_t>(*naxis); ++n) {
      const auto keyword = "NAXIS" + std::to_string(n + 1);
      if (n >= axis_cards_.size() || axis_cards_[n].empty()) {
        throw FitsError::format("the mandatory keyword " + keyword +
                                " is missing; correct the header");
      }
      hdu_.axes.push_back(count(keyword, axis_cards_[n], 0));
    }
  }

  /// Images and tables have one group (FITS 4.0 section 7): with none, their axes would announce
  /// data that their size denies.
  void read_one_group() {
    const bool may_be_empty =
        hdu_.kind == HduKind::random_groups || hdu_.kind == HduKind::unknown || hdu_.axes.empty();
    if (hdu_.gcount != 0 || may_be_empty) return;
    hdu_.gcount = 1;
    hdu_.warnings.emplace_back("GCOUNT = 0 where it must be 1; read as 1");
  }

  static bool is_true(std::string_view text) {
    if (text.empty()) return false;
    const auto value = Card::parse(text).value;
    const auto* logical = std::get_if<bool>(&value);
    return logical != nullptr && *logical;
  }

  HduKind kind() const {
    if (hdu_.index == 0) return HduKind::image;
    const auto value = Card::parse(xtension_).value;
    const auto* name = std::get_if<std::string>(&value);
    if (name == nullptr) return HduKind::unknown;
    if (*name == "IMAGE" || *name == "IUEIMAGE") return HduKind::image;
    if (*name == "TABLE") return HduKind::ascii_table;
    if (*name != "BINTABLE" && *name != "A3DTABLE") return HduKind::unknown;
    return is_true(zimage_) ? HduKind::compressed_image : HduKind::table;
  }

  /// |BITPIX|/8 * GCOUNT * (PCOUNT + NAXIS1 * ... * NAXISm); NAXIS1 = 0 of random groups is left
  /// out.
  std::uint64_t data_bytes(bool groups) const {
    if (hdu_.axes.empty()) return 0;
    if (bitpix_.empty())
      throw FitsError::format("the mandatory keyword BITPIX is missing; correct the header");
    const std::array<std::int64_t, 6> legal{8, 16, 32, 64, -32, -64};
    if (std::find(legal.begin(), legal.end(), hdu_.bitpix) == legal.end()) {
      throw FitsError::format("BITPIX = " + std::to_string(hdu_.bitpix) +
                              " is none of 8, 16, 32, 64, -32, -64; correct the header");
    }
    const auto first = hdu_.axes.begin() + (groups ? 1 : 0);
    std::optional<std::uint64_t> elements = 1;
    if (std::find(first, hdu_.axes.end(), 0U) != hdu_.axes.end()) elements = 0;
    for (auto axis = first; axis != hdu_.axes.end() && elements && *elements > 0; ++axis) {
      elements = checked_mul(*elements, *axis);
    }
    if (elements) elements = checked_add(*elements, hdu_.pcount);
    if (elements) elements = checked_mul(*elements, hdu_.gcount);
    const auto width = static_cast<std::uint64_t>(hdu_.bitpix < 0 ? -hdu_.bitpix : hdu_.bitpix) / 8;
    if (elements) elements = checked_mul(*elements, width);
    if (!elements || *elements > kMaxDataBytes / 2) {
      throw FitsError::format(
          "BITPIX, NAXISn, PCOUNT and GCOUNT announce more bytes than any file can hold");
    }
    return *elements;
  }

  HduRecord& hdu_;
  std::string_view simple_, xtension_, bitpix_, naxis_, pcount_, gcount_, groups_, zimage_;
  std::vector<std::string_view> axis_cards_;
};

/// Whether an HDU begins with `text`; the first one must, or the file is not FITS.
std::optional<NoMoreHdus> not_an_hdu(std::size_t index, std::uint64_t offset,
                                     std::string_view text) {
  if (index == 0) {
    if (text.empty()) throw FitsError::format("the file is empty; write it, or fetch it, again");
    if (!text.starts_with("SIMPLE")) {
      throw FitsError::format("not a FITS file: it begins with '" + printable(text) +
                              "' instead of SIMPLE; look at where it comes from");
    }
    return std::nullopt;
  }
  if (text.empty()) return NoMoreHdus{};
  if (text.starts_with("XTENSION")) return std::nullopt;
  return NoMoreHdus{"the bytes from offset " + std::to_string(offset) +
                    " on, after the last HDU, are no HDU (they begin with '" + printable(text) +
                    "') and are ignored"};
}

}  // namespace

std::string_view kind_name(HduKind kind) noexcept {
  constexpr std::array<std::string_view, 6> names{"image",       "compressed_image", "table",
                                                  "ascii_table", "random_groups",    "unknown"};
  return names[static_cast<std::size_t>(kind)];
}

std::uint64_t HduRecord::end() const noexcept {
  return data_offset + padded(data_bytes).value_or(data_bytes);
}

std::string HduRecord::name() const {
  return std::string(trim(header.string("EXTNAME").value_or(index == 0 ? "PRIMARY" : "")));
}

std::int64_t HduRecord::version() const { return header.integer("EXTVER").value_or(1); }

std::string HduRecord::label() const {
  auto text = "HDU " + std::to_string(index);
  const auto extname = name();
  return extname.empty() ? text : text + " '" + extname + "'";
}

ScanStep scan_hdu(std::size_t index, std::uint64_t offset, ByteView bytes, bool complete) {
  const auto text = as_text(bytes);
  if (text.size() < kCardSize && !complete) return NeedBytes{kBlockSize};
  if (auto none = not_an_hdu(index, offset, text)) return *none;
  const auto end = find_end(text);
  if (!end) {
    if (bytes.size() >= kMaxHeaderBytes) {
      throw FitsError::format("no END card within " + std::to_string(kMaxHeaderBytes) +
                              " bytes: this is no header");
    }
    if (!complete) return NeedBytes{2 * static_cast<std::uint64_t>(bytes.size())};
    throw FitsError(ErrorCode::truncated,
                    "the header at offset " + std::to_string(offset) + " has no END card in its " +
                        std::to_string(text.size()) +
                        " bytes: the file is truncated or damaged; fetch it again");
  }
  HduRecord hdu;
  hdu.index = index;
  hdu.header_offset = offset;
  hdu.data_offset = offset + padded(*end + kCardSize).value();
  hdu.header = Header(std::string(text.substr(0, *end)));
  MandatoryKeywords keywords(hdu);
  try {
    keywords.collect(hdu.header.text());
    keywords.finish();
  } catch (FitsError& error) {
    error.in_hdu("HDU " + std::to_string(index) + " (header at offset " + std::to_string(offset) +
                 ")");
    throw;
  }
  if (hdu.data_offset > kMaxDataBytes - hdu.data_bytes - kBlockSize) {
    throw FitsError::format("the data of HDU " + std::to_string(index) +
                            " would end beyond any file");
  }
  return hdu;
}

}  // namespace torchfits
