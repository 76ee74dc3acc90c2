// SPDX-License-Identifier: BSD-3-Clause
#include "file/file.h"

#include <algorithm>
#include <cctype>
#include <utility>

#include "base/defaults.h"
#include "base/error.h"
#include "file/salvage.h"
#include "fits/block.h"
#include "fits/card_value.h"

namespace torchfits {
namespace {

/// Enough for most headers; a longer one is asked for in doubling steps.
constexpr std::uint64_t kLook = 4 * kBlockSize;
constexpr std::uint64_t kLookAhead = 64 * KiB;

std::string folded(std::string_view name) {
  std::string text(trim(name));
  std::transform(text.begin(), text.end(), text.begin(),
                 [](unsigned char c) { return static_cast<char>(std::toupper(c)); });
  return text;
}

bool has_zero_axis(const HduRecord& hdu) {
  return !hdu.axes.empty() && std::find(hdu.axes.begin(), hdu.axes.end(), 0U) != hdu.axes.end();
}

bool wanted(const HduRecord& hdu, File::Want want) {
  using enum HduKind;
  switch (want) {
    case File::Want::any: return true;
    case File::Want::image: return hdu.kind == image || hdu.kind == compressed_image;
    case File::Want::table:
      return hdu.kind == table || hdu.kind == ascii_table || hdu.kind == random_groups;
  }
  return false;
}

}  // namespace

File::File(std::shared_ptr<const ByteSource> source, std::size_t tile_cache_bytes,
           bool allow_truncated)
    : source_(std::move(source)), tiles_(tile_cache_bytes), allow_truncated_(allow_truncated) {}

bool File::scan_next() const {
  if (complete_) return false;
  try {
    complete_ = !scan_one();
  } catch (FitsError& error) {
    if (entries_.empty() || error.code() == ErrorCode::changed || error.code() == ErrorCode::io)
      throw;
    complete_ = true;
    failure_ = error;
    warn("the HDUs from number " + std::to_string(entries_.size()) +
         " on cannot be read: " + error.what());
  }
  return !complete_;
}

bool File::scan_one() const {
  if (cut_off_) return false;
  const auto offset = entries_.empty() ? 0 : entries_.back().record.end();
  auto want = first_look();
  while (true) {
    const auto present = source_->extent(offset + want);
    const ByteRange range{offset, present > offset ? std::min(present - offset, want) : 0};
    ScanStep step;
    const auto look = [&](std::size_t, ByteView bytes) {
      step = scan_hdu(entries_.size(), offset, bytes, range.length < want);
      if (auto* found = std::get_if<HduRecord>(&step)) {
        add(std::move(*found));
        add_what_follows(offset, bytes);
      }
    };
    if (range.length == 0) {
      look(0, {});
    } else {
      source_->for_each({&range, 1}, look);
    }
    if (const auto* need = std::get_if<NeedBytes>(&step)) {
      want = std::max(need->bytes, 2 * want);
      continue;
    }
    const auto* none = std::get_if<NoMoreHdus>(&step);
    if (none != nullptr && !none->warning.empty()) warn(none->warning);
    return none == nullptr;
  }
}

/// The first header comes with the file's first bytes; small HDUs in a row are looked at many at
/// once, and the header of another extension is expected to be as long as the one before.
std::uint64_t File::first_look() const {
  if (entries_.empty()) return kLook;
  const auto& last = entries_.back().record;
  const bool row_of_small =
      entries_.size() > 1 && last.end() - last.header_offset <= kLookAhead / 4;
  if (row_of_small) return kLookAhead;
  return entries_.size() == 1 ? kLook : std::min(last.data_offset - last.header_offset, kLook);
}

void File::add(HduRecord hdu) const {
  for (const auto& warning : hdu.warnings) warn(hdu.label() + ": " + warning);
  if (allow_truncated_) salvage(hdu);
  entries_.push_back({std::move(hdu), nullptr});
}

void File::salvage(HduRecord& hdu) const {
  const auto end = source_->extent(hdu.data_offset + hdu.data_bytes);
  const auto present = end > hdu.data_offset ? end - hdu.data_offset : 0;
  cut_off_ = present < hdu.data_bytes;
  if (const auto missing = cut_to_present(hdu, present)) warn(hdu.label() + ": " + *missing);
}

void File::warn(std::string text) const {
  warnings_.push_back(source_->name() + ", " + std::move(text));
  warned_ = true;
}

/// HDUs whose headers lie whole in bytes that are at hand anyway. What is wrong with one is said
/// when it is asked for.
void File::add_what_follows(std::uint64_t offset, ByteView bytes) const {
  if (bytes.size() < kLookAhead) return;
  try {
    while (!cut_off_) {
      const auto next = entries_.back().record.end() - offset;
      if (next >= bytes.size()) return;
      auto step = scan_hdu(entries_.size(), offset + next, bytes.subspan(next), false);
      auto* found = std::get_if<HduRecord>(&step);
      if (found == nullptr) return;
      add(std::move(*found));
    }
  } catch (const FitsError&) {
    return;
  }
}

File::Entry* File::scan_to(std::size_t index) const {
  while (entries_.size() <= index) {
    if (!scan_next()) return nullptr;
  }
  return &entries_[index];
}

/// An entry that has its layout never changes: it is read without the lock.
const File::Entry* File::recent(std::size_t index) const noexcept {
  const auto* entry = recent_.load(std::memory_order_acquire);
  return entry != nullptr && entry->record.index == index ? entry : nullptr;
}

const HduRecord& File::hdu(std::size_t index) const {
  if (const auto* entry = recent(index)) return entry->record;
  const std::scoped_lock lock(mutex_);
  if (const auto* entry = scan_to(index)) return entry->record;
  if (failure_) throw *failure_;
  throw FitsError(ErrorCode::hdu_index, "no HDU " + std::to_string(index) + ": the file has " +
                                            std::to_string(entries_.size()) + " (0 to " +
                                            std::to_string(entries_.size() - 1) + ")");
}

std::shared_ptr<const Layout> File::layout(std::size_t index) const {
  if (const auto* entry = recent(index)) return entry->layout;
  const auto& record = hdu(index);
  const std::scoped_lock lock(mutex_);
  auto& entry = entries_[index];
  if (!entry.layout) {
    std::vector<std::string> warnings;
    try {
      entry.layout = std::make_shared<const Layout>(read_layout(record, warnings));
    } catch (FitsError& error) {
      error.in_hdu(record.label());
      throw;
    }
    for (const auto& warning : warnings) warn(record.label() + ": " + warning);
  }
  recent_.store(&entry, std::memory_order_release);
  return entry.layout;
}

std::size_t File::count() const {
  const std::scoped_lock lock(mutex_);
  while (scan_next()) {
  }
  return entries_.size();
}

std::size_t File::find(std::string_view name, std::optional<std::int64_t> version) const {
  const auto key = folded(name);
  const std::scoped_lock lock(mutex_);
  for (std::size_t index = 0; const auto* entry = scan_to(index); ++index) {
    const auto& record = entry->record;
    const bool primary = index == 0 && key == "PRIMARY";
    if ((primary || folded(record.name()) == key) && (!version || record.version() == *version))
      return index;
  }
  if (failure_) throw *failure_;
  std::string known;
  for (const auto& [record, layout] : entries_) {
    const auto found = folded(record.name());
    known += known.empty() ? "" : ", ";
    known += found.empty() ? record.label() + " without a name" : "'" + found + "'";
    if (record.version() != 1) known += " version " + std::to_string(record.version());
  }
  const auto wish =
      "'" + std::string(name) + "'" + (version ? ", version " + std::to_string(*version) : "");
  throw FitsError(ErrorCode::hdu_name, "no HDU named " + wish + "; the file has " + known);
}

std::size_t File::first_with_data(Want want) const {
  const std::scoped_lock lock(mutex_);
  std::optional<std::size_t> empty;
  for (std::size_t index = 0; const auto* entry = scan_to(index); ++index) {
    if (!wanted(entry->record, want)) continue;
    if (entry->record.data_bytes > 0) return index;
    if (!empty && has_zero_axis(entry->record)) empty = index;
  }
  if (empty) return *empty;
  if (failure_) throw *failure_;
  constexpr std::string_view what[] = {"HDU with data", "image with data", "table"};
  throw FitsError(ErrorCode::no_data,
                  "the file has no " + std::string(what[static_cast<std::size_t>(want)]) +
                      " (HDUs: " + std::to_string(entries_.size()) + "); info() lists what it has");
}

std::size_t File::choose(const HduChoice& choice, Want want) const {
  if (choice.name) return find(*choice.name, choice.version);
  if (!choice.index) return first_with_data(want);
  if (*choice.index >= 0) {
    const auto index = static_cast<std::size_t>(*choice.index);
    static_cast<void>(hdu(index));
    return index;
  }
  const auto total = count();
  const auto back = static_cast<std::uint64_t>(-(*choice.index + 1)) + 1;
  if (back <= total) return total - back;
  throw FitsError(ErrorCode::hdu_index, "no HDU " + std::to_string(*choice.index) +
                                            ": the file has " + std::to_string(total));
}

void File::check_data_present(const HduRecord& hdu) const {
  const auto present = source_->extent(hdu.data_offset + hdu.data_bytes);
  const auto found = present > hdu.data_offset ? present - hdu.data_offset : 0;
  if (found < hdu.data_bytes) {
    throw FitsError::truncated("the data", hdu.data_bytes, found).in_hdu(hdu.label());
  }
}

std::string File::hdus_with_data() const {
  constexpr int most = 10;
  const std::scoped_lock lock(mutex_);
  std::string list;
  int found = 0;
  for (std::size_t index = 0; const auto* entry = scan_to(index); ++index) {
    if (entry->record.data_bytes == 0) continue;
    if (++found > most) break;
    list += (list.empty() ? "; HDUs with data: " : ", ") + entry->record.label().substr(4);
  }
  if (list.empty()) return "; no HDU of the file has data";
  return found > most ? list + ", ..." : list;
}

std::vector<std::string> File::take_warnings() const {
  const std::scoped_lock lock(mutex_);
  warned_ = false;
  return std::exchange(warnings_, {});
}

}  // namespace torchfits
