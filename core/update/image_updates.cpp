// SPDX-License-Identifier: BSD-3-Clause
#include "update/image_updates.h"

#include <algorithm>
#include <atomic>
#include <cstring>
#include <string>
#include <vector>

#include "base/defaults.h"
#include "base/error.h"
#include "base/parallel.h"
#include "base/stats.h"
#include "encode/pixels.h"
#include "encode/stored_values.h"
#include "file/image_reader.h"
#include "update/data_change.h"

namespace torchfits {
namespace {

/// Elements that are converted at once.
constexpr std::uint64_t kPart = 16 * KiB;

ElementCoding plain(const ElementCoding& coding) {
  ElementCoding same;
  same.stored = same.natural = coding.stored;
  return same;
}

/// Elements of the user as the bytes of the file.
class Pixels {
 public:
  Pixels(const ElementCoding& coding, const SectionValues& values)
      : values_(values),
        to_stored_(coding, values.type, "BLANK"),
        encode_(to_stored_.copies() ? coding : plain(coding)),
        from_size_(info(values.type).size),
        size_(info(coding.stored).size) {}

  [[nodiscard]] std::size_t size() const noexcept { return size_; }

  /// The first element that cannot be stored, or `count`.
  [[nodiscard]] std::uint64_t first_misfit(std::uint64_t count) const {
    if (to_stored_.copies()) return count;
    const auto parts = count / kPart + (count % kPart != 0 ? 1 : 0);
    std::atomic<std::uint64_t> first{count}, next{0};
    const auto workers = count * from_size_ < kParallelBytes ? 1 : num_threads();
    parallel_for(workers, [&](std::size_t) {
      const Scratch room(kPart * size_);
      for (auto i = next.fetch_add(1); i < parts && i * kPart < first; i = next.fetch_add(1)) {
        const auto some = std::min(kPart, count - i * kPart);
        const auto good = to_stored_(element(i * kPart), nullptr, some, room.data());
        auto least = first.load();
        const auto found = i * kPart + good;
        while (good < some && found < least && !first.compare_exchange_weak(least, found)) {
        }
      }
    });
    return first;
  }

  [[nodiscard]] std::string problem(std::uint64_t position) const {
    return to_stored_.problem(element(position));
  }

  /// Elements from `first` on, all of which fit, `step` elements apart; a negative step begins at
  /// the end of `out`.
  void operator()(std::uint64_t first, std::uint64_t count, std::int64_t step, ByteSpan out) const {
    if (step == 1) return packed(first, count, out.data());
    const Scratch room(static_cast<std::size_t>(count) * size_);
    packed(first, count, room.data());
    const auto stride = static_cast<std::ptrdiff_t>(step) * static_cast<std::ptrdiff_t>(size_);
    auto* to = step > 0 ? out.data() : out.data() + out.size() - size_;
    for (std::uint64_t i = 0; i < count; ++i)
      std::memcpy(to + static_cast<std::ptrdiff_t>(i) * stride, room.data() + i * size_, size_);
  }

 private:
  [[nodiscard]] const std::byte* element(std::uint64_t position) const noexcept {
    return values_.data + (values_.alone ? 0 : position * from_size_);
  }

  void packed(std::uint64_t first, std::uint64_t count, std::byte* out) const {
    if (values_.alone) {
      convert(element(0), 1, out);
      for (std::uint64_t i = 1; i < count; ++i) std::memcpy(out + i * size_, out, size_);
    } else {
      convert(element(first), count, out);
    }
  }

  void convert(const std::byte* in, std::uint64_t count, std::byte* out) const {
    if (to_stored_.copies()) return encode_(in, count, out);
    static_cast<void>(to_stored_(in, nullptr, count, out));
    encode_(out, count, out);
  }

  SectionValues values_;
  StoredValues to_stored_;
  ElementEncoder encode_;
  std::size_t from_size_;
  std::size_t size_;
};

/// "[12, 3]" of element `position` of a section.
std::string place_of(std::uint64_t position, std::span<const AxisSlice> selection) {
  std::string text;
  for (auto axis = selection.rbegin(); axis != selection.rend(); ++axis) {
    const auto at = axis->start + static_cast<std::int64_t>(position % axis->count) * axis->step;
    position /= axis->count;
    text = std::to_string(at) + (text.empty() ? "" : ", ") + text;
  }
  return "[" + text + "]";
}

const ImageLayout& changeable_image(const File& file, const HduRecord& hdu) {
  if (hdu.kind == HduKind::compressed_image) {
    throw FitsError::unsupported(
        "the tiles of a compressed image are not changed in place; read it, change the tensor, and "
        "replace the HDU: f.replace(" +
        std::to_string(hdu.index) + ", tensor, compress=True)");
  }
  const auto& layout = image_layout(file, hdu.index);
  file.check_data_present(hdu);
  return layout;
}

}  // namespace

void SectionValues::require(std::uint64_t elements) const {
  if (alone ? count == 1 : count == elements) return;
  throw FitsError(ErrorCode::changed, "the section has " + std::to_string(elements) +
                                          " elements, and " + std::to_string(count) +
                                          " are given: the HDU changed meanwhile; assign again");
}

void write_section(Updater& updater, const File& file, std::size_t index,
                   std::span<const AxisSlice> selection, const SectionValues& values) {
  const auto& hdu = file.hdu(index);
  try {
    const auto& layout = changeable_image(file, hdu);
    const Pixels pixels(layout.coding, values);
    std::vector<std::uint64_t> counts;
    for (const auto& slice : selection) counts.push_back(slice.count);
    const std::vector<std::uint64_t> origin(counts.size(), 0);
    const auto plan =
        ImagePlan::make(layout.shape, pixels.size(), hdu.data_offset, selection, counts, origin);
    if (plan.elements() == 0) return;
    values.require(plan.elements());
    const auto given = values.alone ? 1 : plan.elements();
    if (const auto wrong = pixels.first_misfit(given); wrong < given) {
      throw FitsError(ErrorCode::value,
                      "the value for " + place_of(wrong, selection) + ": " + pixels.problem(wrong));
    }
    DataPatches patches;
    patches.count = plan.runs();
    patches.range = [&](std::uint64_t i) { return plan.run(i).range; };
    patches.fill = [&](std::uint64_t i, ByteSpan bytes) {
      const auto run = plan.run(i);
      pixels(run.out, run.count, plan.step(), bytes);
    };
    change_data(updater, file, index, hdu.header, patches);
  } catch (FitsError& error) {
    error.in_hdu(hdu.label());
    throw;
  }
}

}  // namespace torchfits
