// pipeline/counterpart_history.h - the dealings with one counterpart that a run knows of: from a folder of
// earlier reports, and from the recordings that the run has already assessed.
#pragma once

#include <filesystem>
#include <functional>
#include <stop_token>
#include <string>
#include <vector>

#include "base/result.h"
#include "judgement/history.h"
#include "media/recording.h"
#include "report/earlier_report.h"

namespace guardian::pipeline {

class CounterpartHistory {
 public:
  /// Told why a file of the folder is left out.
  using Skipped = std::function<void(const Error&)>;

  /// Reads every NAME.report.json of `folder` (empty: no folder), at most 10,000 of them, and keeps what they
  /// tell about dealings with `counterpart`. What cannot be read is skipped. Errors: not_found or unreadable,
  /// if the folder itself cannot be listed; cancelled.
  static Result<CounterpartHistory> read(std::string counterpart, const std::filesystem::path& folder,
                                         const Skipped& skipped, const std::stop_token& stop);

  /// From reports that the caller has read.
  static CounterpartHistory of(std::string counterpart, std::vector<report::EarlierReport> earlier);

  /// Notes in the recording whose it is, and warns there if times that are not known keep findings back.
  /// Returns what came before it: all known dealings but itself and those that began later. A dealing whose
  /// start is not known happened before its report was made, and takes that place in the order.
  judgement::History introduce(media::Recording& recording) const;

  /// From now on the dealing is an earlier one. A recording that is known already stays as it is.
  void add(const report::Report& report);

 private:
  CounterpartHistory(std::string counterpart, bool from_folder);
  void keep(report::EarlierReport report);

  std::string counterpart_;
  bool from_folder_;
  std::vector<report::EarlierReport> known_;  ///< oldest first; this run's last
};

}  // namespace guardian::pipeline
