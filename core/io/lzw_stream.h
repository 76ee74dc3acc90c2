// SPDX-License-Identifier: BSD-3-Clause
#pragma once

#include <cstdint>
#include <memory>
#include <optional>
#include <vector>

#include "io/byte_source.h"
#include "io/source_cursor.h"

namespace torchfits {

/// Expands what compress(1) wrote (.Z): codes of 9 to 16 bits into a table of strings that grows
/// with them. The format carries no length and no check value: a file cut between two codes looks
/// whole.
class LzwStream final : public ByteStream {
 public:
  /// ErrorCode::truncated or ErrorCode::unsupported where the three bytes of the header are not
  /// right.
  explicit LzwStream(std::shared_ptr<const ByteSource> compressed);

  /// ErrorCode::format for a code that no compressor can have written, after all bytes before it
  /// were returned.
  std::size_t read(ByteSpan into) override;

 private:
  /// A string is a shorter string and one more byte.
  struct Entry {
    std::uint16_t prefix;
    std::byte last;
  };

  [[nodiscard]] bool expand_next();
  [[nodiscard]] std::optional<std::uint32_t> next_code();
  void start_group(unsigned width);
  void clear_table();
  void expand(std::uint32_t code);
  void learn(std::byte first);
  [[noreturn]] void fail(std::uint32_t code) const;

  SourceCursor input_;
  unsigned max_width_ = 0;
  bool may_clear_ = false;

  unsigned width_ = 9;        // bits of a code
  unsigned group_codes_ = 0;  // codes taken from the current group of eight
  std::uint64_t bits_ = 0;    // of the input, the next one lowest
  unsigned bit_count_ = 0;

  std::vector<Entry> table_;  // strings of the codes from 256 up, at their code
  std::uint32_t size_ = 0;    // codes in use
  std::optional<std::uint32_t> previous_;
  std::byte first_{};  // of the string that came last

  std::vector<std::byte> string_;  // the string that came last, backwards
  std::size_t unread_ = 0;         // bytes of it that were not returned
  std::optional<std::uint32_t> bad_code_;
};

}  // namespace torchfits
