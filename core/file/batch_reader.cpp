// SPDX-License-Identifier: BSD-3-Clause
#include "file/batch_reader.h"

#include <iterator>
#include <mutex>
#include <string>
#include <utility>

#include "base/error.h"
#include "base/parallel.h"

namespace torchfits {
namespace {

std::string shape_text(std::span<const std::uint64_t> shape) {
  std::string text = "(";
  for (std::size_t i = 0; i < shape.size(); ++i)
    text += (i == 0 ? "" : ", ") + std::to_string(shape[i]);
  return text + (shape.size() == 1 ? ",)" : ")");
}

void check_alike(const ImageLayout& layout, const BatchRequest& request) {
  if (layout.shape != request.shape) {
    throw FitsError(ErrorCode::value,
                    "the image has shape " + shape_text(layout.shape) +
                        ", the first one of the batch " + shape_text(request.shape) +
                        "; read it alone, or give a section that all images have");
  }
  const auto natural = request.image.scaled ? layout.coding.natural : layout.coding.stored;
  if (request.same_type && natural != request.natural) {
    throw FitsError(ErrorCode::value, "the image is " + std::string(info(natural).name) +
                                          ", the first one of the batch " +
                                          std::string(info(request.natural).name) +
                                          "; say which dtype= all are to have");
  }
}

}  // namespace

std::vector<std::string> read_batch(std::size_t count, const OpenSource& open,
                                    const BatchRequest& request,
                                    const ImageDestination& destination, const PlaceImage& place) {
  std::mutex mutex;
  std::vector<std::string> warnings;
  parallel_for(count, [&](std::size_t index) {
    const auto source = open(index);
    const File file(source);
    try {
      const auto hdu = file.choose(request.hdu, File::Want::image);
      check_alike(image_layout(file, hdu), request);
      place(index, [&](std::byte* memory) {
        auto mine = destination;
        mine.data = memory;
        read_image(file, hdu, request.image, mine);
      });
    } catch (FitsError& error) {
      const bool unnamed = source->name().starts_with('<');
      error.in_file(source->name() + (unnamed ? " (source " + std::to_string(index) + ")" : ""));
      throw;
    }
    if (!file.has_warnings()) return;
    auto mine = file.take_warnings();
    const std::lock_guard lock(mutex);
    std::move(mine.begin(), mine.end(), std::back_inserter(warnings));
  });
  return warnings;
}

std::vector<std::string> read_batch(std::size_t count, const OpenSource& open,
                                    const BatchRequest& request,
                                    const ImageDestination& destination) {
  auto image_bytes = info(destination.type).size;
  for (const auto length : destination.shape) image_bytes *= length;
  return read_batch(count, open, request, destination, [&](std::size_t index, const auto& fill) {
    fill(destination.data + index * image_bytes);
  });
}

}  // namespace torchfits
