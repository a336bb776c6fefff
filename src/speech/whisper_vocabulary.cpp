#include "speech/whisper_vocabulary.h"

#include <unicode/uchar.h>
#include <unicode/utf8.h>

#include <array>
#include <limits>

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

enum class Kind { letters, digits, signs, space };

Kind kind_of(UChar32 character) {
  constexpr std::uint32_t kDigits = U_GC_ND_MASK | U_GC_NL_MASK | U_GC_NO_MASK;
  if (character < 0) return Kind::signs;
  if (u_isUWhiteSpace(character) != 0) return Kind::space;
  const std::uint32_t category = U_GET_GC_MASK(character);
  if ((category & U_GC_L_MASK) != 0) return Kind::letters;
  return (category & kDigits) != 0 ? Kind::digits : Kind::signs;
}

/// The runs within which bytes may be joined. One space belongs to what follows it.
std::vector<std::string_view> split_runs(std::string_view text) {
  std::vector<std::string_view> runs;
  const char* bytes = text.data();
  std::size_t begin = 0;
  Kind open = Kind::signs;
  for (std::size_t i = 0; i < text.size();) {
    const std::size_t here = i;
    UChar32 character = 0;
    U8_NEXT(bytes, i, text.size(), character);
    const Kind kind = kind_of(character);
    const bool after_one_space = open == Kind::space && text.substr(begin, here - begin) == " ";
    if (here > begin && kind != open && !after_one_space) {
      const bool lends_space = open == Kind::space && text[here - 1] == ' ';
      const std::size_t end = lends_space ? here - 1 : here;
      runs.push_back(text.substr(begin, end - begin));
      begin = end;
    }
    open = kind;
  }
  if (begin < text.size()) runs.push_back(text.substr(begin));
  return runs;
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
  for (std::size_t i = 0; i < vocabulary.first_special_; ++i)
    vocabulary.number_of_.emplace(vocabulary.bytes_[i], i);
  return vocabulary;
}

/// Joins the pair that comes first in the vocabulary until no pair is in it.
void WhisperVocabulary::append_run(std::string_view run, std::vector<std::size_t>& tokens) const {
  constexpr auto kNone = std::numeric_limits<std::size_t>::max();
  std::vector<std::size_t> borders;
  for (std::size_t i = 0; i <= run.size(); ++i) borders.push_back(i);
  const auto number = [&](std::size_t first, std::size_t last) {
    const auto found = number_of_.find(run.substr(borders[first], borders[last] - borders[first]));
    return found == number_of_.end() ? kNone : found->second;
  };
  while (borders.size() > 2) {
    std::size_t best = kNone;
    std::size_t place = 0;
    for (std::size_t i = 0; i + 2 < borders.size(); ++i)
      if (const auto joined = number(i, i + 2); joined < best) {
        best = joined;
        place = i + 1;
      }
    if (best == kNone) break;
    borders.erase(borders.begin() + static_cast<std::ptrdiff_t>(place));
  }
  for (std::size_t i = 0; i + 1 < borders.size(); ++i)
    if (const auto token = number(i, i + 1); token != kNone) tokens.push_back(token);
}

std::vector<std::size_t> WhisperVocabulary::tokens(std::string_view text) const {
  std::vector<std::size_t> tokens;
  for (const auto run : split_runs(text)) append_run(run, tokens);
  return tokens;
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
