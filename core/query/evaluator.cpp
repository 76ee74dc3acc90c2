// SPDX-License-Identifier: BSD-3-Clause
// Why it is fast:
// - A block of rows goes through all operations while it is in the first-level
// cache; each
//   operation is one loop over typed arrays, chosen once a block.
// - Numbers that are only compared with constants of their type are compared as
// they are stored;
//   columns of float64 and 64-bit integers are used where they lie; constants
//   stay in registers.
// - Three-valued logic is bit arithmetic on one byte a row; the null of a real
// is NaN and needs no
//   flag.
#include "query/evaluator.h"

#include <algorithm>
#include <cstring>
#include <limits>
#include <span>
#include <string>
#include <utility>

#include "query/values.h"

namespace torchfits {
namespace {

constexpr std::uint32_t kNever = UINT32_MAX;
constexpr std::uint32_t kNoBuffer = UINT32_MAX;

constexpr std::uint8_t kTruthOf[] = {kFalse, kTrue};

constexpr bool is_comparison(Op op) noexcept { return op >= Op::equal && op <= Op::greater_equal; }

constexpr Truth mark(bool null) noexcept { return kTruthOf[null ? 1 : 0]; }

}  // namespace

class Evaluator::Work {
 public:
  Work(const Predicate& predicate, std::vector<ColumnValues> columns)
      : predicate_(predicate),
        columns_(std::move(columns)),
        values_(predicate.nodes.size()),
        buffers_(predicate.nodes.size(), kNoBuffer),
        last_use_(predicate.nodes.size(), kNever),
        as_stored_(predicate.nodes.size()) {
    for (std::uint32_t i = 0; i < predicate.nodes.size(); ++i) {
      for (const auto operand : predicate.operands_of(predicate.nodes[i])) last_use_[operand] = i;
    }
    last_use_[predicate.root] = kNever;
    mark_stored();
  }

  const Truth* run(std::size_t first, std::size_t rows) {
    first_ = first;
    for (std::uint32_t i = 0; i < predicate_.nodes.size(); ++i) {
      node_ = &predicate_.nodes[i];
      operands_ = predicate_.operands_of(*node_);
      // What has constants alone is computed once a block.
      const bool constant = node_->op != Op::column &&
                            std::all_of(operands_.begin(), operands_.end(),
                                        [&](auto operand) { return values_[operand].constant; });
      rows_ = constant ? 1 : rows;
      values_[i] = {};
      values_[i].kind = node_->kind;
      values_[i].constant = constant;
      compute(i);
      for (const auto operand : operands_) {
        if (last_use_[operand] == i) release(operand);
      }
    }
    return truths(rows);
  }

 private:
  /// Finds the numbers that are compared with constants of their type and not
  /// used otherwise.
  void mark_stored() {
    for (std::uint32_t i = 0; i < predicate_.nodes.size(); ++i) {
      const auto& node = predicate_.nodes[i];
      const bool number = node.kind != Kind::text && node.kind != Kind::boolean;
      as_stored_[i] = node.op == Op::column && number && columns_[node.column].elements == 1;
    }
    for (const auto& node : predicate_.nodes) {
      const auto operands = predicate_.operands_of(node);
      const bool kept = is_comparison(node.op) && compares_stored(operands[0], operands[1]);
      for (const auto operand : operands) as_stored_[operand] = as_stored_[operand] && kept;
    }
  }

  [[nodiscard]] bool compares_stored(std::uint32_t column, std::uint32_t constant) const {
    const auto& node = predicate_.nodes[constant];
    if (!as_stored_[column] || node.op != Op::literal) return false;
    return holds_exactly(columns_[predicate_.nodes[column].column].type, literal_of(node));
  }

  [[nodiscard]] const Values& operand(std::size_t which) const { return values_[operands_[which]]; }

  /// Room for the values of a node, and for its nulls behind them.
  std::byte* room(std::uint32_t node) {
    if (free_.empty()) {
      memory_.push_back(std::make_unique<std::byte[]>(kEvaluatedRows * (sizeof(double) + 1)));
      free_.push_back(static_cast<std::uint32_t>(memory_.size() - 1));
    }
    buffers_[node] = free_.back();
    free_.pop_back();
    values_[node].data = memory_[buffers_[node]].get();
    return memory_[buffers_[node]].get();
  }

  static std::uint8_t* nulls_behind(std::byte* room) {
    return reinterpret_cast<std::uint8_t*>(room + kEvaluatedRows * sizeof(double));
  }

  void release(std::uint32_t node) {
    if (buffers_[node] != kNoBuffer) free_.push_back(std::exchange(buffers_[node], kNoBuffer));
  }

  void compute(std::uint32_t node) {
    switch (node_->op) {
      case Op::literal: values_[node] = literal_of(*node_); return;
      case Op::column: return take_column(node);
      case Op::to_real: return make_real(node);
      case Op::to_int64: return make_integer(node);
      default: break;
    }
    auto* out = room(node);
    switch (node_->kind) {
      case Kind::boolean: return decide(reinterpret_cast<Truth*>(out));
      case Kind::real: return calculate(reinterpret_cast<double*>(out));
      default: return count(values_[node], out);
    }
  }

  static Values literal_of(const BoundNode& node) {
    Values value;
    value.kind = node.kind;
    value.constant = true;
    if (const auto* truth = std::get_if<bool>(&node.literal)) value.data = &kTruthOf[*truth];
    if (const auto* whole = std::get_if<std::int64_t>(&node.literal)) value.data = whole;
    if (const auto* large = std::get_if<std::uint64_t>(&node.literal)) value.data = large;
    if (const auto* real = std::get_if<double>(&node.literal)) value.data = real;
    if (const auto* text = std::get_if<std::string>(&node.literal)) {
      value.data = text->data();
      value.width = text->size();
    }
    return value;
  }

  void take_column(std::uint32_t node) {
    const auto& column = columns_[node_->column];
    auto& value = values_[node];
    if (node_->kind == Kind::text) {
      value.stride = column.elements;
      value.width = column.characters;
      value.data = column.data + first_ * column.elements + node_->element * column.characters;
      if (column.nulls != nullptr) value.nulls = column.nulls + first_;
      return;
    }
    if (as_stored_[node]) {
      value.stored = true;
      value.type = column.type;
      value.data = column.data + first_ * info(column.type).size;
      value.nulls = column.nulls == nullptr ? nullptr : column.nulls + first_;
      return;
    }
    const bool whole = column.type == ElementType::i64 || column.type == ElementType::u64;
    const bool as_it_is = whole || (column.type == ElementType::f64 && column.nulls == nullptr);
    const bool aligned = reinterpret_cast<std::uintptr_t>(column.data) % alignof(double) == 0;
    if (column.elements == 1 && as_it_is && aligned) {
      value.data = column.data + first_ * sizeof(std::uint64_t);
      value.nulls = column.nulls == nullptr ? nullptr : column.nulls + first_;
      return;
    }
    auto* out = room(node);
    load_column(column, node_->element, first_, rows_, node_->kind, out, nulls_behind(out));
    const bool flagged = node_->kind == Kind::int64 || node_->kind == Kind::uint64;
    if (column.nulls != nullptr && flagged) value.nulls = nulls_behind(out);
  }

  void make_real(std::uint32_t node) {
    const auto& from = operand(0);
    auto* out = reinterpret_cast<double*>(room(node));
    if (from.kind == Kind::int64)
      for_rows<std::int64_t>(from, rows_, out, [](auto x) { return static_cast<double>(x); });
    else
      for_rows<std::uint64_t>(from, rows_, out, [](auto x) { return static_cast<double>(x); });
    if (from.nulls == nullptr) return;
    for (std::size_t i = 0; i < rows_; ++i)
      if (from.nulls[i] != 0) out[i] = std::numeric_limits<double>::quiet_NaN();
  }

  void make_integer(std::uint32_t node) {
    auto* out = room(node);
    auto* nulls = nulls_behind(out);
    const auto* truth = operand(0).as<Truth>();
    auto* whole = reinterpret_cast<std::int64_t*>(out);
    for (std::size_t i = 0; i < rows_; ++i) {
      whole[i] = truth[i] == kTrue ? 1 : 0;
      nulls[i] = truth[i] == kNull ? 1 : 0;
    }
    values_[node].nulls = nulls;
  }

  void decide(Truth* out) {
    switch (node_->op) {
      case Op::logical_and:
        return for_rows<Truth, Truth>(operand(0), operand(1), rows_, out, [](Truth a, Truth b) {
          return static_cast<Truth>((a & b & kTrue) | ((a | b) & kFalse));
        });
      case Op::logical_or:
        return for_rows<Truth, Truth>(operand(0), operand(1), rows_, out, [](Truth a, Truth b) {
          return static_cast<Truth>(((a | b) & kTrue) | (a & b & kFalse));
        });
      case Op::logical_not:
        return for_rows<Truth>(operand(0), rows_, out, [](Truth a) {
          return static_cast<Truth>((a & kTrue) << 1 | (a & kFalse) >> 1);
        });
      case Op::is_null: return find_nulls(out);
      case Op::in_set: return look_up(operand(0), predicate_.sets[node_->set], rows_, out);
      case Op::starts_with:
      case Op::ends_with:
      case Op::contains: return search_text(node_->op, operand(0), operand(1), rows_, out);
      default:
        if (operand(0).stored) return compare_stored(node_->op, operand(0), operand(1), rows_, out);
        return compare(node_->op, operand(0), operand(1), rows_, out);
    }
  }

  void find_nulls(Truth* out) const {
    const auto& value = operand(0);
    if (value.kind == Kind::real) {
      for_rows<double>(value, rows_, out, [](double x) { return mark(x != x); });
    } else if (value.kind == Kind::boolean) {
      for_rows<Truth>(value, rows_, out, [](Truth x) { return mark(x == kNull); });
    } else if (value.nulls != nullptr) {
      for (std::size_t i = 0; i < rows_; ++i) out[i] = mark(value.nulls[i] != 0);
    } else {
      std::memset(out, kFalse, rows_);
    }
  }

  void calculate(double* out) {
    if (operands_.size() == 1) return compute_real(node_->op, operand(0), rows_, out);
    compute_real(node_->op, operand(0), operand(1), rows_, out);
  }

  void count(Values& value, std::byte* room) {
    auto* out = reinterpret_cast<std::uint64_t*>(room);
    auto* nulls = nulls_behind(room);
    const bool any = operands_.size() == 1
                         ? compute_integer(node_->op, operand(0), rows_, out, nulls)
                         : compute_integer(node_->op, operand(0), operand(1), rows_, out, nulls);
    if (any) value.nulls = nulls;
  }

  /// The truth of each row, also where a constant stands for all of them.
  const Truth* truths(std::size_t rows) {
    const auto& whole = values_[predicate_.root];
    const auto* found = whole.as<Truth>();
    if (whole.constant) {
      constant_.assign(rows, *found);
      found = constant_.data();
    }
    release(predicate_.root);
    return found;
  }

  const Predicate& predicate_;
  std::vector<ColumnValues> columns_;
  std::vector<Values> values_;           // of each node
  std::vector<std::uint32_t> buffers_;   // of each node: its memory
  std::vector<std::uint32_t> last_use_;  // of each node: the node behind which nobody needs it
  std::vector<bool> as_stored_;  // of each node: whether it is a column used as it is stored
  std::vector<std::unique_ptr<std::byte[]>> memory_;
  std::vector<std::uint32_t> free_;
  std::vector<Truth> constant_;
  const BoundNode* node_ = nullptr;  // that is being computed
  std::span<const std::uint32_t> operands_;
  std::size_t first_ = 0, rows_ = 0;
};

Evaluator::Evaluator(const Predicate& predicate, std::vector<ColumnValues> columns)
    : work_(std::make_unique<Work>(predicate, std::move(columns))) {}

Evaluator::~Evaluator() = default;

const Truth* Evaluator::operator()(std::size_t first, std::size_t rows) {
  return work_->run(first, rows);
}

}  // namespace torchfits
