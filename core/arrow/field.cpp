// SPDX-License-Identifier: BSD-3-Clause
#include "arrow/field.h"

#include <utility>

#include "base/error.h"

namespace torchfits {

namespace {

/// Axes of a tensor, and bound of the recursion over what a stranger sends.
constexpr int kMostAxes = 32;

[[noreturn]] void malformed(const std::string& why) {
  throw FitsError(ErrorCode::value,
                  "malformed Arrow schema: " + why + "; report it to the library that made it");
}

[[noreturn]] void refuse(const std::string& why) { throw FitsError(ErrorCode::type, why); }

std::size_t children_of(ArrowKind kind) {
  return kind == ArrowKind::list || kind == ArrowKind::fixed_list ? 1 : 0;
}

bool is_index(const ArrowType& type) {
  return type.kind == ArrowKind::number && is_integer(type.element);
}

const ArrowSchema& child_of(const ArrowSchema& schema, std::int64_t position) {
  if (schema.children == nullptr || schema.children[position] == nullptr)
    malformed("child " + std::to_string(position) + " is absent");
  return *schema.children[position];
}

void read_own(const ArrowSchema& schema, ArrowField& field) {
  if (schema.release == nullptr) malformed("it is released already");
  if (schema.format == nullptr) malformed("a field has no format");
  if (schema.n_children < 0) malformed(std::to_string(schema.n_children) + " children");
  field.name = schema.name == nullptr ? "" : schema.name;
  field.type = ArrowType::parse(schema.format);
  field.metadata = parse_arrow_metadata(schema.metadata);
}

/// A column, or what is inside of one, `depth` levels down.
ArrowField read_field(const ArrowSchema& schema, int depth) {
  ArrowField field;
  read_own(schema, field);
  const auto kind = field.type.kind;
  if (kind == ArrowKind::structure) {
    refuse(
        "holds structs; make their fields columns of their own (pyarrow: table.flatten(), polars: "
        "frame.unnest())");
  }
  if (depth > kMostAxes) refuse("is nested deeper than " + std::to_string(kMostAxes) + " levels");
  if (static_cast<std::uint64_t>(schema.n_children) != children_of(kind)) {
    malformed("format '" + field.type.format() + "' with " + std::to_string(schema.n_children) +
              " children");
  }
  if (schema.n_children > 0) field.children.push_back(read_field(child_of(schema, 0), depth + 1));
  if (schema.dictionary != nullptr) {
    if (!is_index(field.type))
      malformed("a dictionary with positions of another type than integers");
    field.dictionary.push_back(read_field(*schema.dictionary, depth + 1));
    const auto& values = field.dictionary[0];
    if (!values.children.empty() || !values.dictionary.empty())
      refuse("is a dictionary of lists or of dictionaries; decode it first");
  }
  return field;
}

/// Ragged cells hold numbers or bools.
void check_lists(const ArrowField& column) {
  const bool is_list = column.type.kind == ArrowKind::list;
  const auto* inner = &column;
  while (!inner->children.empty()) {
    inner = &inner->children[0];
    if (inner->type.kind == ArrowKind::list)
      refuse("holds lists inside of lists; flatten one level, or pad it to a fixed size");
  }
  if (is_list && inner->holds_text())
    refuse("holds lists of strings; FITS has none: join them, or pad them to a fixed size");
}

}  // namespace

const ArrowField& ArrowField::leaf() const {
  const auto* field = this;
  while (!field->children.empty()) field = &field->children[0];
  return field->dictionary.empty() ? *field : field->dictionary[0];
}

bool ArrowField::holds_text() const {
  const auto kind = leaf().type.kind;
  return kind == ArrowKind::text || kind == ArrowKind::fixed_text || kind == ArrowKind::text_view;
}

ArrowField read_arrow_schema(const ArrowSchema& schema) {
  ArrowField table;
  read_own(schema, table);
  if (table.type.kind != ArrowKind::structure) {
    refuse("the Arrow data are a single array (format '" + table.type.format() +
           "'), not a table; put it into a table with a name");
  }
  for (std::int64_t i = 0; i < schema.n_children; ++i) {
    const auto& child = child_of(schema, i);
    try {
      table.children.push_back(read_field(child, 0));
      check_lists(table.children.back());
    } catch (const FitsError& error) {
      const std::string name = child.name == nullptr ? "" : child.name;
      throw FitsError(error.code(), "column '" + name + "' " +
                                        (error.code() == ErrorCode::type ? "" : "has a ") +
                                        error.problem());
    }
  }
  return table;
}

}  // namespace torchfits
