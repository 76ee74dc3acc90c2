// SPDX-License-Identifier: BSD-3-Clause
#pragma once

#include <functional>
#include <string>

#include "query/expression.h"

namespace torchfits {

/// What is likely meant by `name`, a node of `expression` that names no column, as the end of a
/// message: a text without its quotes, or a null. Empty where nothing is likelier than a slip.
[[nodiscard]] std::string name_hint(const Expression& expression, const Node& name,
                                    const std::function<bool(const Node&)>& is_text);

}  // namespace torchfits
