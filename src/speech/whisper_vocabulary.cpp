#include "speech/whisper_vocabulary.h"

#include <array>

#include "base/file.h"
#include "base/json_guard.h"

namespace guardian::speech {
namespace {

constexpr std::size_t kVocabularyBytes = 16U << 20U;

tl::unexpected<Error> unusable(const std::filesystem::path& file) {
  return fail(Error::Kind::model, file.string(),
              {"Whisper の語彙ファイルではありません", "not a Whisper vocabulary"},
              {"モデルを取得し直してください (guardian models verify)",
               "Fetch the model again (guardian models verify)"});
}

/// GPT-2's reversible map writes every byte as a printable character: printable ones as themselves, the
/// others from U+0100 on. Returns the map back, indexed by code point.
std::array<int, 512> make_byte_of_character() {
  std::array<int, 512> byte_of{};
  byte_of.fill(-1);
  int shifted = 256;
  for (int byte = 0; byte < 256; ++byte) {
    const bool printable = (byte >= 33 && byte <= 126) || (byte >= 161 && byte <= 172) || byte >= 174;
    byte_of[static_cast<std::size_t>(printable ? byte : shifted++)] = byte;
  }
  return byte_of;
}

/// Code points of the vocabulary are below U+0200, so at most two bytes of UTF-8.
std::string decode(const std::string& written, const std::array<int, 512>& byte_of) {
  std::string bytes;
  for (std::size_t i = 0; i < written.size(); ++i) {
    auto character = static_cast<unsigned>(static_cast<unsigned char>(written[i]));
    if (character >= 0xC0 && i + 1 < written.size())
      character = ((character & 0x1FU) << 6U) | (static_cast<unsigned char>(written[++i]) & 0x3FU);
    if (character >= byte_of.size() || byte_of[character] < 0) return {};
    bytes += static_cast<char>(byte_of[character]);
  }
  return bytes;
}

}  // namespace

Result<WhisperVocabulary> WhisperVocabulary::load(const std::filesystem::path& model_folder) {
  const auto file = model_folder / "vocabulary.json";
  const auto content = read_file(file, kVocabularyBytes);
  if (!content) return unusable(file);
  const auto document = parse_json(*content, file.string());
  if (!document || !document->is_array()) return unusable(file);
  const auto byte_of = make_byte_of_character();
  WhisperVocabulary vocabulary;
  for (const auto& entry : *document) {
    if (!entry.is_string()) return unusable(file);
    const auto& written = entry.get_ref<const std::string&>();
    const bool special = written.size() > 4 && written.starts_with("<|") && written.ends_with("|>");
    if (special) {
      if (vocabulary.specials_.empty()) vocabulary.first_special_ = vocabulary.bytes_.size();
      vocabulary.specials_.emplace(written, vocabulary.bytes_.size());
    }
    vocabulary.bytes_.push_back(special ? std::string() : decode(written, byte_of));
  }
  if (vocabulary.specials_.empty()) return unusable(file);
  return vocabulary;
}

std::string_view WhisperVocabulary::bytes(std::size_t token) const {
  return token < bytes_.size() ? std::string_view(bytes_[token]) : std::string_view();
}

Result<std::size_t> WhisperVocabulary::special(const std::string& name) const {
  const auto found = specials_.find(name);
  if (found != specials_.end()) return found->second;
  return fail(Error::Kind::model, name,
              {"この目印がモデルの語彙にありません", "the model's vocabulary has no such token"},
              {"多言語版の Whisper モデルを使ってください", "Use a multilingual Whisper model"});
}

}  // namespace guardian::speech
