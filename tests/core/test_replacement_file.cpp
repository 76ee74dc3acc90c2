// SPDX-License-Identifier: BSD-3-Clause
#include <gtest/gtest.h>
#include <unistd.h>

#include <filesystem>
#include <fstream>
#include <iterator>
#include <string>

#include "base/error.h"
#include "platform/replacement_file.h"

namespace torchfits {
namespace {

namespace fs = std::filesystem;

class ReplacementFileTest : public testing::Test {
 protected:
  void SetUp() override {
    folder_ = fs::temp_directory_path() / ("torchfits_replace_" + std::to_string(getpid()));
    fs::create_directory(folder_);
  }
  void TearDown() override { fs::remove_all(folder_); }

  [[nodiscard]] std::string path() const { return (folder_ / "f").string(); }
  [[nodiscard]] std::size_t files() const {
    return static_cast<std::size_t>(
        std::distance(fs::directory_iterator(folder_), fs::directory_iterator()));
  }
  [[nodiscard]] std::string content() const {
    std::ifstream in(path(), std::ios::binary);
    return {std::istreambuf_iterator<char>(in), {}};
  }
  static void put(const ReplacementFile& file, const std::string& text) {
    file.file().write_at(0, std::as_bytes(std::span(text)));
  }

  fs::path folder_;
};

TEST_F(ReplacementFileTest, TheNameIsTakenAtTheEndOnly) {
  {
    ReplacementFile file(path(), false);
    put(file, "new");
    EXPECT_FALSE(fs::exists(path()));
    file.commit(3);
    EXPECT_EQ(content(), "new");
  }
  EXPECT_EQ(files(), 1U);
}

TEST_F(ReplacementFileTest, WithoutCommitNothingIsLeft) {
  std::ofstream(path()) << "old";
  {
    const ReplacementFile file(path(), true);
    put(file, "new");
    EXPECT_EQ(files(), 2U);
  }
  EXPECT_EQ(files(), 1U);
  EXPECT_EQ(content(), "old");
}

TEST_F(ReplacementFileTest, WhatIsPreallocatedIsCutAndWhatIsMissingIsZero) {
  ReplacementFile file(path(), false);
  file.file().preallocate(1U << 20U);
  put(file, "new");
  file.commit(5);
  EXPECT_EQ(content(), std::string("new\0\0", 5));
}

TEST_F(ReplacementFileTest, AFileThatCameMeanwhileIsNotReplaced) {
  ReplacementFile file(path(), false);
  put(file, "new");
  std::ofstream(path()) << "somebody's";
  EXPECT_THROW(file.commit(3), FitsError);
  EXPECT_EQ(content(), "somebody's");
}

TEST_F(ReplacementFileTest, RoomThatThereIsNotIsAnError) {
  const ReplacementFile file(path(), false);
  try {
    file.file().preallocate(std::uint64_t{1} << 62U);
    GTEST_SKIP() << "this file system gives any room";
  } catch (const FitsError& error) {
    EXPECT_EQ(error.code(), ErrorCode::io);
  }
}

}  // namespace
}  // namespace torchfits
