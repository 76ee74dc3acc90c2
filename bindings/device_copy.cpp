// SPDX-License-Identifier: BSD-3-Clause
#include "device_copy.h"

#include <algorithm>
#include <array>
#include <chrono>
#include <utility>

#include "base/defaults.h"
#include "base/parallel.h"
#include "plan/slabs.h"
#include "tensor.h"

namespace nb = nanobind;
using namespace torchfits;

namespace {

/// What is copied at once. A copy costs 20 us of the thread that starts it; and a few blocks, those
/// that are being filled and copied, should fit the third-level cache.
constexpr std::uint64_t kBlockBytes = 8 * MiB;
/// Below this most of the data are decoded before the first block is complete.
constexpr std::uint64_t kLeastBytes = 4 * kBlockBytes;
/// What one thread decodes at once.
constexpr std::uint64_t kSlabBytes = 256 * KiB;
/// Longer waits for the GIL mean that other threads use it; Python lets go of it every 5 ms.
constexpr std::chrono::milliseconds kContended{1};

std::uint64_t bytes_of(std::span<const std::uint64_t> shape, ElementType type) {
  std::uint64_t bytes = info(type).size;
  for (const auto length : shape) bytes *= length;
  return bytes;
}

}  // namespace

DeviceCopy::DeviceCopy(nb::handle target, ElementType type, std::vector<std::uint64_t> starts)
    : flat_(target.attr("view")(-1)),
      type_(type),
      starts_(std::move(starts)),
      parts_(std::max<std::uint64_t>(1, kBlockBytes / (starts_[1] * info(type).size))),
      ahead_(1 + 2 * num_threads() / parts_),
      caller_(std::this_thread::get_id()),
      blocks_((starts_.size() - 2) / parts_ + 1) {
  for (std::size_t i = 0; i + 1 < starts_.size(); ++i) {
    blocks_[i / parts_].unfilled.fetch_add(1, std::memory_order_relaxed);
  }
}

void DeviceCopy::part(std::size_t index, const Fill& fill) {
  const auto number = index / parts_;
  if (std::this_thread::get_id() == caller_) tend(number);
  auto& block = blocks_[number];
  if (block.data.load(std::memory_order_acquire) == nullptr) {
    with_torch([&] { provide(number); });
  }
  fill(block.data.load(std::memory_order_acquire) +
       (starts_[index] - start(number)) * info(type_).size);
  block.unfilled.fetch_sub(1, std::memory_order_acq_rel);
}

template <class Work>
void DeviceCopy::with_torch(const Work& work) {
  const std::lock_guard lock(mutex_);
  const auto asked = std::chrono::steady_clock::now();
  const nb::gil_scoped_acquire gil;
  const bool contended = std::chrono::steady_clock::now() - asked > kContended;
  if (contended) together_ = std::min(4 * together_, blocks_.size());
  work();
}

/// What the caller does between its parts.
void DeviceCopy::tend(std::size_t number) {
  const auto last = std::min(number + ahead_, blocks_.size() - 1);
  const bool complete = blocks_[sent_].unfilled.load(std::memory_order_acquire) == 0;
  if (!complete && blocks_[last].data.load(std::memory_order_acquire) != nullptr) return;
  with_torch([&] {
    send_complete();
    for (auto next = number; next <= last; ++next) provide(next);
  });
}

void DeviceCopy::provide(std::size_t number) {
  if (blocks_[number].data.load(std::memory_order_acquire) != nullptr) return;
  auto end = number + 1;
  const auto most = number + std::min(together_, blocks_.size() - number);
  while (end < most && blocks_[end].data.load(std::memory_order_acquire) == nullptr) ++end;
  const auto first = start(number);
  const std::array<std::uint64_t, 1> shape{start(end) - first};
  auto fresh = empty_tensor(shape, type_, true);
  blocks_[number].tensor = std::move(fresh.tensor);
  blocks_[number].together = end - number;
  for (auto i = number; i < end; ++i) {
    auto* data = fresh.data + (start(i) - first) * info(type_).size;
    blocks_[i].data.store(data, std::memory_order_release);
  }
}

void DeviceCopy::send_complete() {
  while (sent_ < blocks_.size()) {
    auto& block = blocks_[sent_];
    const auto end = sent_ + block.together;
    for (auto i = sent_; i < std::max(end, sent_ + 1); ++i) {
      if (blocks_[i].unfilled.load(std::memory_order_acquire) != 0) return;
    }
    const auto first = start(sent_);
    flat_.attr("narrow")(0, first, start(end) - first)
        .attr("copy_")(block.tensor, nb::arg("non_blocking") = true);
    block.tensor.reset();
    sent_ = end;
  }
}

std::uint64_t DeviceCopy::start(std::size_t number) const noexcept {
  return starts_[std::min(number * parts_, starts_.size() - 1)];
}

nb::object device_target(const Form& form, std::span<const std::uint64_t> shape, ElementType type) {
  if (!form.pinned || bytes_of(shape, type) < kLeastBytes) return nb::none();
  return form.target(to_tuple(shape), dtype_of(type));
}

void read_image_to_device(const File& file, std::size_t hdu, const ImageRequest& request,
                          nb::handle target, ElementType type) {
  std::vector<std::uint64_t> counts;
  for (const auto& slice : request.selection) counts.push_back(slice.count);
  const Slabs slabs(counts, kSlabBytes / info(type).size);
  std::vector<std::uint64_t> starts;
  for (std::size_t i = 0; i <= slabs.count(); ++i) starts.push_back(slabs.first_element(i));
  DeviceCopy copy(target, type, std::move(starts));
  {
    const nb::gil_scoped_release no_gil;
    const std::vector<std::uint64_t> origin(counts.size(), 0);
    parallel_for(slabs.count(), [&](std::size_t i) {
      copy.part(i, [&](std::byte* memory) {
        const ImageRequest part{slabs.slab(i, request.selection), request.scaled};
        std::vector<std::uint64_t> shape;
        for (const auto& slice : part.selection) shape.push_back(slice.count);
        read_image(file, hdu, part, {type, memory, std::move(shape), origin});
      });
    });
  }
  copy.finish();
}
