#include "base/morphology.h"

#include <mecab.h>

#include <algorithm>
#include <array>

#include "base/text.h"

namespace guardian {
namespace {

// IPADIC's feature columns.
constexpr std::size_t kPartOfSpeechColumns = 4;
constexpr std::size_t kLemmaColumn = 6;
constexpr std::size_t kReadingColumn = 7;

std::vector<std::string_view> split(std::string_view features) {
  std::vector<std::string_view> columns;
  for (;;) {
    const auto comma = features.find(',');
    columns.push_back(features.substr(0, comma));
    if (comma == std::string_view::npos) return columns;
    features.remove_prefix(comma + 1);
  }
}

std::string_view column_or(const std::vector<std::string_view>& columns, std::size_t index,
                           std::string_view otherwise) {
  return index < columns.size() && columns[index] != "*" ? columns[index] : otherwise;
}

Morpheme to_morpheme(const mecab_node_t& node, const char* text) {
  const std::string_view surface(node.surface, node.length);
  const auto columns = split(node.feature);
  Morpheme morpheme;
  morpheme.surface = surface;
  morpheme.lemma = column_or(columns, kLemmaColumn, surface);
  morpheme.reading = to_hiragana(column_or(columns, kReadingColumn, surface));
  morpheme.part_of_speech = std::string(columns[0]);
  for (std::size_t i = 1; i < std::min(columns.size(), kPartOfSpeechColumns) && columns[i] != "*"; ++i)
    morpheme.part_of_speech.append(",").append(columns[i]);
  morpheme.begin = static_cast<std::size_t>(node.surface - text);
  morpheme.end = morpheme.begin + node.length;
  return morpheme;
}

}  // namespace

struct Morphology::Impl {
  std::unique_ptr<mecab_model_t, decltype(&mecab_model_destroy)> model{nullptr, &mecab_model_destroy};
};

Morphology::Morphology(std::unique_ptr<Impl> impl) : impl_(std::move(impl)) {}
Morphology::Morphology(Morphology&&) noexcept = default;
Morphology& Morphology::operator=(Morphology&&) noexcept = default;
Morphology::~Morphology() = default;

Result<Morphology> Morphology::load() {
  auto impl = std::make_unique<Impl>();
  impl->model.reset(mecab_model_new2(""));
  if (impl->model == nullptr)
    return fail(Error::Kind::model, "MeCab",
                {"日本語の辞書がありません", "no Japanese dictionary is installed"},
                {"mecab-ipadic-utf8 を入れてください", "Install mecab-ipadic-utf8"});
  return Morphology(std::move(impl));
}

std::vector<Morpheme> Morphology::analyze(std::string_view text) const {
  // A tagger and a lattice for each call: the model is shared, they are cheap and not thread-safe.
  const std::unique_ptr<mecab_t, decltype(&mecab_destroy)> tagger(mecab_model_new_tagger(impl_->model.get()),
                                                                  &mecab_destroy);
  const std::unique_ptr<mecab_lattice_t, decltype(&mecab_lattice_destroy)> lattice(
      mecab_model_new_lattice(impl_->model.get()), &mecab_lattice_destroy);
  std::vector<Morpheme> morphemes;
  mecab_lattice_set_sentence2(lattice.get(), text.data(), text.size());
  if (mecab_parse_lattice(tagger.get(), lattice.get()) == 0) return morphemes;
  const char* sentence = mecab_lattice_get_sentence(lattice.get());
  for (const auto* node = mecab_lattice_get_bos_node(lattice.get()); node != nullptr; node = node->next)
    if (node->stat != MECAB_BOS_NODE && node->stat != MECAB_EOS_NODE)
      morphemes.push_back(to_morpheme(*node, sentence));
  return morphemes;
}

std::size_t count_morae(std::string_view hiragana) {
  static constexpr std::array<std::string_view, 9> kJoining = {"ゃ", "ゅ", "ょ", "ぁ", "ぃ",
                                                               "ぅ", "ぇ", "ぉ", "ゎ"};
  std::size_t morae = 0;
  for (std::size_t i = 0; i < hiragana.size();) {
    const auto byte = static_cast<unsigned char>(hiragana[i]);
    const std::size_t length = byte < 0x80 ? 1 : byte < 0xE0 ? 2 : byte < 0xF0 ? 3 : 4;
    const auto character = hiragana.substr(i, length);
    i += length;
    const bool kana = (character >= "ぁ" && character <= "ゖ") || character == "ー";
    bool joins = false;
    for (const auto small : kJoining) joins = joins || character == small;
    if (kana && !joins) ++morae;
  }
  return morae;
}

}  // namespace guardian
