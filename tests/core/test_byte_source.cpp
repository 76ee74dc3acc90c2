// SPDX-License-Identifier: BSD-3-Clause
// What every ByteSource promises, held against each of them.
#include <gtest/gtest.h>

#include <algorithm>
#include <atomic>
#include <functional>
#include <memory>
#include <mutex>
#include <random>
#include <string>
#include <thread>
#include <vector>

#include "base/defaults.h"
#include "base/error.h"
#include "base/parallel.h"
#include "io/byte_source.h"
#include "io/file_source.h"
#include "io/memory_source.h"
#include "io/stream_source.h"
#include "scratch_file.h"

namespace torchfits {
namespace {

using Bytes = std::vector<std::byte>;

class SlowStream final : public ByteStream {
 public:
  explicit SlowStream(const Bytes& bytes) : bytes_(bytes) {}
  std::size_t read(ByteSpan into) override {
    const auto count = std::min({into.size(), bytes_.size() - done_, std::size_t{30'011}});
    std::copy_n(bytes_.begin() + static_cast<std::ptrdiff_t>(done_), count, into.begin());
    done_ += count;
    return count;
  }

 private:
  Bytes bytes_;
  std::size_t done_ = 0;
};

struct Backend {
  std::string name;
  std::function<std::shared_ptr<const ByteSource>(const Bytes&)> open;
};

void PrintTo(const Backend& backend, std::ostream* out) { *out << backend.name; }

std::shared_ptr<const ByteSource> in_file(const Bytes& bytes) {
  const ScratchFile file(bytes);
  return open_file(file.path());
}

std::shared_ptr<const ByteSource> in_memory(const Bytes& bytes) {
  const auto owner = std::make_shared<const Bytes>(bytes);
  return borrow_bytes(*owner, owner);
}

std::shared_ptr<const ByteSource> in_stream(const Bytes& bytes) {
  return retain_stream(std::make_unique<SlowStream>(bytes), "<stream>");
}

Bytes random_bytes(std::size_t size) {
  std::mt19937 random(static_cast<unsigned>(size));
  Bytes bytes(size);
  for (auto& b : bytes) b = static_cast<std::byte>(random());
  return bytes;
}

class SourceTests : public testing::TestWithParam<Backend> {
 protected:
  void SetUp() override { set_num_threads(4); }
  void TearDown() override { set_num_threads(0); }

  static void expect_ranges(const ByteSource& source, const Bytes& bytes,
                            const std::vector<ByteRange>& ranges) {
    std::vector<std::atomic<int>> calls(ranges.size());
    source.for_each(ranges, [&](std::size_t index, ByteView view) {
      ++calls[index];
      const auto* expected = bytes.data() + ranges[index].offset;
      EXPECT_TRUE(view.size() == ranges[index].length &&
                  std::equal(view.begin(), view.end(), expected));
    });
    for (const auto& n : calls) EXPECT_EQ(n, 1);
  }
};

TEST_P(SourceTests, ExtentIsWhatExistsOfWhatIsWanted) {
  const auto source = GetParam().open(random_bytes(100'000));
  EXPECT_EQ(source->extent(0), 0U);
  EXPECT_EQ(source->extent(2880), 2880U);
  EXPECT_EQ(source->extent(100'000), 100'000U);
  EXPECT_EQ(source->extent(100'001), 100'000U);
  EXPECT_EQ(source->extent(UINT64_MAX), 100'000U);
}

TEST_P(SourceTests, AnEmptySourceHasNothing) {
  const auto source = GetParam().open({});
  EXPECT_EQ(source->extent(1), 0U);
  expect_ranges(*source, {}, {});
  expect_ranges(*source, {}, {{0, 0}});
}

TEST_P(SourceTests, HandsOverRangesInAnyOrderOverlappingAndEmpty) {
  const auto bytes = random_bytes(300'000);
  const auto source = GetParam().open(bytes);
  expect_ranges(*source, bytes, {{0, 300'000}});
  expect_ranges(*source, bytes,
                {{299'999, 1}, {0, 1}, {150'000, 100}, {150'050, 100}, {150'000, 100}});
  expect_ranges(*source, bytes, {{300'000, 0}, {7, 0}, {0, 80}});
}

TEST_P(SourceTests, HandsOverScatteredRowsTwice) {
  const auto bytes = random_bytes(2 * MiB);
  const auto source = GetParam().open(bytes);
  std::vector<ByteRange> rows;
  for (std::uint64_t row = 0; row < 100; ++row) rows.push_back({5760 + row * 8192, 400});
  expect_ranges(*source, bytes, rows);
  std::reverse(rows.begin(), rows.end());
  expect_ranges(*source, bytes, rows);
}

TEST_P(SourceTests, HandsOverLargeRangesOnSeveralThreads) {
  const auto bytes = random_bytes(20 * MiB + 13);
  const auto source = GetParam().open(bytes);
  std::vector<ByteRange> pieces;
  for (std::uint64_t at = 1; at < bytes.size(); at += kMaxRangeBytes) {
    pieces.push_back({at, std::min<std::uint64_t>(kMaxRangeBytes, bytes.size() - at)});
  }
  expect_ranges(*source, bytes, pieces);
  expect_ranges(*source, bytes, {{3, 20 * MiB}});  // longer than any window
}

TEST_P(SourceTests, RandomRequestsEqualTheBytes) {
  const auto bytes = random_bytes(19 * MiB);
  const auto source = GetParam().open(bytes);
  std::mt19937_64 random(7);
  for (int round = 0; round < 60; ++round) {
    std::vector<ByteRange> ranges(random() % 40);
    const auto longest = std::uint64_t{1} << (random() % 23);
    for (auto& range : ranges) {
      range.offset = random() % bytes.size();
      range.length = std::min(random() % longest, bytes.size() - range.offset);
    }
    expect_ranges(*source, bytes, ranges);
  }
}

TEST_P(SourceTests, PastTheEndIsTruncatedAndNothingIsHandedOver) {
  const auto source = GetParam().open(random_bytes(50'000));
  for (const ByteRange bad : {ByteRange{50'000, 1}, ByteRange{49'999, 2}, ByteRange{60'000, 0},
                              ByteRange{1ULL << 62, 8}}) {
    const std::vector<ByteRange> ranges{{0, 10}, bad};
    try {
      source->for_each(ranges, [](std::size_t, ByteView) { ADD_FAILURE(); });
      ADD_FAILURE() << "no error";
    } catch (const FitsError& error) {
      EXPECT_EQ(error.code(), ErrorCode::truncated) << error.what();
    }
  }
}

TEST_P(SourceTests, OffsetsThatOverflowAreErrors) {
  const auto source = GetParam().open(random_bytes(5000));
  for (const ByteRange bad :
       {ByteRange{UINT64_MAX, 1}, ByteRange{1, UINT64_MAX}, ByteRange{UINT64_MAX, UINT64_MAX}}) {
    EXPECT_THROW(source->for_each({&bad, 1}, [](std::size_t, ByteView) {}), FitsError);
  }
}

TEST_P(SourceTests, AnErrorOfTheConsumerComesOut) {
  const auto source = GetParam().open(random_bytes(16 * MiB));
  std::vector<ByteRange> pieces;
  for (std::uint64_t i = 0; i < 4; ++i) pieces.push_back({i * 4 * MiB, 4 * MiB});
  EXPECT_THROW(
      source->for_each(pieces, [](std::size_t, ByteView) { throw FitsError::format("mine"); }),
      FitsError);
  EXPECT_EQ(source->extent(5), 5U);
}

TEST_P(SourceTests, ServesManyThreadsAtOnce) {
  const auto bytes = random_bytes(12 * MiB);
  const auto source = GetParam().open(bytes);
  std::vector<std::thread> threads;
  for (std::uint64_t t = 0; t < 6; ++t) {
    threads.emplace_back([&, t] {
      for (std::uint64_t round = 0; round < 10; ++round) {
        const auto at = (t * 1'900'000 + round * 777'777) % (11 * MiB);
        expect_ranges(*source, bytes, {{at, 300'000}, {at + 500'000, 10}});
        expect_ranges(*source, bytes, {{at, 10}, {at + 600'000, 10}});
      }
    });
  }
  for (auto& thread : threads) thread.join();
}

INSTANTIATE_TEST_SUITE_P(All, SourceTests,
                         testing::Values(Backend{"file", in_file}, Backend{"memory", in_memory},
                                         Backend{"stream", in_stream}),
                         [](const auto& info) { return info.param.name; });

class FailingStream final : public ByteStream {
 public:
  explicit FailingStream(std::size_t good) : good_(good) {}
  std::size_t read(ByteSpan into) override {
    if (good_ == 0) throw FitsError::format("the stream is damaged");
    const auto count = std::min(into.size(), good_);
    std::fill_n(into.begin(), count, std::byte{5});
    good_ -= count;
    return count;
  }

 private:
  std::size_t good_;
};

TEST(StreamSource, KeepsItsErrorAndWhatCameBefore) {
  const auto source = retain_stream(std::make_unique<FailingStream>(100'000), "x");
  EXPECT_EQ(source->extent(2880), 2880U);
  for (int round = 0; round < 2; ++round) {
    EXPECT_THROW((void)source->extent(100'001), FitsError);
    EXPECT_EQ(source->extent(100'000), 100'000U);
  }
  const ByteRange behind{90'000, 20'000};
  EXPECT_THROW(source->for_each({&behind, 1}, [](std::size_t, ByteView) {}), FitsError);
}

class CountedStream final : public ByteStream {
 public:
  explicit CountedStream(std::uint64_t& given) : given_(given) {}
  std::size_t read(ByteSpan into) override {
    for (auto& b : into) b = byte_at(given_++);
    return into.size();
  }
  static std::byte byte_at(std::uint64_t at) {
    return static_cast<std::byte>(at ^ (at >> 8) ^ (at >> 16) ^ (at >> 24));
  }

 private:
  std::uint64_t& given_;
};

TEST(StreamSource, ReadsOnlyAsFarAsNeeded) {
  std::uint64_t given = 0;
  const auto source = retain_stream(std::make_unique<CountedStream>(given), "endless");
  EXPECT_EQ(source->extent(5760), 5760U);
  EXPECT_LE(given, 128 * KiB);
}

TEST(StreamSource, SpoolsWhatDoesNotFitInMemory) {
  std::uint64_t given = 0;
  const auto source = retain_stream(std::make_unique<CountedStream>(given), "endless");
  const std::vector<ByteRange> ranges{{kSpoolBytes - 10, 10},
                                      {kSpoolBytes - 1000, 500'000},
                                      {kSpoolBytes, 3 * MiB},
                                      {kSpoolBytes + 2 * MiB + 1, 4 * MiB},
                                      {17, 100}};
  std::atomic<int> seen{0};
  source->for_each(ranges, [&](std::size_t index, ByteView view) {
    ++seen;
    std::size_t wrong = view.size() == ranges[index].length ? 0 : 1;
    for (std::size_t i = 0; i < view.size(); ++i) {
      wrong += view[i] != CountedStream::byte_at(ranges[index].offset + i) ? 1 : 0;
    }
    EXPECT_EQ(wrong, 0U) << "range " << index;
  });
  EXPECT_EQ(seen, 5);
}

TEST(MemorySource, KeepsTheOwnerAlive) {
  auto owner = std::make_shared<const Bytes>(Bytes{std::byte{9}});
  const std::weak_ptr<const Bytes> watch = owner;
  const ByteView view = *owner;
  auto source = borrow_bytes(view, std::move(owner), "<mine>");
  EXPECT_FALSE(watch.expired());
  EXPECT_EQ(source->name(), "<mine>");
  source.reset();
  EXPECT_TRUE(watch.expired());
}

}  // namespace
}  // namespace torchfits
