// SPDX-License-Identifier: BSD-3-Clause
#pragma once

#include <memory>

#include "io/byte_source.h"
#include "io/source_cursor.h"

namespace torchfits {

/// Inflates a gzip file (RFC 1952) of one or more members. What follows the last member is ignored,
/// as gzip(1) does.
class GzipStream final : public ByteStream {
 public:
  explicit GzipStream(std::shared_ptr<const ByteSource> compressed);
  ~GzipStream() override;

  /// ErrorCode::format for damaged data or a wrong check value, ErrorCode::truncated where the file
  /// ends too soon; both after all that could be inflated was returned, except that bytes with a
  /// wrong check value are not.
  std::size_t read(ByteSpan into) override;

 private:
  struct Zlib;
  enum class Step : std::uint8_t { more, member_end, wait, input_end, damage };
  Step step();
  [[noreturn]] void fail(Step step) const;
  bool starts_member();

  SourceCursor input_;
  std::unique_ptr<Zlib> zlib_;
  bool in_member_ = false;
  bool ended_ = false;
};

}  // namespace torchfits
