#include "casework/notice.h"

#include <fmt/format.h>

#include <map>

#include "base/clock.h"
#include "base/json_guard.h"
#include "base/text.h"
#include "casework/settings.h"
#include "report/names.h"

namespace guardian::casework {
namespace {

using nlohmann::json;

constexpr std::chrono::minutes kJapan{540};
constexpr std::size_t kContentBytes = 64U << 10U;
constexpr int kTemplateDepth = 8;

std::chrono::sys_seconds seconds_of(std::int64_t ms) {
  return std::chrono::sys_seconds(std::chrono::seconds(ms / 1000));
}

std::string time_for_programs(std::int64_t ms) { return format_rfc3339({seconds_of(ms), kJapan}); }

std::string labels_of(const Delivery& delivery) {
  const char* const separator = delivery.language == Language::japanese ? "、" : ", ";
  std::string labels;
  for (const auto& category : delivery.notice.categories)
    labels += (labels.empty() ? "" : separator) + category.label.in(delivery.language);
  return labels;
}

/// Of one line, whatever a group was called.
std::string group_of(const Delivery& delivery) {
  if (!delivery.notice.group.empty()) return printable(delivery.notice.group);
  return Text{"(グループなし)", "(no group)"}.in(delivery.language);
}

tl::unexpected<Error> bad_template(const Text& what) {
  return fail(Error::Kind::usage, "template", what,
              {"JSON の文字列の中で {{text}} などを使ってください",
               "Use JSON with {{text}} and the like inside its strings"});
}

std::string usage_subject(const Delivery& delivery) {
  return delivery.language == Language::japanese
             ? fmt::format("今月の解析時間の {} % を使いました", delivery.notice.usage.percent)
             : fmt::format("{} % of this month's minutes are used", delivery.notice.usage.percent);
}

std::string usage_body(const Delivery& delivery) {
  const auto& [percent, plan_minutes] = delivery.notice.usage;
  const bool ja = delivery.language == Language::japanese;
  const bool full = percent >= 100;
  if (ja)
    return fmt::format("{} の時点で、今月の上限 {} 分の {} % に達しました。\n{}\n",
                       time_for_people(delivery.notice.occurred_ms), plan_minutes, percent,
                       full ? "これからの録音は失われずに待ち、翌月に自動で分析されます。管理者が追加を許可す"
                              "ればすぐに再開します。"
                            : "上限に達すると、録音は失われずに翌月まで待ちます。");
  return fmt::format("On {} the use of this month reached {} % of {} minutes.\n{}\n",
                     time_for_people(delivery.notice.occurred_ms), percent, plan_minutes,
                     full ? "Further recordings are not lost: they wait for next month, or until an "
                            "administrator allows more."
                          : "At the limit recordings are not lost: they wait for next month.");
}

using Values = std::map<std::string, std::string, std::less<>>;

Values values_of(const Delivery& delivery) {
  const auto& notice = delivery.notice;
  return {{"id", delivery.id},
          {"time", time_for_people(notice.occurred_ms)},
          {"group", group_of(delivery)},
          {"score", std::to_string(notice.score)},
          {"band", report::band_name(notice.band).in(delivery.language)},
          {"categories", labels_of(delivery)},
          {"quote", notice.quote},
          {"link", delivery.link},
          {"text", subject_of(delivery) + "\n" + body_of(delivery)}};
}

Result<std::string> fill_text(const std::string& text, const Values& values) {
  std::string filled;
  for (std::size_t begin = 0;;) {
    const auto open = text.find("{{", begin);
    filled += text.substr(begin, open - begin);
    if (open == std::string::npos) return filled;
    const auto close = text.find("}}", open);
    if (close == std::string::npos) return bad_template({"{{ が閉じられていません", "a {{ is not closed"});
    const auto value = values.find(std::string_view(text).substr(open + 2, close - open - 2));
    if (value == values.end())
      return bad_template({"知らない {{名前}} があります", "it has an unknown {{name}}"});
    filled += value->second;
    begin = close + 2;
  }
}

Result<void> fill(json& node, const Values& values) {  // NOLINT(misc-no-recursion): parse_json limits it
  if (node.is_string()) {
    auto filled = fill_text(node.get<std::string>(), values);
    if (!filled) return tl::unexpected<Error>(filled.error());
    node = std::move(*filled);
    return {};
  }
  if (!node.is_structured()) return {};
  for (auto& child : node)
    if (auto done = fill(child, values); !done) return done;
  return {};
}

}  // namespace

std::string time_for_people(std::int64_t ms) { return format_day_and_time({seconds_of(ms), kJapan}); }

std::string to_bytes(const Notice& notice) {
  auto categories = json::array();
  for (const auto& category : notice.categories)
    categories.push_back({{"id", category.id}, {"ja", category.label.ja}, {"en", category.label.en}});
  const json document{{"case", notice.case_id},
                      {"occurred_ms", notice.occurred_ms},
                      {"group", notice.group},
                      {"score", notice.score},
                      {"band", report::band_id(notice.band)},
                      {"categories", std::move(categories)},
                      {"quote", notice.quote},
                      {"usage_percent", notice.usage.percent},
                      {"plan_minutes", notice.usage.plan_minutes}};
  return document.dump(-1, ' ', false, json::error_handler_t::replace);
}

Result<Notice> notice_of(const std::string& bytes) {
  const auto document = parse_json(bytes, "notice", {kContentBytes});
  if (!document) return tl::unexpected<Error>(document.error());
  try {
    Notice notice{document->at("case"),
                  document->at("occurred_ms"),
                  document->at("group"),
                  document->at("score"),
                  band_named(document->at("band")),
                  {},
                  document->at("quote"),
                  {document->at("usage_percent"), document->at("plan_minutes")}};
    for (const auto& category : document->at("categories"))
      notice.categories.push_back({category.at("id"), {category.at("ja"), category.at("en")}});
    return notice;
  } catch (const json::exception&) {
    return fail(Error::Kind::damaged, "notice", {"通知の内容が壊れています", "a notice is damaged"},
                {"バックアップを確かめてください", "Check your backups"});
  }
}

std::string subject_of(const Delivery& delivery) {
  const auto& notice = delivery.notice;
  if (notice.usage.percent > 0) return usage_subject(delivery);
  const auto band = report::band_name(notice.band).in(delivery.language);
  if (delivery.language == Language::japanese)
    return fmt::format("【{} {} 点】{}: {}", band, notice.score,
                       notice.case_id.empty() ? "試験の通知" : "カスハラの疑い", group_of(delivery));
  return fmt::format("[{} {}] {}: {}", band, notice.score,
                     notice.case_id.empty() ? "Trial notice" : "Suspected customer harassment",
                     group_of(delivery));
}

std::string body_of(const Delivery& delivery) {
  const auto& notice = delivery.notice;
  if (notice.usage.percent > 0) return usage_body(delivery);
  const auto words = [&](const char* ja, const char* en) { return Text{ja, en}.in(delivery.language); };
  std::string body;
  const auto line = [&](const std::string& name, const std::string& value) {
    if (!value.empty()) body += fmt::format("{}: {}\n", name, value);
  };
  if (notice.case_id.empty())
    body += words("これは通知の試験です。実際の応対ではありません。\n",
                  "This is a trial of the notices, not about a real dealing.\n");
  line(words("日時", "Time"), time_for_people(notice.occurred_ms));
  line(words("グループ", "Group"), group_of(delivery));
  line(words("スコア", "Score"),
       fmt::format("{} / 100 ({})", notice.score, report::band_name(notice.band).in(delivery.language)));
  line(words("種類", "Kind"), labels_of(delivery));
  line(words("発言", "Words"), notice.quote);
  if (!delivery.link.empty()) {
    line(words("\n確認", "\nAcknowledge"), delivery.link);
    body += fmt::format(
        fmt::runtime(words("リンクは {} まで使えます。開いてボタンを押すと「確認した」と記録されます。\n",
                           "The link works until {}. Open it and press the button to acknowledge.\n")),
        time_for_people(delivery.link_expires_ms));
  }
  body +=
      words("\nこれは疑いの知らせです。カスタマーハラスメントに当たるかどうかは人が判断します。\n",
            "\nThis tells of a suspicion. Whether it is customer harassment is for a person to decide.\n");
  return body;
}

json json_of(const Delivery& delivery) {
  const auto& notice = delivery.notice;
  if (notice.usage.percent > 0)
    return {{"type", "usage.notice"},
            {"id", delivery.id},
            {"occurred_at", time_for_programs(notice.occurred_ms)},
            {"percent", notice.usage.percent},
            {"plan_minutes", notice.usage.plan_minutes}};
  auto categories = json::array();
  for (const auto& category : notice.categories)
    categories.push_back({{"id", category.id}, {"label", category.label.in(delivery.language)}});
  json body{{"type", notice.case_id.empty() ? "trial" : "case.notice"},
            {"id", delivery.id},
            {"occurred_at", time_for_programs(notice.occurred_ms)},
            {"group", notice.group},
            {"score", notice.score},
            {"band", report::band_id(notice.band)},
            {"categories", std::move(categories)}};
  if (!notice.case_id.empty()) body["case"] = notice.case_id;
  if (!notice.quote.empty()) body["quote"] = notice.quote;
  if (!delivery.link.empty()) body["link"] = delivery.link;
  return body;
}

Result<std::string> fill_template(const std::string& body_template, const Delivery& delivery) {
  auto document = parse_json(body_template, "template", {kTemplateBytes, kTemplateDepth});
  if (!document) return bad_template({"テンプレートが JSON ではありません", "the template is not JSON"});
  if (auto filled = fill(*document, values_of(delivery)); !filled)
    return tl::unexpected<Error>(filled.error());
  return document->dump(-1, ' ', false, json::error_handler_t::replace);
}

}  // namespace guardian::casework
