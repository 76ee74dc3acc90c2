// SPDX-License-Identifier: BSD-3-Clause
// Where bytes come from. A local file, memory, an inflated stream and later a remote object look
// alike.
#pragma once

#include <cstddef>
#include <cstdint>
#include <cstring>
#include <functional>
#include <memory>
#include <span>
#include <string>

#include "base/bytes.h"

namespace torchfits {

/// Called once for each range with the whole of its bytes, valid during the call only; in any
/// order, and from several pool threads at once.
using Consume = std::function<void(std::size_t index, ByteView bytes)>;

/// Where the caller would have the bytes of a range, as long as the range; empty: anywhere. A
/// source that copies bytes may copy them there, and then hands over that memory.
using Landing = std::function<ByteSpan(std::size_t index)>;

/// What a caller knows of its use of the bytes.
struct Usage {
  std::uint64_t weight = 1;  ///< what consuming a byte costs, in bytes copied: it decides whether
                             ///< and how the work is shared out among threads
  bool sparse = false;       ///< of most cache lines of each range no byte is looked at
  Landing landing{};
};

/// Immutable once open: what it is (inode, size, modification time; URL and entity tag) is fixed at
/// opening, and a change seen later is ErrorCode::changed, never a mixture. All members may be
/// called by many threads at once.
class ByteSource {
 public:
  virtual ~ByteSource() = default;
  ByteSource(const ByteSource&) = delete;
  ByteSource& operator=(const ByteSource&) = delete;

  /// How many of the first `wanted` bytes exist. A file answers from its size; a stream reads on
  /// until it knows, and no further.
  [[nodiscard]] virtual std::uint64_t extent(std::uint64_t wanted) const = 0;

  /// Hands over each range, all of it. Ranges may overlap and come in any order. A range that
  /// reaches past the end is ErrorCode::truncated. A local file lends windows of a mapping
  /// (scattered small ranges that lie close are served from one window and only their own pages are
  /// touched); others lend their buffers.
  void for_each(std::span<const ByteRange> ranges, const Consume& consume,
                const Usage& usage = {}) const {
    deliver(ranges, consume, usage);
  }

  /// For messages: a path, a URL, "<bytes>".
  [[nodiscard]] virtual const std::string& name() const noexcept = 0;

  /// A copy of one range.
  void read(ByteRange range, ByteSpan into) const {
    for_each({&range, 1}, [&](std::size_t, ByteView bytes) {
      if (!bytes.empty()) std::memcpy(into.data(), bytes.data(), bytes.size());
    });
  }

 protected:
  ByteSource() = default;
  virtual void deliver(std::span<const ByteRange> ranges, const Consume& consume,
                       const Usage& usage) const = 0;
};

/// Bytes that come once, in order: an inflater, an unseekable file object.
class ByteStream {
 public:
  virtual ~ByteStream() = default;
  /// Fills as much of `into` as it can; 0 only at the end. Not thread-safe.
  virtual std::size_t read(ByteSpan into) = 0;
};

}  // namespace torchfits
