// SPDX-License-Identifier: BSD-3-Clause
#include <gtest/gtest.h>
#include <zlib.h>

#include <cstddef>
#include <random>
#include <vector>

#include "io/gzip_writer.h"
#include "io/memory_sink.h"

namespace torchfits {
namespace {

using Bytes = std::vector<std::byte>;

/// Some that are hard to compress, then many that are not.
Bytes bytes_of(std::size_t size) {
  constexpr std::size_t kHard = 1'200'000;
  std::mt19937 random(2);
  Bytes bytes(size);
  for (std::size_t i = 0; i < size; ++i)
    bytes[i] = static_cast<std::byte>(i < kHard ? random() : i / 1000);
  return bytes;
}

/// By zlib, of one member; what is behind it is left.
Bytes inflated(ByteView packed, std::size_t size) {
  Bytes out(size + 1);
  z_stream zlib{};
  EXPECT_EQ(inflateInit2(&zlib, MAX_WBITS + 16), Z_OK);
  zlib.next_in = reinterpret_cast<Bytef*>(const_cast<std::byte*>(packed.data()));
  zlib.avail_in = static_cast<uInt>(packed.size());
  zlib.next_out = reinterpret_cast<Bytef*>(out.data());
  zlib.avail_out = static_cast<uInt>(out.size());
  EXPECT_EQ(inflate(&zlib, Z_FINISH), Z_STREAM_END);
  EXPECT_EQ(zlib.avail_in, 0U);
  out.resize(zlib.total_out);
  inflateEnd(&zlib);
  return out;
}

class GzipWriter : public testing::TestWithParam<std::size_t> {};

TEST_P(GzipWriter, OneMemberGivesAllBytes) {
  const auto bytes = bytes_of(GetParam());
  MemorySink sink;
  const auto size = write_gzip(sink, bytes);
  ASSERT_EQ(sink.bytes().size(), size);
  EXPECT_EQ(inflated(sink.bytes(), bytes.size()), bytes);
}

// Around the edges of pieces of 512 KiB, and more than one batch of them.
INSTANTIATE_TEST_SUITE_P(Sizes, GzipWriter,
                         testing::Values(0, 1, 2880, 524287, 524288, 524289, 1048576, 40'000'000));

}  // namespace
}  // namespace torchfits
