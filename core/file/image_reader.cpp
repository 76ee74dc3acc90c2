// SPDX-License-Identifier: BSD-3-Clause
#include "file/image_reader.h"

#include "base/defaults.h"
#include "base/error.h"
#include "base/stats.h"
#include "decode/pixels.h"
#include "file/run_plan.h"
#include "file/tile_reader.h"
#include "platform/memory.h"

namespace torchfits {

std::vector<AxisSlice> whole(std::span<const std::uint64_t> shape) {
  std::vector<AxisSlice> selection;
  selection.reserve(shape.size());
  for (const auto length : shape) selection.push_back({0, 1, length});
  return selection;
}

const ImageLayout& image_layout(const File& file, std::size_t index) {
  const auto& hdu = file.hdu(index);
  const auto layout = file.layout(index);
  if (const auto* image = std::get_if<ImageLayout>(layout.get())) {
    if (!hdu.axes.empty()) return *image;
    throw FitsError(ErrorCode::no_data,
                    "NAXIS = 0: the HDU has a header only" + file.hdus_with_data())
        .in_hdu(hdu.label());
  }
  if (const auto* tiled = std::get_if<TiledImageLayout>(layout.get())) {
    if (tiled->refused) throw FitsError(*tiled->refused).in_hdu(hdu.label());
    if (!tiled->image.shape.empty()) return tiled->image;
    throw FitsError(ErrorCode::no_data,
                    "ZNAXIS = 0: the compressed image has no pixels" + file.hdus_with_data())
        .in_hdu(hdu.label());
  }
  throw FitsError(ErrorCode::type,
                  "not an image but of kind '" + std::string(kind_name(hdu.kind)) + "'")
      .in_hdu(hdu.label());
}

void read_image(const File& file, std::size_t index, const ImageRequest& request,
                const ImageDestination& destination) {
  const auto& hdu = file.hdu(index);
  const auto& layout = image_layout(file, index);
  try {
    file.check_data_present(hdu);
    const auto whole_layout = file.layout(index);
    if (const auto* tiled = std::get_if<TiledImageLayout>(whole_layout.get()))
      return read_tiles(file, index, *tiled, request, destination);
    const auto coding = request.scaled ? layout.coding : layout.coding.unscaled();
    const auto stored_bytes = info(coding.stored).size;
    const auto element_bytes = info(destination.type).size;
    const auto plan = ImagePlan::make(layout.shape, stored_bytes, hdu.data_offset,
                                      request.selection, destination.shape, destination.origin);
    const auto written = plan.elements() * element_bytes;
    if (written >= kHugePageBytes) advise_huge_pages(destination.data, written);
    const ElementDecoder decode(coding, destination.type);
    run_plan(
        file.source(), plan.runs(), [&](std::uint64_t i) { return plan.run(i); },
        [&](const ImageRun& run, ByteView bytes) {
          auto* to = destination.data + run.out * element_bytes;
          if (plan.step() == 1) {
            decode(bytes.data(), run.count, to, run.out);
          } else {
            decode.strided(bytes, plan.step(), run.count, to, run.out);
          }
        });
    stats().bytes_decoded.fetch_add(plan.elements() * stored_bytes, std::memory_order_relaxed);
    stats().bytes_written.fetch_add(written, std::memory_order_relaxed);
  } catch (FitsError& error) {
    error.in_hdu(hdu.label());
    throw;
  }
}

}  // namespace torchfits
