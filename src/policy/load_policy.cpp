#include <fmt/format.h>

#include <algorithm>
#include <map>
#include <set>

#include "base/file.h"
#include "base/text.h"
#include "base/yaml_guard.h"
#include "policy/policy.h"

namespace guardian::policy {
namespace {

constexpr std::size_t kRuleFileBytes = 1U << 20U;
constexpr std::size_t kMaximumRules = 5000;

std::vector<Pattern> patterns(const YamlFields& fields, const char* key) {
  std::vector<Pattern> compiled;
  for (const auto& expression : fields.texts(key)) compiled.emplace_back(expression, fields.line());
  return compiled;
}

/// One of a few words.
template <class Value>
Value choose(const YamlFields& fields, const char* key, const std::map<std::string, Value>& values,
             const std::string& otherwise) {
  const auto word = fields.text_or(key, otherwise);
  const auto found = values.find(word);
  if (found != values.end()) return found->second;
  throw YamlMistake{
      fields.line(),
      {fmt::format("{}: 知らない値 {}", key, word), fmt::format("{}: unknown value {}", key, word)}};
}

const std::map<std::string, speech::Speaker> kSpeakers = {{"customer", speech::Speaker::customer},
                                                          {"employee", speech::Speaker::employee}};
const std::map<std::string, speech::Setting> kSettings = {{"phone", speech::Setting::phone},
                                                          {"meeting", speech::Setting::meeting},
                                                          {"counter", speech::Setting::counter}};

EarlierTurn read_earlier_turn(const YAML::Node& node) {
  const YamlFields fields(node, {"speaker", "any", "within"});
  EarlierTurn turn;
  turn.speaker = choose(fields, "speaker", kSpeakers, "employee");
  turn.any = patterns(fields, "any");
  turn.within = static_cast<int>(fields.number_or("within", 1, 100, 6));
  return turn;
}

/// A bare reading, or {reading, written}.
SoundPhrase read_sound_phrase(const YAML::Node& node) {
  if (node.IsScalar()) return {to_hiragana(node.as<std::string>()), ""};
  const YamlFields fields(node, {"reading", "written"});
  return {to_hiragana(fields.text("reading")), fields.text("written")};
}

std::vector<SoundPhrase> read_sound_phrases(const YamlFields& fields) {
  std::vector<SoundPhrase> phrases;
  if (!fields.has("sounds_like")) return phrases;
  const auto list = fields.required("sounds_like");
  if (!list.IsSequence()) return {read_sound_phrase(list)};
  for (const auto& entry : list) phrases.push_back(read_sound_phrase(entry));
  return phrases;
}

Rule read_rule(const YAML::Node& node, const std::string& category) {
  const YamlFields fields(
      node, {"id", "category", "severity", "confidence", "kind", "over", "any", "all", "unless", "guards",
             "sounds_like", "settings", "speaker", "after", "match", "no_match"});
  Rule rule;
  rule.id = fields.text("id");
  rule.category = fields.text_or("category", category);
  if (rule.category.empty()) throw YamlMistake{fields.line(), {"category がありません", "has no category"}};
  rule.severity = static_cast<int>(fields.number("severity", 0, 100));
  rule.confidence = fields.number_or("confidence", 0.0, 1.0, 0.8);
  rule.indirect = choose<bool>(fields, "kind", {{"direct", false}, {"indirect", true}}, "direct");
  rule.over_reading = choose<bool>(fields, "over", {{"surface", false}, {"reading", true}}, "surface");
  rule.speaker = choose(fields, "speaker", kSpeakers, "customer");
  rule.any = patterns(fields, "any");
  rule.all = patterns(fields, "all");
  rule.unless = patterns(fields, "unless");
  rule.sounds_like = read_sound_phrases(fields);
  for (const auto& setting : fields.texts("settings")) {
    if (!kSettings.contains(setting))
      throw YamlMistake{fields.line(),
                        {"settings: 知らない値 " + setting, "settings: unknown value " + setting}};
    rule.settings.push_back(kSettings.at(setting));
  }
  if (fields.has("after")) rule.after = read_earlier_turn(fields.required("after"));
  if (fields.has("guards")) rule.guards = fields.texts("guards");
  rule.match = fields.texts("match");
  rule.no_match = fields.texts("no_match");
  if (rule.any.empty()) throw YamlMistake{fields.line(), {"any がありません", "has no patterns under any"}};
  if (rule.match.empty())
    throw YamlMistake{fields.line(), {"例文 (match) がありません", "has no example under match"}};
  return rule;
}

Category read_category(const YAML::Node& node) {
  const YamlFields fields(node, {"id", "label", "kind", "severity", "legal"});
  Category category;
  category.id = fields.text("id");
  category.label = fields.both_languages("label");
  category.kind = choose<CategoryKind>(fields, "kind",
                                       {{"conduct", CategoryKind::conduct},
                                        {"demand", CategoryKind::demand},
                                        {"context", CategoryKind::context},
                                        {"excluded", CategoryKind::excluded},
                                        {"signal", CategoryKind::signal}},
                                       "");
  const YamlFields range(fields.required("severity"), {"low", "high"});
  category.low = static_cast<int>(range.number("low", 0, 100));
  category.high = static_cast<int>(range.number("high", category.low, 100));
  if (fields.has("legal"))
    for (const auto& entry : fields.required("legal")) {
      const YamlFields text(entry, {"ja", "en"});
      category.legal.push_back({text.text("ja"), text.text("en")});
    }
  return category;
}

Guard read_guard(const YAML::Node& node) {
  const YamlFields fields(node, {"id", "reason", "brackets", "before", "after", "covering", "anywhere"});
  Guard guard;
  guard.id = fields.text("id");
  guard.reason = fields.both_languages("reason");
  guard.brackets = fields.texts("brackets");
  for (const auto& pair : guard.brackets)
    if (count_characters(pair) != 2)
      throw YamlMistake{fields.line(),
                        {"brackets は 2 文字の組です", "brackets are pairs of two characters"}};
  guard.before = patterns(fields, "before");
  guard.after = patterns(fields, "after");
  guard.covering = patterns(fields, "covering");
  guard.anywhere = patterns(fields, "anywhere");
  return guard;
}

std::vector<HarmlessSentence> read_harmless(const YAML::Node& document) {
  std::vector<HarmlessSentence> sentences;
  for (const auto& entry : YamlFields(document, {"harmless"}).required("harmless")) {
    const YamlFields fields(entry, {"why", "say"});
    const auto why = fields.both_languages("why");
    for (const auto& text : fields.texts("say")) sentences.push_back({why, text});
  }
  return sentences;
}

HistoryScale read_history_scale(const YAML::Node& node) {
  const YamlFields fields(node, {"contact_days", "contacts", "contact_step", "silent_hours", "silent_calls",
                                 "silent_step", "silent_speech_s", "silent_duration_s", "recurrence_days",
                                 "recurrence_bonus", "escalation_dealings", "escalation_rise"});
  constexpr double kDaysPerYear = 366;
  const auto whole = [&](const char* key, double low, double high) {
    return static_cast<int>(fields.number(key, low, high));
  };
  HistoryScale scale;
  scale.contact_days = whole("contact_days", 1, kDaysPerYear);
  scale.contacts = whole("contacts", 2, 1000);
  scale.contact_step = whole("contact_step", 0, 50);
  scale.silent_hours = whole("silent_hours", 1, kDaysPerYear * 24);
  scale.silent_calls = whole("silent_calls", 2, 1000);
  scale.silent_step = whole("silent_step", 0, 50);
  scale.silent_speech_s = fields.number("silent_speech_s", 0, 60);
  scale.silent_duration_s = fields.number("silent_duration_s", 0, 3600);
  scale.recurrence_days = whole("recurrence_days", 1, kDaysPerYear);
  scale.recurrence_bonus = whole("recurrence_bonus", 0, 50);
  scale.escalation_dealings = whole("escalation_dealings", 2, 100);
  scale.escalation_rise = whole("escalation_rise", 1, 100);
  return scale;
}

Scale read_scale(const YAML::Node& node) {
  const YamlFields fields(node, {"conduct_weight", "context_weight", "demand_weight", "demand_cap",
                                 "repetition_bonus", "repetition_bonus_limit", "warning_bonus",
                                 "company_fault_relief", "further_share", "suspected_from", "loud_db",
                                 "loud_bonus", "reported_from", "held_minutes", "counterpart_history"});
  const auto whole = [&](const char* key, double high) {
    return static_cast<int>(fields.number(key, 0, high));
  };
  Scale scale;
  scale.conduct_weight = fields.number("conduct_weight", 0, 1);
  scale.context_weight = fields.number("context_weight", 0, 1);
  scale.demand_weight = fields.number("demand_weight", 0, 1);
  scale.demand_cap = whole("demand_cap", 100);
  scale.repetition_bonus = whole("repetition_bonus", 50);
  scale.repetition_bonus_limit = whole("repetition_bonus_limit", 50);
  scale.warning_bonus = whole("warning_bonus", 50);
  scale.company_fault_relief = whole("company_fault_relief", 50);
  scale.further_share = fields.number("further_share", 0, 1);
  scale.suspected_from = whole("suspected_from", 100);
  scale.loud_db = fields.number("loud_db", 1, 60);
  scale.loud_bonus = whole("loud_bonus", 50);
  scale.reported_from = fields.number("reported_from", 0, 1);
  scale.held_minutes = fields.number("held_minutes", 1, 1440);
  if (fields.has("counterpart_history"))
    scale.history = read_history_scale(fields.required("counterpart_history"));
  return scale;
}

/// Runs a reader over a file's document; its mistakes become errors that name file and line.
template <class Reader>
Result<void> with_document(const std::filesystem::path& file, const Reader& reader) {
  const auto document = read_yaml(file.string());
  if (!document) return tl::unexpected<Error>(document.error());
  try {
    reader(*document);
    return {};
  } catch (const YamlMistake& mistake) {
    return policy_error(file.string(), mistake);
  } catch (const YAML::Exception& error) {
    return policy_error(file.string(), {std::max(error.mark.line, 0) + 1, {error.msg, error.msg}});
  }
}

Result<std::vector<std::filesystem::path>> rule_files(const std::filesystem::path& folder) {
  std::vector<std::filesystem::path> files;
  std::error_code code;
  for (const auto& entry : std::filesystem::directory_iterator(folder, code))
    if (entry.path().extension() == ".yaml") files.push_back(entry.path());
  std::sort(files.begin(), files.end());  // the folder's own order differs between machines
  if (!code && !files.empty()) return files;
  return fail(Error::Kind::not_found, folder.string(), {"規則ファイルがありません", "holds no rule files"},
              {"--policy のフォルダーを確かめてください", "Check the folder given by --policy"});
}

std::vector<Rule> read_rules(const YAML::Node& document) {
  const YamlFields fields(document, {"category", "rules"});
  const auto category = fields.text_or("category", "");
  const auto list = fields.required("rules");
  if (!list.IsSequence() || list.size() > kMaximumRules)
    throw YamlMistake{fields.line(), {"rules は一覧です", "rules must be a list"}};
  std::vector<Rule> rules;
  for (const auto& node : list) rules.push_back(read_rule(node, category));
  return rules;
}

}  // namespace

const Category& Policy::category(const std::string& id) const {
  return *std::find_if(categories.begin(), categories.end(), [&](const Category& c) { return c.id == id; });
}

Result<void> check_rules(const Policy& policy, const std::string& source) {
  // Findings about whole calls need these, whatever the rules say.
  for (const char* needed : {"repetitive_contact", "time_restraint", "business_obstruction"})
    if (std::none_of(policy.categories.begin(), policy.categories.end(),
                     [&](const Category& c) { return c.id == needed; }))
      return fail(Error::Kind::policy, "categories.yaml",
                  {fmt::format("類型 {} がありません", needed), fmt::format("lacks the category {}", needed)},
                  {"類型を加えてください", "Add the category"});
  std::set<std::string> ids;
  const auto complain = [&](const Rule& rule, const Text& what) {
    return fail(Error::Kind::policy, source + " " + rule.id, what, {"規則を直してください", "Mend the rule"});
  };
  for (const auto& rule : policy.rules) {
    if (!ids.insert(rule.id).second) return complain(rule, {"id が重複しています", "id is used twice"});
    const auto category = std::find_if(policy.categories.begin(), policy.categories.end(),
                                       [&](const Category& c) { return c.id == rule.category; });
    if (category == policy.categories.end())
      return complain(rule, {"類型がありません", "its category does not exist"});
    if (rule.severity < category->low || rule.severity > category->high)
      return complain(
          rule, {fmt::format("深刻度が類型の範囲外です ({} から {} まで)", category->low, category->high),
                 fmt::format("its severity lies outside the category's range, {} to {}", category->low,
                             category->high)});
    for (const auto& guard : rule.guards.value_or(std::vector<std::string>()))
      if (std::none_of(policy.guards.begin(), policy.guards.end(),
                       [&](const Guard& g) { return g.id == guard; }))
        return complain(rule, {"知らない guard です: " + guard, "unknown guard: " + guard});
  }
  return {};
}

Result<std::vector<Rule>> parse_rules(std::string_view text, const std::string& name) {
  const auto document = parse_yaml(text, name);
  if (!document) return tl::unexpected<Error>(document.error());
  try {
    return read_rules(*document);
  } catch (const YamlMistake& mistake) {
    return policy_error(name, mistake);
  } catch (const YAML::Exception& error) {
    return policy_error(name, {std::max(error.mark.line, 0) + 1, {error.msg, error.msg}});
  }
}

Result<Policy> load_policy(const std::filesystem::path& folder) {
  Policy policy;
  auto loaded = with_document(folder / "policy.yaml",
                              [&](const YAML::Node& node) {
                                policy.version = YamlFields(node, {"version"}).text("version");
                              })
                    .and_then([&] {
                      return with_document(folder / "categories.yaml", [&](const YAML::Node& node) {
                        const YamlFields fields(node, {"categories"});
                        for (const auto& entry : fields.required("categories"))
                          policy.categories.push_back(read_category(entry));
                      });
                    })
                    .and_then([&] {
                      return with_document(folder / "guards.yaml", [&](const YAML::Node& node) {
                        const YamlFields fields(node, {"guards"});
                        for (const auto& entry : fields.required("guards"))
                          policy.guards.push_back(read_guard(entry));
                      });
                    })
                    .and_then([&] {
                      return with_document(folder / "scale.yaml",
                                           [&](const YAML::Node& node) { policy.scale = read_scale(node); });
                    });
  if (loaded && std::filesystem::exists(folder / "harmless.yaml"))
    loaded = with_document(folder / "harmless.yaml",
                           [&](const YAML::Node& node) { policy.harmless = read_harmless(node); });
  if (!loaded) return tl::unexpected<Error>(loaded.error());
  const auto files = rule_files(folder / "rules");
  if (!files) return tl::unexpected<Error>(files.error());
  for (const auto& file : *files) {
    const auto content = read_file(file, kRuleFileBytes);
    if (!content) return tl::unexpected<Error>(content.error());
    auto rules = parse_rules(*content, file.string());
    if (!rules) return tl::unexpected<Error>(rules.error());
    std::move(rules->begin(), rules->end(), std::back_inserter(policy.rules));
  }
  if (auto checked = check_rules(policy, (folder / "rules").string()); !checked)
    return tl::unexpected<Error>(checked.error());
  return policy;
}

}  // namespace guardian::policy
