// SPDX-License-Identifier: BSD-3-Clause
#include "io/gzip_stream.h"

#include <zlib.h>

#include <algorithm>
#include <limits>
#include <new>
#include <string>
#include <string_view>
#include <utility>

#include "base/error.h"

namespace torchfits {
namespace {

constexpr int kGzipOnly = MAX_WBITS + 16;

FitsError damaged(std::string_view what, std::uint64_t position) {
  return FitsError::format("the gzip data are damaged (" + std::string(what) + " before byte " +
                           std::to_string(position) +
                           " of the compressed file); fetch the file again");
}

}  // namespace

struct GzipStream::Zlib : z_stream {
  Zlib() : z_stream{} {
    if (inflateInit2(this, kGzipOnly) != Z_OK) throw std::bad_alloc();
  }
  ~Zlib() { inflateEnd(this); }
  Zlib(const Zlib&) = delete;
  Zlib& operator=(const Zlib&) = delete;
};

GzipStream::GzipStream(std::shared_ptr<const ByteSource> compressed)
    : input_(std::move(compressed)), zlib_(std::make_unique<Zlib>()) {}

GzipStream::~GzipStream() = default;

bool GzipStream::starts_member() {
  const auto next = input_.peek(2);
  return next.size() >= 2 && next[0] == std::byte{0x1f} && next[1] == std::byte{0x8b};
}

/// Inflates some; the last bytes of a member are not out before its check value was compared.
GzipStream::Step GzipStream::step() {
  const auto input = input_.peek(1);
  zlib_->next_in = reinterpret_cast<Bytef*>(const_cast<std::byte*>(input.data()));
  zlib_->avail_in = static_cast<uInt>(input.size());
  const int result = inflate(zlib_.get(), Z_NO_FLUSH);
  input_.take(input.size() - zlib_->avail_in);
  switch (result) {
    case Z_OK: return Step::more;
    case Z_STREAM_END: return Step::member_end;
    case Z_MEM_ERROR: throw std::bad_alloc();
    case Z_BUF_ERROR: return zlib_->avail_out == 0 ? Step::wait : Step::input_end;
    default: return Step::damage;
  }
}

void GzipStream::fail(Step step) const {
  if (step == Step::input_end) {
    throw FitsError(ErrorCode::truncated,
                    "the gzip data are truncated: the compressed file ends at byte " +
                        std::to_string(input_.position()) +
                        ", inside a member; fetch the file again");
  }
  throw damaged(zlib_->msg != nullptr ? zlib_->msg : "no deflate data", input_.position());
}

std::size_t GzipStream::read(ByteSpan into) {
  const auto room = std::min<std::size_t>(into.size(), std::numeric_limits<uInt>::max());
  if (room == 0) return 0;
  zlib_->next_out = reinterpret_cast<Bytef*>(into.data());
  zlib_->avail_out = static_cast<uInt>(room);
  while (!ended_) {
    if (!in_member_) {
      if (zlib_->avail_out == 0) break;
      in_member_ = starts_member();
      ended_ = !in_member_;
      if (in_member_) inflateReset(zlib_.get());
      continue;
    }
    // Also when the room is full: a member that ends just there has its check value compared now,
    // not never.
    const auto done = step();
    if (done == Step::wait) break;
    if (done == Step::member_end) in_member_ = false;
    if (done == Step::damage || done == Step::input_end) {
      const bool wrong_check =
          zlib_->msg != nullptr && std::string_view(zlib_->msg).starts_with("incorrect ");
      if (zlib_->avail_out == room || wrong_check) fail(done);
      break;  // what came out is good; the next call meets the error again
    }
  }
  return room - zlib_->avail_out;
}

}  // namespace torchfits
