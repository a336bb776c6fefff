// training/misheard_examples.h - examples also as a recogniser would have heard them, since that is how most
// words will come. Made anew by every training rather than kept: the same examples give the same ones.
#pragma once

#include <vector>

#include "evaluation/labelled_data.h"
#include "evaluation/mishearing.h"

namespace guardian::training {

/// Appends each example as it might be misheard, `hearings` times with errors of its own each time. What was
/// heard as it is written is left out.
void add_misheard(std::vector<evaluation::LabelledUtterance>& examples,
                  const evaluation::Mishearing& mishearing, int hearings);

}  // namespace guardian::training
