// SPDX-License-Identifier: BSD-3-Clause
// Memory of ours handed to others through the Arrow C data interface.
#pragma once

#include <cstdint>
#include <memory>
#include <string>
#include <vector>

#include "arrow/abi.h"
#include "arrow/type.h"

namespace torchfits {

/// A field and its array. Whoever gets it may keep any part of it, for any time, and let go of it
/// on any thread: each part holds `owner`.
struct ArrowNode {
  std::string name;
  std::string format;
  ArrowMetadata metadata;
  std::int64_t length = 0;
  std::int64_t null_count = 0;
  std::vector<const void*> buffers;
  std::vector<ArrowNode> children;
  std::shared_ptr<const void> owner;  ///< of the buffers; its deleter must not throw
};

/// `out` is overwritten; the receiver releases it.
void export_arrow_schema(const ArrowNode& node, ArrowSchema* out);
void export_arrow_array(const ArrowNode& node, ArrowArray* out);

/// A stream of one batch; `table` is a structure.
void export_arrow_stream(std::shared_ptr<const ArrowNode> table, ArrowArrayStream* out);

}  // namespace torchfits
