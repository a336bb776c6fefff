#include "insights/month_document.h"

#include <fmt/format.h>

#include <algorithm>
#include <array>

#include "report/names.h"

namespace guardian::insights {
namespace {

/// One month in one language.
class Chapters {
 public:
  Chapters(document::Page& page, const Picture& picture, const Picture& before, const MonthNames& names,
           Language language)
      : page_(page), picture_(picture), before_(before), names_(names), language_(language) {}

  void write() {
    totals();
    if (picture_.all.recordings == 0) return;
    categories();
    places(words("グループ", "Groups"), picture_.groups, [&](const std::string& id) {
      const auto name = names_.groups.find(id);
      return name == names_.groups.end() ? words("グループなし・少人数", "none, or of few people")
                                         : name->second;
    });
    places(words("商品・サービス", "Products and services"), picture_.products,
           [&](const std::string& name) { return name.empty() ? words("不明", "not told") : name; });
    times();
    lead_ups();
    prevention();
    page_.paragraph(words(
        "疑いの数であり、事実の認定ではありません。人が却下・訂正した検知はそのとおりに数えています。従業員ご"
        "との数は含みません。",
        "These are suspicions, not established facts; findings that people rejected or corrected are "
        "counted as they decided. Nothing is counted by employee."));
  }

 private:
  std::string words(const char* ja, const char* en) const { return Text{ja, en}.in(language_); }
  std::string note(const Count& count) const {
    const auto share = count.recordings < kFew
                           ? std::string()
                           : fmt::format(" ({:.0f} %)", 100.0 * count.suspected / count.recordings);
    return fmt::format(fmt::runtime(words("疑い {} 件 / 録音 {} 件{}", "{} suspected of {} recordings{}")),
                       count.suspected, count.recordings, share);
  }

  void totals() {
    page_.facts({{words("この月", "This month"), note(picture_.all)},
                 {words("分析した時間", "Time analysed"),
                  fmt::format(fmt::runtime(words("{:.0f} 分", "{:.0f} min")), picture_.all.minutes)},
                 {words("前の月", "The month before"), note(before_.all)}});
    if (!picture_.complete)
      page_.paragraph(words("録音が多いため、新しいものだけを数えています。",
                            "There are many recordings: only the newest are counted."));
  }

  /// The commonest first.
  std::vector<std::pair<std::string, int>> ordered() const {
    std::vector<std::pair<std::string, int>> all;
    all.reserve(picture_.categories.size());
    for (const auto& [id, one] : picture_.categories) all.emplace_back(id, one.recordings);
    std::stable_sort(all.begin(), all.end(),
                     [](const auto& a, const auto& b) { return a.second > b.second; });
    return all;
  }

  void categories() {
    page_.heading(words("種類", "Kinds"));
    const auto kinds = ordered();
    std::vector<document::Bar> bars;
    bars.reserve(kinds.size());
    for (const auto& [id, count] : kinds) {
      const auto earlier = before_.categories.find(id);
      bars.push_back({label(id), static_cast<double>(count),
                      fmt::format(fmt::runtime(words("{} 件 (前の月 {})", "{} (month before: {})")), count,
                                  earlier == before_.categories.end() ? 0 : earlier->second.recordings)});
    }
    page_.bars(bars);
  }

  /// A decision may name a category that a later policy does not have.
  std::string label(const std::string& id) const {
    for (const auto& category : names_.policy.categories)
      if (category.id == id) return category.label.in(language_);
    return id;
  }

  void places(const std::string& title, const std::map<std::string, Count>& counts,
              const std::function<std::string(const std::string&)>& name_of_place) {
    page_.heading(title);
    std::vector<document::Bar> bars;
    bars.reserve(counts.size());
    for (const auto& [id, count] : counts)
      bars.push_back({name_of_place(id), static_cast<double>(count.suspected), note(count)});
    page_.bars(bars);
  }

  void times() {
    static const std::array<Text, 7> kDays = {{{"月", "Mon"},
                                               {"火", "Tue"},
                                               {"水", "Wed"},
                                               {"木", "Thu"},
                                               {"金", "Fri"},
                                               {"土", "Sat"},
                                               {"日", "Sun"}}};
    page_.heading(words("曜日", "Weekdays"));
    std::vector<document::Bar> bars;
    bars.reserve(picture_.hours.size());
    for (std::size_t i = 0; i < kDays.size(); ++i)
      bars.push_back({kDays.at(i).in(language_), static_cast<double>(picture_.weekdays.at(i).suspected),
                      note(picture_.weekdays.at(i))});
    page_.bars(bars);
    page_.heading(words("時間帯", "Hours"));
    bars.clear();
    for (std::size_t i = 0; i < picture_.hours.size(); ++i)
      if (const auto& hour = picture_.hours.at(i); hour.recordings > 0)
        bars.push_back({fmt::format("{}:00", i), static_cast<double>(hour.suspected), note(hour)});
    page_.bars(bars);
  }

  void lead_ups() {
    if (picture_.lead_ups.empty()) return;
    static const std::map<LeadUp, Text> kNames = {
        {LeadUp::refusal, {"断り・警告の直後", "just after a refusal or warning"}},
        {LeadUp::opening, {"始まって 30 秒以内", "within the first 30 seconds"}},
        {LeadUp::wait, {"20 秒以上待ったあと", "after a wait of 20 seconds or more"}},
        {LeadUp::long_talk, {"10 分以上話したあと", "after ten minutes or more"}},
        {LeadUp::talk, {"ふつうの会話の途中", "in the middle of ordinary talk"}},
        {LeadUp::unknown, {"対応全体・不明", "the whole dealing, or not known"}}};
    page_.heading(words("最初の検知の直前にあったこと (原因とは限りません)",
                        "What came right before the first finding (an order, not a cause)"));
    std::vector<document::Bar> bars;
    bars.reserve(picture_.lead_ups.size());
    for (const auto& [lead_up, count] : picture_.lead_ups)
      bars.push_back(
          {kNames.at(lead_up).in(language_), static_cast<double>(count), fmt::format("{}", count)});
    page_.bars(bars);
  }

  void prevention() {
    std::vector<std::string> items;
    for (const auto& [id, count] : ordered())
      if (const auto* card = names_.playbook.card(id))
        items.push_back(fmt::format(fmt::runtime(words("{} ({} 件): {}", "{} ({}): {}")), label(id), count,
                                    card->prevent.in(language_)));
    if (items.empty()) return;
    page_.heading(words("減らすためにできること", "What makes it rarer"));
    page_.list(items);
  }

  document::Page& page_;
  const Picture& picture_;
  const Picture& before_;
  const MonthNames& names_;
  Language language_;
};

}  // namespace

document::Page month_document(Month month, const Picture& picture, const Picture& before,
                              const MonthNames& names, Language language) {
  document::Page page(
      language,
      fmt::format(fmt::runtime(Text{"{} カスハラ対策 月次報告", "Customer harassment, monthly report {}"}.in(
                      language)),
                  format_month(month)),
      report::sheet_statement().in(language));
  Chapters(page, picture, before, names, language).write();
  return page;
}

}  // namespace guardian::insights
