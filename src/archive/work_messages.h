// archive/work_messages.h - what the server and its child process (archive/work.h) say to each other: one
// line of JSON each. Orders go to the child's standard input, so that keys are on no command line and in no
// environment; answers come from its standard output. The child has decoded a stranger's file and is not
// believed: what it says is checked before it is used.
#pragma once

#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "archive/queue.h"
#include "base/clock.h"
#include "base/result.h"
#include "policy/amendment.h"
#include "report/earlier_report.h"
#include "report/report.h"

namespace guardian::archive {

/// One recording to be analysed.
struct WorkOrder {
  std::string job;
  Pass pass = Pass::full;
  std::string object;  ///< id
  std::int64_t key_number = 0;
  std::string key;   ///< of that number, 64 hexadecimal digits
  std::string name;  ///< of the recording, for people
  std::int64_t bytes = 0;
  std::optional<int> customer_channel;              ///< from 0
  std::string counterpart;                          ///< empty: not told
  std::optional<Moment> started;                    ///< when the dealing began
  std::vector<report::EarlierReport> earlier = {};  ///< with the same counterpart
  policy::Amendment amendment = {};                 ///< of the company
};

struct WorkResult {
  report::Report report;
  bool whole = true;    ///< false: only samples were listened to, the report is an estimate
  double work_s = 0.0;  ///< time it took
};

/// What a child says. At most one of the optionals is there; none: it is ready for orders.
struct WorkMessage {
  std::string job;  ///< empty: about the child itself
  std::optional<double> share;
  std::optional<Error> error;
  std::optional<WorkResult> result;
};

std::string to_line(const WorkOrder& order);
std::string to_line(const WorkMessage& message);

/// Errors: damaged.
Result<WorkOrder> parse_order(std::string_view line);
Result<WorkMessage> parse_message(std::string_view line);

/// Longest line of a child: the report of a day's talk.
constexpr std::size_t kLongestLine = std::size_t{256} << 20U;

}  // namespace guardian::archive
