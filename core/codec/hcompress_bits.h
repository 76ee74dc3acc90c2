// SPDX-License-Identifier: BSD-3-Clause
// Bits of an HCOMPRESS_1 stream, the most significant first, in words of 64.
#pragma once

#include <algorithm>
#include <cstddef>
#include <cstdint>

#include "base/bytes.h"

namespace torchfits {

/// Zeros follow the last byte; past_end() tells that some of them were taken.
class BitReader {
 public:
  explicit BitReader(ByteView in, std::size_t first_byte = 0) noexcept
      : in_(in), position_(8 * first_byte) {}

  /// The next bits, at the top of the word; at least 57 of them are there.
  [[nodiscard]] std::uint64_t peek() const noexcept {
    return (word_inside() ? load_be<std::uint64_t>(in_.data() + position_ / 8) : last_word())
           << position_ % 8;
  }
  void skip(std::size_t bits) noexcept { position_ += bits; }
  void align() noexcept { position_ = (position_ + 7) / 8 * 8; }
  [[nodiscard]] unsigned take(unsigned bits) noexcept {
    const auto taken = static_cast<unsigned>(peek() >> (64 - bits));
    skip(bits);
    return taken;
  }

  [[nodiscard]] bool past_end() const noexcept { return position_ > 8 * in_.size(); }
  [[nodiscard]] std::size_t bytes_taken() const noexcept {
    return std::min((position_ + 7) / 8, in_.size());
  }

 private:
  [[nodiscard]] bool word_inside() const noexcept { return position_ / 8 + 8 <= in_.size(); }
  [[nodiscard]] std::uint64_t last_word() const noexcept {
    std::uint64_t word = 0;
    for (auto byte = position_ / 8; byte < position_ / 8 + 8; ++byte) {
      word = word << 8 | (byte < in_.size() ? std::to_integer<std::uint64_t>(in_[byte]) : 0);
    }
    return word;
  }

  ByteView in_;
  std::size_t position_;
};

/// The room must hold all that is put, and four bytes more.
class BitWriter {
 public:
  explicit BitWriter(std::byte* to) noexcept : to_(to) {}

  /// `bits` below 2^count; up to 32 of them.
  void put(std::uint64_t bits, unsigned count) noexcept {
    word_ = word_ << count | bits;
    held_ += count;
    if (held_ < 32) return;
    held_ -= 32;
    store_be(to_, static_cast<std::uint32_t>(word_ >> held_));
    to_ += 4;
  }

  /// Fills the last byte with zeros; returns the end of the bytes.
  [[nodiscard]] std::byte* flush() noexcept {
    store_be(to_, static_cast<std::uint32_t>(word_ << (32 - held_)));
    to_ += (held_ + 7) / 8;
    word_ = held_ = 0;
    return to_;
  }

 private:
  std::byte* to_;
  std::uint64_t word_ = 0;
  unsigned held_ = 0;  ///< bits of word_ that are not stored yet, below 32
};

}  // namespace torchfits
