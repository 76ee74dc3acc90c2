// SPDX-License-Identifier: BSD-3-Clause
// Where the bytes of a change go.
#pragma once

#include <array>
#include <cstddef>
#include <cstdint>
#include <span>
#include <string_view>
#include <vector>

#include "base/bytes.h"
#include "io/byte_sink.h"
#include "platform/file.h"

namespace torchfits {

/// Lets writes into some ranges pass, and no others.
class RangedSink final : public ByteSink {
 public:
  RangedSink(ByteSink& target, std::span<const ByteRange> ranges);

  void reserve(std::uint64_t /*size*/) override {}
  void write_at(std::uint64_t offset, ByteView bytes) override;

 private:
  ByteSink& target_;
  std::vector<ByteRange> ranges_;  ///< in order, neighbours joined
};

/// Writes into a part of a file that is held in memory; behind a RangedSink, which sees to it that
/// nothing goes beside it.
class WindowSink final : public ByteSink {
 public:
  WindowSink(ByteSpan window, std::uint64_t offset) : window_(window), offset_(offset) {}

  void reserve(std::uint64_t /*size*/) override {}
  void write_at(std::uint64_t offset, ByteView bytes) override;

 private:
  ByteSpan window_;
  std::uint64_t offset_;
};

/// Writes a new file, or the end of one.
class GrowingSink final : public ByteSink {
 public:
  explicit GrowingSink(const FileHandle& file) : file_(file) {}

  void reserve(std::uint64_t size) override;
  void write_at(std::uint64_t offset, ByteView bytes) override { file_.write_at(offset, bytes); }

 private:
  const FileHandle& file_;
};

/// Writes behind the last HDU so that no reader takes what is not whole for an HDU: the first eight
/// bytes stay a mark until finish().
class AppendingSink final : public ByteSink {
 public:
  static constexpr std::string_view kMark{"\0PARTIAL", 8};

  AppendingSink(const FileHandle& file, std::uint64_t start);

  void reserve(std::uint64_t size) override { growing_.reserve(size); }
  void write_at(std::uint64_t offset, ByteView bytes) override;
  void finish() const;

 private:
  const FileHandle& file_;
  GrowingSink growing_;
  ByteRange marked_;
  std::array<std::byte, kMark.size()> first_{};
};

}  // namespace torchfits
