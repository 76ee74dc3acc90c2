// SPDX-License-Identifier: BSD-3-Clause
#include <gtest/gtest.h>

#include <algorithm>
#include <cctype>
#include <random>
#include <vector>

#include "fits/checksum.h"
#include "fits/hdu_cards.h"

namespace torchfits {
namespace {

std::vector<std::byte> random_bytes(std::size_t size, unsigned seed) {
  std::mt19937 random(seed);
  std::vector<std::byte> bytes(size);
  for (auto& byte : bytes) byte = static_cast<std::byte>(random());
  return bytes;
}

/// Appendix J.1 word by word: carries come back in at once.
std::uint32_t sum_of_words(std::vector<std::byte> bytes) {
  bytes.resize((bytes.size() + 3) / 4 * 4);
  std::uint64_t sum = 0;
  for (std::size_t i = 0; i < bytes.size(); i += 4) {
    sum += load_be<std::uint32_t>(bytes.data() + i);
    sum = (sum >> 32U) + (sum & 0xffffffffU);
  }
  return static_cast<std::uint32_t>(sum);
}

std::uint32_t sum_of(ByteView bytes) {
  Checksum sum;
  sum.add(bytes, 0);
  return sum.value();
}

TEST(Checksum, IsTheOnesComplementSumOfWords) {
  for (std::size_t size = 0; size < 70; ++size) {
    const auto bytes = random_bytes(size, static_cast<unsigned>(size));
    EXPECT_EQ(sum_of(bytes), sum_of_words(bytes)) << size;
  }
  const std::vector<std::byte> ones(4096, std::byte{0xff});
  EXPECT_EQ(sum_of(ones), 0xffffffffU);
  EXPECT_EQ(sum_of({}), 0U);
}

TEST(Checksum, PartsAtAnyPositionAndInAnyOrderGiveTheSame) {
  const auto bytes = random_bytes(1000, 7);
  const ByteView view = bytes;
  const auto whole = sum_of_words(bytes);
  for (std::size_t cut = 0; cut <= bytes.size(); ++cut) {
    Checksum back;
    back.add(view.subspan(cut), cut);
    Checksum sum;
    sum.add(back);
    sum.add(view.first(cut), 0);
    ASSERT_EQ(sum.value(), whole) << cut;
  }
}

TEST(Checksum, TextIsOfLettersAndDigitsAndBringsTheSumToAllOnes) {
  std::mt19937 random(3);
  for (int i = 0; i < 2000; ++i) {
    const auto sum = i == 0 ? 0U : i == 1 ? 0xffffffffU : static_cast<std::uint32_t>(random());
    const auto text = encode_checksum(sum);
    ASSERT_EQ(text.size(), 16U);
    ASSERT_TRUE(std::all_of(text.begin(), text.end(), [](unsigned char c) {
      return std::isalnum(c) != 0;
    })) << text;
    // In a card the 16 characters begin at byte 11; the zeros that they replace are in `sum`.
    Checksum total;
    total.add(std::as_bytes(std::span(text)), 11);
    std::vector<std::byte> word(4);
    store_be(word.data(), sum);
    total.add(word, 0);
    Checksum zeros;
    const std::string unset = kUnsetChecksum;
    zeros.add(std::as_bytes(std::span(unset)), 11);
    store_be(word.data(), ~zeros.value());
    total.add(word, 0);
    ASSERT_EQ(total.value(), 0xffffffffU) << sum;
  }
}

TEST(Checksum, OfAHeaderAndItsData) {
  CardText cards;
  MandatoryCards{.extension = "IMAGE   ", .bitpix = 8, .axes = {5}}.add_to(cards);
  add_checksums(cards);
  auto header = std::move(cards).header();
  const auto data = random_bytes(2880, 1);
  set_checksums(header, sum_of(data));
  EXPECT_EQ(header.string("DATASUM"), std::to_string(sum_of_words(data)));
  const auto blocks = header.to_blocks();
  std::vector<std::byte> hdu(blocks.size());
  std::memcpy(hdu.data(), blocks.data(), blocks.size());
  hdu.insert(hdu.end(), data.begin(), data.end());
  EXPECT_EQ(sum_of_words(hdu), 0xffffffffU);
}

}  // namespace
}  // namespace torchfits
