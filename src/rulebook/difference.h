// rulebook/difference.h - what other rules make of one dealing: findings that appear, findings that vanish.
#pragma once

#include <map>
#include <string>
#include <utility>
#include <vector>

#include "judgement/verdict.h"

namespace guardian::rulebook {

/// Two findings are the same if category, turn and words are.
struct Difference {
  std::vector<judgement::Finding> appeared;
  std::vector<judgement::Finding> vanished;
  int score_before = 0;
  int score_after = 0;
  bool suspected_before = false;
  bool suspected_after = false;

  bool is_none() const {
    return appeared.empty() && vanished.empty() && score_before == score_after &&
           suspected_before == suspected_after;
  }
};

/// What other rules make of many dealings.
struct Tally {
  int dealings = 0;
  int newly_suspected = 0;
  int no_longer_suspected = 0;
  std::map<std::string, std::pair<int, int>> categories;  ///< findings that appeared and that vanished

  void add(const Difference& difference);
};

Difference difference(const judgement::Verdict& before, const judgement::Verdict& after);

}  // namespace guardian::rulebook
