#include "judgement/searchable_text.h"

namespace guardian::judgement {

SearchableText::SearchableText(const std::string& original, const Morphology& morphology)
    : original_(original), normalized_(normalize(original)) {
  for (const auto& morpheme : morphology.analyze(normalized_.text)) {
    reading_ += morpheme.reading;
    word_of_reading_byte_.resize(reading_.size(), {morpheme.begin, morpheme.end});
  }
}

policy::Match SearchableText::surface_of_reading(const policy::Match& in_reading) const {
  if (in_reading.begin >= in_reading.end || in_reading.end > word_of_reading_byte_.size()) return {};
  return {word_of_reading_byte_[in_reading.begin].begin, word_of_reading_byte_[in_reading.end - 1].end};
}

std::string_view SearchableText::quote(const policy::Match& in_surface) const {
  return normalized_.original(original_, in_surface.begin, in_surface.end);
}

policy::Match SearchableText::original_range(const policy::Match& in_surface) const {
  const auto words = quote(in_surface);
  if (words.empty()) return {};
  const auto begin = static_cast<std::size_t>(words.data() - original_.data());
  return {begin, begin + words.size()};
}

}  // namespace guardian::judgement
