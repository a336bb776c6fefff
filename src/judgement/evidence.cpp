#include "judgement/evidence.h"

#include <algorithm>

#include "base/clock.h"

namespace guardian::judgement {
namespace {

SpokenRange in_proportion(const speech::Utterance& utterance, const policy::Match& in_text) {
  const double duration_s = utterance.end_s - utterance.start_s;
  const auto length = static_cast<double>(std::max<std::size_t>(utterance.text.size(), 1));
  return {to_milliseconds(utterance.start_s + duration_s * static_cast<double>(in_text.begin) / length),
          to_milliseconds(utterance.start_s + duration_s * static_cast<double>(in_text.end) / length)};
}

}  // namespace

SpokenRange locate(const speech::Utterance& utterance, const policy::Match& in_text) {
  std::size_t offset = 0;
  const speech::Word* first = nullptr;
  const speech::Word* last = nullptr;
  for (const auto& word : utterance.words) {
    const std::size_t end = offset + word.text.size();
    if (offset < in_text.end && in_text.begin < end) {
      if (first == nullptr) first = &word;
      last = &word;
    }
    offset = end;
  }
  if (first == nullptr || offset != utterance.text.size()) return in_proportion(utterance, in_text);
  return {first->start_s, std::max(first->start_s, last->end_s)};
}

}  // namespace guardian::judgement
