// SPDX-License-Identifier: BSD-3-Clause
// The cards of an HDU that is written: first those that describe its data, then those of the user.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "fits/header.h"
#include "fits/layout.h"

namespace torchfits {

/// Whether the HDU is the first of its file.
enum class HduPlace : std::uint8_t { primary, extension };

/// What the data of an HDU are.
enum class Content : std::uint8_t { array, columns };

/// What the user says about an HDU.
struct UserCards {
  Header header;
  std::optional<std::string> name;        ///< EXTNAME, instead of the header's
  std::optional<std::int64_t> version{};  ///< EXTVER, instead of the header's
};

/// Whether a keyword (in normal form) says how the data of its HDU is stored: structure, scaling,
/// columns, compression, checksums. Such cards are no use to another HDU.
[[nodiscard]] bool describes_data(std::string_view keyword);

/// Text of cards, one after another.
class CardText {
 public:
  void add(std::string_view keyword, CardValue value, std::string_view comment);
  /// The `number`th of a family such as NAXISn.
  void add(std::string_view stem, std::uint64_t number, CardValue value, std::string_view comment);
  /// Those of the user, as they stand there, without the ones that describe data (structure,
  /// scaling, BLANK, compression, checksums), and without those that belong to other content:
  /// sections 4.4.2.5, 7.2.2 and 7.3.2 of the Standard.
  void add(const UserCards& user, Content content);

  [[nodiscard]] Header header() && { return Header(std::move(text_)); }

 private:
  std::string text_;
};

/// SIMPLE or XTENSION, BITPIX, NAXIS, NAXISn (`axes`: NAXIS1 first), and for extensions PCOUNT and
/// GCOUNT.
struct MandatoryCards {
  std::string_view extension{};  ///< "IMAGE   ", "BINTABLE"; empty for the primary HDU
  int bitpix = 8;
  std::vector<std::uint64_t> axes{};
  std::uint64_t pcount = 0;
  void add_to(CardText& cards) const;
};

/// BZERO or TZERO of the offset convention, exact also for 64 bits.
[[nodiscard]] CardValue zero_of(const ElementCoding& coding);

/// BITPIX of a stored type.
[[nodiscard]] int bitpix_of(ElementType stored);

/// Placeholders of the width that set_checksums() needs.
void add_checksums(CardText& cards);
/// `data_sum` of the data; afterwards the HDU sums to all ones.
void set_checksums(Header& header, std::uint32_t data_sum);

}  // namespace torchfits
