// SPDX-License-Identifier: BSD-3-Clause
#include "file/image_reader.h"

#include <algorithm>

#include "base/error.h"
#include "base/stats.h"
#include "decode/pixels.h"
#include "file/run_plan.h"
#include "file/tile_reader.h"
#include "platform/memory.h"

namespace torchfits {
namespace {

/// Selections that are planned together.
constexpr std::size_t kPlannedParts = 4096;

std::uint64_t elements_of(std::span<const AxisSlice> selection) {
  std::uint64_t product = 1;
  for (const auto& slice : selection) {
    if (slice.count == 0) return 0;  // the other lengths are bounded by nothing
  }
  for (const auto& slice : selection) product *= slice.count;
  return product;
}

/// The runs of several plans, one plan behind the other.
class PartRuns {
 public:
  struct Run {
    ByteRange range;
    std::uint64_t out, count;
    std::int64_t step;
  };

  void add(const ImagePlan& plan, std::uint64_t block) {
    plans_.push_back({plan, block, count_});
    count_ += plan.runs();
  }
  [[nodiscard]] std::uint64_t count() const noexcept { return count_; }
  /// To be asked in order.
  Run next(std::uint64_t index) {
    while (index - plans_[at_].first_run >= plans_[at_].plan.runs()) ++at_;
    const auto& [plan, block, first_run] = plans_[at_];
    const auto run = plan.run(index - first_run);
    return {run.range, block + run.out, run.count, plan.step()};
  }

 private:
  struct Planned {
    ImagePlan plan;
    std::uint64_t block;
    std::uint64_t first_run;
  };
  std::vector<Planned> plans_;
  std::uint64_t count_ = 0;
  std::size_t at_ = 0;
};

void read_runs(const ByteSource& source, const HduRecord& hdu, const ImageLayout& layout,
               std::span<const ImagePart> parts, bool scaled, const ImageBlocks& blocks) {
  const auto coding = scaled ? layout.coding : layout.coding.unscaled();
  const auto stored_bytes = info(coding.stored).size;
  const auto element_bytes = info(blocks.type).size;
  const ElementDecoder decode(coding, blocks.type);
  for (; !parts.empty(); parts = parts.subspan(std::min(parts.size(), kPlannedParts))) {
    PartRuns runs;
    for (const auto& part : parts.first(std::min(parts.size(), kPlannedParts))) {
      runs.add(ImagePlan::make(layout.shape, stored_bytes, hdu.data_offset, part.selection,
                               blocks.shape, part.origin),
               part.block);
    }
    run_plan(
        source, runs.count(), [&](std::uint64_t i) { return runs.next(i); },
        [&](const PartRuns::Run& run, ByteView bytes) {
          auto* to = blocks.data + run.out * element_bytes;
          if (run.step == 1) {
            decode(bytes.data(), run.count, to, run.out);
          } else {
            decode.strided(bytes, run.step, run.count, to, run.out);
          }
        },
        {},
        [&](const PartRuns::Run& run) {
          const bool lands = run.step == 1 && decode.in_place();
          return lands ? ByteSpan{blocks.data + run.out * element_bytes, run.range.length}
                       : ByteSpan{};
        });
  }
}

}  // namespace

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
  const ImagePart all{request.selection, destination.origin};
  read_image_parts(file, index, {&all, 1}, request.scaled,
                   {destination.type, destination.data, destination.shape});
}

void read_image_parts(const File& file, std::size_t index, std::span<const ImagePart> parts,
                      bool scaled, const ImageBlocks& blocks) {
  const auto& hdu = file.hdu(index);
  const auto& layout = image_layout(file, index);
  try {
    file.check_data_present(hdu);
    std::uint64_t elements = 0;
    for (const auto& part : parts) elements += elements_of(part.selection);
    const auto written = elements * info(blocks.type).size;
    advise_huge_pages(blocks.data, written);
    const auto whole_layout = file.layout(index);
    const auto* tiled = std::get_if<TiledImageLayout>(whole_layout.get());
    if (tiled != nullptr) {
      read_tiles(file, index, *tiled, parts, scaled, blocks);
    } else {
      read_runs(file.source(), hdu, layout, parts, scaled, blocks);
    }
    const auto stored_bytes = info(layout.coding.stored).size;
    stats().bytes_decoded.fetch_add(elements * stored_bytes, std::memory_order_relaxed);
    stats().bytes_written.fetch_add(written, std::memory_order_relaxed);
  } catch (FitsError& error) {
    error.in_hdu(hdu.label());
    throw;
  }
}

}  // namespace torchfits
