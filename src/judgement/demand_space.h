// judgement/demand_space.h - where customers' turns lie by what they ask for, in whatever words.
// The sentence encoder was tuned to tell harassment from harmless talk, and by its vectors two demands look alike as
// soon as both are polite. Within them lie directions that tell one demand from another; scripts/tune_encoder.py
// trains them along (Khosla et al. 2020, arXiv:2004.11362), judgement/course.h counts with them what is demanded again
// and again.
#pragma once

#include <filesystem>
#include <string>
#include <string_view>
#include <vector>

#include "base/result.h"

namespace guardian::judgement {

struct DemandSpace {
  std::string encoder_sha256;     ///< of whose vectors it speaks
  std::vector<float> middle;      ///< of the cloud of vectors
  std::vector<float> directions;  ///< one row of weights per direction, each as long as `middle`
  float same_from = 1.0F;         ///< likeness from which on two turns ask for the same, in (0, 1]

  bool is_empty() const { return directions.empty(); }

  /// Place of a turn, of length 1. `vector` is the encoder's.
  std::vector<float> place(const std::vector<float>& vector) const;

  /// Errors: not_found, unreadable; model, if it is damaged (every byte is covered by a hash).
  static Result<DemandSpace> load(const std::filesystem::path& file);

  /// What `load` reads, from bytes and back. Throws Malformed (judgement/model_bytes.h).
  static DemandSpace parse(std::string_view bytes);
  std::string bytes() const;
};

/// Likeness of two places, in [-1, 1]; 0 where there is none.
double likeness(const std::vector<float>& a, const std::vector<float>& b);

}  // namespace guardian::judgement
