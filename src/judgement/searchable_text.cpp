#include "judgement/searchable_text.h"

#include <algorithm>
#include <array>

namespace guardian::judgement {

SearchableText::SearchableText(const std::string& original, const Morphology& morphology)
    : original_(original), normalized_(normalize(original)) {
  for (const auto& morpheme : morphology.analyze(normalized_.text)) {
    reading_ += morpheme.reading;
    word_of_reading_byte_.resize(reading_.size(), {morpheme.begin, morpheme.end});
  }
  constexpr std::array<std::string_view, 3> kStops = {"。", "?", "!"};
  for (const auto stop : kStops)
    for (auto at = normalized_.text.find(stop); at != std::string::npos;
         at = normalized_.text.find(stop, at + 1))
      sentence_ends_.push_back(at + stop.size());
  std::sort(sentence_ends_.begin(), sentence_ends_.end());
}

policy::Match SearchableText::surface_of_reading(const policy::Match& in_reading) const {
  if (in_reading.begin >= in_reading.end || in_reading.end > word_of_reading_byte_.size()) return {};
  return {word_of_reading_byte_[in_reading.begin].begin, word_of_reading_byte_[in_reading.end - 1].end};
}

std::string_view SearchableText::quote(const policy::Match& in_surface) const {
  return normalized_.original(original_, in_surface.begin, in_surface.end);
}

std::size_t SearchableText::sentence_at(std::size_t in_surface) const {
  return static_cast<std::size_t>(std::upper_bound(sentence_ends_.begin(), sentence_ends_.end(), in_surface) -
                                  sentence_ends_.begin());
}

policy::Match SearchableText::original_range(const policy::Match& in_surface) const {
  const auto words = quote(in_surface);
  if (words.empty()) return {};
  const auto begin = static_cast<std::size_t>(words.data() - original_.data());
  return {begin, begin + words.size()};
}

}  // namespace guardian::judgement
