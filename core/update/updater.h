// SPDX-License-Identifier: BSD-3-Clause
// A file that is changed: locked while it is open, and at any moment the old one, the new one, or
// one that can be taken back to the old.
#pragma once

#include <cstdint>
#include <functional>
#include <memory>
#include <span>
#include <string>
#include <variant>

#include "base/bytes.h"
#include "io/byte_sink.h"
#include "io/byte_source.h"

namespace torchfits {

/// Bytes of the present file, as they stand there.
struct KeptBytes {
  ByteRange range;
};
/// New bytes from `offset` on: gives where they end.
using WriteBytes = std::function<std::uint64_t(ByteSink& sink, std::uint64_t offset)>;
using FilePiece = std::variant<KeptBytes, WriteBytes>;

/// One thread at a time. Every change is on its way to the disk when its call returns, with
/// `durable` it is there. A child of a fork may not change the file.
class Updater {
 public:
  /// Locks the file. ErrorCode::io where another process, or another handle of this one, updates
  /// it, or it may not be written. A change that was interrupted earlier is taken back.
  Updater(std::string path, bool durable);
  /// A new file, empty at first, which takes its name at commit(); without that it leaves no trace.
  static Updater create(std::string path, bool overwrite, bool durable);
  Updater(Updater&&) noexcept;
  ~Updater();

  /// The file as it is now: another source after each change.
  [[nodiscard]] const std::shared_ptr<const ByteSource>& source();
  [[nodiscard]] std::uint64_t size() const noexcept;
  /// Bytes as they stand in the file at this moment, also while change() writes others, by many
  /// threads; fewer only where the file ends.
  [[nodiscard]] std::size_t read_at(std::uint64_t offset, ByteSpan into) const;

  /// Bytes in place: `write` fills (some of) `ranges`, and nothing else. They may reach behind the
  /// end of the file, which then grows. What touches one page is one write; else a small file is
  /// replaced, and of a larger one the old bytes are kept in a journal until the change is
  /// complete.
  void change(std::span<const ByteRange> ranges, const std::function<void(ByteSink&)>& write);

  /// New HDUs from `offset` on, which is the end of the last one; a file that ends before it gets
  /// zeros up to there, or what `write` puts there. They are seen when they are whole: the first
  /// eight bytes, which never straddle a page, are written last. ErrorCode::io where the bytes
  /// behind `offset` would be lost: see is_free().
  void append(std::uint64_t offset, const WriteBytes& write);

  /// Steps before an append() at the same `offset`: `write` puts bytes behind it that nobody sees
  /// before that, and source() does not have. Another change, or none, and they are forgotten.
  void append_part(std::uint64_t offset, const std::function<void(ByteSink&)>& write);

  /// Whether there is nothing from `offset` on but zeros, or what an interrupted append() left.
  [[nodiscard]] bool is_free(std::uint64_t offset) const;

  /// Another file, made of `pieces` one behind the other, takes the name of this one; the lock
  /// moves with it. Kept bytes are copied by the kernel.
  void rebuild(std::span<const FilePiece> pieces);

  /// Lets go of all bytes from `size` on.
  void cut(std::uint64_t size);

  /// Gives a new file its name, and ends its update; of others nothing.
  void commit();

 private:
  struct State;
  explicit Updater(std::unique_ptr<State> state);
  template <class Work>
  void run(Work&& work);
  void check_free(std::uint64_t offset) const;

  std::unique_ptr<State> state_;
};

}  // namespace torchfits
