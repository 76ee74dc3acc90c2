// SPDX-License-Identifier: BSD-3-Clause
// What a check of a file found: a value that can be listed, printed and counted.
#pragma once

#include <algorithm>
#include <cstddef>
#include <cstdint>
#include <map>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

namespace torchfits {

enum class Severity : std::uint8_t {
  warning,  ///< readable everywhere, but the Standard advises against it, or it is doubtful
  error,    ///< against the Standard, or bytes that are damaged or missing
};

struct Finding {
  Severity severity = Severity::error;
  std::string_view rule;  ///< which check: a name that stays, such as "header-padding"
  std::string where;      ///< card, column or bytes; may be empty
  std::string problem;
  std::string remedy;
};

/// Findings in order, with '?' for what cannot be printed. Of each rule the first few are kept and
/// the others counted, so that a file of garbage makes a short list.
class Findings {
 public:
  static constexpr std::size_t kMostOfARule = 10;

  void error(std::string_view rule, std::string where, std::string problem, std::string remedy) {
    add({Severity::error, rule, std::move(where), std::move(problem), std::move(remedy)});
  }
  void warning(std::string_view rule, std::string where, std::string problem, std::string remedy) {
    add({Severity::warning, rule, std::move(where), std::move(problem), std::move(remedy)});
  }

  [[nodiscard]] bool has_errors() const noexcept { return errors_; }
  /// All that were kept; the last of a rule says how many more there are.
  [[nodiscard]] std::vector<Finding> list() const {
    auto all = list_;
    for (const auto& [rule, count] : counts_) {
      if (count.found <= kMostOfARule) continue;
      all[count.last].problem +=
          " (and " + std::to_string(count.found - kMostOfARule) + " more of this kind)";
    }
    return all;
  }

 private:
  struct Count {
    std::size_t found = 0, last = 0;
  };

  void add(Finding finding) {
    errors_ = errors_ || finding.severity == Severity::error;
    auto& count = counts_[{finding.rule, finding.severity}];
    if (++count.found > kMostOfARule) return;
    for (auto* text : {&finding.where, &finding.problem})
      std::replace_if(text->begin(), text->end(), [](char c) { return c < ' ' || c > '~'; }, '?');
    count.last = list_.size();
    list_.push_back(std::move(finding));
  }

  std::vector<Finding> list_;
  std::map<std::pair<std::string_view, Severity>, Count> counts_;
  bool errors_ = false;
};

}  // namespace torchfits
