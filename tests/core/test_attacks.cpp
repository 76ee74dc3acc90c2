// SPDX-License-Identifier: BSD-3-Clause
// The fuzz targets without libFuzzer: every seed, every file that once did harm, and neighbours of
// both with some bytes changed. Under ASan and UBSan this is a short fuzzing run that is the same
// every time.
#include <gtest/gtest.h>

#include <algorithm>
#include <cstddef>
#include <cstdint>
#include <filesystem>
#include <fstream>
#include <iterator>
#include <random>
#include <set>
#include <string>
#include <vector>

#define FUZZ_TARGETS(X) \
  X(fuzz_card)          \
  X(fuzz_expression)    \
  X(fuzz_gzip)          \
  X(fuzz_hcompress)     \
  X(fuzz_header)        \
  X(fuzz_inflate)       \
  X(fuzz_open)          \
  X(fuzz_plio)          \
  X(fuzz_quantize)      \
  X(fuzz_rice)          \
  X(fuzz_table)         \
  X(fuzz_tform)         \
  X(fuzz_tiles)         \
  X(fuzz_verify)

#define DECLARE(name) extern "C" int name(const std::uint8_t* data, std::size_t size);
FUZZ_TARGETS(DECLARE)
#undef DECLARE

namespace {

namespace fs = std::filesystem;

using Input = std::vector<std::uint8_t>;

struct Target {
  const char* name;
  int (*run)(const std::uint8_t*, std::size_t);
};

#define ENTRY(name) Target{#name, &name},
constexpr Target kTargets[] = {FUZZ_TARGETS(ENTRY)};
#undef ENTRY

constexpr int kNeighbours = 200;
const fs::path kRoot = TORCHFITS_SOURCE;

Input read_file(const fs::path& path) {
  std::ifstream file(path, std::ios::binary);
  return {std::istreambuf_iterator<char>(file), {}};
}

/// The files below `folder`, if it exists, in the order of their names.
std::vector<fs::path> files_of(const fs::path& folder) {
  std::vector<fs::path> files;
  if (!fs::is_directory(folder)) return files;
  for (const auto& entry : fs::directory_iterator(folder)) files.push_back(entry.path());
  std::sort(files.begin(), files.end());
  return files;
}

std::vector<fs::path> inputs_of(const std::string& target) {
  auto files = files_of(kRoot / "fuzz/seeds" / target);
  const auto attacks = files_of(kRoot / "tests/data/attacks" / target);
  files.insert(files.end(), attacks.begin(), attacks.end());
  return files;
}

/// A few bytes changed, swapped for a number at the edge, or the end cut off.
Input neighbour(Input input, std::mt19937& random) {
  const auto below = [&](std::size_t limit) { return limit == 0 ? 0 : random() % limit; };
  if (input.empty()) return input;
  for (std::size_t left = 1 + below(4); left > 0; --left) {
    const auto place = below(input.size());
    constexpr std::uint8_t edges[] = {0, 1, 0x7f, 0x80, 0xff, '-', '9', ' '};
    input[place] =
        below(2) == 0 ? edges[below(std::size(edges))] : static_cast<std::uint8_t>(random() & 0xff);
  }
  if (below(8) == 0) input.resize(below(input.size()));
  return input;
}

class Attacks : public testing::TestWithParam<Target> {};

TEST_P(Attacks, EveryInputEndsWell) {
  const auto files = inputs_of(GetParam().name);
  ASSERT_FALSE(files.empty()) << "no seed of " << GetParam().name;
  for (const auto& path : files) {
    const auto input = read_file(path);
    ASSERT_FALSE(input.empty()) << path;
    SCOPED_TRACE(path.string());
    EXPECT_EQ(GetParam().run(input.data(), input.size()), 0);
    std::mt19937 random(7);
    for (int i = 0; i < kNeighbours; ++i) {
      // In memory of its own size: one byte further is out of bounds.
      const Input changed = neighbour(input, random);
      EXPECT_EQ(GetParam().run(changed.data(), changed.size()), 0);
    }
  }
}

INSTANTIATE_TEST_SUITE_P(Core, Attacks, testing::ValuesIn(kTargets),
                         [](const auto& info) { return std::string(info.param.name); });

TEST(AttackFiles, EveryTargetAndEveryFolderIsRun) {
  std::set<std::string> listed, found;
  for (const auto& target : kTargets) listed.insert(target.name);
  for (const auto& path : files_of(kRoot / "fuzz")) {
    if (path.extension() == ".cpp") found.insert(path.stem().string());
  }
  EXPECT_EQ(found, listed);
  for (const char* folder : {"fuzz/seeds", "tests/data/attacks"}) {
    for (const auto& path : files_of(kRoot / folder)) {
      EXPECT_TRUE(listed.count(path.filename().string())) << path;
    }
  }
}

}  // namespace
