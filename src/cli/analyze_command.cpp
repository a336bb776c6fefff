#include <fmt/format.h>

#include "base/text.h"
#include "cli/commands.h"
#include "cli/console.h"
#include "cli/output_names.h"
#include "consultation/consultant.h"
#include "pipeline/assessor.h"
#include "pipeline/counterpart_history.h"
#include "pipeline/installation.h"
#include "pipeline/listener.h"
#include "pipeline/report_files.h"
#include "pipeline/second_hearing.h"
#include "report/report_json.h"
#include "report/summary.h"

namespace guardian::cli {
namespace {

/// Everything that is loaded once and serves all files. Ready transcripts need no ears.
struct Engine {
  pipeline::Assessor assessor;
  std::optional<consultation::Consultant> consultant;  ///< only if the user named an endpoint
  std::optional<pipeline::Listener> listener;
  std::optional<pipeline::CounterpartHistory> history;
};

Result<std::optional<pipeline::CounterpartHistory>> read_history(const AnalyzeOptions& options,
                                                                 const CommonOptions& common) {
  if (options.counterpart.empty()) return std::nullopt;
  const auto skipped = [&](const Error& error) { print_error(error, common.language); };
  return pipeline::CounterpartHistory::read(options.counterpart, options.history, skipped, common.stop);
}

Result<Engine> load_engine(const AnalyzeOptions& options, const CommonOptions& common) {
  auto history = read_history(options, common);
  if (!history) return tl::unexpected<Error>(history.error());
  const auto policy = pipeline::find_policy(common.policy);
  if (!policy) return tl::unexpected<Error>(policy.error());
  auto assessor = pipeline::Assessor::load(*policy);
  if (!assessor) return tl::unexpected<Error>(assessor.error());
  Engine engine{std::move(*assessor), std::nullopt, std::nullopt, std::move(*history)};
  if (const auto file = pipeline::find_consultation(options.consult); !file.empty()) {
    auto consultant = consultation::Consultant::load(file, engine.assessor.judge().policy());
    if (!consultant) return tl::unexpected<Error>(consultant.error());
    engine.consultant = std::move(*consultant);
  }
  if (options.transcripts) return engine;
  auto listener = pipeline::Listener::load({options.listening.model, *policy, options.listening.threads});
  if (!listener) return tl::unexpected<Error>(listener.error());
  engine.listener = std::move(*listener);
  return engine;
}

Result<pipeline::HeardRecording> hear(Engine& engine, const std::filesystem::path& file,
                                      const AnalyzeOptions& options, const CommonOptions& common) {
  if (options.transcripts) return pipeline::read_ready_transcript(file);
  ProgressBar bar(file.filename().string(), common.language);
  return engine.listener->listen(
      file, {options.listening.customer_channel}, [&](double share) { bar.update(share); }, common.stop);
}

Result<std::vector<judgement::Hearing>> hear_again(Engine& engine, const std::filesystem::path& file,
                                                   const pipeline::HeardRecording& heard,
                                                   const CommonOptions& common) {
  if (!engine.listener) return std::vector<judgement::Hearing>();
  return pipeline::hear_again(*engine.listener, engine.assessor.judge(), file, heard, common.stop);
}

/// The report. What the user told about the recording belongs to it; what came before it is judged with it,
/// and so is the opinion from outside if one is wanted.
Result<report::Report> assess(const Engine& engine, pipeline::HeardRecording heard,
                              const std::vector<judgement::Hearing>& hearings, const AnalyzeOptions& options,
                              const std::stop_token& stop) {
  heard.recording.started_at = options.started_at;
  const auto history = engine.history ? engine.history->introduce(heard.recording) : judgement::History();
  if (!engine.consultant) return engine.assessor.assess(std::move(heard), {}, history, hearings);
  const auto consultation = engine.consultant->consult(heard.transcript, stop);
  if (!consultation) return tl::unexpected<Error>(consultation.error());
  auto& warnings = heard.transcript.warnings;
  warnings.insert(warnings.end(), consultation->remarks.begin(), consultation->remarks.end());
  return engine.assessor.assess(std::move(heard), consultation->opinions, history, hearings);
}

/// The report on stdout, unless only files were asked for together with many inputs: a person reads the
/// summary.
Result<void> print_report(const report::Report& report, const AnalyzeOptions& options,
                          const CommonOptions& common) {
  if (options.json) return print(report::to_json(report) + "\n");
  return print(report::summarize(report, {common.language, is_terminal_output()}));
}

Result<void> analyze_one(Engine& engine, const std::filesystem::path& file, const std::string& name,
                         const AnalyzeOptions& options, const CommonOptions& common) {
  auto heard = hear(engine, file, options, common);
  if (!heard) return tl::unexpected<Error>(heard.error());
  const auto hearings = hear_again(engine, file, *heard, common);
  if (!hearings) return tl::unexpected<Error>(hearings.error());
  const auto report = assess(engine, std::move(*heard), *hearings, options, common.stop);
  if (!report) return tl::unexpected<Error>(report.error());
  if (engine.history) engine.history->add(*report);
  if (!options.out.empty()) {
    const auto source = options.transcripts ? std::filesystem::path() : file;
    auto written = pipeline::write_report_files(*report, source, options.out, name, common.stop);
    if (!written) return written;
  }
  auto printed = print_report(*report, options, common);
  if (!printed || options.out.empty() || options.json) return printed;
  const auto html = (options.out / (name + ".report.html")).string();
  return print(common.language == Language::japanese ? fmt::format("報告書: {}\n", printable(html))
                                                     : fmt::format("Report: {}\n", printable(html)));
}

Result<void> make_folder(const std::filesystem::path& folder) {
  std::error_code code;
  std::filesystem::create_directories(folder, code);
  if (!code) return {};
  return fail(
      Error::Kind::storage, folder.string(),
      {fmt::format("フォルダーを作れません ({})", code.message()),
       fmt::format("cannot create the folder ({})", code.message())},
      {"--out に書き込めるフォルダーを指定してください", "Name a folder you may write to with --out"});
}

}  // namespace

int analyze(const AnalyzeOptions& options, const CommonOptions& common) {
  if (!options.out.empty())
    if (auto made = make_folder(options.out); !made) {
      print_error(made.error(), common.language);
      return kFailed;
    }
  auto engine = load_engine(options, common);
  if (!engine) {
    print_error(engine.error(), common.language);
    return kFailed;
  }
  int code = kDone;
  const auto names = output_names(options.files);
  for (std::size_t i = 0; i < options.files.size(); ++i) {
    const auto done = analyze_one(*engine, options.files[i], names[i], options, common);
    if (done) continue;
    print_error(done.error(), common.language);
    code = kFailed;
    if (common.stop.stop_requested()) break;
  }
  return code;
}

}  // namespace guardian::cli
