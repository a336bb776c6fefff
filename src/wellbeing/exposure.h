// wellbeing/exposure.h - how much of it the employee was exposed to, as a number that can be explained.
// After judgement/: reads the verdict and the transcript, report/ prints it. Adding up days and weeks is not
// done here.
#pragma once

#include <cstddef>
#include <vector>

#include "base/result.h"
#include "judgement/verdict.h"
#include "speech/transcript.h"

namespace guardian::wellbeing {

/// What one finding adds.
struct Contribution {
  std::size_t finding = 0;   ///< index in Verdict::findings
  double value = 0.0;        ///< severity / 100 x minutes x persistence
  double minutes = 0.0;      ///< as counted, in [0.1, 5]
  double persistence = 1.0;  ///< 1.0 first, 1.3 again in this call, 1.6 after a warning
  Text why;
};

struct Exposure {
  double value = 0.0;                       ///< sum of the contributions; 0 without findings, no upper limit
  std::vector<Contribution> contributions;  ///< one per finding, in the findings' order
  Text statement;                           ///< what the number is not; shown wherever the number is shown
};

/// E_call = sum of severity / 100 x min(minutes, 5) x persistence. Source: domain reference, section 6.4 (a
/// proposal, no validated scale). A quote counts for at least 6 seconds: a shouted word is over in one, but
/// not for the one who hears it; that minimum is this product's assumption. Small findings count too.
Exposure measure_exposure(const judgement::Verdict& verdict, const speech::Transcript& transcript);

}  // namespace guardian::wellbeing
