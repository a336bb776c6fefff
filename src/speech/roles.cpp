#include "speech/roles.h"

#include <fmt/format.h>
#include <yaml-cpp/yaml.h>

#include <algorithm>
#include <array>
#include <cmath>
#include <map>

#include "base/file.h"
#include "base/log_odds.h"
#include "base/text.h"

namespace guardian::speech {

struct RolePolicy::Rules {
  struct Group {
    std::string name;
    double weight = 0.0;  // log odds; positive: employee
    int most_counted = 1;
    bool opening_only = false;
    std::vector<std::string> phrases;  // normalised
  };
  std::vector<Group> groups;
  double confident = 0.9;
  int fewest_groups = 2;
  double speaks_first = 0.0;
  double changes_speaker = 0.5;
  std::optional<int> usual_customer_channel;
};

namespace {

using Rules = RolePolicy::Rules;

constexpr std::uint64_t kLargestPolicy = 1U << 20U;
constexpr std::size_t kMostGroups = 200;
constexpr std::size_t kMostPhrases = 5000;
constexpr double kLargestWeight = 10.0;
constexpr int kLargestCount = 1000;
// How many of a voice's first utterances can be its greeting.
constexpr int kOpeningUtterances = 2;
// Phrases are not independent of each other, so their log odds are not simply added up to certainty.
constexpr double kIndependence = 0.5;
constexpr double kHighestConfidence = 0.99;

// ---- reading the policy ----

/// Thrown by the readers below and caught in `parse`: yaml-cpp reports its own errors the same way.
struct PolicyFault {
  Text what;
};

double read_number(const YAML::Node& parent, const std::string& key, double lowest, double highest) {
  const YAML::Node node = parent[key];
  double value = 0.0;
  if (!node || !node.IsScalar() || !YAML::convert<double>::decode(node, value) ||
      !(value >= lowest && value <= highest)) {
    throw PolicyFault{
        {fmt::format("項目 {} は {} から {} までの数でなければなりません", key, lowest, highest),
         fmt::format("field {} must be a number from {} to {}", key, lowest, highest)}};
  }
  return value;
}

int read_count(const YAML::Node& parent, const std::string& key, int lowest, int highest) {
  const double value = read_number(parent, key, lowest, highest);
  if (value != std::floor(value)) {
    throw PolicyFault{{fmt::format("項目 {} は整数でなければなりません", key),
                       fmt::format("field {} must be a whole number", key)}};
  }
  return static_cast<int>(value);
}

std::string read_text(const YAML::Node& node, const std::string& field) {
  if (!node || !node.IsScalar() || node.Scalar().empty() || !is_utf8(node.Scalar())) {
    throw PolicyFault{
        {fmt::format("項目 {} に文字列が必要です", field), fmt::format("field {} must be text", field)}};
  }
  return node.Scalar();
}

Rules::Group read_group(const YAML::Node& node, std::size_t& phrases) {
  if (!node.IsMap())
    throw PolicyFault{{"evidence の各項目は表でなければなりません", "each entry of evidence must be a map"}};
  Rules::Group group;
  group.name = read_text(node["name"], "name");
  group.weight = read_number(node, "weight", -kLargestWeight, kLargestWeight);
  group.most_counted = read_count(node, "most_counted", 1, kLargestCount);
  if (const YAML::Node where = node["where"]) {
    group.opening_only = read_text(where, "where") == "opening";
    if (!group.opening_only)
      throw PolicyFault{{"項目 where に書けるのは opening だけです", "field where can only be: opening"}};
  }
  if (!node["phrases"] || !node["phrases"].IsSequence()) {
    throw PolicyFault{{fmt::format("{} に phrases の一覧がありません", printable(group.name)),
                       fmt::format("{} has no list of phrases", printable(group.name))}};
  }
  for (const YAML::Node& phrase : node["phrases"]) {
    group.phrases.push_back(normalize(read_text(phrase, "phrases")).text);
    if (group.phrases.back().empty() || ++phrases > kMostPhrases) {
      throw PolicyFault{{"phrases に空の言葉があるか、言葉が多すぎます",
                         "a phrase is empty or there are too many phrases"}};
    }
  }
  return group;
}

Rules read_rules(const YAML::Node& root) {
  if (!root.IsMap()) throw PolicyFault{{"表ではありません", "it is not a map"}};
  read_count(root, "version", 1, 1);
  const YAML::Node decision = root["decision"];
  if (!decision || !decision.IsMap()) throw PolicyFault{{"decision がありません", "decision is missing"}};
  Rules rules;
  rules.confident = read_number(decision, "confident", 0.5, kHighestConfidence);
  rules.fewest_groups = read_count(decision, "fewest_groups", 1, kLargestCount);
  rules.speaks_first = read_number(decision, "speaks_first", -kLargestWeight, kLargestWeight);
  rules.changes_speaker = read_number(decision, "changes_speaker", 0.01, 0.99);
  if (decision["usual_customer_channel"]) {
    rules.usual_customer_channel = read_count(decision, "usual_customer_channel", 0, kLargestCount);
  }
  const YAML::Node evidence = root["evidence"];
  if (!evidence || !evidence.IsSequence() || evidence.size() == 0 || evidence.size() > kMostGroups) {
    throw PolicyFault{{"evidence の一覧がないか、長すぎます", "evidence is missing or too long"}};
  }
  std::size_t phrases = 0;
  for (const YAML::Node& node : evidence) rules.groups.push_back(read_group(node, phrases));
  return rules;
}

// ---- evidence ----

/// The words of a sentence as its speaker's own: normalised, without what stands in quotation marks.
std::string own_words(std::string_view text) {
  static constexpr std::array<std::pair<std::string_view, std::string_view>, 2> kQuotes = {
      {{"「", "」"}, {"『", "』"}}};
  std::string own = normalize(text).text;
  for (const auto& [open, close] : kQuotes) {
    std::string kept;
    std::size_t at = 0;
    while (at < own.size()) {
      const std::size_t begin = own.find(open, at);
      const std::size_t end = begin == std::string::npos ? begin : own.find(close, begin);
      if (end == std::string::npos) break;
      kept.append(own, at, begin - at);
      at = end + close.size();
    }
    kept.append(own, at);
    own = std::move(kept);
  }
  return own;
}

/// What speaks for one role or the other in a number of utterances.
struct Evidence {
  std::vector<int> counts;  // per group of the policy
  int utterances = 0;

  void add(const std::string& text, const Rules& rules) {
    counts.resize(rules.groups.size());
    ++utterances;
    for (std::size_t i = 0; i < rules.groups.size(); ++i) {
      const Rules::Group& group = rules.groups[i];
      if (counts[i] >= group.most_counted || (group.opening_only && utterances > kOpeningUtterances))
        continue;
      if (std::any_of(group.phrases.begin(), group.phrases.end(),
                      [&](const std::string& phrase) { return text.find(phrase) != std::string::npos; })) {
        ++counts[i];
      }
    }
  }

  /// Log odds that this is the employee.
  double log_odds(const Rules& rules) const {
    double sum = 0.0;
    for (std::size_t i = 0; i < counts.size(); ++i) sum += rules.groups[i].weight * counts[i];
    return sum;
  }

  int groups() const {
    return static_cast<int>(std::count_if(counts.begin(), counts.end(), [](int count) { return count > 0; }));
  }
};

double confidence_of(double log_odds) {
  return std::min(kHighestConfidence, to_probability(kIndependence * std::abs(log_odds)));
}

int percent(double share) { return static_cast<int>(std::lround(share * 100.0)); }

// ---- voices: channels or diarized voices ----

using Voices = std::map<int, Evidence>;

Voices evidence_by_voice(const Transcript& transcript, const Rules& rules) {
  Voices voices;
  for (const Utterance& utterance : transcript.utterances) {
    voices[utterance.channel].add(own_words(utterance.text), rules);
  }
  return voices;
}

struct Roles {
  std::map<int, Speaker> of_voice;
  double confidence = 0.0;
};

/// Every voice against the mean of the others: with two, one's evidence for "employee" is also evidence that
/// the other is not.
Roles compare_voices(const Voices& voices, int first_voice, const Rules& rules) {
  std::map<int, double> odds;
  double sum = 0.0;
  int groups = 0;
  for (const auto& [voice, evidence] : voices) {
    odds[voice] = evidence.log_odds(rules) + (voice == first_voice ? rules.speaks_first : 0.0);
    sum += odds[voice];
    groups += evidence.groups();
  }
  Roles roles;
  roles.confidence = kHighestConfidence;
  for (const auto& [voice, own] : odds) {
    const double others = odds.size() < 2 ? 0.0 : (sum - own) / static_cast<double>(odds.size() - 1);
    const double relative = own - others;
    const double confidence = confidence_of(relative);
    roles.confidence = std::min(roles.confidence, confidence);
    const bool sure = confidence >= rules.confident && groups >= rules.fewest_groups;
    roles.of_voice[voice] = !sure ? Speaker::unknown : relative > 0 ? Speaker::employee : Speaker::customer;
  }
  return roles;
}

std::string channel_name(int channel, int channels, Language language) {
  if (channels == 2) {
    if (language == Language::japanese) return channel == 0 ? "左" : "右";
    return channel == 0 ? "left" : "right";
  }
  return std::to_string(channel + 1);
}

std::string voice_name(int voice, const RecordingLayout& layout, bool is_channel, Language language) {
  if (is_channel) {
    return fmt::format(fmt::runtime(language == Language::japanese ? "{}チャンネル" : "{} channel"),
                       channel_name(voice, layout.channels, language));
  }
  return fmt::format(fmt::runtime(language == Language::japanese ? "声{}" : "voice {}"), voice + 1);
}

std::string role_name(Speaker speaker, Language language) {
  const bool japanese = language == Language::japanese;
  if (speaker == Speaker::customer) return japanese ? "お客様" : "customer";
  if (speaker == Speaker::employee) return japanese ? "従業員" : "employee";
  return japanese ? "不明" : "unknown";
}

std::string list_roles(const Roles& roles, const RecordingLayout& layout, bool are_channels,
                       Language language) {
  std::string list;
  for (const auto& [voice, role] : roles.of_voice) {
    if (!list.empty()) list += language == Language::japanese ? "、" : ", ";
    list += voice_name(voice, layout, are_channels, language) + " = " + role_name(role, language);
  }
  return list;
}

void apply(const Roles& roles, Transcript& transcript) {
  for (Utterance& utterance : transcript.utterances) utterance.speaker = roles.of_voice.at(utterance.channel);
}

std::optional<int> customer_of(const Roles& roles) {
  for (const auto& [voice, role] : roles.of_voice) {
    if (role == Speaker::customer) return voice;
  }
  return std::nullopt;
}

RoleDecision decide_by_wording(Transcript& transcript, const Roles& roles, const RecordingLayout& layout,
                               bool are_channels, const Rules& rules) {
  RoleDecision decision;
  decision.confidence = roles.confidence;
  const bool any_known = std::any_of(roles.of_voice.begin(), roles.of_voice.end(),
                                     [](const auto& entry) { return entry.second != Speaker::unknown; });
  if (!any_known) {
    transcript.warnings.push_back(
        {fmt::format("どちらがお客様かは、話された内容からは決められませんでした(確からしさ {} "
                     "%)。話者は「不明」です。"
                     "{}",
                     percent(roles.confidence), are_channels ? "--customer-channel で指定できます。" : ""),
         fmt::format(
             "What was said does not tell who the customer is (confidence {} %). Speakers are unknown.{}",
             percent(roles.confidence), are_channels ? " --customer-channel sets it." : "")});
    return decision;
  }
  decision.basis = RoleDecision::Basis::wording;
  transcript.warnings.push_back(
      {fmt::format("話者の役割は、話された内容から推定しました(確からしさ {} %): {}。",
                   percent(roles.confidence), list_roles(roles, layout, are_channels, Language::japanese)),
       fmt::format("Roles were inferred from what was said (confidence {} %): {}.", percent(roles.confidence),
                   list_roles(roles, layout, are_channels, Language::english))});
  const auto customer = customer_of(roles);
  if (are_channels && layout.channels == 2 && rules.usual_customer_channel && customer &&
      *customer != *rules.usual_customer_channel) {
    decision.contradiction = true;
    transcript.warnings.push_back(
        {fmt::format("チャンネルが通常と逆のようです。お客様は{}チャンネルです。",
                     channel_name(*customer, layout.channels, Language::japanese)),
         fmt::format("The channels seem to be swapped: the customer is on the {} channel.",
                     channel_name(*customer, layout.channels, Language::english))});
  }
  return decision;
}

RoleDecision decide_by_option(Transcript& transcript, int customer_channel, const Roles& heard,
                              const RecordingLayout& layout) {
  for (Utterance& utterance : transcript.utterances) {
    utterance.speaker = utterance.channel == customer_channel ? Speaker::customer : Speaker::employee;
  }
  RoleDecision decision{RoleDecision::Basis::option, 1.0, false};
  decision.contradiction = std::any_of(heard.of_voice.begin(), heard.of_voice.end(), [&](const auto& entry) {
    const Speaker set = entry.first == customer_channel ? Speaker::customer : Speaker::employee;
    return entry.second != Speaker::unknown && entry.second != set;
  });
  if (decision.contradiction) {
    transcript.warnings.push_back(
        {fmt::format("指定された --customer-channel(お客様 = "
                     "{}チャンネル)に従いましたが、話された内容はその逆を示しています"
                     "(確からしさ {} %)。チャンネルが入れ替わっていないか確かめてください。",
                     channel_name(customer_channel, layout.channels, Language::japanese),
                     percent(heard.confidence)),
         fmt::format("Roles follow --customer-channel (customer = {} channel), but what was said points the "
                     "other way "
                     "(confidence {} %). Check whether the channels are swapped.",
                     channel_name(customer_channel, layout.channels, Language::english),
                     percent(heard.confidence))});
  }
  return decision;
}

// ---- no voices: utterance by utterance ----

/// Posterior probability that each utterance is the employee's: a two-state chain in which wording is what is
/// seen and the floor changes with a fixed chance (forward-backward; Rabiner 1989).
std::vector<double> employee_probabilities(const std::vector<double>& log_odds, double changes) {
  const std::size_t count = log_odds.size();
  std::vector<double> forward(count);
  double prior = 0.5;
  for (std::size_t i = 0; i < count; ++i) {
    if (i > 0) prior = forward[i - 1] * (1.0 - changes) + (1.0 - forward[i - 1]) * changes;
    forward[i] = to_probability(log_odds[i] + to_log_odds(prior));
    forward[i] = std::clamp(forward[i], 1e-9, 1.0 - 1e-9);
  }
  std::vector<double> posterior(count);
  double later = 0.0;  // log odds that the following utterances give to this one
  for (std::size_t i = count; i-- > 0;) {
    posterior[i] = to_probability(to_log_odds(forward[i]) + later);
    const double employee = to_probability(log_odds[i] + later);
    later = std::log((employee * (1.0 - changes) + (1.0 - employee) * changes) /
                     (employee * changes + (1.0 - employee) * (1.0 - changes)));
  }
  return posterior;
}

RoleDecision decide_per_utterance(Transcript& transcript, const Rules& rules) {
  std::vector<double> log_odds;
  int opening = 0;
  for (const Utterance& utterance : transcript.utterances) {
    Evidence evidence;
    // Past the recording's opening nobody greets.
    evidence.utterances = opening++ < kOpeningUtterances ? 0 : kOpeningUtterances;
    evidence.add(own_words(utterance.text), rules);
    log_odds.push_back(evidence.log_odds(rules));
  }
  if (!log_odds.empty()) log_odds.front() += rules.speaks_first;
  const std::vector<double> employee = employee_probabilities(log_odds, rules.changes_speaker);
  std::size_t unknown = 0;
  double sum = 0.0;
  for (std::size_t i = 0; i < employee.size(); ++i) {
    const double confidence = std::max(employee[i], 1.0 - employee[i]);
    const bool sure = confidence >= rules.confident;
    Utterance& utterance = transcript.utterances[i];
    utterance.speaker = !sure ? Speaker::unknown : employee[i] > 0.5 ? Speaker::employee : Speaker::customer;
    if (!sure) ++unknown;
    sum += confidence;
  }
  RoleDecision decision;
  decision.basis =
      unknown == employee.size() ? RoleDecision::Basis::undecided : RoleDecision::Basis::per_utterance;
  decision.confidence =
      employee.empty() ? 0.0 : std::min(kHighestConfidence, sum / static_cast<double>(employee.size()));
  transcript.warnings.push_back({fmt::format("声の聞き分けができないため、話者は発話ごとに言葉づかいと順番か"
                                             "ら推定しました。{} 件中 {} 件は「不明」です。",
                                             employee.size(), unknown),
                                 fmt::format("Voices could not be told apart, so speakers were inferred "
                                             "utterance by utterance from wording and "
                                             "turn-taking; {} of {} stay unknown.",
                                             unknown, employee.size())});
  return decision;
}

/// One voice for everything is taken for voices that could not be told apart: a recording in which the
/// customer and the employee sound alike must not become a monologue.
bool voices_are_told_apart(const Transcript& transcript) {
  const int first = transcript.utterances.front().channel;
  const auto is_voice = [](const Utterance& utterance) { return utterance.channel >= 0; };
  const auto is_other = [first](const Utterance& utterance) { return utterance.channel != first; };
  return std::all_of(transcript.utterances.begin(), transcript.utterances.end(), is_voice) &&
         std::any_of(transcript.utterances.begin(), transcript.utterances.end(), is_other);
}

void warn_option_ignored(Transcript& transcript) {
  transcript.warnings.push_back(
      {"この録音にはチャンネルの区別がないため、--customer-channel の指定は使いませんでした。",
       "The recording has no separate channels, so --customer-channel was not used."});
}

}  // namespace

RolePolicy::RolePolicy(std::unique_ptr<Rules> rules) : rules_(std::move(rules)) {}
RolePolicy::RolePolicy(RolePolicy&&) noexcept = default;
RolePolicy& RolePolicy::operator=(RolePolicy&&) noexcept = default;
RolePolicy::~RolePolicy() = default;

Result<RolePolicy> RolePolicy::load(const std::filesystem::path& file) {
  auto yaml = read_file(file, kLargestPolicy);
  if (!yaml) return tl::unexpected<Error>(yaml.error());
  return parse(*yaml, file.string());
}

Result<RolePolicy> RolePolicy::parse(const std::string& yaml, const std::string& name) {
  const Text remedy = {"ファイルを直すか、元の policy/roles.yaml に戻してください。",
                       "Correct the file or restore the original policy/roles.yaml."};
  try {
    return RolePolicy(std::make_unique<Rules>(read_rules(YAML::Load(yaml))));
  } catch (const PolicyFault& fault) {
    return fail(Error::Kind::policy, name, fault.what, remedy);
  } catch (const YAML::Exception& error) {
    return fail(Error::Kind::policy, name,
                {fmt::format("YAML として読めません(行 {})", error.mark.line + 1),
                 fmt::format("it is not valid YAML (line {})", error.mark.line + 1)},
                remedy);
  }
}

Result<RoleDecision> assign_roles(Transcript& transcript, const RecordingLayout& layout,
                                  const RoleOptions& options, const RolePolicy& policy) {
  const Rules& rules = policy.rules();
  const bool are_channels = layout.channels > 1 && !layout.dual_mono;
  if (options.customer_channel &&
      (*options.customer_channel < 0 || *options.customer_channel >= layout.channels)) {
    return fail(
        Error::Kind::usage, "--customer-channel",
        {fmt::format("この録音にチャンネル {} はありません(全 {} チャンネル)", *options.customer_channel + 1,
                     layout.channels),
         fmt::format("the recording has no channel {} (it has {})", *options.customer_channel + 1,
                     layout.channels)},
        {"left、right、または 1 からの番号で指定してください。", "Give left, right or a number from 1."});
  }
  if (options.customer_channel && !are_channels) warn_option_ignored(transcript);
  if (transcript.utterances.empty()) return RoleDecision{};
  if (!are_channels && !voices_are_told_apart(transcript)) return decide_per_utterance(transcript, rules);

  const Voices voices = evidence_by_voice(transcript, rules);
  const auto speaking = std::count_if(voices.begin(), voices.end(),
                                      [](const auto& entry) { return entry.second.groups() > 0; });
  // Where only one voice says anything telling, the other may be hold music or noise, and the one may be two
  // people.
  if (!are_channels && speaking < 2) return decide_per_utterance(transcript, rules);
  const Roles heard = compare_voices(voices, transcript.utterances.front().channel, rules);
  if (are_channels && options.customer_channel) {
    return decide_by_option(transcript, *options.customer_channel, heard, layout);
  }
  apply(heard, transcript);
  return decide_by_wording(transcript, heard, layout, are_channels, rules);
}

}  // namespace guardian::speech
