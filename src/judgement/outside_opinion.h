// judgement/outside_opinion.h - what a model outside the program said of one turn of the customer's: the
// fourth witness, if there is one. consultation/ asks for it; the judge only weighs it, and never trusts it
// alone. docs/decisions/0006-fourth-witness.md
#pragma once

#include <map>
#include <string>

namespace guardian::judgement {

struct OutsideOpinion {
  std::string category;      ///< id of a harassment category; empty: none
  double probability = 0.5;  ///< that the turn is harassment, in [0, 1]
};

/// By the utterance's index. Turns without an opinion are judged without one.
using OutsideOpinions = std::map<int, OutsideOpinion>;

/// Log odds by which the opinion moves what the other witnesses say, in [-1.5, 1.5]; 0 for 0.5.
double share_of(const OutsideOpinion& opinion);

/// `probability` after the opinion was heard, at most 0.99.
double with_outside(double probability, const OutsideOpinion& opinion);

}  // namespace guardian::judgement
