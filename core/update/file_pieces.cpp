// SPDX-License-Identifier: BSD-3-Clause
#include "update/file_pieces.h"

#include <algorithm>
#include <span>
#include <utility>

#include "base/error.h"
#include "fits/block.h"

namespace torchfits {

void write_fill(ByteSink& sink, std::uint64_t offset, std::uint64_t count, char fill) {
  const std::string bytes(static_cast<std::size_t>(count), fill);
  sink.write_at(offset, std::as_bytes(std::span(bytes)));
}

LackingPadding lacking_padding(const File& file, const HduRecord& hdu, std::uint64_t size) {
  if (size >= hdu.end()) return {};
  file.check_data_present(hdu);
  const bool text = size <= hdu.data_offset || hdu.kind == HduKind::ascii_table;
  return {hdu.end() - size, text ? ' ' : '\0'};
}

void FilePieces::keep_hdus(std::size_t first, std::size_t last) {
  for (auto i = first; i < last; ++i) {
    const auto& hdu = file_.hdu(i);
    const auto lacking = lacking_padding(file_, hdu, updater_.size());
    keep({hdu.header_offset, hdu.end() - hdu.header_offset - lacking.bytes});
    if (lacking.bytes > 0)
      write(std::string(static_cast<std::size_t>(lacking.bytes), lacking.fill));
  }
}

void FilePieces::keep(ByteRange range) {
  if (range.length == 0) return;
  auto* last = pieces_.empty() ? nullptr : std::get_if<KeptBytes>(&pieces_.back());
  if (last != nullptr && last->range.end() == range.offset) {
    last->range.length += range.length;
  } else {
    pieces_.emplace_back(KeptBytes{range});
  }
}

void FilePieces::write(std::string bytes) {
  write([bytes = std::move(bytes)](ByteSink& sink, std::uint64_t offset) {
    sink.write_at(offset, std::as_bytes(std::span(bytes)));
    return offset + bytes.size();
  });
}

void FilePieces::keep_what_follows() {
  const auto end = file_.hdu(file_.count() - 1).end();
  if (updater_.size() > end && !updater_.is_free(end)) keep({end, updater_.size() - end});
}

}  // namespace torchfits
