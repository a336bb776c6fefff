// cli/console.h - what the program says to a person: errors, progress, in the person's language.
#pragma once

#include <chrono>
#include <string>
#include <string_view>

#include "base/result.h"

namespace guardian::cli {

/// Exit codes of the contract.
enum ExitCode { kDone = 0, kFailed = 1, kUsage = 2 };

/// Japanese unless GUARDIAN_LANG says "en".
Language language_from_environment();

/// One line on stderr.
void print_error(const Error& error, Language language);

/// Writes to stdout and makes sure it arrived. Errors: storage (a full disk behind a redirection, a closed
/// pipe).
Result<void> print(std::string_view text);

/// True if stdout is a terminal, so that colours make sense.
bool is_terminal_output();

/// A progress bar with time left on stderr; silent unless stderr is a terminal.
class ProgressBar {
 public:
  ProgressBar(const std::string& label, Language language);
  ProgressBar(const ProgressBar&) = delete;
  ProgressBar& operator=(const ProgressBar&) = delete;
  ~ProgressBar();  ///< wipes the line, so that results start clean

  /// `share` in [0, 1].
  void update(double share);

 private:
  std::string label_;
  Language language_;
  bool visible_;
  std::chrono::steady_clock::time_point begun_;
  std::chrono::steady_clock::time_point drawn_;
};

}  // namespace guardian::cli
