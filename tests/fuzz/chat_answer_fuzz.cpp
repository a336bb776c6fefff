// Any bytes as a chat completion, and as the words of one: either an opinion on exactly the turns asked
// about, in range and of a known category, or a reason.
#include <cstddef>
#include <cstdint>
#include <cstdlib>
#include <nlohmann/json.hpp>
#include <string_view>

#include "consultation/answer.h"

using guardian::consultation::Opinions;
using guardian::consultation::Question;
using guardian::consultation::read_answer;
using guardian::speech::Speaker;

namespace {

const Question kQuestion = {{{0, Speaker::employee, "はい", false},
                             {1, Speaker::customer, "早くしろ", true},
                             {2, Speaker::unknown, "ああ", true}}};
const std::vector<std::string> kCategories = {"threat", "verbal_abuse"};

void check(const Opinions& opinions) {
  if (!opinions) {
    if (opinions.error().ja.empty() || opinions.error().en.empty()) std::abort();
    return;
  }
  if (opinions->size() != 2 || !opinions->contains(1) || !opinions->contains(2)) std::abort();
  for (const auto& [turn, opinion] : *opinions) {
    if (!(opinion.probability >= 0.0 && opinion.probability <= 1.0)) std::abort();
    if (!opinion.category.empty() && opinion.category != "threat" && opinion.category != "verbal_abuse")
      std::abort();
  }
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  const std::string_view input(reinterpret_cast<const char*>(data), size);
  check(read_answer(input, kQuestion, kCategories));
  const nlohmann::json completion = {
      {"choices", {{{"finish_reason", "stop"}, {"message", {{"content", std::string(input)}}}}}}};
  check(read_answer(completion.dump(-1, ' ', false, nlohmann::json::error_handler_t::replace), kQuestion,
                    kCategories));
  return 0;
}
