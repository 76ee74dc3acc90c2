// SPDX-License-Identifier: BSD-3-Clause
// What compress(1) does and a reader has to follow:
// - Codes are packed from the lowest bit up, and written in groups of eight: when their width
//   grows, or the table is cleared, the rest of the group is padding that the reader skips.
// - The table grows by one string with each code but the first; the width grows with it up to the
//   maximum of the header, and the table stays as it is when it is full.
// - In block mode code 256 empties the table and starts again with 9 bits.
// - A code may name the very string that it completes: the string before it and its own first byte.
#include "io/lzw_stream.h"

#include <algorithm>
#include <string>
#include <utility>

#include "base/error.h"

namespace torchfits {
namespace {

constexpr unsigned kMinWidth = 9;
constexpr unsigned kMaxWidth = 16;
constexpr std::uint32_t kLiterals = 256;
constexpr std::uint32_t kClear = 256;

}  // namespace

LzwStream::LzwStream(std::shared_ptr<const ByteSource> compressed) : input_(std::move(compressed)) {
  const auto header = input_.peek(3);
  if (header.size() < 3) {
    throw FitsError(ErrorCode::truncated,
                    "the compressed (.Z) file ends inside its header of 3 bytes; fetch it again");
  }
  const auto flags = std::to_integer<unsigned>(header[2]);
  max_width_ = flags & 0x1fU;
  may_clear_ = (flags & 0x80U) != 0;
  if (max_width_ < kMinWidth || max_width_ > kMaxWidth) {
    throw FitsError::unsupported("the compressed (.Z) file has codes of " +
                                 std::to_string(max_width_) +
                                 " bits; compress writes 9 to 16; fetch the file again");
  }
  input_.take(3);
  table_.resize(std::size_t{1} << max_width_);
  string_.resize((std::size_t{1} << max_width_) + 1);
  clear_table();
}

void LzwStream::clear_table() {
  size_ = kLiterals + (may_clear_ ? 1 : 0);
  previous_.reset();
}

void LzwStream::start_group(unsigned width) {
  auto padding = group_codes_ == 0 ? 0 : (8 - group_codes_) * width_;
  const auto buffered = std::min(padding, bit_count_);
  bits_ >>= buffered;  // at most 63: bit_count_ stays below 64
  bit_count_ -= buffered;
  padding -= buffered;
  // Groups are whole bytes, and so is what is left to skip.
  for (; padding >= 8; padding -= 8) {
    if (!input_.peek(1).empty()) input_.take(1);
  }
  group_codes_ = 0;
  width_ = width;
}

std::optional<std::uint32_t> LzwStream::next_code() {
  while (bit_count_ < width_) {
    const auto input = input_.peek(1);
    if (input.empty()) return std::nullopt;
    bits_ |= std::to_integer<std::uint64_t>(input[0]) << bit_count_;
    bit_count_ += 8;
    input_.take(1);
  }
  const auto code = static_cast<std::uint32_t>(bits_ & ((1U << width_) - 1));
  bits_ >>= width_;
  bit_count_ -= width_;
  group_codes_ = (group_codes_ + 1) % 8;
  return code;
}

/// Writes the string of `code`, which is in the table, to string_; a prefix is always older than
/// its string, so that the walk ends.
void LzwStream::expand(std::uint32_t code) {
  while (code >= kLiterals) {
    string_[unread_++] = table_[code].last;
    code = table_[code].prefix;
  }
  first_ = static_cast<std::byte>(code);
  string_[unread_++] = first_;
}

void LzwStream::learn(std::byte first) {
  if (!previous_ || size_ >= table_.size()) return;
  table_[size_] = {static_cast<std::uint16_t>(*previous_), first};
  ++size_;
}

bool LzwStream::expand_next() {
  while (true) {
    if (bad_code_) return false;
    if (width_ < max_width_ && size_ >= (1U << width_)) start_group(width_ + 1);
    const auto code = next_code();
    if (!code) return false;
    if (may_clear_ && *code == kClear) {
      start_group(kMinWidth);
      clear_table();
      continue;
    }
    const bool completes_itself = previous_ && *code == size_ && size_ < table_.size();
    if (*code >= size_ && !completes_itself) {
      bad_code_ = code;
      return false;
    }
    if (completes_itself) {
      string_[unread_++] = first_;
      expand(*previous_);
    } else {
      expand(*code);
    }
    learn(first_);
    previous_ = *code;
    return true;
  }
}

std::size_t LzwStream::read(ByteSpan into) {
  std::size_t done = 0;
  while (done < into.size()) {
    if (unread_ == 0 && !expand_next()) break;
    const auto count = std::min(unread_, into.size() - done);
    std::reverse_copy(string_.begin() + static_cast<std::ptrdiff_t>(unread_ - count),
                      string_.begin() + static_cast<std::ptrdiff_t>(unread_), into.data() + done);
    unread_ -= count;
    done += count;
  }
  if (done == 0 && bad_code_) fail(*bad_code_);
  return done;
}

void LzwStream::fail(std::uint32_t code) const {
  throw FitsError::format("the compressed (.Z) data are damaged: code " + std::to_string(code) +
                          " before byte " + std::to_string(input_.position()) +
                          " of the compressed file names no string; fetch the file again");
}

}  // namespace torchfits
