// pipeline/installation.h - where the program finds what it needs to run: policy and models.
#pragma once

#include <filesystem>
#include <vector>

#include "base/result.h"

namespace guardian::pipeline {

/// The folder with policy.yaml: `chosen` if not empty, else $GUARDIAN_POLICY, else
/// <program>/../share/kasuhara-guardian/policy, else the source tree the program was built from.
/// Errors: not_found, naming the places looked at.
Result<std::filesystem::path> find_policy(const std::filesystem::path& chosen);

/// Folders of model folders, in the order in which they are searched: $GUARDIAN_MODELS,
/// <program>/../share/kasuhara-guardian/models, the user's own ($XDG_DATA_HOME or ~/.local/share,
/// kasuhara-guardian/models) and what scripts/setup unpacked in the source tree.
std::vector<std::filesystem::path> model_places();

/// Where `guardian models pull` puts models: $GUARDIAN_MODELS, else the user's own folder. Errors: storage,
/// if there is neither.
Result<std::filesystem::path> place_for_new_models();

/// The weights that tell speech from other sound. Errors: model, naming the places looked at.
Result<std::filesystem::path> find_voice_activity_weights();

/// The encoder of sentences, and the model that judges its vectors. Errors: model, naming the places looked
/// at.
Result<std::filesystem::path> find_sentence_encoder();
Result<std::filesystem::path> find_meaning_model();

/// The file that names a model outside to be asked: `chosen` if not empty, else $GUARDIAN_CONSULT; empty if
/// neither is set, and then none is asked.
std::filesystem::path find_consultation(const std::filesystem::path& chosen);

/// models/catalogue.yaml beside the program or in the source tree. Errors: not_found.
Result<std::filesystem::path> find_catalogue();

}  // namespace guardian::pipeline
