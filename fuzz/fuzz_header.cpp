// SPDX-License-Identifier: BSD-3-Clause
// Any text is a header; every card is found by its keyword, and edits touch no other card.
#include <algorithm>
#include <cstddef>
#include <cstdint>
#include <cstdlib>
#include <string>
#include <string_view>

#include "base/error.h"
#include "fits/header.h"

namespace {

void require(bool fact) {
  if (!fact) std::abort();
}

void check_lookup(const torchfits::Header& header) {
  std::size_t lines = 0;
  const auto size = std::min<std::size_t>(header.size(), 64);
  for (std::size_t i = 0; i < size; ++i) {
    const auto keyword = header.keyword(i);
    require(keyword == header.card(i).keyword);
    const auto positions = header.positions(keyword);
    const auto found = std::find(positions.begin(), positions.end(), i);
    require(found != positions.end());
    const auto nth = static_cast<std::size_t>(found - positions.begin());
    require(header.find(keyword, nth) == i);
    require(header.find_card(keyword, nth) == header.card(i));
    lines += header.card_text(i).size();
    static_cast<void>(header.integer(keyword));
    static_cast<void>(header.real(keyword));
    static_cast<void>(header.string(keyword));
    static_cast<void>(header.logical(keyword));
  }
  require(size < header.size() || lines == header.text().size());
}

void check_edit(torchfits::Header header) {
  const auto before = header.text();
  header.insert(0, torchfits::Card::make("INSERTED", std::int64_t{1}, "comment"));
  require(header.integer("inserted").has_value());
  header.erase(0);
  require(header.text() == before);
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  const std::string_view bytes(reinterpret_cast<const char*>(data), size);
  const torchfits::Header header(
      std::string(bytes.substr(0, size / torchfits::kCardSize * torchfits::kCardSize)));
  check_lookup(header);
  check_edit(header);
  require(header.to_blocks().size() % torchfits::kBlockSize == 0);
  try {
    check_lookup(torchfits::Header::from_text(bytes));
  } catch (const torchfits::FitsError&) {
    return 0;
  }
  return 0;
}
