#include "speech/roles.h"

#include <fmt/format.h>
#include <yaml-cpp/yaml.h>

#include <algorithm>
#include <cmath>
#include <map>

#include "base/file.h"
#include "base/text.h"

namespace guardian::speech {
namespace {

constexpr std::size_t kLexiconBytes = 1U << 20U;
constexpr double kGreetingBonus = 2.0;      // in a dealing the employee usually opens
constexpr double kSufficientDifference = 2.0;
constexpr double kPerUtterance = 3.0;       // no single utterance decides alone
constexpr double kClearUtterance = 2.0;     // for recordings whose sides are mixed in one channel

Result<std::vector<RolePhrase>> read_side(const YAML::Node& root, const char* side, const std::string& file) {
  std::vector<RolePhrase> phrases;
  for (const auto& group : root[side])
    for (const auto& phrase : group["phrases"])
      phrases.push_back({normalize(phrase.as<std::string>()).text, group["weight"].as<double>()});
  if (!phrases.empty()) return phrases;
  return fail(Error::Kind::policy, file, {fmt::format("{} の語句がありません", side), fmt::format("has no phrases for {}", side)},
              {"roles.yaml を直してください", "Mend roles.yaml"});
}

double total(const std::vector<RolePhrase>& phrases, const std::string& text) {
  double sum = 0.0;
  for (const auto& phrase : phrases)
    if (text.find(phrase.text) != std::string::npos) sum += phrase.weight;
  return sum;
}

struct Evidence {
  double score = 0.0;
  double first_s = 0.0;
};

/// Evidence of each channel, the one that speaks first slightly favoured as the employee's.
std::map<int, Evidence> weigh_channels(const Transcript& transcript, const RoleLexicon& lexicon) {
  std::map<int, Evidence> evidence;
  for (const auto& utterance : transcript.utterances) {
    const auto [entry, fresh] = evidence.try_emplace(utterance.channel, Evidence{0.0, utterance.start_s});
    entry->second.score += std::clamp(lexicon.score(utterance.text), -kPerUtterance, kPerUtterance);
  }
  const auto first = std::min_element(evidence.begin(), evidence.end(), [](const auto& a, const auto& b) {
    return a.second.first_s < b.second.first_s;
  });
  if (first != evidence.end() && evidence.size() > 1) first->second.score += kGreetingBonus;
  return evidence;
}

std::string channel_name(int channel) { return std::to_string(channel + 1); }

void set_sides(Transcript& transcript, int customer_channel) {
  for (auto& utterance : transcript.utterances)
    utterance.speaker = utterance.channel == customer_channel ? Speaker::customer : Speaker::employee;
}

void follow_user(Transcript& transcript, const std::map<int, Evidence>& evidence, int customer_channel) {
  set_sides(transcript, customer_channel);
  const auto stated = evidence.find(customer_channel);
  for (const auto& [channel, other] : evidence) {
    if (stated == evidence.end() || channel == customer_channel) continue;
    if (stated->second.score - other.score < kSufficientDifference * 2) continue;
    transcript.warnings.push_back(
        {fmt::format("指定どおりチャンネル {} を顧客としましたが、話の内容は従業員のようです。左右が入れ替わっていないか確かめてください",
                     channel_name(customer_channel)),
         fmt::format("channel {} was taken as the customer as told, but sounds like the employee; check for swapped "
                     "channels",
                     channel_name(customer_channel))});
    return;
  }
}

void infer_sides(Transcript& transcript, const std::map<int, Evidence>& evidence) {
  auto lowest = evidence.begin();
  auto highest = evidence.begin();
  for (auto entry = evidence.begin(); entry != evidence.end(); ++entry) {
    if (entry->second.score < lowest->second.score) lowest = entry;
    if (entry->second.score > highest->second.score) highest = entry;
  }
  if (evidence.size() < 2 || highest->second.score - lowest->second.score < kSufficientDifference) {
    transcript.warnings.push_back({"どちらのチャンネルが顧客か、話の内容からは決められませんでした (--customer-channel で指定できます)",
                                   "could not tell from the words which channel is the customer "
                                   "(set it with --customer-channel)"});
    return;
  }
  set_sides(transcript, lowest->first);
  transcript.warnings.push_back(
      {fmt::format("話の内容からチャンネル {} を顧客と判断しました", channel_name(lowest->first)),
       fmt::format("channel {} was taken as the customer from what was said", channel_name(lowest->first))});
}

/// One channel holds everybody: only utterances that speak for themselves get a role.
void infer_single_utterances(Transcript& transcript, const RoleLexicon& lexicon) {
  for (auto& utterance : transcript.utterances) {
    const double score = lexicon.score(utterance.text);
    if (score >= kClearUtterance) utterance.speaker = Speaker::employee;
    if (score <= -kClearUtterance) utterance.speaker = Speaker::customer;
    utterance.channel = -1;
  }
  transcript.warnings.push_back({"話者が一つのチャンネルに混ざっているため、言葉遣いで明らかな発話だけ話者を推定し、ほかは不明としました",
                                 "all speakers share one channel: only utterances whose wording is clear got a role, "
                                 "the others stay unknown"});
}

}  // namespace

Result<RoleLexicon> RoleLexicon::load(const std::filesystem::path& file) {
  const auto content = read_file(file, kLexiconBytes);
  if (!content) return tl::unexpected<Error>(content.error());
  try {
    const auto root = YAML::Load(*content);
    auto employee = read_side(root, "employee", file.string());
    if (!employee) return tl::unexpected<Error>(employee.error());
    auto customer = read_side(root, "customer", file.string());
    if (!customer) return tl::unexpected<Error>(customer.error());
    RoleLexicon lexicon;
    lexicon.employee_ = std::move(*employee);
    lexicon.customer_ = std::move(*customer);
    return lexicon;
  } catch (const YAML::Exception& error) {
    return fail(Error::Kind::policy, file.string(), {std::string("読めません: ") + error.what(), error.what()},
                {"roles.yaml を直してください", "Mend roles.yaml"});
  }
}

double RoleLexicon::score(const std::string& text) const {
  const std::string normalized = normalize(text).text;
  return total(employee_, normalized) - total(customer_, normalized);
}

void assign_roles(Transcript& transcript, const RoleLexicon& lexicon, const RoleOptions& options) {
  if (transcript.utterances.empty()) return;
  const auto evidence = weigh_channels(transcript, lexicon);
  if (!options.sides_by_channel)
    infer_single_utterances(transcript, lexicon);
  else if (options.customer_channel)
    follow_user(transcript, evidence, *options.customer_channel);
  else
    infer_sides(transcript, evidence);
}

}  // namespace guardian::speech
