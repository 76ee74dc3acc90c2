// SPDX-License-Identifier: BSD-3-Clause
#include "update/updater.h"

#include <algorithm>
#include <array>
#include <filesystem>
#include <optional>
#include <system_error>
#include <utility>
#include <vector>

#include "base/defaults.h"
#include "base/error.h"
#include "base/stats.h"
#include "io/compression.h"
#include "io/file_source.h"
#include "platform/file_lock.h"
#include "platform/replacement_file.h"
#include "platform/undo_journal.h"
#include "update/update_sinks.h"

namespace torchfits {
namespace {

/// What a process writes at once is there as a whole, or not at all, after the process was killed.
constexpr std::uint64_t kPage = 4096;
/// The same, after the machine went down.
constexpr std::uint64_t kSector = 512;

ByteRange hull(std::span<const ByteRange> ranges) {
  auto first = ranges.front().offset;
  auto end = ranges.front().end();
  for (const auto& range : ranges) {
    first = std::min(first, range.offset);
    end = std::max(end, range.end());
  }
  return {first, end - first};
}

bool in_one(std::uint64_t unit, ByteRange range) {
  return range.offset / unit == (range.end() - 1) / unit;
}

/// A file and its lock.
struct LockedFile {
  FileHandle file{-1};
  FileIdentity identity;
  FileLock lock;  ///< ends before the file
};

std::string absolute(const std::string& path) {
  std::error_code unknown;
  const auto whole = std::filesystem::absolute(path, unknown);
  return path.empty() || unknown ? path : whole.string();
}

/// What has the name now, although others may replace it between opening and locking.
LockedFile lock_file(const std::string& path) {
  while (true) {
    LockedFile locked;
    locked.file = FileHandle::open_for_update(path, locked.identity);
    locked.lock = FileLock(locked.file);
    const auto now = find_identity(path);
    const auto& opened = locked.identity;
    if (!now || now->inode != opened.inode || now->device != opened.device) continue;
    locked.identity = *now;  // the file may have changed before the lock was ours
    return locked;
  }
}

void require_plain(const ByteSource& source) {
  std::array<std::byte, 6> first{};
  const auto present = ByteSpan(first).first(source.extent(first.size()));
  source.read({0, present.size()}, present);
  if (detect_compression(present) == OuterCompression::none) return;
  throw FitsError::unsupported(
      "a file that is compressed as a whole is not updated; decompress it first, or read it and "
      "write another");
}

/// What change() was asked for.
struct Filling {
  std::span<const ByteRange> ranges;
  const std::function<void(ByteSink&)>& write;

  void into(ByteSink& target) const {
    RangedSink sink(target, ranges);
    write(sink);
  }
};

}  // namespace

struct Updater::State {
  State(std::string given, bool is_durable)
      : name(std::move(given)), path(absolute(name)), durable(is_durable) {}

  std::string name;  ///< as errors have it
  std::string path;  ///< the same after a change of the working folder
  bool durable = false;
  std::unique_ptr<ReplacementFile> fresh;  ///< a new file, until it has its name
  bool overwrite = true;
  LockedFile locked;
  FileIdentity identity;  ///< after our last change
  std::shared_ptr<const ByteSource> source;
  bool failed = false;                    ///< the last change: its journal may stand there
  bool spoiled = false;                   ///< a new file: a change of it failed halfway
  std::optional<std::uint64_t> parts_at;  ///< where append_part() put bytes

  [[nodiscard]] const FileHandle& file() const { return fresh ? fresh->file() : locked.file; }
  [[nodiscard]] bool syncs() const { return durable && !fresh; }

  void check_own();
  void change_in_one_write(ByteRange range, const Filling& filling) const;
  void change_by_replacing(std::uint64_t size, const Filling& filling);
  void change_with_journal(const Filling& filling) const;
  void replace(const std::function<std::uint64_t(const FileHandle&)>& fill);
  void append(std::uint64_t offset, const WriteBytes& write);
};

void Updater::State::check_own() {
  if (!(fresh ? fresh->of_this_process() : locked.lock.of_this_process())) {
    throw FitsError(ErrorCode::value,
                    "the file was opened for updating by the process that this one was forked "
                    "from; open it in this process");
  }
  if (spoiled) {
    throw FitsError(ErrorCode::io, "an earlier change of the new file failed; write it again");
  }
  if (fresh) return;
  if (failed) {
    take_back_interrupted(locked.file, path);
    identity = locked.file.identity();
  }
  const auto now = find_identity(path);
  if (!now || *now != identity) {
    throw FitsError(ErrorCode::changed,
                    "another program changed, replaced or removed the file while it was open for "
                    "updating; open it again");
  }
  failed = false;
}

void Updater::State::change_in_one_write(ByteRange range, const Filling& filling) const {
  std::array<std::byte, kPage> page;
  const auto bytes = ByteSpan(page).first(static_cast<std::size_t>(range.length));
  if (file().read_at(range.offset, bytes) != bytes.size())
    throw FitsError(ErrorCode::changed, "the file became shorter; open it again");
  WindowSink sink(bytes, range.offset);
  filling.into(sink);
  file().write_at(range.offset, bytes);
  if (durable) file().sync();
}

void Updater::State::change_by_replacing(std::uint64_t size, const Filling& filling) {
  replace([&](const FileHandle& to) {
    to.copy_from(file(), {0, identity.size}, 0);
    GrowingSink sink(to);
    filling.into(sink);
    return size;
  });
}

void Updater::State::change_with_journal(const Filling& filling) const {
  UndoJournal journal(file(), path, filling.ranges, durable);
  GrowingSink sink(file());
  filling.into(sink);
  journal.complete();
}

/// `fill` writes another file and gives its size.
void Updater::State::replace(const std::function<std::uint64_t(const FileHandle&)>& fill) {
  auto next = std::make_unique<ReplacementFile>(path, fresh ? overwrite : true);
  const auto size = fill(next->file());
  if (fresh) {
    next->file().set_size(size);
    fresh = std::move(next);
    return;
  }
  LockedFile heir;
  heir.file = next->file().duplicate();
  heir.lock = FileLock(heir.file);
  try {
    next->commit(size, durable);
  } catch (...) {
    if (next->committed()) locked = std::move(heir);
    throw;
  }
  locked = std::move(heir);
}

void Updater::State::append(std::uint64_t offset, const WriteBytes& write) {
  const auto present = file().identity().size;
  const auto old_size = std::min(present, offset);
  const bool has_parts = std::exchange(parts_at, std::nullopt) == offset;
  try {
    if (fresh) {
      GrowingSink sink(file());
      return file().set_size(write(sink, offset));
    }
    if (present != old_size && !has_parts) file().set_size(old_size);
    AppendingSink sink(file(), offset);
    file().set_size(write(sink, offset));
    if (durable) file().sync();
    sink.finish();
    if (durable) file().sync();
  } catch (...) {
    file().set_size(old_size);
    throw;
  }
}

Updater::Updater(std::string path, bool durable)
    : state_(std::make_unique<State>(std::move(path), durable)) {
  auto& state = *state_;
  try {
    state.locked = lock_file(state.name);
    state.identity = state.locked.identity;
    if (state.identity.size > kReplacedBytes) {
      take_back_interrupted(state.locked.file, state.path);
      state.identity = state.locked.file.identity();
    }
    require_plain(*source());
  } catch (FitsError& error) {
    error.in_file(state.name);
    throw;
  }
}

Updater::Updater(std::unique_ptr<State> state) : state_(std::move(state)) {}

Updater Updater::create(std::string path, bool overwrite, bool durable) {
  auto state = std::make_unique<State>(std::move(path), durable);
  state->overwrite = overwrite;
  try {
    state->fresh = std::make_unique<ReplacementFile>(state->path, overwrite);
    state->identity = state->fresh->file().identity();
  } catch (FitsError& error) {
    error.in_file(state->name);
    throw;
  }
  return Updater(std::move(state));
}

Updater::Updater(Updater&&) noexcept = default;
Updater::~Updater() = default;

const std::shared_ptr<const ByteSource>& Updater::source() {
  auto& state = *state_;
  if (!state.source) {
    const auto size = state.parts_at.value_or(state.identity.size);
    state.source = open_file(state.file().duplicate(), state.identity, state.name, size);
  }
  return state.source;
}

std::uint64_t Updater::size() const noexcept { return state_->identity.size; }

std::size_t Updater::read_at(std::uint64_t offset, ByteSpan into) const {
  return state_->file().read_at(offset, into);
}

template <class Work>
void Updater::run(Work&& work) {
  auto& state = *state_;
  try {
    state.check_own();
    state.source.reset();
    state.failed = true;
    try {
      work(state);
    } catch (...) {
      state.identity = state.file().identity();
      throw;
    }
    state.failed = false;
    state.parts_at.reset();
    state.identity = state.file().identity();
  } catch (FitsError& error) {
    error.in_file(state.name);
    throw;
  }
}

void Updater::change(std::span<const ByteRange> ranges,
                     const std::function<void(ByteSink&)>& write) {
  if (ranges.empty()) return;
  run([&](State& state) {
    const Filling filling{ranges, write};
    const auto touched = hull(ranges);
    const auto size = std::max(touched.end(), this->size());
    if (state.fresh) {
      GrowingSink sink(state.file());
      state.spoiled = true;
      filling.into(sink);
      state.spoiled = false;
    } else if (size == this->size() && in_one(state.durable ? kSector : kPage, touched)) {
      state.change_in_one_write(touched, filling);
    } else if (this->size() <= kReplacedBytes) {
      state.change_by_replacing(size, filling);
    } else {
      state.change_with_journal(filling);
    }
  });
}

void Updater::check_free(std::uint64_t offset) const {
  if (is_free(offset)) return;
  throw FitsError(ErrorCode::io,
                  "behind the last HDU, from offset " + std::to_string(offset) +
                      " on, stand bytes that an appended HDU would overwrite: special records, "
                      "or HDUs that cannot be read; write the HDUs that you need to a new file")
      .in_file(state_->name);
}

void Updater::append(std::uint64_t offset, const WriteBytes& write) {
  check_free(offset);
  run([&](State& state) { state.append(offset, write); });
}

void Updater::append_part(std::uint64_t offset, const std::function<void(ByteSink&)>& write) {
  check_free(offset);
  run([&](State& state) {
    if (state.parts_at != offset) state.file().set_size(std::min(size(), offset));
    AppendingSink sink(state.file(), offset);
    write(sink);
  });
  state_->parts_at = offset;
}

bool Updater::is_free(std::uint64_t offset) const {
  constexpr auto& kMark = AppendingSink::kMark;
  const auto& file = state_->file();
  const Scratch room(MiB);  // mostly there is nothing to read, and zeros would be written for it
  const auto block = room.span();
  bool first = true;
  while (true) {
    const auto got = file.read_at(offset, block);
    const auto bytes = ByteView(block).first(got);
    const auto mark = std::as_bytes(std::span(kMark));
    if (first && got >= mark.size() && std::equal(mark.begin(), mark.end(), bytes.begin()))
      return true;
    if (std::any_of(bytes.begin(), bytes.end(), [](std::byte b) { return b != std::byte{0}; }))
      return false;
    if (got < block.size()) return true;
    offset += got;
    first = false;
  }
}

void Updater::rebuild(std::span<const FilePiece> pieces) {
  run([&](State& state) {
    state.replace([&](const FileHandle& to) {
      GrowingSink sink(to);
      std::uint64_t end = 0;
      for (const auto& piece : pieces) {
        if (const auto* write = std::get_if<WriteBytes>(&piece)) {
          end = (*write)(sink, end);
        } else {
          const auto range = std::get<KeptBytes>(piece).range;
          to.copy_from(state.file(), range, end);
          end += range.length;
        }
      }
      return end;
    });
  });
}

void Updater::cut(std::uint64_t size) {
  run([&](State& state) {
    state.file().set_size(size);
    if (state.syncs()) state.file().sync();
  });
}

void Updater::commit() {
  auto& state = *state_;
  if (!state.fresh) return;
  run([&](State& s) { s.fresh->commit(size(), s.durable); });
}

}  // namespace torchfits
