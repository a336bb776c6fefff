#include "pipeline/report_files.h"

#include <array>
#include <optional>

#include "base/file.h"
#include "media/playback.h"
#include "report/report_html.h"
#include "report/report_json.h"
#include "report/srt.h"

namespace guardian::pipeline {

Result<void> write_report_files(const report::Report& report, const std::filesystem::path& source,
                                const std::filesystem::path& folder, const std::string& name,
                                const std::stop_token& stop) {
  std::optional<media::Playback> playback;
  if (!source.empty()) {
    auto encoded = media::encode_playback(source, report::playback_options(report), stop);
    if (!encoded) return tl::unexpected<Error>(encoded.error());
    playback = std::move(*encoded);
  }
  const auto json = report::to_json(report) + "\n";
  const auto html = report::to_html(report, playback);
  const auto srt = report::to_srt(report.transcript);
  const std::array<NewFile, 3> files = {NewFile{folder / (name + ".report.json"), json},
                                        NewFile{folder / (name + ".report.html"), html},
                                        NewFile{folder / (name + ".srt"), srt}};
  return write_files(files);
}

}  // namespace guardian::pipeline
