#include "search/word_index.h"

#include <fmt/format.h>

#include <algorithm>
#include <map>
#include <set>

#include "base/text.h"

namespace guardian::search {
namespace {

constexpr std::size_t kQueryCharacters = 200;
constexpr std::size_t kQueryWords = 16;
constexpr std::size_t kTokenDigits = 16;  // 64 bits: a collision only costs a look into a transcript

/// Parts of speech that say what a sentence is about.
bool is_content(const Morpheme& word) {
  const auto starts = [&](std::string_view part) { return word.part_of_speech.rfind(part, 0) == 0; };
  if (starts("名詞,非自立") || starts("名詞,接尾") || starts("動詞,非自立") || starts("動詞,接尾"))
    return false;
  if (word.lemma == "する" || word.lemma == "ある" || word.lemma == "いる" || word.lemma == "なる")
    return false;
  return starts("名詞") || starts("動詞") || starts("形容詞") || starts("副詞") || starts("感動詞") ||
         starts("連体詞") || starts("未知語");
}

bool is_kana(std::string_view text) {
  const auto characters = split_characters(text);
  return characters.size() > 1 && std::all_of(characters.begin(), characters.end(), [](std::string_view one) {
           return (one >= "ぁ" && one <= "ん") || (one >= "ァ" && one <= "ン") || one == "ー";
         });
}

std::string normalized(std::string_view text) { return normalize(text).text; }

}  // namespace

Result<WordIndex> WordIndex::load(const access::Keyring& keyring) {
  auto morphology = Morphology::load();
  if (!morphology) return tl::unexpected<Error>(morphology.error());
  return WordIndex(keyring, std::move(*morphology));
}

std::vector<Query::Word> WordIndex::words_of(std::string_view text) const {
  std::vector<Query::Word> words;
  for (const auto& word : morphology_.analyze(text))
    if (is_content(word)) words.push_back({normalized(word.lemma), normalized(to_hiragana(word.reading))});
  return words;
}

std::vector<std::string> WordIndex::compounds_of(std::string_view text) const {
  std::vector<std::string> compounds;
  std::string reading;
  std::size_t parts = 0;
  const auto end_compound = [&] {
    if (parts > 1) compounds.push_back(reading);
    reading.clear();
    parts = 0;
  };
  for (const auto& word : morphology_.analyze(text)) {
    if (word.part_of_speech.rfind("名詞", 0) != 0) {
      end_compound();
      continue;
    }
    reading += normalized(to_hiragana(word.reading));
    ++parts;
  }
  end_compound();
  return compounds;
}

std::string WordIndex::token(const std::string& tenant, char form, const std::string& word) const {
  return keyring_->hash(tenant, std::string("word ") + form, word).substr(0, kTokenDigits);
}

Result<void> WordIndex::add(store::Transaction& transaction, const archive::Analysed& analysed) const {
  std::set<std::string> tokens;  // sorted by hash: nothing is left of the order in which they were said
  for (const auto& utterance : analysed.report.transcript.utterances) {
    for (const auto& word : words_of(utterance.text)) {
      tokens.insert(token(analysed.tenant, 'w', word.lemma));
      tokens.insert(token(analysed.tenant, 'r', word.reading));
    }
    for (const auto& reading : compounds_of(utterance.text))
      tokens.insert(token(analysed.tenant, 'r', reading));
  }
  std::string text;
  for (const auto& one : tokens) text += one + ' ';
  remove(transaction, analysed.recording);
  const auto row =
      transaction.first("SELECT COALESCE(MAX(row), 0) + 1 AS row FROM word_rows")->integer("row");
  transaction.execute("INSERT INTO words (rowid, tokens) VALUES (?, ?)", {row, text});
  transaction.execute("INSERT INTO word_rows (recording_id, row) VALUES (?, ?)", {analysed.recording, row});
  return {};
}

void WordIndex::remove(store::Transaction& transaction, const std::string& recording) {
  transaction.execute("DELETE FROM words WHERE rowid = (SELECT row FROM word_rows WHERE recording_id = ?)",
                      {recording});
  transaction.execute("DELETE FROM word_rows WHERE recording_id = ?", {recording});
}

Result<Query> WordIndex::understand(const std::string& text) const {
  const auto wrong = [](const Text& what) {
    return fail(Error::Kind::usage, "words", what,
                {"探す言葉を入れ直してください", "Enter other words to look for"});
  };
  if (!is_utf8(text)) return wrong({"文字として読めません", "it is not text"});
  if (count_characters(text) > kQueryCharacters)
    return wrong({"長すぎます (200 文字まで)", "it is too long (200)"});
  Query query{normalized(text), words_of(text), ""};
  if (is_kana(query.normalized)) query.kana = to_hiragana(query.normalized);
  if (query.words.empty() && query.kana.empty())
    return wrong(
        {"探せる言葉 (名詞、動詞など) がありません", "there is no word in it that can be looked for"});
  if (query.words.size() > kQueryWords) query.words.resize(kQueryWords);
  return query;
}

std::string WordIndex::match_expression(const std::string& tenant, const Query& query) const {
  std::string expression;
  for (const auto& word : query.words)
    expression += fmt::format("{}(\"{}\" OR \"{}\")", expression.empty() ? "" : " AND ",
                              token(tenant, 'w', word.lemma), token(tenant, 'r', word.reading));
  if (query.kana.empty()) return expression;
  return fmt::format("{}{}\"{}\"", expression, expression.empty() ? "" : " OR ",
                     token(tenant, 'r', query.kana));
}

bool WordIndex::says(std::string_view text, const Query& query) const {
  const auto said = words_of(text);
  const auto has_reading = [&](const std::string& reading) {
    return std::any_of(said.begin(), said.end(), [&](const auto& word) { return word.reading == reading; });
  };
  const auto was_said = [&](const Query::Word& wanted) {
    return has_reading(wanted.reading) || std::any_of(said.begin(), said.end(), [&](const auto& word) {
             return word.lemma == wanted.lemma;
           });
  };
  if (!query.words.empty() && std::all_of(query.words.begin(), query.words.end(), was_said)) return true;
  if (query.kana.empty()) return false;
  const auto compounds = compounds_of(text);
  return has_reading(query.kana) ||
         std::find(compounds.begin(), compounds.end(), query.kana) != compounds.end();
}

std::vector<Hit> WordIndex::find_all(const Query& query, const std::vector<speech::Utterance>& utterances,
                                     std::size_t limit) const {
  auto together = locate(query, utterances, limit);
  if (!together.empty() || query.words.size() < 2) return together;
  std::map<std::size_t, Hit> apart;
  for (const auto& word : query.words) {
    const auto hits = locate({word.lemma, {word}, ""}, utterances, limit);
    if (hits.empty()) return {};
    for (const auto& hit : hits) apart.emplace(hit.utterance, Hit{hit.utterance, hit.text, false});
  }
  std::vector<Hit> all;
  for (auto& [utterance, hit] : apart)
    if (all.size() < limit) all.push_back(std::move(hit));
  return all;
}

std::vector<Hit> WordIndex::locate(const Query& query, const std::vector<speech::Utterance>& utterances,
                                   std::size_t limit) const {
  std::vector<Hit> hits;
  for (std::size_t i = 0; i < utterances.size() && hits.size() < limit; ++i) {
    const auto& text = utterances[i].text;
    const bool literal = normalized(text).find(query.normalized) != std::string::npos;
    if (literal || says(text, query)) hits.push_back({i, text, literal});
  }
  return hits;
}

}  // namespace guardian::search
