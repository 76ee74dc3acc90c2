// SPDX-License-Identifier: BSD-3-Clause
#include "update/hdu_updates.h"

#include <string>
#include <utility>
#include <vector>

#include "base/error.h"
#include "fits/header_update.h"
#include "update/file_pieces.h"

namespace torchfits {
namespace {

WriteBytes hdu_writer(const NewHdu& hdu, HduPlace place, bool checksum) {
  return [&hdu, place, checksum](ByteSink& sink, std::uint64_t offset) {
    return write_hdu({sink, offset, place, checksum}, hdu);
  };
}

const NewHdu& empty_hdu() {
  static const NewHdu empty;
  return empty;
}

/// `hdu` as the first of a file; returns where it stands.
std::size_t write_first(FilePieces& pieces, const NewHdu& hdu, bool checksum) {
  const bool behind_another = is_extension_only(hdu);
  if (behind_another) pieces.write(hdu_writer(empty_hdu(), HduPlace::primary, false));
  pieces.write(hdu_writer(hdu, behind_another ? HduPlace::extension : HduPlace::primary, checksum));
  return behind_another ? 1 : 0;
}

/// The header of what was the first HDU.
std::string demoted(const File& file) {
  const auto& primary = file.hdu(0);
  auto header = image_extension_header(primary);
  if (header.find("CHECKSUM")) {
    std::vector<std::byte> stored(static_cast<std::size_t>(primary.data_offset));
    file.source().read({0, stored.size()}, stored);
    set_checksum(header, sum_behind(stored));
  }
  return header.to_blocks();
}

void check_index(const File& file, std::size_t index) { (void)file.hdu(index); }

}  // namespace

std::size_t append_hdu(Updater& updater, const File* file, const NewHdu& hdu, bool checksum) {
  if (file == nullptr) {
    updater.append(
        0, [&](ByteSink& sink, std::uint64_t) { return write_hdus(sink, {&hdu, 1}, checksum); });
    return is_extension_only(hdu) ? 1 : 0;
  }
  const auto count = file->count();
  const auto& last = file->hdu(count - 1);
  const auto lacking = lacking_padding(*file, last, updater.size());
  updater.append(last.end(), [&](ByteSink& sink, std::uint64_t offset) {
    if (lacking.bytes > 0) write_fill(sink, offset - lacking.bytes, lacking.bytes, lacking.fill);
    return hdu_writer(hdu, HduPlace::extension, checksum)(sink, offset);
  });
  return count;
}

std::size_t insert_hdu(Updater& updater, const File& file, std::size_t index, const NewHdu& hdu,
                       bool checksum) {
  check_index(file, index);
  FilePieces pieces(updater, file);
  auto place = index;
  if (index > 0) {
    pieces.keep_hdus(0, index);
    pieces.write(hdu_writer(hdu, HduPlace::extension, checksum));
    pieces.keep_hdus(index, file.count());
  } else {
    auto header = demoted(file);
    place = write_first(pieces, hdu, checksum);
    pieces.write(std::move(header));
    const auto& first = file.hdu(0);
    const auto lacking = lacking_padding(file, first, updater.size());
    pieces.keep({first.data_offset, first.end() - lacking.bytes - first.data_offset});
    pieces.keep_hdus(1, file.count());
  }
  pieces.keep_what_follows();
  updater.rebuild(pieces.list());
  return place;
}

std::size_t replace_hdu(Updater& updater, const File& file, std::size_t index, const NewHdu& hdu,
                        bool checksum) {
  check_index(file, index);
  FilePieces pieces(updater, file);
  pieces.keep_hdus(0, index);
  auto place = index;
  if (index > 0) {
    pieces.write(hdu_writer(hdu, HduPlace::extension, checksum));
  } else {
    place = write_first(pieces, hdu, checksum);
  }
  pieces.keep_hdus(index + 1, file.count());
  pieces.keep_what_follows();
  updater.rebuild(pieces.list());
  return place;
}

void remove_hdu(Updater& updater, const File& file, std::size_t index) {
  const auto& hdu = file.hdu(index);
  const bool last = index + 1 == file.count();
  if (index > 0 && last && updater.is_free(hdu.end())) return updater.cut(hdu.header_offset);
  FilePieces pieces(updater, file);
  pieces.keep_hdus(0, index);
  if (index == 0) pieces.write(hdu_writer(empty_hdu(), HduPlace::primary, false));
  pieces.keep_hdus(index + 1, file.count());
  pieces.keep_what_follows();
  updater.rebuild(pieces.list());
}

void move_hdu(Updater& updater, const File& file, std::size_t index, std::size_t to) {
  check_index(file, index);
  check_index(file, to);
  if (index == to) return;
  if (index == 0 || to == 0) {
    throw FitsError(ErrorCode::value,
                    "HDU 0 is the primary HDU and stays the first; insert another one before it, "
                    "or replace it");
  }
  std::vector<std::size_t> order(file.count());
  for (std::size_t i = 0; i < order.size(); ++i) order[i] = i;
  order.erase(order.begin() + static_cast<std::ptrdiff_t>(index));
  order.insert(order.begin() + static_cast<std::ptrdiff_t>(to), index);
  FilePieces pieces(updater, file);
  for (const auto i : order) pieces.keep_hdus(i, i + 1);
  pieces.keep_what_follows();
  updater.rebuild(pieces.list());
}

}  // namespace torchfits
