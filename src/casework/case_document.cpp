#include "casework/case_document.h"

#include <fmt/format.h>

#include <map>

#include "report/names.h"
#include "report/report_document.h"

namespace guardian::casework {
namespace {

const std::map<std::string, Text, std::less<>>& event_names() {
  static const std::map<std::string, Text, std::less<>> names = {{"opened", {"開始", "opened"}},
                                                                 {"worsened", {"悪化", "worsened"}},
                                                                 {"rescored", {"再分析", "analysed anew"}},
                                                                 {"acknowledged", {"確認", "acknowledged"}},
                                                                 {"assigned", {"担当決定", "assigned"}},
                                                                 {"released", {"担当を外す", "released"}},
                                                                 {"noted", {"メモ", "note"}},
                                                                 {"escalated", {"段階", "level"}},
                                                                 {"due", {"期限", "deadline"}},
                                                                 {"aftercare", {"従業員への対応", "care"}},
                                                                 {"closed", {"終了", "closed"}},
                                                                 {"reopened", {"再開", "reopened"}}};
  return names;
}

const std::map<std::string, Text, std::less<>>& aftercare_names() {
  static const std::map<std::string, Text, std::less<>> names = {
      {"heard", {"本人の話を聞いた", "the employee was heard"}},
      {"relieved", {"対応から外した・休ませた", "taken off the dealing or given a break"}},
      {"support", {"相談先を案内した", "shown where to turn"}},
      {"safety", {"帰り道と勤務の安全を確かめた", "ways home and shifts were looked at"}},
      {"followed_up", {"数日後に様子を聞いた", "asked again some days later"}}};
  return names;
}

std::string name_in(const std::map<std::string, Text, std::less<>>& names, const std::string& id,
                    Language language) {
  const auto found = names.find(id);
  return found == names.end() ? id : found->second.in(language);
}

/// One case in one language.
class Chapters {
 public:
  Chapters(document::Page& page, const Case& one, const TimeZone& zone, Language language)
      : page_(page), one_(one), zone_(zone), language_(language) {}

  void write() {
    facts();
    aftercare();
    history();
  }

 private:
  std::string words(const char* ja, const char* en) const { return Text{ja, en}.in(language_); }
  std::string time(std::int64_t ms) const {
    const auto minute = zone_.time_of_day_at(ms).count();
    return fmt::format("{} {:02}:{:02}", format_day(zone_.day_at(ms)), minute / 60, minute % 60);
  }
  std::string time(const std::optional<std::int64_t>& ms) const { return ms ? time(*ms) : ""; }

  void facts() {
    page_.facts(
        {{words("ケース番号", "Case"), one_.id},
         {words("対応の日時", "The dealing"), time(one_.occurred_ms)},
         {words("危険度", "Danger"),
          fmt::format("{} / 100 ({})", one_.now.score, report::band_name(one_.now.band).in(language_))},
         {words("段階", "Level"), fmt::format("L{}", one_.escalation)},
         {words("通知", "First notice"), time(one_.noticed_ms)},
         {words("確認", "Acknowledged"),
          one_.acknowledged_ms ? time(*one_.acknowledged_ms) + " " + one_.acknowledged_name : ""},
         {words("期限", "Deadline"), time(one_.due_ms)},
         {words("終了", "Closed"), one_.closed_ms ? time(*one_.closed_ms) + " " + one_.closed_reason : ""},
         {words("同じ顧客の前のケース", "Earlier cases of the customer"),
          fmt::format("{}", one_.earlier.size())}});
  }

  void aftercare() {
    std::vector<std::string> done;
    for (const auto& step : one_.aftercare)
      done.push_back(fmt::format("{} ({} {})", name_in(aftercare_names(), step.step, language_),
                                 time(step.done_ms), step.name));
    if (done.empty()) return;
    page_.heading(words("従業員への対応", "Care for the employee"));
    page_.list(done);
  }

  void history() {
    page_.heading(words("経過", "History"));
    std::vector<std::vector<std::string>> rows;
    for (const auto& event : one_.history) {
      const bool step = event.kind == "aftercare";
      const bool undone = step && event.note.starts_with("-");
      const auto note = step ? (undone ? "× " : "") +
                                   name_in(aftercare_names(), event.note.substr(undone ? 1 : 0), language_)
                             : event.note;
      rows.push_back({time(event.at_ms), name_in(event_names(), event.kind, language_), event.name, note});
    }
    page_.table({words("日時", "When"), words("こと", "What"), words("人", "Who"), words("内容", "Note")},
                rows);
  }

  document::Page& page_;
  const Case& one_;
  const TimeZone& zone_;
  Language language_;
};

}  // namespace

document::Page case_document(const Case& one, const report::Report* report, const TimeZone& zone,
                             Language language) {
  document::Page page(language, Text{"ケースの記録", "Record of a case"}.in(language),
                      report::sheet_statement().in(language));
  Chapters(page, one, zone, language).write();
  if (report != nullptr) report::add_chapters(page, *report, language);
  return page;
}

}  // namespace guardian::casework
