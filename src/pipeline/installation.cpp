#include "pipeline/installation.h"

#include <fmt/format.h>

#include <cstdlib>
#include <vector>

namespace guardian::pipeline {
namespace {

/// Empty where the variable is not set or empty.
std::filesystem::path from_environment(const char* name) {
  const char* value = std::getenv(name);
  return value == nullptr ? "" : value;
}

std::filesystem::path program_share() {
  std::error_code ignored;
  const auto program = std::filesystem::read_symlink("/proc/self/exe", ignored);
  return program.parent_path().parent_path() / "share/kasuhara-guardian";
}

/// Empty for a user without a home.
std::filesystem::path user_models() {
  if (const auto data = from_environment("XDG_DATA_HOME"); data.is_absolute())
    return data / "kasuhara-guardian/models";
  const auto home = from_environment("HOME");
  return home.is_absolute() ? home / ".local/share/kasuhara-guardian/models" : "";
}

std::string join(const std::vector<std::filesystem::path>& places) {
  std::string joined;
  for (const auto& place : places) joined += (joined.empty() ? "" : ", ") + place.string();
  return joined;
}

std::vector<std::filesystem::path> policy_places(const std::filesystem::path& chosen) {
  if (!chosen.empty()) return {chosen};
  if (const char* named = std::getenv("GUARDIAN_POLICY"); named != nullptr && *named != '\0') return {named};
  return {program_share() / "policy", std::filesystem::path(GUARDIAN_SOURCE_DIR) / "policy"};
}

Result<std::filesystem::path> find_weights(
    const std::string& name, const Text& missing,
    const std::vector<std::filesystem::path>& places = model_places()) {
  for (const auto& place : places) {
    std::error_code ignored;
    if (std::filesystem::is_regular_file(place / name, ignored)) return place / name;
  }
  return fail(Error::Kind::model, name,
              {fmt::format("{} (探した場所: {})", missing.ja, join(places)),
               fmt::format("{} (looked in {})", missing.en, join(places))},
              {"scripts/setup を実行してください", "Run scripts/setup"});
}

}  // namespace

Result<std::filesystem::path> find_policy(const std::filesystem::path& chosen) {
  std::string looked_at;
  for (const auto& place : policy_places(chosen)) {
    std::error_code ignored;
    if (std::filesystem::exists(place / "policy.yaml", ignored)) return place;
    looked_at += (looked_at.empty() ? "" : ", ") + place.string();
  }
  return fail(Error::Kind::not_found, looked_at,
              {"判定ポリシー (policy.yaml) がありません", "no judgement policy (policy.yaml) here"},
              {"--policy でフォルダーを指定してください", "Name its folder with --policy"});
}

std::vector<std::filesystem::path> model_places() {
  std::vector<std::filesystem::path> places;
  for (const auto& place : {from_environment("GUARDIAN_MODELS"), program_share() / "models", user_models(),
                            std::filesystem::path(GUARDIAN_SOURCE_DIR) / ".deps/models"})
    if (!place.empty()) places.push_back(place);
  return places;
}

Result<std::filesystem::path> place_for_new_models() {
  if (auto chosen = from_environment("GUARDIAN_MODELS"); !chosen.empty()) return chosen;
  if (auto own = user_models(); !own.empty()) return own;
  return fail(Error::Kind::storage, "GUARDIAN_MODELS",
              {"モデルを置くフォルダーが決まりません", "there is no folder for models"},
              {"環境変数 GUARDIAN_MODELS でフォルダーを指定してください",
               "Name one in the environment variable GUARDIAN_MODELS"});
}

Result<std::filesystem::path> find_voice_activity_weights() {
  return find_weights("silero-vad/silero_vad.onnx",
                      {"音声区間検出モデルがありません", "the voice activity model is missing"});
}

Result<std::filesystem::path> find_sentence_encoder() {
  return find_weights("e5-customer/e5-customer-q4.bin",
                      {"文の意味のモデルがありません", "the sentence model is missing"});
}

Result<std::filesystem::path> find_meaning_model() {
  auto places = model_places();
  places.push_back(std::filesystem::path(GUARDIAN_SOURCE_DIR) / "models/customer-speech");
  return find_weights("meaning.bin", {"意味の判定モデルがありません", "the model of meaning is missing"},
                      places);
}

std::filesystem::path find_consultation(const std::filesystem::path& chosen) {
  return chosen.empty() ? from_environment("GUARDIAN_CONSULT") : chosen;
}

Result<std::filesystem::path> find_catalogue() {
  const std::vector<std::filesystem::path> places = {
      program_share() / "models/catalogue.yaml",
      std::filesystem::path(GUARDIAN_SOURCE_DIR) / "models/catalogue.yaml"};
  for (const auto& place : places) {
    std::error_code ignored;
    if (std::filesystem::is_regular_file(place, ignored)) return place;
  }
  return fail(Error::Kind::not_found, join(places),
              {"モデルの一覧 (catalogue.yaml) がありません", "no model catalogue here"},
              {"インストールをやり直してください", "Install the program again"});
}

}  // namespace guardian::pipeline
