// SPDX-License-Identifier: BSD-3-Clause
// What is given away through the Arrow C data interface lives as long as any part of it is held.
#include <gtest/gtest.h>

#include <array>
#include <cstdint>
#include <memory>
#include <thread>
#include <utility>

#include "arrow/columns.h"
#include "arrow/export.h"
#include "arrow/field.h"
#include "arrow/view.h"

namespace torchfits {
namespace {

ArrowNode numbers_node(const std::int32_t* values, std::shared_ptr<const void> owner) {
  ArrowNode number;
  number.name = "X";
  number.format = "i";
  number.metadata = {{"unit", "m"}};
  number.length = 3;
  number.buffers = {nullptr, values};
  number.owner = owner;
  ArrowNode table;
  table.format = "+s";
  table.length = 3;
  table.buffers = {nullptr};
  table.owner = std::move(owner);
  table.children.push_back(std::move(number));
  return table;
}

TEST(ArrowExport, IsReadBack) {
  const std::array<std::int32_t, 3> values{7, 8, 9};
  const auto owner = std::make_shared<int>(0);
  ArrowArrayStream stream{};
  export_arrow_stream(std::make_shared<const ArrowNode>(numbers_node(values.data(), owner)),
                      &stream);
  ArrowSchema schema{};
  ASSERT_EQ(stream.get_schema(&stream, &schema), 0);
  const auto field = read_arrow_schema(schema);
  EXPECT_EQ(field.children[0].name, "X");
  EXPECT_EQ(field.children[0].metadata, (ArrowMetadata{{"unit", "m"}}));
  ArrowArray array{}, end{};
  ASSERT_EQ(stream.get_next(&stream, &array), 0);
  ASSERT_EQ(stream.get_next(&stream, &end), 0);
  EXPECT_EQ(end.release, nullptr);
  const auto views = check_arrow_batch(field, array);
  EXPECT_EQ(numbers_in_place(views[0]), reinterpret_cast<const std::byte*>(values.data()));
  schema.release(&schema);
  stream.release(&stream);
  EXPECT_EQ(stream.release, nullptr);
  EXPECT_GT(owner.use_count(), 1);
  array.release(&array);
  EXPECT_EQ(array.release, nullptr);
  EXPECT_EQ(owner.use_count(), 1);
}

TEST(ArrowExport, ChildrenMoveAndOutliveTheirParent) {
  const std::array<std::int32_t, 3> values{7, 8, 9};
  const auto owner = std::make_shared<int>(0);
  ArrowArray array{};
  export_arrow_array(numbers_node(values.data(), owner), &array);
  ArrowArray moved = *array.children[0];
  array.children[0]->release = nullptr;
  array.release(&array);
  EXPECT_EQ(owner.use_count(), 2);
  EXPECT_EQ(static_cast<const std::int32_t*>(moved.buffers[1])[2], 9);
  std::thread([&] { moved.release(&moved); }).join();
  EXPECT_EQ(owner.use_count(), 1);

  ArrowSchema schema{};
  export_arrow_schema(numbers_node(values.data(), owner), &schema);
  ArrowSchema child = *schema.children[0];
  schema.children[0]->release = nullptr;
  schema.release(&schema);
  EXPECT_STREQ(child.name, "X");
  child.release(&child);
}

}  // namespace
}  // namespace torchfits
