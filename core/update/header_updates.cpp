// SPDX-License-Identifier: BSD-3-Clause
#include "update/header_updates.h"

#include <algorithm>
#include <cstddef>
#include <string>
#include <utility>
#include <vector>

#include "base/error.h"
#include "file/hdu_checksum.h"
#include "fits/block.h"
#include "fits/hdu_cards.h"
#include "fits/header_update.h"
#include "update/file_pieces.h"

namespace torchfits {
namespace {

/// Old and new bytes of one header.
struct HeaderChange {
  ByteRange old;  ///< the whole blocks, of which the file may lack the last bytes
  std::vector<std::byte> stored;
  std::string blocks;
  [[nodiscard]] bool fits() const noexcept { return blocks.size() == old.length; }
};

std::uint32_t sum_of_data(const File& file, const HduRecord& hdu) {
  file.check_data_present(hdu);
  const auto present = file.source().extent(hdu.end());  // the padding may be missing
  return sum_range(file.source(), {hdu.data_offset, present - hdu.data_offset}).value();
}

/// Sums that were there stay as right as they were; what is new is computed.
void settle_sums(const File& file, const HduRecord& hdu, ByteView stored, Header& header) {
  const bool data_sum = header.find("DATASUM").has_value();
  const bool checksum = header.find("CHECKSUM").has_value();
  const auto old_data_sum = hdu.header.find_card("DATASUM");
  const bool had_checksum = hdu.header.find("CHECKSUM").has_value();
  if (data_sum) {
    const auto position = header.find("DATASUM").value();
    auto card = header.card(position);
    card.value =
        old_data_sum ? old_data_sum->value : CardValue(std::to_string(sum_of_data(file, hdu)));
    if (card.value != header.card(position).value) header.replace(position, card);
  }
  if (!checksum) return;
  set_checksum(header, had_checksum ? sum_behind(stored) : sum_of_data(file, hdu));
}

/// No value where nothing changes.
std::optional<HeaderChange> change_of(const Updater& updater, const File& file,
                                      const HeaderEdit& edit) {
  const auto& hdu = file.hdu(edit.index);
  auto header = updated_header(hdu, edit.wanted);
  if (header.text() == hdu.header.text()) return std::nullopt;
  HeaderChange change;
  change.old = {hdu.header_offset, hdu.data_offset - hdu.header_offset};
  const auto present = std::min(updater.size(), hdu.data_offset) - hdu.header_offset;
  change.stored.resize(static_cast<std::size_t>(present));
  file.source().read({hdu.header_offset, present}, change.stored);
  if (auto same_blocks = fitted(header, hdu.header, change.old.length))
    header = std::move(*same_blocks);
  settle_sums(file, hdu, change.stored, header);
  change.blocks = header.to_blocks();
  return change;
}

/// The cards whose bytes differ.
void add_differences(const HeaderChange& change, std::vector<ByteRange>& ranges) {
  const auto fresh = std::as_bytes(std::span(change.blocks));
  for (std::size_t at = 0; at < fresh.size(); at += kCardSize) {
    const auto card = fresh.subspan(at, kCardSize);
    const auto old = ByteView(change.stored).subspan(std::min(at, change.stored.size()));
    if (old.size() >= kCardSize && std::equal(card.begin(), card.end(), old.begin())) continue;
    const auto offset = change.old.offset + at;
    if (!ranges.empty() && ranges.back().end() == offset) {
      ranges.back().length += kCardSize;
    } else {
      ranges.push_back({offset, kCardSize});
    }
  }
}

void change_in_place(Updater& updater, std::span<const HeaderChange> changes) {
  std::vector<ByteRange> ranges;
  for (const auto& change : changes) add_differences(change, ranges);
  updater.change(ranges, [&](ByteSink& sink) {
    for (const auto& range : ranges) {
      for (const auto& change : changes) {
        if (range.offset < change.old.offset || range.offset >= change.old.end()) continue;
        const auto bytes = std::as_bytes(std::span(change.blocks));
        sink.write_at(range.offset, bytes.subspan(range.offset - change.old.offset, range.length));
      }
    }
  });
}

void rebuild_around(Updater& updater, const File& file, std::span<HeaderChange> changes) {
  FilePieces pieces(updater, file);
  std::uint64_t at = 0;
  for (auto& change : changes) {
    pieces.keep({at, change.old.offset - at});
    pieces.write(std::move(change.blocks));
    at = std::min(change.old.end(), updater.size());
  }
  pieces.keep({at, updater.size() - at});
  updater.rebuild(pieces.list());
}

}  // namespace

void set_headers(Updater& updater, const File& file, std::span<const HeaderEdit> edits) {
  std::vector<HeaderChange> changes;
  for (const auto& edit : edits) {
    if (auto change = change_of(updater, file, edit)) changes.push_back(std::move(*change));
  }
  std::sort(changes.begin(), changes.end(), [](const HeaderChange& a, const HeaderChange& b) {
    return a.old.offset < b.old.offset;
  });
  const bool fit = std::all_of(changes.begin(), changes.end(),
                               [](const HeaderChange& change) { return change.fits(); });
  if (fit) {
    change_in_place(updater, changes);
  } else {
    rebuild_around(updater, file, changes);
  }
}

}  // namespace torchfits
