// consultation/answer.h - whether an answer from outside can be used: all of it, or nothing.
// What comes back was made from a customer's words by a model that nobody here controls, so it is checked
// like any other input: an answer with one wrong turn is no answer.
#pragma once

#include <string>
#include <string_view>
#include <tl/expected.hpp>
#include <vector>

#include "base/result.h"
#include "consultation/question.h"
#include "judgement/outside_opinion.h"

namespace guardian::consultation {

/// Opinions on all judged turns of the question, or why there are none, in words for a report. The reason
/// never repeats what the answer said.
using Opinions = tl::expected<judgement::OutsideOpinions, Text>;

/// `body` is a chat completion; `categories` are the ids that it may name beside "none".
Opinions read_answer(std::string_view body, const Question& question,
                     const std::vector<std::string>& categories);

}  // namespace guardian::consultation
