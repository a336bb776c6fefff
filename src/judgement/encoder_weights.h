// judgement/encoder_weights.h - the sentence encoder's file as a model of CTranslate2.
// The 4-bit file is small to keep; CTranslate2's 8-bit arithmetic is fast to run. The second is made from the
// first in memory when the program starts.
#pragma once

#include <string>
#include <vector>

#include "judgement/e5_access.h"

namespace guardian::judgement {

/// The files of a CTranslate2 model folder, and which of its rows stands for which piece of the tokeniser.
struct EncoderWeights {
  std::string model;        ///< model.bin, format 6, weights in 8 bits with a scale per row
  std::string vocabulary;   ///< vocabulary.json
  std::string config;       ///< config.json
  std::vector<int> row_of;  ///< by piece; pieces in other scripts share the row of the unknown piece
};

/// Pieces with letters of scripts other than Japanese and ASCII are left out: half of the vocabulary, and
/// with it half of the memory. Takes some 0.1 s.
EncoderWeights convert_encoder(const e5_model& source);

}  // namespace guardian::judgement
