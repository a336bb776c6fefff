// rulebook/difference.h - what other rules make of one dealing: findings that appear, findings that vanish.
#pragma once

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

Difference difference(const judgement::Verdict& before, const judgement::Verdict& after);

}  // namespace guardian::rulebook
