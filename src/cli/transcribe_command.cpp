#include <fmt/format.h>

#include "base/clock.h"
#include "base/text.h"
#include "cli/commands.h"
#include "cli/console.h"
#include "pipeline/installation.h"
#include "pipeline/listener.h"
#include "report/report_json.h"
#include "report/summary.h"

namespace guardian::cli {
namespace {

std::string as_text(const speech::Transcript& transcript, Language language) {
  std::string text;
  for (const auto& utterance : transcript.utterances)
    text += fmt::format("[{}] {}: {}\n", format_position(utterance.start_s),
                        report::speaker_name(utterance.speaker, language), printable(utterance.text));
  return text;
}

Result<void> transcribe_one(pipeline::Listener& listener, const std::filesystem::path& file,
                            const TranscribeOptions& options, const CommonOptions& common) {
  auto heard = [&] {
    ProgressBar bar(file.filename().string(), common.language);
    return listener.listen(
        file, {options.listening.customer_channel}, [&](double share) { bar.update(share); }, common.stop);
  }();
  if (!heard) return tl::unexpected<Error>(heard.error());
  if (options.json) return print(report::transcript_to_json(heard->recording, heard->transcript) + "\n");
  return print(as_text(heard->transcript, common.language));
}

}  // namespace

int transcribe(const TranscribeOptions& options, const CommonOptions& common) {
  const auto policy = pipeline::find_policy(common.policy);
  if (!policy) {
    print_error(policy.error(), common.language);
    return kFailed;
  }
  auto listener = pipeline::Listener::load({options.listening.model, *policy, options.listening.threads});
  if (!listener) {
    print_error(listener.error(), common.language);
    return kFailed;
  }
  int code = kDone;
  for (const auto& file : options.files) {
    const auto done = transcribe_one(*listener, file, options, common);
    if (done) continue;
    print_error(done.error(), common.language);
    code = kFailed;
    if (common.stop.stop_requested()) break;
  }
  return code;
}

}  // namespace guardian::cli
