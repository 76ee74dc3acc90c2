// SPDX-License-Identifier: BSD-3-Clause
#include <gtest/gtest.h>

#include <string>
#include <string_view>
#include <vector>

#include "base/stats.h"
#include "file/batch_reader.h"
#include "header_text.h"
#include "io/file_source.h"
#include "io/memory_source.h"
#include "scratch_file.h"

namespace torchfits {
namespace {

using testing::bytes_of;
using testing::card_text;

using namespace std::string_view_literals;

/// A file with an image of NAXIS1 = 2, NAXIS2 = `lines`.
std::string image(std::string_view bitpix, int lines, std::string_view data,
                  const std::string& more = "") {
  auto text = card_text("SIMPLE", "T") + card_text("BITPIX", bitpix) + card_text("NAXIS", "2") +
              card_text("NAXIS1", "2") + card_text("NAXIS2", std::to_string(lines)) + more + "END";
  text.resize(kBlockSize, ' ');
  text += data;
  text.resize(2 * kBlockSize, '\0');
  return text;
}

/// Four shorts from `first` on.
std::string shorts(int first, const std::string& more = "") {
  std::string data;
  for (int i = 0; i < 4; ++i) {
    data += {static_cast<char>((first + i) >> 8), static_cast<char>((first + i) & 255)};
  }
  return image("16", 2, data, more);
}

/// File i of the batch is called "i.fits".
OpenSource opener(const std::vector<std::string>& files) {
  return [&files](std::size_t index) {
    return borrow_bytes(bytes_of(files[index]), nullptr, std::to_string(index) + ".fits");
  };
}

BatchRequest request_of(ElementType natural = ElementType::i16) {
  BatchRequest request;
  request.shape = {2, 2};
  request.natural = natural;
  request.image.selection = whole(request.shape);
  return request;
}

/// Destinations of one image each, and a guard behind the last.
template <class T>
std::vector<T> read(const std::vector<std::string>& files, const BatchRequest& request) {
  std::vector<std::uint64_t> shape;
  std::size_t elements = files.size();
  for (const auto& slice : request.image.selection) {
    shape.push_back(slice.count);
    elements *= slice.count;
  }
  std::vector<T> values(elements + 1, T{-99});
  read_batch(files.size(), opener(files), request,
             {element_type_of<T>, reinterpret_cast<std::byte*>(values.data()), shape, {0, 0}});
  EXPECT_EQ(values.back(), T{-99});
  values.pop_back();
  return values;
}

FitsError error_of(const std::vector<std::string>& files, const BatchRequest& request) {
  try {
    static_cast<void>(read<std::int16_t>(files, request));
  } catch (const FitsError& error) {
    return error;
  }
  ADD_FAILURE() << "no error";
  return {ErrorCode::io, ""};
}

void expect_error(const FitsError& error, ErrorCode code, std::string_view file,
                  std::string_view words) {
  EXPECT_EQ(error.code(), code) << error.what();
  EXPECT_TRUE(std::string_view(error.what()).starts_with(file)) << error.what();
  EXPECT_NE(std::string(error.what()).find(words), std::string::npos) << error.what();
}

using Shorts = std::vector<std::int16_t>;

TEST(BatchReader, ImagesStandOneAfterTheOther) {
  EXPECT_EQ(read<std::int16_t>({shorts(1), shorts(500), shorts(-2)}, request_of()),
            (Shorts{1, 2, 3, 4, 500, 501, 502, 503, -2, -1, 0, 1}));
}

TEST(BatchReader, ASectionOfEach) {
  auto request = request_of();
  request.image.selection = {{1, -1, 2}, {1, 1, 1}};
  EXPECT_EQ(read<std::int16_t>({shorts(10), shorts(20)}, request), (Shorts{13, 11, 23, 21}));
}

TEST(BatchReader, ManyFilesOnManyThreads) {
  std::vector<std::string> files;
  Shorts expected;
  for (int i = 0; i < 200; ++i) {
    files.push_back(shorts(10 * i));
    for (int j = 0; j < 4; ++j) expected.push_back(static_cast<std::int16_t>(10 * i + j));
  }
  EXPECT_EQ(read<std::int16_t>(files, request_of()), expected);
}

TEST(BatchReader, NoFiles) { EXPECT_TRUE(read<std::int16_t>({}, request_of()).empty()); }

TEST(BatchReader, AnotherShapeNamesTheFile) {
  const auto other = image("16", 3, std::string(12, '\1'));
  const auto error = error_of({shorts(1), other, shorts(3)}, request_of());
  expect_error(error, ErrorCode::value, "1.fits", "(3, 2)");
  expect_error(error, ErrorCode::value, "1.fits", "(2, 2)");
}

TEST(BatchReader, AnotherTypeNamesTheFile) {
  const auto words = "the image is float32, the first one of the batch int16";
  const auto scaled = shorts(1, card_text("BSCALE", "0.5"));
  expect_error(error_of({shorts(1), shorts(2), scaled}, request_of()), ErrorCode::value, "2.fits",
               words);
}

TEST(BatchReader, TypesMayDifferWhereOneWasAskedFor) {
  auto request = request_of();
  request.same_type = false;
  const auto scaled = shorts(1, card_text("BSCALE", "0.5"));
  EXPECT_EQ(read<float>({shorts(1), scaled}, request),
            (std::vector<float>{1, 2, 3, 4, 0.5, 1, 1.5, 2}));
}

TEST(BatchReader, StoredNumbersHaveTheStoredType) {
  auto request = request_of();
  request.image.scaled = false;
  const auto scaled = shorts(7, card_text("BZERO", "32768"));
  EXPECT_EQ(read<std::int16_t>({shorts(1), scaled}, request), (Shorts{1, 2, 3, 4, 7, 8, 9, 10}));
}

TEST(BatchReader, OneBrokenFileIsNamed) {
  const auto with = [](const std::string& broken) {
    return error_of({shorts(1), shorts(2), broken, shorts(4)}, request_of());
  };
  expect_error(with(shorts(1).substr(0, 2880 + 7)), ErrorCode::truncated, "2.fits, HDU 0",
               "1 missing");
  expect_error(with("no file of this kind"), ErrorCode::format, "2.fits", "not a FITS file");
  expect_error(with(""), ErrorCode::format, "2.fits", "empty");
  expect_error(with(shorts(1, card_text("BZERO", "'x'"))), ErrorCode::format, "2.fits, HDU 0",
               "BZERO");
}

TEST(BatchReader, ASourceWithoutANameIsNumbered) {
  const std::vector<std::string> files{shorts(1), shorts(2).substr(0, 2880)};
  const auto open = [&](std::size_t index) {
    return borrow_bytes(bytes_of(files[index]), nullptr);
  };
  std::vector<std::byte> values(16);
  try {
    read_batch(2, open, request_of(), {ElementType::i16, values.data(), {2, 2}, {0, 0}});
    FAIL() << "no error";
  } catch (const FitsError& error) {
    expect_error(error, ErrorCode::truncated, "<bytes> (source 1), HDU 0", "8 missing");
  }
}

TEST(BatchReader, WhatWasReadLenientlyIsReturned) {
  const auto lenient = shorts(1, card_text("BLANK", "'none'"));
  const std::vector<std::string> files{shorts(1), lenient, lenient};
  std::vector<std::byte> values(24);
  const auto warnings =
      read_batch(3, opener(files), request_of(), {ElementType::i16, values.data(), {2, 2}, {0, 0}});
  ASSERT_EQ(warnings.size(), 2u);
  EXPECT_NE(warnings[0].find("BLANK"), std::string::npos) << warnings[0];
}

TEST(BatchReader, AFileWithoutTheHduIsNamed) {
  auto request = request_of();
  request.hdu.name = "SCI";
  const auto named = shorts(1, card_text("EXTNAME", "'SCI'"));
  EXPECT_EQ(read<std::int16_t>({named, named}, request), (Shorts{1, 2, 3, 4, 1, 2, 3, 4}));
  expect_error(error_of({named, shorts(2)}, request), ErrorCode::hdu_name, "1.fits", "'SCI'");
}

TEST(BatchReader, AFileThatIsNotThereIsNamed) {
  std::vector<std::byte> values(16);
  const auto open = [](std::size_t /*index*/) { return open_file("/nowhere/of/any/kind.fits"); };
  try {
    read_batch(2, open, request_of(), {ElementType::i16, values.data(), {2, 2}, {0, 0}});
    FAIL() << "no error";
  } catch (const FitsError& error) {
    expect_error(error, ErrorCode::file_not_found, "/nowhere/of/any/kind.fits", "");
  }
}

TEST(BatchReader, StatsCountFilesAndBytes) {
  const auto text = shorts(5);
  const ScratchFile first(bytes_of(text));
  const ScratchFile second(bytes_of(text));
  Shorts values(8);
  reset_stats();
  read_batch(
      2, [&](std::size_t index) { return open_file(index == 0 ? first.path() : second.path()); },
      request_of(),
      {ElementType::i16, reinterpret_cast<std::byte*>(values.data()), {2, 2}, {0, 0}});
  EXPECT_EQ(values, (Shorts{5, 6, 7, 8, 5, 6, 7, 8}));
  EXPECT_EQ(stats().files_opened, 2u);
  EXPECT_EQ(stats().bytes_decoded, 16u);
  EXPECT_EQ(stats().bytes_written, 16u);
}

}  // namespace
}  // namespace torchfits
