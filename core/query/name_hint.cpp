// SPDX-License-Identifier: BSD-3-Clause
#include "query/name_hint.h"

#include <algorithm>
#include <cstdint>
#include <string_view>

#include "query/token.h"

namespace torchfits {
namespace {

/// The node is compared with a text, or looked for in one.
bool beside_text(const Expression& expression, const Node& name,
                 const std::function<bool(const Node&)>& is_text) {
  const auto at = static_cast<std::uint32_t>(&name - expression.nodes.data());
  for (const auto& parent : expression.nodes) {
    const auto operands = expression.operands_of(parent);
    if (operands.size() != 2 || std::find(operands.begin(), operands.end(), at) == operands.end())
      continue;
    if (parent.op >= Op::equal && parent.op <= Op::greater_equal)
      return is_text(expression.nodes[operands[operands[0] == at ? 1 : 0]]);
    if (parent.op >= Op::starts_with && parent.op <= Op::contains) return operands[1] == at;
  }
  return false;
}

}  // namespace

std::string name_hint(const Expression& expression, const Node& name,
                      const std::function<bool(const Node&)>& is_text) {
  if (name.quoted) return "; a text is written in single quotes";
  if (!name.index.empty()) return {};
  const auto& written = std::get<std::string>(name.literal);
  for (const std::string_view word : {"nan", "null", "none"}) {
    if (equal_ignoring_case(written, word)) return "; nulls, and NaN, are found with isnull(X)";
  }
  if (!beside_text(expression, name, is_text)) return {};
  return "; a text is written in single quotes: '" + written + "'";
}

}  // namespace torchfits
