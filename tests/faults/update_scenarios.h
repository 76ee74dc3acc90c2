// SPDX-License-Identifier: BSD-3-Clause
// Changes of files that are made to fail.
#pragma once

#include <array>
#include <functional>
#include <string>
#include <utility>
#include <vector>

#include "header_text.h"
#include "io/file_source.h"
#include "scratch_folder.h"
#include "update/hdu_updates.h"
#include "update/header_updates.h"
#include "update/image_updates.h"
#include "update/table_updates.h"

namespace torchfits::testing {

inline std::string image_extension(std::size_t bytes, char fill) {
  return header_blocks({{"XTENSION", "'IMAGE   '"},
                        {"BITPIX", "8"},
                        {"NAXIS", "1"},
                        {"NAXIS1", std::to_string(bytes)},
                        {"PCOUNT", "0"},
                        {"GCOUNT", "1"}}) +
         padded_to_block(std::string(bytes, fill), '\0');
}

/// Three HDUs; the second has `bytes` of data.
inline std::string three_hdus(std::size_t bytes) {
  return header_blocks({{"SIMPLE", "T"}, {"BITPIX", "8"}, {"NAXIS", "0"}}) +
         image_extension(bytes, '1') + image_extension(100, '2');
}

inline NewHdu new_image(std::size_t bytes) {
  static const std::vector<std::byte> pixels(300000, std::byte{7});
  MemoryImage image;
  image.data = pixels.data();
  image.natural = ElementType::u8;
  image.shape = {bytes};
  NewHdu hdu;
  hdu.data = image;
  return hdu;
}

/// A change of a file that may be killed at any moment.
struct Scenario {
  std::string name;
  std::string old;  ///< empty: there is no file
  std::function<void(const std::string& path, bool durable)> change;
};

/// An Updater and the scanned file.
template <class Work>
auto updating(Work work) {
  return [work](const std::string& path, bool durable) {
    Updater updater(path, durable);
    const File file(updater.source());
    work(updater, file);
  };
}

inline std::function<void(const std::string&, bool)> edit_header(std::size_t index, int cards) {
  return updating([index, cards](Updater& updater, const File& file) {
    HeaderEdit edit{index, file.hdu(index).header};
    for (int i = 0; i < cards; ++i)
      edit.wanted.insert(edit.wanted.size(),
                         Card::make("K" + std::to_string(i), std::int64_t{i}, ""));
    set_headers(updater, file, {&edit, 1});
  });
}

inline std::function<void(const std::string&, bool)> overwrite_data() {
  return updating([](Updater& updater, const File& file) {
    const auto& hdu = file.hdu(1);
    const std::array<ByteRange, 2> ranges{
        {{hdu.header_offset + 400, 80}, {hdu.data_offset, hdu.data_bytes}}};
    updater.change(ranges, [&](ByteSink& sink) {
      sink.write_at(ranges[0].offset, bytes_of(card_text("CHANGED", "T")));
      const auto half = hdu.data_bytes / 2;
      sink.write_at(hdu.data_offset, bytes_of(std::string(half, 'n')));
      sink.write_at(hdu.data_offset + half, bytes_of(std::string(hdu.data_bytes - half, 'm')));
    });
  });
}

/// The file grows behind the last HDU, whose header changes with it.
inline std::function<void(const std::string&, bool)> grow_last() {
  return updating([](Updater& updater, const File& file) {
    const auto& hdu = file.hdu(2);
    const std::array<ByteRange, 2> ranges{
        {{hdu.data_offset + 100, 2780 + 2880}, {hdu.header_offset + 240, 80}}};
    updater.change(ranges, [&](ByteSink& sink) {
      sink.write_at(ranges[0].offset, bytes_of(std::string(2780 + 2880, 'n')));
      sink.write_at(ranges[1].offset, bytes_of(card_text("NAXIS1", "5760")));
    });
  });
}

/// A table of `rows` numbers behind a primary HDU, and an image behind it.
inline std::string table_of_numbers(std::size_t rows, bool last) {
  return header_blocks({{"SIMPLE", "T"}, {"BITPIX", "8"}, {"NAXIS", "0"}}) +
         header_blocks({{"XTENSION", "'BINTABLE'"},
                        {"BITPIX", "8"},
                        {"NAXIS", "2"},
                        {"NAXIS1", "8"},
                        {"NAXIS2", std::to_string(rows)},
                        {"PCOUNT", "0"},
                        {"GCOUNT", "1"},
                        {"TFIELDS", "1"},
                        {"TTYPE1", "'X'"},
                        {"TFORM1", "'D'"}}) +
         padded_to_block(std::string(8 * rows, 'x'), '\0') +
         (last ? std::string() : image_extension(100, '2'));
}

/// Numbers for the column X.
inline std::vector<NewColumn> numbers(std::size_t rows) {
  static const std::vector<double> values(10000, 1.5);
  NewColumn column;
  column.column.name = "X";
  column.values.type = ElementType::f64;
  column.memory.values = reinterpret_cast<const std::byte*>(values.data());
  column.rows = column.elements = rows;
  return {column};
}

inline std::function<void(const std::string&, bool)> insert_numbers(std::size_t at,
                                                                    std::size_t rows) {
  return updating([at, rows](Updater& updater, const File& file) {
    insert_rows(updater, file, 1, at, numbers(rows));
  });
}

/// Every second of the first rows.
inline std::function<void(const std::string&, bool)> change_numbers(std::size_t rows) {
  return updating([rows](Updater& updater, const File& file) {
    write_cells(updater, file, 1, {.start = 0, .step = 2, .count = rows}, numbers(rows));
  });
}

inline std::function<void(const std::string&, bool)> change_section() {
  return updating([](Updater& updater, const File& file) {
    const std::byte zero{0};
    const std::array<AxisSlice, 1> part{{{1000, 3, 100000}}};
    write_section(updater, file, 1, part, {ElementType::u8, &zero, 1, true});
  });
}

inline std::vector<Scenario> table_scenarios() {
  const auto small = table_of_numbers(1000, false);
  const auto large = table_of_numbers(150000, false);
  const auto last = table_of_numbers(150000, true);
  return {
      {"insert rows", small, insert_numbers(10, 500)},
      {"insert rows into a large table", large, insert_numbers(70000, 10000)},
      {"append rows to a small table", table_of_numbers(1000, true), insert_numbers(1000, 500)},
      {"append rows to a large table", last, insert_numbers(150000, 10000)},
      {"change cells of a large table", large, change_numbers(5000)},
      {"delete rows", small, updating([](Updater& updater, const File& file) {
         delete_rows(updater, file, 1, {.start = 1, .step = 3, .count = 300});
       })},
      {"write a section of a large image", three_hdus(1200000), change_section()},
  };
}

inline std::vector<Scenario> hdu_scenarios() {
  const auto small = three_hdus(9000);
  const auto large = three_hdus(1200000);
  const auto write_new = [](bool overwrite) {
    return [overwrite](const std::string& path, bool durable) {
      auto made = Updater::create(path, overwrite, durable);
      append_hdu(made, nullptr, new_image(100), true);
      const File file(made.source());
      append_hdu(made, &file, new_image(200000), true);
      made.commit();
    };
  };
  const auto append = [](std::size_t bytes) {
    return updating([bytes](Updater& updater, const File& file) {
      append_hdu(updater, &file, new_image(bytes), true);
    });
  };
  return {
      {"write a new file", "", write_new(false)},
      {"replace a file", small, write_new(true)},
      {"append a small HDU", small, append(50)},
      {"append a large HDU", large, append(300000)},
      {"edit a card", large, edit_header(0, 1)},
      {"edit two pages of a small file", small, edit_header(1, 20)},
      {"edit two pages of a large file", large, edit_header(2, 20)},
      {"grow a header", small, edit_header(1, 100)},
      {"grow a header of a large file", large, edit_header(1, 100)},
      {"overwrite data of a small file", small, overwrite_data()},
      {"overwrite data of a large file", large, overwrite_data()},
      {"grow the last HDU of a small file", small, grow_last()},
      {"grow the last HDU of a large file", large, grow_last()},
      {"remove an HDU", large,
       updating([](Updater& updater, const File& file) { remove_hdu(updater, file, 1); })},
      {"remove the last HDU", large,
       updating([](Updater& updater, const File& file) { remove_hdu(updater, file, 2); })},
      {"insert before the first", small, updating([](Updater& updater, const File& file) {
         insert_hdu(updater, file, 0, new_image(60), false);
       })},
      {"move an HDU", small,
       updating([](Updater& updater, const File& file) { move_hdu(updater, file, 1, 2); })},
  };
}

inline std::vector<Scenario> scenarios() {
  auto all = hdu_scenarios();
  for (auto& scenario : table_scenarios()) all.push_back(std::move(scenario));
  return all;
}

/// The file that a scenario begins with, and nothing else.
inline void lay_out(const ScratchFolder& folder, const Scenario& scenario) {
  folder.clear();
  if (!scenario.old.empty()) write_text(folder.path(), scenario.old);
}

/// What a scenario makes of it when nothing fails.
inline std::string result_of(const ScratchFolder& folder, const Scenario& scenario) {
  lay_out(folder, scenario);
  scenario.change(folder.path(), false);
  return read_text(folder.path());
}

}  // namespace torchfits::testing
