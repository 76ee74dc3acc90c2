// SPDX-License-Identifier: BSD-3-Clause
#include <gtest/gtest.h>
#include <zlib.h>

#include <algorithm>
#include <random>
#include <string>
#include <string_view>
#include <thread>
#include <vector>

#include "codec/gzip.h"
#include "deflated.h"

#ifdef TORCHFITS_HAVE_CFITSIO
#include <cstdlib>

// Exported by CFITSIO, but not in its header.
extern "C" {
int compress2mem_from_mem(char* in, std::size_t in_size, char** out, std::size_t* out_size,
                          void* (*reallocate)(void*, std::size_t), std::size_t* written,
                          int* status);
int uncompress2mem_from_mem(char* in, std::size_t in_size, char** out, std::size_t* out_size,
                            void* (*reallocate)(void*, std::size_t), std::size_t* written,
                            int* status);
}
#endif

namespace torchfits {
namespace {

using Bytes = std::vector<std::byte>;
using testing::kGzipWrapper;
using testing::kZlibWrapper;

Bytes bytes_of(std::string_view text) {
  const auto view = std::as_bytes(std::span(text));
  return {view.begin(), view.end()};
}

/// Compressible, with some noise.
Bytes sample(std::size_t size) {
  std::mt19937 random(7);
  Bytes out(size);
  for (std::size_t i = 0; i < size; ++i) {
    out[i] = static_cast<std::byte>(i % 4 < 2 ? i / 64 : random() % 16);
  }
  return out;
}

Bytes deflated(const Bytes& in, int window, int level = 6, int strategy = Z_DEFAULT_STRATEGY) {
  const std::string_view text(reinterpret_cast<const char*>(in.data()), in.size());
  const auto out = testing::deflated(text, window, level, strategy);
  const auto bytes = std::as_bytes(std::span(out));
  return {bytes.begin(), bytes.end()};
}

Bytes inflated(Bytes in, std::size_t room) {
  z_stream z{};
  EXPECT_EQ(inflateInit2(&z, kGzipWrapper), Z_OK);
  Bytes out(room + 1);
  z.next_in = reinterpret_cast<Bytef*>(in.data());
  z.avail_in = static_cast<uInt>(in.size());
  z.next_out = reinterpret_cast<Bytef*>(out.data());
  z.avail_out = static_cast<uInt>(out.size());
  EXPECT_EQ(inflate(&z, Z_FINISH), Z_STREAM_END);
  EXPECT_EQ(z.avail_in, 0U);
  out.resize(z.total_out);
  inflateEnd(&z);
  return out;
}

/// RFC 1952 by hand: one stored block; the check value of "123456789" is CRC-32's published one.
Bytes stored_digits() {
  using namespace std::string_view_literals;
  return bytes_of(
      "\x1f\x8b\x08\0\0\0\0\0\0\xff"
      "\x01\x09\x00\xf6\xff"
      "123456789"
      "\x26\x39\xf4\xcb\x09\0\0\0"sv);
}

TEST(Gzip, InflatesAStreamMadeByHand) {
  Bytes out(9);
  const auto result = gzip_decode(stored_digits(), out);
  ASSERT_TRUE(result.ok()) << result.problem;
  EXPECT_EQ(result.made, 9U);
  EXPECT_EQ(result.used, stored_digits().size());
  EXPECT_EQ(out, bytes_of("123456789"));
}

TEST(Gzip, InflatesWhatZlibMakes) {
  for (const std::size_t size : {0, 1, 100, 8192, 100000}) {
    for (const int level : {0, 1, 6, 9}) {
      for (const int window : {kGzipWrapper, kZlibWrapper, 9}) {
        for (const int strategy : {Z_DEFAULT_STRATEGY, Z_HUFFMAN_ONLY, Z_RLE, Z_FIXED}) {
          const auto in = deflated(sample(size), window, level, strategy);
          Bytes out(size);
          const auto result = gzip_decode(in, out);
          ASSERT_TRUE(result.ok())
              << result.problem << ' ' << size << ' ' << level << ' ' << window;
          EXPECT_EQ(result.made, size);
          EXPECT_EQ(result.used, in.size());
          EXPECT_EQ(out, sample(size));
        }
      }
    }
  }
}

TEST(Gzip, SaysHowMuchItMadeAndWhereTheStreamEnded) {
  auto in = deflated(sample(1000), kGzipWrapper);
  const auto end = in.size();
  in.resize(end + 5);
  Bytes out(4000, std::byte{0xaa});
  const auto result = gzip_decode(in, out);
  ASSERT_TRUE(result.ok()) << result.problem;
  EXPECT_EQ(result.made, 1000U);
  EXPECT_EQ(result.used, end);
  EXPECT_TRUE(std::equal(out.begin(), out.begin() + 1000, sample(1000).begin()));
}

TEST(Gzip, RefusesMoreThanTheRoomThereIs) {
  for (const int window : {kGzipWrapper, kZlibWrapper}) {
    Bytes out(999);
    const auto result = gzip_decode(deflated(sample(1000), window), out);
    EXPECT_STREQ(result.problem, "the gzip stream holds more bytes than expected");
  }
}

TEST(Gzip, RefusesWhatIsNoStream) {
  Bytes out(16);
  for (const auto* text : {"", "x", "\x1f", "SIMPLE  =", "\x78\x9d----"}) {
    EXPECT_STREQ(gzip_decode(bytes_of(text), out).problem, "the bytes are no gzip stream") << text;
  }
}

TEST(Gzip, RefusesAStreamThatIsCutAnywhere) {
  for (const int window : {kGzipWrapper, kZlibWrapper}) {
    const auto in = deflated(sample(600), window);
    for (std::size_t size = 0; size < in.size(); ++size) {
      Bytes out(600);
      EXPECT_FALSE(gzip_decode(Bytes(in.begin(), in.begin() + size), out).ok()) << size;
    }
  }
}

TEST(Gzip, AChangedByteIsNoticedOrChangesNothing) {
  std::mt19937 random(1);
  for (const int window : {kGzipWrapper, kZlibWrapper}) {
    const auto in = deflated(sample(600), window);
    for (std::size_t at = 0; at < in.size(); ++at) {
      auto changed = in;
      changed[at] ^= static_cast<std::byte>(1 + random() % 255);
      Bytes out(600);
      const auto result = gzip_decode(changed, out);
      ASSERT_TRUE(!result.ok() || (result.made == 600 && out == sample(600))) << at;
    }
  }
}

TEST(Gzip, ZlibInflatesWhatItMakes) {
  for (const std::size_t size : {0, 1, 100, 8192, 100000}) {
    for (int level = 1; level <= 12; ++level) {
      Bytes out(gzip_bound(size));
      const auto written = gzip_encode(sample(size), level, out);
      ASSERT_GT(written, 0U);
      ASSERT_LE(written, out.size());
      out.resize(written);
      EXPECT_EQ(inflated(out, size), sample(size)) << size << " at level " << level;
    }
  }
}

TEST(Gzip, NoiseFitsTheBound) {
  std::mt19937 random(3);
  Bytes noise(5000);
  for (auto& byte : noise) byte = static_cast<std::byte>(random());
  for (const int level : {1, 6, 12}) {
    Bytes out(gzip_bound(noise.size()));
    const auto written = gzip_encode(noise, level, out);
    ASSERT_GT(written, 0U);
    out.resize(written);
    EXPECT_EQ(inflated(out, noise.size()), noise);
  }
}

TEST(Gzip, ThreadsDoNotMeet) {
  const auto work = [](int level, bool& good) {
    for (int round = 0; round < 20; ++round) {
      Bytes packed(gzip_bound(8192));
      packed.resize(gzip_encode(sample(8192), level, packed));
      Bytes out(8192);
      good = good && gzip_decode(packed, out).ok() && out == sample(8192);
    }
  };
  bool good[4] = {true, true, true, true};
  std::vector<std::thread> threads;
  threads.reserve(4);
  for (int i = 0; i < 4; ++i) threads.emplace_back(work, i + 1, std::ref(good[i]));
  for (auto& thread : threads) thread.join();
  EXPECT_TRUE(good[0] && good[1] && good[2] && good[3]);
}

template <class Uint>
Bytes native(const std::vector<Uint>& values) {
  const auto view = std::as_bytes(std::span(values));
  return {view.begin(), view.end()};
}

TEST(Shuffle, PutsTheMostSignificantBytesFirst) {
  const auto check = [](const Bytes& elements, std::size_t width, std::string_view planes) {
    Bytes out(elements.size());
    shuffle(elements, width, out);
    EXPECT_EQ(out, bytes_of(planes)) << width;
    Bytes back(elements.size());
    unshuffle(bytes_of(planes), width, back);
    EXPECT_EQ(back, elements) << width;
  };
  using namespace std::string_view_literals;
  check(native<std::uint8_t>({0x01, 0x80, 0xff}), 1, "\x01\x80\xff"sv);
  check(native<std::uint16_t>({0x0102, 0x8081, 0xff00}), 2, "\x01\x80\xff\x02\x81\x00"sv);
  check(native<std::uint32_t>({0x01020304, 0x05060788}), 4, "\1\5\2\6\3\7\4\x88"sv);
  check(native<std::uint64_t>({0x0102030405060708, 0x1112131415161718}), 8,
        "\x01\x11\x02\x12\x03\x13\x04\x14\x05\x15\x06\x16\x07\x17\x08\x18"sv);
}

TEST(Shuffle, IsUndoneForEveryLength) {
  for (const std::size_t width : {1, 2, 4, 8}) {
    for (std::size_t count = 0; count < 70; ++count) {
      const auto elements = sample(count * width);
      Bytes planes(elements.size());
      shuffle(elements, width, planes);
      // Plane k holds byte k of the big-endian elements.
      for (std::size_t i = 0; i < count; ++i) {
        for (std::size_t k = 0; k < width; ++k) {
          const auto byte = std::endian::native == std::endian::little ? width - 1 - k : k;
          ASSERT_EQ(planes[k * count + i], elements[i * width + byte]);
        }
      }
      Bytes back(elements.size());
      unshuffle(planes, width, back);
      ASSERT_EQ(back, elements) << width << " x " << count;
    }
  }
}

#ifdef TORCHFITS_HAVE_CFITSIO
using FromMemory = decltype(&compress2mem_from_mem);

Bytes by_cfitsio(FromMemory function, Bytes in, std::size_t room) {
  auto* out = static_cast<char*>(std::malloc(room));
  std::size_t written = 0;
  int status = 0;
  function(reinterpret_cast<char*>(in.data()), in.size(), &out, &room, &std::realloc, &written,
           &status);
  EXPECT_EQ(status, 0);
  const auto view = std::as_bytes(std::span(out, written));
  Bytes result(view.begin(), view.end());
  std::free(out);
  return result;
}

TEST(Gzip, ExchangesStreamsWithCfitsio) {
  for (const std::size_t size : {1, 100, 8192, 100000}) {
    const auto theirs = by_cfitsio(&compress2mem_from_mem, sample(size), 2 * size + 100);
    Bytes out(size);
    const auto result = gzip_decode(theirs, out);
    ASSERT_TRUE(result.ok()) << result.problem;
    EXPECT_EQ(result.used, theirs.size());
    EXPECT_EQ(out, sample(size));

    Bytes ours(gzip_bound(size));
    ours.resize(gzip_encode(sample(size), 6, ours));
    EXPECT_EQ(by_cfitsio(&uncompress2mem_from_mem, ours, size + 100), sample(size));
  }
}
#endif

}  // namespace
}  // namespace torchfits
