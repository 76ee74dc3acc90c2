// SPDX-License-Identifier: BSD-3-Clause
// Arrow data of strangers: what is right is read, what contradicts itself is an error. Arrays are
// built by hand after the specification of the C data interface.
#include <gtest/gtest.h>

#include <array>
#include <cstring>
#include <deque>
#include <functional>
#include <limits>
#include <string>
#include <vector>

#include "arrow/bits.h"
#include "arrow/columns.h"
#include "arrow/field.h"
#include "arrow/text.h"
#include "arrow/type.h"
#include "arrow/view.h"
#include "base/error.h"

namespace torchfits {
namespace {

void release_schema(ArrowSchema* schema) { schema->release = nullptr; }
void release_array(ArrowArray* array) { array->release = nullptr; }

/// A column that a test may spoil before it is looked at.
struct Part {
  ArrowSchema schema{};
  ArrowArray array{};
  std::vector<ArrowSchema*> schemas;
  std::vector<ArrowArray*> arrays;
  std::vector<const void*> buffers;

  explicit Part(const char* format, std::int64_t length, std::vector<const void*> memory)
      : buffers(std::move(memory)) {
    schema.format = format;
    schema.name = "item";
    schema.release = &release_schema;
    array.length = length;
    array.n_buffers = static_cast<std::int64_t>(buffers.size());
    array.buffers = buffers.data();
    array.release = &release_array;
  }
  Part(const Part&) = delete;
  Part& operator=(const Part&) = delete;

  Part& add(Part& child) {
    schemas.push_back(&child.schema);
    arrays.push_back(&child.array);
    schema.n_children = array.n_children = static_cast<std::int64_t>(arrays.size());
    schema.children = schemas.data();
    array.children = arrays.data();
    return *this;
  }
  Part& encode(Part& dictionary) {
    schema.dictionary = &dictionary.schema;
    array.dictionary = &dictionary.array;
    return *this;
  }
  /// Nulls where a bit is clear.
  Part& nulls(const std::uint8_t* validity, std::int64_t count) {
    buffers[0] = validity;
    array.null_count = count;
    return *this;
  }
};

/// A table of one column, read and checked.
struct Table {
  Part whole{"+s", 0, {nullptr}};
  ArrowField field;
  std::vector<ArrowView> views;

  explicit Table(Part& column) {
    column.schema.name = "X";
    whole.array.length = column.array.length;
    whole.add(column);
    field = read_arrow_schema(whole.schema);
  }
  const ArrowView& check() {
    views = check_arrow_batch(field, whole.array);
    return views.at(0);
  }
};

/// The message of the error, which is of that kind.
std::string refusal(const std::function<void()>& run, ErrorCode code) {
  try {
    run();
  } catch (const FitsError& error) {
    EXPECT_EQ(error.code(), code) << error.what();
    return error.what();
  }
  return "no error";
}

std::string bad(Part& column) {
  return refusal([&] { Table(column).check(); }, ErrorCode::value);
}

std::string refused(Part& column) {
  return refusal([&] { Table table(column); }, ErrorCode::type);
}

template <class Text>
bool mentions(const std::string& message, Text part) {
  return message.find(part) != std::string::npos;
}

std::vector<std::string> texts(const ArrowView& view) {
  const auto& leaf = view.leaf();
  const auto size = measure_arrow_text(leaf);
  std::vector<std::int64_t> places(leaf.length + 1);
  std::string bytes(size.total, '?');
  copy_packed_text(leaf, 0, places.data(), bytes.data());
  places[leaf.length] = static_cast<std::int64_t>(size.total);
  std::vector<std::string> result;
  for (std::size_t i = 0; i < leaf.length; ++i) {
    const auto begin = static_cast<std::size_t>(places[i]);
    result.push_back(bytes.substr(begin, static_cast<std::size_t>(places[i + 1]) - begin));
  }
  return result;
}

TEST(ArrowType, PrintsWhatItParsed) {
  for (const char* format :
       {"c", "C", "s", "S", "i",  "I",  "l",  "L",  "e",  "f",    "g",     "b",
        "u", "U", "z", "Z", "vu", "vz", "+l", "+L", "+s", "+w:0", "+w:17", "w:5"}) {
    EXPECT_EQ(ArrowType::parse(format).format(), format);
  }
}

TEST(ArrowType, NamesWhatFitsHasNot) {
  const std::pair<const char*, const char*> cases[] = {{"tsu:UTC", "timestamps"},
                                                       {"tdD", "dates"},
                                                       {"ttu", "times of day"},
                                                       {"tDn", "durations"},
                                                       {"tiM", "intervals"},
                                                       {"d:10,2", "decimals"},
                                                       {"n", "null"},
                                                       {"+m", "maps"},
                                                       {"+r", "run-end"},
                                                       {"+ud:0,1", "unions"},
                                                       {"+vl", "list views"},
                                                       {"w:x", "unknown"},
                                                       {"+w:-1", "unknown"},
                                                       {"w:-1", "unknown"},
                                                       {"", "unknown"},
                                                       {"+w:99999999999999999999", "unknown"},
                                                       {"ii", "unknown"}};
  for (const auto& [format, name] : cases) {
    const auto message =
        refusal([f = format] { static_cast<void>(ArrowType::parse(f)); }, ErrorCode::type);
    EXPECT_TRUE(mentions(message, name)) << format << ": " << message;
    EXPECT_TRUE(mentions(message, ";")) << "no remedy: " << message;
  }
}

TEST(ArrowMetadata, PrintsWhatItParsed) {
  const ArrowMetadata metadata{{"unit", "deg"}, {"empty", ""}, {"", "é"}};
  EXPECT_EQ(parse_arrow_metadata(format_arrow_metadata(metadata).data()), metadata);
  EXPECT_TRUE(format_arrow_metadata({}).empty());
  EXPECT_TRUE(parse_arrow_metadata(nullptr).empty());
}

TEST(ArrowMetadata, RefusesNegativeCounts) {
  const std::int32_t pairs[] = {-1};
  const std::int32_t length[] = {1, -5};
  for (const auto* encoded : {pairs, length}) {
    const auto message = refusal(
        [&] { static_cast<void>(parse_arrow_metadata(reinterpret_cast<const char*>(encoded))); },
        ErrorCode::value);
    EXPECT_TRUE(mentions(message, "metadata")) << message;
  }
}

TEST(ArrowBits, AreLeastSignificantFirst) {
  // The example of the columnar format: [T, T, F, T, F, F, F, T, T] is 0b10001011, 0b1.
  const std::array<std::uint8_t, 9> bools{1, 1, 0, 1, 0, 0, 0, 1, 1};
  std::array<std::uint8_t, 2> bits{};
  pack_arrow_bits(bools.data(), bools.size(), true, bits.data());
  EXPECT_EQ(bits, (std::array<std::uint8_t, 2>{0b10001011, 1}));
  std::array<std::uint8_t, 9> again{};
  unpack_arrow_bits(bits.data(), 0, 9, true, again.data());
  EXPECT_EQ(again, bools);
  unpack_arrow_bits(bits.data(), 3, 6, false, again.data());
  EXPECT_EQ(again, (std::array<std::uint8_t, 9>{0, 1, 1, 1, 0, 0, 0, 1, 1}));
}

TEST(ArrowView, ReadsNumbersFromAnOffset) {
  const std::array<std::int32_t, 4> values{1, 2, 3, 4};
  Part column("i", 3, {nullptr, values.data()});
  column.array.offset = 1;
  Table table(column);
  const auto& view = table.check();
  EXPECT_EQ(numbers_in_place(view), reinterpret_cast<const std::byte*>(&values[1]));
  std::array<std::int32_t, 3> out{};
  copy_elements(view, reinterpret_cast<std::byte*>(out.data()));
  EXPECT_EQ(out, (std::array<std::int32_t, 3>{2, 3, 4}));
}

TEST(ArrowView, DoesNotUseUnalignedNumbersInPlace) {
  alignas(8) std::array<std::byte, 17> memory{};
  const double value = 2.5;
  std::memcpy(memory.data() + 1, &value, sizeof value);
  Part column("g", 1, {nullptr, memory.data() + 1});
  Table table(column);
  const auto& view = table.check();
  EXPECT_EQ(numbers_in_place(view), nullptr);
  double out = 0;
  copy_elements(view, reinterpret_cast<std::byte*>(&out));
  EXPECT_EQ(out, 2.5);
}

TEST(ArrowView, AppliesTheOffsetOfTheTable) {
  const std::array<std::int16_t, 5> values{10, 11, 12, 13, 14};
  Part column("s", 5, {nullptr, values.data()});
  Table table(column);
  table.whole.array.offset = 2;
  table.whole.array.length = 3;
  EXPECT_EQ(numbers_in_place(table.check()), reinterpret_cast<const std::byte*>(&values[2]));
}

TEST(ArrowView, MasksFollowNullsOfEachLevel) {
  const std::array<float, 6> values{};
  const std::uint8_t inner[] = {0b111110}, outer[] = {0b101};
  Part item("f", 6, {nullptr, values.data()});
  item.nulls(inner, 1);
  Part column("+w:2", 3, {nullptr});
  column.add(item).nulls(outer, -1);
  Table table(column);
  const auto& view = table.check();
  EXPECT_TRUE(may_have_nulls(view));
  std::array<std::uint8_t, 6> mask{};
  write_null_mask(view, mask.data());
  EXPECT_EQ(mask, (std::array<std::uint8_t, 6>{1, 0, 1, 1, 0, 0}));
}

TEST(ArrowView, ListsAreCutToTheirCells) {
  const std::array<std::int32_t, 4> offsets{1, 3, 3, 4};
  const std::array<std::int64_t, 5> values{0, 10, 11, 12, 13};
  const std::uint8_t validity[] = {0b101};
  Part item("l", 5, {nullptr, values.data()});
  Part column("+l", 3, {nullptr, offsets.data()});
  column.add(item).nulls(validity, 1);
  Table table(column);
  const auto& view = table.check();
  EXPECT_EQ(view.leaf().length, 3U);
  EXPECT_EQ(numbers_in_place(view.leaf()), reinterpret_cast<const std::byte*>(&values[1]));
  std::array<std::int64_t, 3> places{};
  copy_places(view, 100, places.data());
  EXPECT_EQ(places, (std::array<std::int64_t, 3>{100, 102, 102}));
}

TEST(ArrowView, MarksTheElementsOfANullCell) {
  const std::array<std::int64_t, 3> offsets{0, 2, 3};
  const std::array<float, 3> values{};
  const std::uint8_t validity[] = {0b10};
  Part item("f", 3, {nullptr, values.data()});
  Part column("+L", 2, {nullptr, offsets.data()});
  column.add(item).nulls(validity, 1);
  Table table(column);
  std::array<std::uint8_t, 3> mask{};
  write_null_mask(table.check(), mask.data());
  EXPECT_EQ(mask, (std::array<std::uint8_t, 3>{1, 1, 0}));
}

TEST(ArrowView, DecodesDictionaries) {
  const std::array<std::int32_t, 3> offsets{0, 2, 5};
  const std::array<std::int8_t, 4> positions{1, 0, 77, 1};
  const std::uint8_t validity[] = {0b1011};  // 77 lies under a null
  Part values("u", 2, {nullptr, offsets.data(), "abcde"});
  Part column("c", 4, {nullptr, positions.data()});
  column.encode(values).nulls(validity, 1);
  Table table(column);
  EXPECT_EQ(texts(table.check()), (std::vector<std::string>{"cde", "ab", "", "cde"}));

  const std::array<double, 2> numbers{1.5, 2.5};
  Part other("g", 2, {nullptr, numbers.data()});
  column.encode(other);
  Table second(column);
  std::array<double, 4> out{};
  copy_elements(second.check(), reinterpret_cast<std::byte*>(out.data()));
  EXPECT_EQ(out, (std::array<double, 4>{2.5, 1.5, 0, 2.5}));
}

TEST(ArrowText, ReadsEveryForm) {
  const std::array<std::int64_t, 4> offsets{1, 3, 3, 6};
  Part wide("U", 3, {nullptr, offsets.data(), "?ab\xC3\xA9z"});
  Table first(wide);
  EXPECT_EQ(texts(first.check()), (std::vector<std::string>{"ab", "", "\xE9z"}));
  Part binary("Z", 3, {nullptr, offsets.data(), "?ab\xC3\xA9z"});
  Table second(binary);
  EXPECT_EQ(texts(second.check()), (std::vector<std::string>{"ab", "", "\xC3\xA9z"}));
  Part fixed("w:2", 2, {nullptr, "abcd"});
  Table third(fixed);
  EXPECT_EQ(texts(third.check()), (std::vector<std::string>{"ab", "cd"}));
}

TEST(ArrowText, ReadsViews) {
  struct View {
    std::int32_t length;
    std::array<char, 4> prefix;
    std::int32_t buffer, offset;
  };
  const std::string piece = "..thirteen letters";
  std::array<View, 2> views{View{2, {'h', 'i', 0, 0}, 0, 0}, View{16, {'t', 'h', 'i', 'r'}, 0, 2}};
  const std::array<std::int64_t, 1> sizes{static_cast<std::int64_t>(piece.size())};
  Part column("vu", 2, {nullptr, views.data(), piece.data(), sizes.data()});
  Table table(column);
  EXPECT_EQ(texts(table.check()), (std::vector<std::string>{"hi", "thirteen letters"}));

  for (const auto [length, buffer, offset] :
       {std::array{17, 0, 2}, std::array{16, 1, 2}, std::array{16, -1, 2}, std::array{16, 0, -2},
        std::array{-1, 0, 2}, std::array{std::numeric_limits<int>::max(), 0, 2}}) {
    views[1].length = length;
    views[1].buffer = buffer;
    views[1].offset = offset;
    EXPECT_TRUE(mentions(bad(column), "string")) << bad(column);
  }
  views[1] = views[0];
  const std::array<std::int64_t, 1> negative{-1};
  column.buffers[3] = negative.data();
  EXPECT_TRUE(mentions(bad(column), "buffer size of -1"));
  column.buffers[3] = nullptr;
  EXPECT_TRUE(mentions(bad(column), "no sizes"));
}

TEST(ArrowText, RefusesWhatLatin1HasNot) {
  const std::array<std::int32_t, 3> offsets{0, 1, 4};
  for (const char* bytes : {"a\xE2\x82\xAC", "a\xC3zz", "a\xFF\xFF\xFF", "a\xC4\x80z", "azz\xC3"}) {
    Part column("u", 2, {nullptr, offsets.data(), bytes});
    Table table(column);
    const auto& view = table.check();
    const auto message =
        refusal([&] { static_cast<void>(measure_arrow_text(view)); }, ErrorCode::value);
    EXPECT_TRUE(mentions(message, "string 1 has characters outside Latin-1")) << message;
  }
}

TEST(ArrowText, PadsWithBlanks) {
  const std::array<std::int32_t, 3> offsets{0, 1, 5};
  Part column("u", 2, {nullptr, offsets.data(), "abc\xC3\xA9"});
  Table table(column);
  std::string out(8, '?');
  copy_padded_text(table.check(), 4, out.data());
  EXPECT_EQ(out, "a   bc\xE9 ");
}

TEST(ArrowText, TrimsBlanksAtEveryPlace) {
  for (std::size_t width = 0; width < 40; ++width) {
    for (std::size_t length = 0; length <= width; ++length) {
      for (const char after : {' ', '\0'}) {
        std::string cell = std::string(length, 'x') + std::string(width - length, ' ');
        if (length < width) cell[length] = after;
        const std::string exact(cell);  // ASan sees a byte too far
        std::array<std::int32_t, 2> offsets{};
        write_text_offsets(FitsText{exact.data(), 1, width}, TextCoding::bytes, offsets.data());
        EXPECT_EQ(offsets[1], static_cast<std::int32_t>(length)) << width << ' ' << int{after};
      }
    }
  }
}

TEST(ArrowText, WritesWithoutPadding) {
  const std::string cells("ab  c\0d   \xE9 ", 12);
  const FitsText fixed{cells.data(), 3, 4};
  EXPECT_TRUE(beyond_ascii(fixed));
  std::array<std::int32_t, 4> offsets{};
  write_text_offsets(fixed, TextCoding::bytes, offsets.data());
  EXPECT_EQ(offsets, (std::array<std::int32_t, 4>{0, 2, 3, 6}));
  std::array<std::int64_t, 4> wide{};
  write_text_offsets(fixed, TextCoding::utf8, wide.data());
  EXPECT_EQ(wide, (std::array<std::int64_t, 4>{0, 2, 3, 7}));
  std::string out(7, '?');
  write_text_bytes(fixed, TextCoding::utf8, wide.data(), out.data());
  EXPECT_EQ(out, "abc  \xC3\xA9");
  const std::array<std::int64_t, 3> places{0, 4, 5};
  const FitsText packed{"a  bcd ", 2, 0, places.data()};
  write_text_offsets(packed, TextCoding::bytes, wide.data());
  EXPECT_EQ(wide[2], 5);
}

// ------------------------------------------------------------------------------- contradictions

TEST(ArrowBadInput, Lengths) {
  const std::array<std::int32_t, 4> values{};
  constexpr auto kMost = std::numeric_limits<std::int64_t>::max();
  const auto spoil = [&](const std::function<void(Part&, Part&)>& change) {
    Part column("i", 4, {nullptr, values.data()});
    Table table(column);
    change(column, table.whole);
    return refusal([&] { table.check(); }, ErrorCode::value);
  };
  using P = Part&;
  EXPECT_TRUE(mentions(spoil([](P c, P) { c.array.length = -1; }), "length of -1"));
  EXPECT_TRUE(mentions(spoil([](P c, P) { c.array.length = 3; }), "4 elements wanted"));
  EXPECT_TRUE(mentions(spoil([](P c, P) { c.array.offset = -4; }), "offset of -4"));
  EXPECT_TRUE(mentions(spoil([](P c, P) { c.array.offset = kMost; }), "beyond 64 bits"));
  EXPECT_TRUE(mentions(spoil([](P c, P) { c.array.offset = kMost - 4; }), "64 bits"));
  EXPECT_TRUE(mentions(spoil([](P c, P) { c.array.null_count = 5; }), "5 nulls in 4"));
  EXPECT_TRUE(mentions(spoil([](P c, P) { c.array.null_count = -2; }), "-2 nulls"));
  EXPECT_TRUE(mentions(spoil([](P c, P) { c.array.null_count = 1; }), "no validity"));
  EXPECT_TRUE(mentions(spoil([](P c, P) { c.array.n_buffers = 1; }), "1 buffers"));
  EXPECT_TRUE(mentions(spoil([](P c, P) { c.array.buffers = nullptr; }), "no list of buffers"));
  EXPECT_TRUE(mentions(spoil([](P c, P) { c.buffers[1] = nullptr; }), "no values"));
  EXPECT_TRUE(mentions(spoil([](P c, P) { c.array.release = nullptr; }), "released"));
  EXPECT_TRUE(mentions(spoil([](P c, P) { c.array.n_children = 1; }), "1 children"));
  EXPECT_TRUE(mentions(spoil([](P c, P) { c.array.dictionary = &c.array; }), "dictionary"));
  EXPECT_TRUE(mentions(spoil([](P, P t) { t.array.length = 5; }), "5 elements wanted"));
  EXPECT_TRUE(mentions(spoil([](P, P t) { t.array.length = -5; }), "length of -5"));
  EXPECT_TRUE(mentions(spoil([](P, P t) { t.array.offset = 1; }), "5 elements wanted"));
  EXPECT_TRUE(mentions(spoil([](P, P t) { t.array.n_children = 0; }), "0 children"));
  EXPECT_TRUE(mentions(spoil([](P, P t) { t.array.children = nullptr; }), "children"));
  EXPECT_TRUE(mentions(spoil([](P, P t) { t.arrays[0] = nullptr; }), "absent"));
}

TEST(ArrowBadInput, NullRowsOfATable) {
  const std::array<std::int32_t, 2> values{};
  const std::uint8_t validity[] = {0b01};
  Part column("i", 2, {nullptr, values.data()});
  Table table(column);
  table.whole.nulls(validity, 1);
  EXPECT_TRUE(mentions(refusal([&] { table.check(); }, ErrorCode::value), "row 1"));
}

TEST(ArrowBadInput, Offsets) {
  std::array<std::int32_t, 3> offsets{0, 2, 3};
  const std::array<std::int64_t, 3> values{};
  Part item("l", 3, {nullptr, values.data()});
  Part list("+l", 2, {nullptr, offsets.data()});
  list.add(item);
  Part text("u", 2, {nullptr, offsets.data(), "abc"});
  EXPECT_EQ(bad(list), "no error");
  for (const auto& wrong : {std::array{-1, 2, 3}, std::array{0, 3, 2}, std::array{2, 1, 3}}) {
    std::copy(wrong.begin(), wrong.end(), offsets.begin());
    EXPECT_TRUE(mentions(bad(list), "offset")) << bad(list);
    EXPECT_TRUE(mentions(bad(text), "offset")) << bad(text);
  }
  offsets = {0, 2, 4};
  EXPECT_TRUE(mentions(bad(list), "4 elements wanted of an array of 3"));
  list.buffers[1] = nullptr;
  EXPECT_TRUE(mentions(bad(list), "no values"));
  text.buffers[2] = nullptr;
  EXPECT_TRUE(mentions(bad(text), "no bytes"));
  list.array.length = 0;
  EXPECT_EQ(bad(list), "no error");  // nothing has no offsets
}

TEST(ArrowBadInput, FixedLists) {
  const std::array<float, 6> values{};
  Part item("f", 6, {nullptr, values.data()});
  Part column("+w:4", 2, {nullptr});
  column.add(item);
  EXPECT_TRUE(mentions(bad(column), "8 elements wanted of an array of 6"));
  Part huge("+w:9223372036854775807", 2, {nullptr});
  huge.add(item);
  EXPECT_TRUE(mentions(bad(huge), "64 bits"));
  Part none("+w:0", 2, {nullptr});
  none.add(item);
  EXPECT_EQ(bad(none), "no error");
}

TEST(ArrowBadInput, DictionaryPositions) {
  const std::array<double, 2> numbers{};
  for (const std::int8_t wrong : {2, -1, 127}) {
    const std::array<std::int8_t, 2> positions{0, wrong};
    Part values("g", 2, {nullptr, numbers.data()});
    Part column("c", 2, {nullptr, positions.data()});
    column.encode(values);
    EXPECT_TRUE(mentions(bad(column), "in a dictionary of 2")) << bad(column);
  }
}

TEST(ArrowBadInput, Schemas) {
  const auto schema_error = [](Part& column, const std::function<void(Part&)>& change) {
    return refusal(
        [&] {
          Part whole("+s", column.array.length, {nullptr});
          column.schema.name = "X";
          whole.add(column);
          change(column);
          static_cast<void>(read_arrow_schema(whole.schema));
        },
        ErrorCode::value);
  };
  using P = Part&;
  const std::array<std::int32_t, 1> values{};
  const auto fresh = [&](const std::function<void(Part&)>& change) {
    Part column("i", 1, {nullptr, values.data()});
    return schema_error(column, change);
  };
  EXPECT_TRUE(mentions(fresh([](P c) { c.schema.format = nullptr; }), "no format"));
  EXPECT_TRUE(mentions(fresh([](P c) { c.schema.release = nullptr; }), "released"));
  EXPECT_TRUE(mentions(fresh([](P c) { c.schema.n_children = -1; }), "-1 children"));
  EXPECT_TRUE(mentions(fresh([](P c) { c.schema.n_children = 1; }), "1 children"));
  EXPECT_TRUE(mentions(fresh([](P c) { c.schema.format = "+l"; }), "0 children"));
  Part list("+l", 0, {nullptr, nullptr});
  EXPECT_TRUE(mentions(schema_error(list, [](P c) { c.schema.n_children = 1; }), "absent"));
  Part floats("f", 1, {nullptr, values.data()});
  Part text("u", 0, {nullptr, nullptr, nullptr});
  floats.encode(text);
  EXPECT_TRUE(mentions(schema_error(floats, [](P) {}), "dictionary"));
}

TEST(ArrowBadInput, NothingForFits) {
  Part number("i", 0, {nullptr, nullptr});
  Part text("u", 0, {nullptr, nullptr, nullptr});
  Part inner("+l", 0, {nullptr, nullptr});
  inner.add(number);
  Part lists("+l", 0, {nullptr, nullptr});
  EXPECT_TRUE(mentions(refused(lists.add(inner)), "'X' holds lists inside of lists"));
  Part strings("+l", 0, {nullptr, nullptr});
  EXPECT_TRUE(mentions(refused(strings.add(text)), "lists of strings"));
  Part structs("+s", 0, {nullptr});
  EXPECT_TRUE(mentions(refused(structs.add(number)), "structs"));
  Part encoded("i", 0, {nullptr, nullptr});
  EXPECT_TRUE(mentions(refused(encoded.encode(inner)), "dictionary of lists"));
  EXPECT_TRUE(mentions(
      refusal([&] { static_cast<void>(read_arrow_schema(number.schema)); }, ErrorCode::type),
      "not a table"));
  std::deque<Part> levels;
  levels.emplace_back("i", 0, std::vector<const void*>{nullptr, nullptr});
  for (int i = 0; i < 100000; ++i) {
    auto& outer = levels.emplace_back("+w:1", 0, std::vector<const void*>{nullptr});
    outer.add(levels[levels.size() - 2]);
  }
  EXPECT_TRUE(mentions(refused(levels.back()), "nested deeper than 32"));
}

}  // namespace
}  // namespace torchfits
