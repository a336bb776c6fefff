#include "pipeline/counterpart_history.h"

#include <fmt/format.h>

#include <algorithm>
#include <string_view>
#include <system_error>
#include <tuple>

#include "base/file.h"

namespace guardian::pipeline {
namespace {

constexpr std::size_t kMostReports = 10'000;
constexpr std::uint64_t kReportBytes = 16U << 20U;
constexpr std::string_view kSuffix = ".report.json";

Result<std::vector<std::filesystem::path>> reports_in(const std::filesystem::path& folder) {
  std::vector<std::filesystem::path> reports;
  std::error_code code;
  for (std::filesystem::directory_iterator entry(folder, code), end; !code && entry != end;
       entry.increment(code))
    if (entry->path().filename().string().ends_with(kSuffix)) reports.push_back(entry->path());
  std::sort(reports.begin(), reports.end());
  if (!code) return reports;
  return fail(code == std::errc::no_such_file_or_directory ? Error::Kind::not_found : Error::Kind::unreadable,
              folder.string(),
              {fmt::format("フォルダーを読めません ({})", code.message()),
               fmt::format("the folder cannot be read ({})", code.message())},
              {"--history のフォルダーを確かめてください", "Check the folder given by --history"});
}

Result<report::EarlierReport> read_report(const std::filesystem::path& file) {
  const auto content = read_file(file, kReportBytes);
  if (!content) return tl::unexpected<Error>(content.error());
  return report::parse_earlier_report(*content, file.string());
}

std::chrono::sys_seconds place_in_time(const report::EarlierReport& report) {
  return report.dealing.started_at ? report.dealing.started_at->instant : report.created_at;
}

bool is_before(const report::EarlierReport& a, const report::EarlierReport& b) {
  return std::tuple(place_in_time(a), a.dealing.name, a.sha256) <
         std::tuple(place_in_time(b), b.dealing.name, b.sha256);
}

media::Warning unknown_start_of_this() {
  return {media::Warning::Code::unknown_start,
          {"開始日時がわからないため、同じ相手との応対を期間で数える検知 (繰り返しの連絡、無言電話、再発) は"
           "していません。--started-at で指定できます",
           "Its start is unknown, so nothing was found that counts dealings with the counterpart over time "
           "(repeated contact, silent calls, recurrence). --started-at tells it"}};
}

media::Warning unknown_start_of_earlier(std::ptrdiff_t count) {
  return {
      media::Warning::Code::unknown_start,
      {fmt::format("同じ相手との過去の応対 {} 件は、開始日時がわからないため期間で数える検知に入れていません",
                   count),
       fmt::format("{} earlier dealings with the counterpart are not counted over time: their start is "
                   "unknown",
                   count)}};
}

}  // namespace

CounterpartHistory::CounterpartHistory(std::string counterpart, bool from_folder)
    : counterpart_(std::move(counterpart)), from_folder_(from_folder) {}

Result<CounterpartHistory> CounterpartHistory::read(std::string counterpart,
                                                    const std::filesystem::path& folder,
                                                    const Skipped& skipped, const std::stop_token& stop) {
  CounterpartHistory history(std::move(counterpart), !folder.empty());
  if (folder.empty()) return history;
  auto files = reports_in(folder);
  if (!files) return tl::unexpected<Error>(files.error());
  if (files->size() > kMostReports) {
    skipped({Error::Kind::damaged,
             folder.string(),
             {fmt::format("報告書が多すぎます。名前順に {} 件だけ読みます", kMostReports),
              fmt::format("holds too many reports; only the first {} by name are read", kMostReports)},
             {"相手ごとのフォルダーに分けてください", "Keep one folder for each counterpart"}});
    files->resize(kMostReports);
  }
  for (const auto& file : *files) {
    if (stop.stop_requested())
      return fail(Error::Kind::cancelled, folder.string(), {"中止しました", "cancelled"}, {"", ""});
    auto report = read_report(file);
    if (!report)
      skipped(report.error());
    else if (report->counterpart == history.counterpart_)
      history.keep(std::move(*report));
  }
  std::sort(history.known_.begin(), history.known_.end(), is_before);
  return history;
}

CounterpartHistory CounterpartHistory::of(std::string counterpart,
                                          std::vector<report::EarlierReport> earlier) {
  CounterpartHistory history(std::move(counterpart), false);
  for (auto& report : earlier) history.keep(std::move(report));
  std::sort(history.known_.begin(), history.known_.end(), is_before);
  return history;
}

/// Of several reports on one recording the one made last.
void CounterpartHistory::keep(report::EarlierReport report) {
  const auto same = std::find_if(known_.begin(), known_.end(), [&](const report::EarlierReport& known) {
    return known.sha256 == report.sha256;
  });
  if (same == known_.end())
    known_.push_back(std::move(report));
  else if (same->created_at < report.created_at)
    *same = std::move(report);
}

judgement::History CounterpartHistory::introduce(media::Recording& recording) const {
  recording.counterpart = counterpart_;
  judgement::History history;
  history.started_at = recording.started_at;
  history.duration_s = recording.duration_s;
  for (const auto& known : known_) {
    const bool later = recording.started_at && place_in_time(known) > recording.started_at->instant;
    if (known.sha256 != recording.sha256 && !later) history.earlier.push_back(known.dealing);
  }
  const auto without_time = std::count_if(history.earlier.begin(), history.earlier.end(),
                                          [](const auto& dealing) { return !dealing.started_at; });
  if (!recording.started_at && (from_folder_ || !history.earlier.empty()))
    recording.warnings.push_back(unknown_start_of_this());
  else if (recording.started_at && without_time > 0)
    recording.warnings.push_back(unknown_start_of_earlier(without_time));
  return history;
}

void CounterpartHistory::add(const report::Report& report) {
  auto made = report::earlier_report_of(report);
  const bool known = std::any_of(known_.begin(), known_.end(), [&](const report::EarlierReport& earlier) {
    return earlier.sha256 == made.sha256;
  });
  if (!known) known_.push_back(std::move(made));
}

}  // namespace guardian::pipeline
