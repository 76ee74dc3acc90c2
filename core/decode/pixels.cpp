// SPDX-License-Identifier: BSD-3-Clause
// Why it is fast:
// - without a conversion the first stage writes straight into the tensor, a whole run in one call;
// - with one, stage follows stage over a block that stays in the first-level cache: memory is read
// once, written once;
// - elements with a step between them are gathered into such a block, and then are like any others.
#include "decode/pixels.h"

#include <algorithm>
#include <array>
#include <charconv>
#include <complex>
#include <string>

#include "base/error.h"

namespace torchfits {
namespace {

/// Of the natural elements, or the gathered ones, between two stages. Both fit the first-level
/// cache with the rest.
constexpr std::size_t kBlockBytes = 4096;

using Block = std::array<std::byte, kBlockBytes>;

std::string targets_of(ElementType natural) {
  std::string names;
  for (const auto& candidate : kElementTypes) {
    if (candidate.type != natural &&
        convert_kernel(natural, candidate.type, Simd::portable) == nullptr)
      continue;
    names += (names.empty() ? "" : ", ") + std::string(candidate.name);
  }
  return names;
}

/// A null that the stored type cannot hold never occurs.
std::optional<std::int64_t> possible_null(const ElementCoding& coding) {
  if (!coding.null) return std::nullopt;
  return dispatch(coding.stored, [&]<class Stored>() -> std::optional<std::int64_t> {
    if constexpr (std::is_integral_v<Stored> && !std::is_same_v<Stored, bool>) {
      if (fits<Stored>(*coding.null)) return coding.null;
    }
    return std::nullopt;
  });
}

std::string text_of(ElementType type, const std::byte* element) {
  return dispatch(type, [&]<class T>() -> std::string {
    if constexpr (std::is_arithmetic_v<T> && !std::is_same_v<T, bool>) {
      T value;
      std::memcpy(&value, element, sizeof value);
      std::array<char, 64> text{};
      const auto end = std::to_chars(text.data(), text.data() + text.size(), value).ptr;
      return {text.data(), end};
    } else {
      return "?";
    }
  });
}

FitsError does_not_fit(ElementType natural, const std::byte* element, std::uint64_t position,
                       ElementType target) {
  return {ErrorCode::value, "the value " + text_of(natural, element) + " (element " +
                                std::to_string(position) + " of the output) is no " +
                                std::string(info(target).name) + "; read as " +
                                std::string(info(natural).name) + " and convert"};
}

FitsError offset_overflow(const ElementCoding& coding, std::int64_t stored,
                          std::uint64_t position) {
  return {ErrorCode::format, "the stored value " + std::to_string(stored) + " (element " +
                                 std::to_string(position) + " of the output) plus the zero point " +
                                 std::to_string(coding.offset) +
                                 " is no int64; read with scaled=False"};
}

template <std::size_t Size>
void gather(const std::byte* from, std::ptrdiff_t distance, std::size_t count,
            std::byte* to) noexcept {
  for (std::size_t i = 0; i < count; ++i) {
    std::memcpy(to + i * Size, from + static_cast<std::ptrdiff_t>(i) * distance, Size);
  }
}

void gather(const std::byte* from, std::ptrdiff_t distance, std::size_t count, std::size_t size,
            std::byte* to) noexcept {
  switch (size) {
    case 1: return gather<1>(from, distance, count, to);
    case 2: return gather<2>(from, distance, count, to);
    case 4: return gather<4>(from, distance, count, to);
    case 8: return gather<8>(from, distance, count, to);
    default: return gather<16>(from, distance, count, to);
  }
}

}  // namespace

ElementDecoder::ElementDecoder(const ElementCoding& coding, ElementType target, Simd simd,
                               ByteOrder order)
    : coding_(coding),
      target_(target),
      order_(order),
      stored_bytes_(info(coding.stored).size),
      natural_bytes_(info(coding.natural).size),
      target_bytes_(info(target).size) {
  coding_.null = possible_null(coding);
  to_natural_ = natural_kernel(coding_, order, simd);
  if (target == coding.natural) return;
  convert_ = convert_kernel(coding.natural, target, simd);
  if (convert_ == nullptr) {
    throw FitsError(ErrorCode::type, std::string(info(coding.natural).name) +
                                         " data cannot be read as " +
                                         std::string(info(target).name) + "; use one of " +
                                         targets_of(coding.natural));
  }
}

bool ElementDecoder::copies() const noexcept {
  return order_ == ByteOrder::native && convert_ == nullptr &&
         coding_.rule == ElementCoding::Rule::copy && coding_.natural == coding_.stored;
}

bool ElementDecoder::in_place() const noexcept {
  return convert_ == nullptr && swaps_only(coding_);
}

/// With a conversion, `count` natural elements fit a Block.
void ElementDecoder::block(const std::byte* in, std::size_t count, std::byte* out,
                           std::uint64_t first) const {
  Block natural;
  const auto decoded = to_natural_(coding_, in, count, convert_ == nullptr ? out : natural.data());
  if (decoded != count) {
    const auto* at = in + decoded * stored_bytes_;
    auto stored = load_be<std::int64_t>(at);
    if (order_ == ByteOrder::native) std::memcpy(&stored, at, sizeof stored);
    throw offset_overflow(coding_, stored, first + decoded);
  }
  if (convert_ == nullptr) return;
  const auto converted = convert_(natural.data(), count, out);
  if (converted == count) return;
  throw does_not_fit(coding_.natural, natural.data() + converted * natural_bytes_,
                     first + converted, target_);
}

void ElementDecoder::operator()(const std::byte* in, std::size_t count, std::byte* out,
                                std::uint64_t first) const {
  const auto step = convert_ == nullptr ? count : kBlockBytes / natural_bytes_;
  for (std::size_t done = 0; done < count; done += step) {
    block(in + done * stored_bytes_, std::min(step, count - done), out + done * target_bytes_,
          first + done);
  }
}

void ElementDecoder::strided(ByteView in, std::int64_t step, std::size_t count, std::byte* out,
                             std::uint64_t first) const {
  Block stored;
  const auto* begin = step < 0 ? in.data() + in.size() - stored_bytes_ : in.data();
  const auto distance =
      static_cast<std::ptrdiff_t>(step) * static_cast<std::ptrdiff_t>(stored_bytes_);
  const auto most = kBlockBytes / std::max(stored_bytes_, natural_bytes_);
  for (std::size_t done = 0; done < count; done += most) {
    const auto some = std::min(most, count - done);
    gather(begin + static_cast<std::ptrdiff_t>(done) * distance, distance, some, stored_bytes_,
           stored.data());
    block(stored.data(), some, out + done * target_bytes_, first + done);
  }
}

}  // namespace torchfits
