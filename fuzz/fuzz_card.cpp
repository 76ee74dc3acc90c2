// SPDX-License-Identifier: BSD-3-Clause
// Any text is a card; what a card formats to reads back as the card.
#include <cstddef>
#include <cstdint>
#include <cstdlib>
#include <string>
#include <string_view>

#include "base/error.h"
#include "fits/card.h"

namespace {

void require(bool fact) {
  if (!fact) std::abort();
}

/// A comment may be cut where no card can hold it whole.
bool is_front(std::string_view part, std::string_view whole) {
  return torchfits::trim_right(whole.substr(0, part.size())) == part;
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  const std::string_view text(reinterpret_cast<const char*>(data), size);
  const auto card = torchfits::Card::parse(text);
  require(card.keyword == torchfits::card_keyword(text.substr(0, torchfits::kCardSize)));
  std::string formatted;
  try {
    formatted = card.format();
  } catch (const torchfits::FitsError&) {
    return 0;
  }
  require(!formatted.empty() && formatted.size() % torchfits::kCardSize == 0);
  require(torchfits::card_lines(formatted) * torchfits::kCardSize == formatted.size());
  auto again = torchfits::Card::parse(formatted);
  require(again.kind == card.kind && again.keyword == card.keyword);
  require(again.value == card.value && is_front(again.comment, card.comment));
  require(again.kind == torchfits::CardKind::junk || again.problem.empty() ||
          again.keyword == "CONTINUE");
  require(torchfits::Card::parse(again.format()) == again);
  return 0;
}
