// SPDX-License-Identifier: BSD-3-Clause
#include "file/file_writer.h"

#include <string>

#include "base/error.h"
#include "file/tiled_image_writer.h"

namespace torchfits {
namespace {

bool is_compressed(const NewHdu& hdu) { return hdu.image && hdu.compression; }

std::uint64_t write_hdu(const HduTarget& target, const NewHdu& hdu) {
  if (is_compressed(hdu)) return write_tiled_image(target, *hdu.image, hdu.cards, *hdu.compression);
  return write_image(target, hdu.image.value_or(MemoryImage{}), hdu.cards);
}

}  // namespace

std::uint64_t write_hdus(ByteSink& sink, std::span<const NewHdu> hdus, bool checksum) {
  HduTarget target{sink, 0, HduPlace::primary, checksum};
  std::uint64_t end = 0;
  if (hdus.empty() || is_compressed(hdus.front())) {
    end = write_image(target, {}, {});
    target.place = HduPlace::extension;
  }
  for (std::size_t i = 0; i < hdus.size(); ++i) {
    const HduTarget next{sink, end, target.place, checksum};
    try {
      end = write_hdu(next, hdus[i]);
    } catch (FitsError& error) {
      if (hdus.size() > 1) error.in_hdu("item " + std::to_string(i) + " of the list");
      throw;
    }
    target.place = HduPlace::extension;
  }
  return end;
}

}  // namespace torchfits
