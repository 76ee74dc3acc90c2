// SPDX-License-Identifier: BSD-3-Clause
// Equal-shaped images of many files, read in parallel into one block of memory.
#pragma once

#include <cstddef>
#include <functional>
#include <memory>
#include <string>
#include <vector>

#include "file/image_reader.h"

namespace torchfits {

/// Opens the `index`-th source; called from pool threads.
using OpenSource = std::function<std::shared_ptr<const ByteSource>(std::size_t index)>;

struct BatchRequest {
  HduChoice hdu;
  ImageRequest image;
  std::vector<std::uint64_t> shape;  ///< that every image must have
  ElementType natural = ElementType::u8;
  bool same_type = true;  ///< the natural types must agree too: nobody asked for a dtype
};

/// Calls fill(memory) for the `index`-th image; called from pool threads.
using PlaceImage =
    std::function<void(std::size_t index, const std::function<void(std::byte*)>& fill)>;

/// Fills the images [0, count) where `place` says, `destination` but for that.
/// An error names the file; images of another shape or type are ErrorCode::value.
/// Returns what was read leniently.
std::vector<std::string> read_batch(std::size_t count, const OpenSource& open,
                                    const BatchRequest& request,
                                    const ImageDestination& destination, const PlaceImage& place);

/// Fills image i into destination.data + i * (bytes of destination.shape).
std::vector<std::string> read_batch(std::size_t count, const OpenSource& open,
                                    const BatchRequest& request,
                                    const ImageDestination& destination);

}  // namespace torchfits
