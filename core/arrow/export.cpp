// SPDX-License-Identifier: BSD-3-Clause
#include "arrow/export.h"

#include <cerrno>
#include <new>
#include <utility>

namespace torchfits {

namespace {

/// What an exported struct points to. Children that were moved elsewhere have no release.
template <class Struct>
struct Children {
  std::vector<Struct> structs;
  std::vector<Struct*> pointers;

  explicit Children(std::size_t count) : structs(count) {
    for (auto& child : structs) pointers.push_back(&child);
  }
  Children(const Children&) = delete;
  Children& operator=(const Children&) = delete;
  ~Children() {
    for (auto& child : structs) {
      if (child.release != nullptr) child.release(&child);
    }
  }
};

struct HeldSchema {
  std::string name, format, metadata;
  Children<ArrowSchema> children;
};

struct HeldArray {
  std::vector<const void*> buffers;
  Children<ArrowArray> children;
  std::shared_ptr<const void> owner;
};

template <class Held, class Struct>
void release(Struct* exported) {
  delete static_cast<Held*>(exported->private_data);
  exported->release = nullptr;
}

struct HeldStream {
  std::shared_ptr<const ArrowNode> table;
  bool done = false;
};

template <class Export>
int guarded(const Export& run) {
  try {
    run();
    return 0;
  } catch (const std::bad_alloc&) {
    return ENOMEM;
  }
}

HeldStream& held(ArrowArrayStream* stream) {
  return *static_cast<HeldStream*>(stream->private_data);
}

int get_schema(ArrowArrayStream* stream, ArrowSchema* out) {
  return guarded([&] { export_arrow_schema(*held(stream).table, out); });
}

int get_next(ArrowArrayStream* stream, ArrowArray* out) {
  auto& state = held(stream);
  *out = {};
  if (state.done) return 0;
  const int failed = guarded([&] { export_arrow_array(*state.table, out); });
  state.done = failed == 0;
  return failed;
}

const char* get_last_error(ArrowArrayStream*) { return "out of memory"; }

}  // namespace

void export_arrow_schema(const ArrowNode& node, ArrowSchema* out) {
  *out = {};
  auto held = std::unique_ptr<HeldSchema>(
      new HeldSchema{node.name, node.format, format_arrow_metadata(node.metadata),
                     Children<ArrowSchema>(node.children.size())});
  for (std::size_t i = 0; i < node.children.size(); ++i)
    export_arrow_schema(node.children[i], held->children.pointers[i]);
  out->format = held->format.c_str();
  out->name = held->name.c_str();
  out->metadata = held->metadata.empty() ? nullptr : held->metadata.data();
  out->flags = kArrowFlagNullable;
  out->n_children = static_cast<std::int64_t>(node.children.size());
  out->children = held->children.pointers.data();
  out->private_data = held.release();
  out->release = &release<HeldSchema, ArrowSchema>;
}

void export_arrow_array(const ArrowNode& node, ArrowArray* out) {
  *out = {};
  auto held = std::unique_ptr<HeldArray>(
      new HeldArray{node.buffers, Children<ArrowArray>(node.children.size()), node.owner});
  for (std::size_t i = 0; i < node.children.size(); ++i)
    export_arrow_array(node.children[i], held->children.pointers[i]);
  out->length = node.length;
  out->null_count = node.null_count;
  out->n_buffers = static_cast<std::int64_t>(node.buffers.size());
  out->buffers = held->buffers.data();
  out->n_children = static_cast<std::int64_t>(node.children.size());
  out->children = held->children.pointers.data();
  out->private_data = held.release();
  out->release = &release<HeldArray, ArrowArray>;
}

void export_arrow_stream(std::shared_ptr<const ArrowNode> table, ArrowArrayStream* out) {
  *out = {};
  out->private_data = new HeldStream{std::move(table)};
  out->get_schema = &get_schema;
  out->get_next = &get_next;
  out->get_last_error = &get_last_error;
  out->release = &release<HeldStream, ArrowArrayStream>;
}

}  // namespace torchfits
