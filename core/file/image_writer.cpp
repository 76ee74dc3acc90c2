// SPDX-License-Identifier: BSD-3-Clause
// Why it is fast:
// - the file has its size before the first byte is written, so that no write waits for room;
// - threads swap blocks that stay in the second-level cache and write them where they belong;
// - bytes that need no change go from the tensor to the file without a copy of ours;
// - a small HDU is one write.
#include "file/image_writer.h"

#include <algorithm>
#include <atomic>
#include <cstring>
#include <mutex>
#include <string>

#include "base/defaults.h"
#include "base/parallel.h"
#include "base/stats.h"
#include "encode/pixels.h"
#include "fits/block.h"
#include "fits/checksum.h"
#include "fits/image_header.h"

namespace torchfits {
namespace {

/// The pixels of an image as the bytes of its data unit.
class PixelBytes {
 public:
  PixelBytes(const MemoryImage& image, const ElementCoding& coding)
      : encoder_(coding),
        data_(image.data),
        size_(info(coding.stored).size),
        bytes_(image.elements() * size_) {}

  [[nodiscard]] std::uint64_t size() const noexcept { return bytes_; }
  [[nodiscard]] std::uint64_t blocks() const noexcept {
    return (bytes_ + kMaxRangeBytes - 1) / kMaxRangeBytes;
  }
  [[nodiscard]] std::uint64_t position(std::uint64_t block) const noexcept {
    return block * kMaxRangeBytes;
  }

  /// `room` for kMaxRangeBytes.
  [[nodiscard]] ByteView block(std::uint64_t number, ByteSpan room) const {
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

/// All blocks to `offset`; gives their sum where it is wanted.
Checksum write_blocks(const HduTarget& target, const PixelBytes& pixels, std::uint64_t offset) {
  Checksum total;
  std::mutex mutex;
  std::atomic<std::uint64_t> next{0};
  const auto blocks = pixels.blocks();
  const auto workers =
      pixels.size() < kParallelBytes ? 1 : std::min<std::uint64_t>(num_threads(), blocks);
  parallel_for(workers, [&](std::size_t) {
    const Scratch room(kMaxRangeBytes);
    Checksum sum;
    for (auto i = next.fetch_add(1); i < blocks; i = next.fetch_add(1)) {
      const auto bytes = pixels.block(i, room.span());
      target.sink.write_at(offset + pixels.position(i), bytes);
      if (target.checksum) sum.add(bytes, pixels.position(i));
    }
    const std::lock_guard lock(mutex);
    total.add(sum);
  });
  return total;
}

/// Header and data in one write; the data fit one block.
void write_small(const HduTarget& target, const PixelBytes& pixels, Header header) {
  const Scratch room(kMaxRangeBytes);
  const auto data = pixels.size() > 0 ? pixels.block(0, room.span()) : ByteView{};
  if (target.checksum) {
    Checksum sum;
    sum.add(data, 0);
    set_checksums(header, sum.value());
  }
  auto hdu = header.to_blocks();
  hdu.append(reinterpret_cast<const char*>(data.data()), data.size());
  hdu.resize(padded(hdu.size()).value(), '\0');
  target.sink.write_at(target.offset, std::as_bytes(std::span(hdu)));
}

}  // namespace

std::uint64_t write_image(const HduTarget& target, const MemoryImage& image,
                          const UserCards& user) {
  const ImageLayout layout{image.shape, image_storage(image.natural)};
  auto header = image_header(layout, target.place, user, target.checksum);
  const PixelBytes pixels(image, layout.coding);
  const auto data_offset = target.offset + padded(header.text().size() + kCardSize).value();
  const auto end = data_offset + padded(pixels.size()).value();
  target.sink.reserve(end);
  if (pixels.size() <= kSmallFileBytes) {
    write_small(target, pixels, std::move(header));
    return end;
  }
  const auto sum = write_blocks(target, pixels, data_offset);
  if (target.checksum) set_checksums(header, sum.value());
  const auto blocks = header.to_blocks();
  target.sink.write_at(target.offset, std::as_bytes(std::span(blocks)));
  return end;
}

}  // namespace torchfits
