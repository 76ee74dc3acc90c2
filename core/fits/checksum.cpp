// SPDX-License-Identifier: BSD-3-Clause
// Why it is fast:
// - words are summed 64 bits at a time: a sum modulo 2^64 - 1 gives the one modulo 2^32 - 1;
// - carries are counted, and come back in once at the end of a part;
// - two independent sums run side by side;
// - a part at an odd position is summed as if it stood at 0, and its sum is rotated.
#include "fits/checksum.h"

#include <algorithm>
#include <array>
#include <bit>

namespace torchfits {
namespace {

std::uint64_t add_around(std::uint64_t a, std::uint64_t b) noexcept {
  const auto sum = a + b;
  return sum + static_cast<std::uint64_t>(sum < a);
}

/// Fewer than 8 bytes, with zeros behind them.
std::uint64_t load_rest(ByteView rest) noexcept {
  std::array<std::byte, 8> word{};
  std::copy(rest.begin(), rest.end(), word.begin());
  return load_be<std::uint64_t>(word.data());
}

std::uint64_t sum_words(ByteView bytes) noexcept {
  std::array<std::uint64_t, 2> sums{};
  std::array<std::uint64_t, 2> carries{};
  std::size_t at = 0;
  for (; at + 16 <= bytes.size(); at += 16) {
    for (std::size_t lane = 0; lane < 2; ++lane) {
      const auto word = load_be<std::uint64_t>(bytes.data() + at + 8 * lane);
      sums[lane] += word;
      carries[lane] += static_cast<std::uint64_t>(sums[lane] < word);
    }
  }
  auto sum = add_around(add_around(sums[0], carries[0]), add_around(sums[1], carries[1]));
  for (; at < bytes.size(); at += 8) {
    const auto rest = bytes.subspan(at, std::min<std::size_t>(8, bytes.size() - at));
    sum = add_around(sum, load_rest(rest));
  }
  return sum;
}

}  // namespace

void Checksum::add(ByteView bytes, std::uint64_t position) noexcept {
  const auto shift = static_cast<int>(position % 4 * 8);
  sum_ = add_around(sum_, std::rotr(sum_words(bytes), shift));
}

void Checksum::add(const Checksum& other) noexcept { sum_ = add_around(sum_, other.sum_); }

std::uint32_t Checksum::value() const noexcept {
  const auto folded = (sum_ >> 32U) + (sum_ & 0xffffffffU);
  return static_cast<std::uint32_t>((folded >> 32U) + (folded & 0xffffffffU));
}

std::string encode_checksum(std::uint32_t sum) {
  constexpr std::string_view kPunctuation = ":;<=>?@[\\]^_`";
  const auto is_letter_or_digit = [&](int c) {
    return kPunctuation.find(static_cast<char>(c)) == std::string_view::npos;
  };
  std::string text(16, '0');
  for (std::size_t byte = 0; byte < 4; ++byte) {
    const auto value = static_cast<int>(~sum >> (24 - 8 * byte) & 0xffU);
    std::array<int, 4> characters;
    characters.fill(value / 4 + '0');
    characters[0] += value % 4;
    // Punctuation goes in pairs whose sum stays.
    for (const std::size_t pair : {0U, 2U}) {
      while (!is_letter_or_digit(characters[pair]) || !is_letter_or_digit(characters[pair + 1])) {
        ++characters[pair];
        --characters[pair + 1];
      }
    }
    // The value stands at byte 11 of its card: everything is rotated by one place.
    for (std::size_t i = 0; i < 4; ++i)
      text[(4 * i + byte + 1) % 16] = static_cast<char>(characters[i]);
  }
  return text;
}

}  // namespace torchfits
