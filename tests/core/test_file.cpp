// SPDX-License-Identifier: BSD-3-Clause
#include <gtest/gtest.h>

#include <thread>
#include <vector>

#include "file/file.h"
#include "header_text.h"
#include "io/memory_source.h"

namespace torchfits {
namespace {

using testing::bytes_of;
using testing::header_blocks;

std::string extension(std::string_view name, std::string_view version, std::string_view naxis1) {
  auto text = header_blocks({{"XTENSION", "'IMAGE   '"},
                             {"BITPIX", "8"},
                             {"NAXIS", "1"},
                             {"NAXIS1", naxis1},
                             {"PCOUNT", "0"},
                             {"GCOUNT", "1"},
                             {"EXTNAME", name},
                             {"EXTVER", version}});
  if (naxis1 != "0") text.append(2880, '\7');
  return text;
}

const std::string kPrimary = header_blocks({{"SIMPLE", "T"}, {"BITPIX", "8"}, {"NAXIS", "0"}});
const std::string kFile = kPrimary + extension("'sci     '", "1", "5") +
                          extension("'SCI     '", "2", "6") + extension("'EMPTY   '", "1", "0");

File open(const std::string& text) { return File(borrow_bytes(bytes_of(text), nullptr)); }

template <class Work>
ErrorCode error_of(Work&& work) {
  try {
    work();
  } catch (const FitsError& error) {
    return error.code();
  }
  ADD_FAILURE() << "no error";
  return ErrorCode::io;
}

TEST(File, FindsHdusByNameVersionAndPosition) {
  const auto file = open(kFile);
  EXPECT_EQ(file.find("SCI", std::nullopt), 1u);
  EXPECT_EQ(file.find(" sci ", 2), 2u);
  EXPECT_EQ(file.find("primary", std::nullopt), 0u);
  EXPECT_EQ(file.count(), 4u);
  EXPECT_EQ(file.choose({-1, std::nullopt, std::nullopt}, File::Want::any), 3u);
  EXPECT_EQ(error_of([&] { static_cast<void>(file.find("SCI", 3)); }), ErrorCode::hdu_name);
  EXPECT_EQ(error_of([&] { static_cast<void>(file.hdu(4)); }), ErrorCode::hdu_index);
  EXPECT_EQ(error_of([&] {
              static_cast<void>(file.choose({-5, std::nullopt, std::nullopt}, File::Want::any));
            }),
            ErrorCode::hdu_index);
}

TEST(File, FirstWithData) {
  EXPECT_EQ(open(kFile).first_with_data(File::Want::any), 1u);
  EXPECT_EQ(open(kPrimary + extension("'E       '", "1", "0")).first_with_data(File::Want::image),
            1u);
  EXPECT_EQ(error_of([] { static_cast<void>(open(kPrimary).first_with_data(File::Want::any)); }),
            ErrorCode::no_data);
  EXPECT_EQ(error_of([] { static_cast<void>(open(kFile).first_with_data(File::Want::table)); }),
            ErrorCode::no_data);
}

TEST(File, ADamagedHeaderDoesNotHideTheOthers) {
  const auto text = kFile + extension("'BAD     '", "1", "-3");
  const auto file = open(text);
  EXPECT_EQ(file.count(), 4u);
  EXPECT_EQ(file.take_warnings().size(), 1u);
  EXPECT_EQ(error_of([&] { static_cast<void>(file.hdu(4)); }), ErrorCode::format);
  EXPECT_EQ(error_of([&] { static_cast<void>(file.find("NONE", std::nullopt)); }),
            ErrorCode::format);
}

TEST(File, TruncatedDataAreFoundBeforeTheyAreRead) {
  const auto text = kFile.substr(0, kPrimary.size() + 2880 + 3);
  const auto file = open(text);
  try {
    file.check_data_present(file.hdu(1));
    FAIL() << "no error";
  } catch (const FitsError& error) {
    EXPECT_EQ(error.code(), ErrorCode::truncated);
    EXPECT_NE(std::string(error.what()).find("2 missing"), std::string::npos) << error.what();
  }
}

TEST(File, ManyThreadsScanOneFile) {
  const auto file = open(kFile);
  std::vector<std::thread> threads;
  std::vector<std::size_t> found(8);
  for (std::size_t i = 0; i < found.size(); ++i) {
    threads.emplace_back([&, i] { found[i] = i % 2 == 0 ? file.count() : file.find("SCI", 2); });
  }
  for (auto& thread : threads) thread.join();
  for (std::size_t i = 0; i < found.size(); ++i) EXPECT_EQ(found[i], i % 2 == 0 ? 4u : 2u);
}

}  // namespace
}  // namespace torchfits
