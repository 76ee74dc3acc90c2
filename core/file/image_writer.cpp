// SPDX-License-Identifier: BSD-3-Clause
// Why it is fast: bytes that need no change go from the tensor to the file without a copy of ours;
// for the rest see data_unit.cpp.
#include "file/image_writer.h"

#include <algorithm>
#include <utility>

#include "base/defaults.h"
#include "encode/pixels.h"
#include "fits/image_header.h"

namespace torchfits {
namespace {

/// The pixels of an image as the bytes of its data unit.
class PixelBlocks final : public DataBlocks {
 public:
  PixelBlocks(const MemoryImage& image, const ElementCoding& coding)
      : encoder_(coding),
        data_(image.data),
        size_(info(coding.stored).size),
        bytes_(image.elements() * size_) {}

  [[nodiscard]] std::uint64_t bytes() const override { return bytes_; }
  [[nodiscard]] std::uint64_t blocks() const override {
    return (bytes_ + kMaxRangeBytes - 1) / kMaxRangeBytes;
  }
  [[nodiscard]] std::uint64_t position(std::uint64_t block) const override {
    return block * kMaxRangeBytes;
  }
  [[nodiscard]] std::size_t room() const override { return kMaxRangeBytes; }

  [[nodiscard]] ByteView block(std::uint64_t number, ByteSpan room) const override {
    const auto at = position(number);
    const auto bytes =
        static_cast<std::size_t>(std::min<std::uint64_t>(kMaxRangeBytes, bytes_ - at));
    if (encoder_.verbatim()) return {data_ + at, bytes};
    encoder_(data_ + at, bytes / size_, room.data());
    return room.first(bytes);
  }

 private:
  ElementEncoder encoder_;
  const std::byte* data_;
  std::size_t size_;
  std::uint64_t bytes_;
};

/// The pixels of an image as scaled integers.
class ScaledBlocks final : public DataBlocks {
 public:
  ScaledBlocks(const MemoryImage& image, const IntegerStorage& integers)
      : scale_(image, integers), swap_(integers.coding()), elements_(image.elements()) {}

  [[nodiscard]] std::uint64_t bytes() const override { return elements_ * scale_.size(); }
  [[nodiscard]] std::uint64_t blocks() const override {
    return (bytes() + kMaxRangeBytes - 1) / kMaxRangeBytes;
  }
  [[nodiscard]] std::uint64_t position(std::uint64_t block) const override {
    return block * kMaxRangeBytes;
  }
  [[nodiscard]] std::size_t room() const override { return kMaxRangeBytes; }

  [[nodiscard]] ByteView block(std::uint64_t number, ByteSpan room) const override {
    const auto first = position(number) / scale_.size();
    const auto count = static_cast<std::size_t>(
        std::min<std::uint64_t>(kMaxRangeBytes / scale_.size(), elements_ - first));
    scale_(first, count, room.data());
    swap_(room.data(), count, room.data());
    return room.first(count * scale_.size());
  }

 private:
  ScaledEncoder scale_;
  ElementEncoder swap_;
  std::uint64_t elements_;
};

}  // namespace

std::uint64_t write_image(const HduTarget& target, const MemoryImage& image, const UserCards& user,
                          const std::optional<IntegerStorage>& integers) {
  if (integers) {
    auto scaled =
        image_header({image.shape, integers->coding()}, target.place, user, target.checksum);
    return write_data_unit(target, std::move(scaled), ScaledBlocks(image, *integers));
  }
  const ImageLayout layout{image.shape, image_storage(image.natural)};
  auto header = image_header(layout, target.place, user, target.checksum);
  return write_data_unit(target, std::move(header), PixelBlocks(image, layout.coding));
}

}  // namespace torchfits
