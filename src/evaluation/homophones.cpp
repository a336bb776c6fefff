#include "evaluation/homophones.h"

#include <unicode/unistr.h>

#include <algorithm>
#include <array>
#include <charconv>
#include <limits>
#include <string_view>

#include "base/file.h"
#include "base/text.h"

namespace guardian::evaluation {
namespace {

constexpr std::uint64_t kFileBytes = 64U << 20U;
constexpr std::size_t kKept = 2;             // of the writings of one reading: one may have to be avoided
constexpr std::size_t kLongestReading = 10;  // kana
// What joining one more word costs, and a kana that belongs to no word; in the dictionary's own units, in
// which a common noun costs about 4,000.
constexpr int kJoinCost = 3000;
constexpr int kBareKanaCost = 9000;

// The dictionary's columns.
constexpr std::size_t kSurface = 0;
constexpr std::size_t kCost = 3;
constexpr std::size_t kReading = 11;

// Names are left out: a recogniser of everyday speech seldom takes a word for a rare name.
constexpr std::array<const char*, 8> kFiles = {"Noun.csv",          "Noun.verbal.csv", "Noun.adjv.csv",
                                               "Noun.adverbal.csv", "Verb.csv",        "Adj.csv",
                                               "Adverb.csv",        "Suffix.csv"};

std::vector<std::string_view> columns_of(std::string_view line) {
  std::vector<std::string_view> columns;
  for (;;) {
    const auto comma = line.find(',');
    columns.push_back(line.substr(0, comma));
    if (comma == std::string_view::npos) return columns;
    line.remove_prefix(comma + 1);
  }
}

std::string to_utf8(const std::string& euc_jp) {
  std::string text;
  icu::UnicodeString(euc_jp.data(), static_cast<std::int32_t>(euc_jp.size()), "EUC-JP").toUTF8String(text);
  return text;
}

}  // namespace

std::filesystem::path Homophones::installed_source() { return "/usr/share/mecab/dic/ipadic"; }

Result<Homophones> Homophones::load(const std::filesystem::path& source) {
  Homophones homophones;
  for (const char* name : kFiles) {
    const auto content = read_file(source / name, kFileBytes);
    if (!content)
      return fail(Error::Kind::model, (source / name).string(),
                  {"辞書の元データがありません", "the dictionary's source is not installed"},
                  {"mecab-ipadic を入れてください", "Install mecab-ipadic"});
    const std::string text = to_utf8(*content);
    for (std::size_t begin = 0; begin < text.size();) {
      const auto end = std::min(text.find('\n', begin), text.size());
      homophones.add_line(text.substr(begin, end - begin));
      begin = end + 1;
    }
  }
  return homophones;
}

void Homophones::add_line(const std::string& line) {
  const auto columns = columns_of(line);
  if (columns.size() <= kReading) return;
  Writing writing{std::string(columns[kSurface]), 0};
  const auto cost = columns[kCost];
  if (std::from_chars(cost.data(), cost.data() + cost.size(), writing.cost).ec != std::errc()) return;
  auto& known = writings_[to_hiragana(columns[kReading])];
  const auto twin = std::find_if(known.begin(), known.end(),
                                 [&](const Writing& other) { return other.surface == writing.surface; });
  if (twin != known.end())
    twin->cost = std::min(twin->cost, writing.cost);
  else
    known.push_back(std::move(writing));
  std::stable_sort(known.begin(), known.end(),
                   [](const Writing& a, const Writing& b) { return a.cost < b.cost; });
  if (known.size() > kKept) known.resize(kKept);
}

const Homophones::Writing* Homophones::cheapest(const std::string& reading,
                                                const std::string& avoided) const {
  const auto known = writings_.find(reading);
  if (known == writings_.end()) return nullptr;
  for (const auto& writing : known->second)
    if (writing.surface != avoided) return &writing;
  return nullptr;
}

std::string Homophones::write(const std::string& reading, const std::string& avoided) const {
  struct Best {
    int cost = std::numeric_limits<int>::max();
    std::string text;
  };
  const auto kana = split_characters(reading);
  std::vector<Best> best(kana.size() + 1);
  best[0].cost = 0;
  for (std::size_t begin = 0; begin < kana.size(); ++begin) {
    const auto take = [&](std::size_t end, int cost, const std::string& surface) {
      if (best[begin].cost + cost >= best[end].cost) return;
      best[end] = {best[begin].cost + cost, best[begin].text + surface};
    };
    take(begin + 1, kBareKanaCost, std::string(kana[begin]));
    std::string part;
    for (std::size_t end = begin + 1; end <= std::min(kana.size(), begin + kLongestReading); ++end) {
      part += kana[end - 1];
      if (const auto* writing = cheapest(part, avoided))
        take(end, kJoinCost + writing->cost, writing->surface);
    }
  }
  return best.back().text == avoided ? reading : best.back().text;
}

}  // namespace guardian::evaluation
