#include "media/inspect.h"

#include <fmt/format.h>

#include <algorithm>
#include <cmath>

#include "base/text.h"
#include "media/decoder.h"
#include "media/level_meter.h"

namespace guardian::media {
namespace {

constexpr double kShort_s = 1.0;
constexpr double kVeryQuiet_lufs = -45.0;
constexpr double kClippedShare = 0.002;
constexpr double kLengthTolerance_s = 2.0;
constexpr double kLengthTolerance = 0.02;  // share of the length
constexpr double kProgressStep_s = 5.0;
constexpr int kDamagedPackets =
    3;  // one or two are what a trailing tag or a cut between frames leaves behind

class WarningList {
 public:
  void add(Warning::Code code, std::string ja, std::string en) {
    warnings_.push_back({code, {std::move(ja), std::move(en)}});
  }
  std::vector<Warning> take() { return std::move(warnings_); }

 private:
  std::vector<Warning> warnings_;
};

void warn_of_levels(const Recording& recording, WarningList& warnings) {
  const auto silent = [](const ChannelLevel& level) { return level.active_s < kShort_s / 10; };
  const auto& levels = recording.levels;
  if (std::all_of(levels.begin(), levels.end(), silent)) {
    warnings.add(Warning::Code::silence, "音がほとんど入っていません", "there is hardly any sound");
    return;
  }
  double loudest_lufs = -70.0;
  for (std::size_t i = 0; i < levels.size(); ++i) {
    loudest_lufs = std::max(loudest_lufs, levels[i].loudness_lufs);
    if (silent(levels[i]))
      warnings.add(Warning::Code::silent_channel, fmt::format("チャンネル {} は無音です", i + 1),
                   fmt::format("channel {} is silent", i + 1));
    if (levels[i].clipped_share > kClippedShare)
      warnings.add(Warning::Code::clipping, fmt::format("チャンネル {} の音が割れています", i + 1),
                   fmt::format("channel {} is clipped", i + 1));
  }
  if (loudest_lufs < kVeryQuiet_lufs)
    warnings.add(Warning::Code::very_quiet,
                 fmt::format("音がとても小さい録音です ({:.0f} LUFS)", loudest_lufs),
                 fmt::format("very quiet recording ({:.0f} LUFS)", loudest_lufs));
  if (recording.dual_mono)
    warnings.add(Warning::Code::dual_mono, "すべてのチャンネルが同じ音です。話者をチャンネルで分けられません",
                 "all channels carry the same sound; speakers cannot be told apart by channel");
}

void warn_of_length(const Recording& recording, const Decoder& decoder, WarningList& warnings) {
  if (recording.duration_s < kShort_s)
    warnings.add(Warning::Code::short_recording, "1 秒に満たない録音です", "shorter than one second");
  const auto stated_s = decoder.facts().stated_duration_s;
  const double tolerance_s = std::max(kLengthTolerance_s, recording.duration_s * kLengthTolerance);
  const bool shorter = stated_s && recording.duration_s < *stated_s - tolerance_s;
  if (shorter || decoder.broke_off())
    warnings.add(Warning::Code::truncated,
                 fmt::format("ファイルが途中で切れています (読めたのは {:.1f} 秒)", recording.duration_s),
                 fmt::format("the file is cut off (read {:.1f} s)", recording.duration_s));
  else if (stated_s && recording.duration_s > *stated_s + tolerance_s)
    warnings.add(
        Warning::Code::wrong_length,
        fmt::format("記載の長さ {:.1f} 秒に対し実際は {:.1f} 秒です", *stated_s, recording.duration_s),
        fmt::format("says {:.1f} s but holds {:.1f} s", *stated_s, recording.duration_s));
  if (decoder.damaged_packets() >= kDamagedPackets)
    warnings.add(Warning::Code::truncated,
                 fmt::format("壊れた部分が {} か所あります", decoder.damaged_packets()),
                 fmt::format("{} damaged places", decoder.damaged_packets()));
}

}  // namespace

Result<Recording> inspect(const Source& source, const InspectProgress& progress,
                          const std::stop_token& stop) {
  auto decoder = Decoder::open(source, 0, stop);
  if (!decoder) return tl::unexpected<Error>(decoder.error());
  const auto& facts = decoder->facts();
  LevelMeter meter(facts.channels, facts.sample_rate_hz);
  double reported_s = 0.0;
  for (;;) {
    const auto pcm = decoder->read();
    if (!pcm) return tl::unexpected<Error>(pcm.error());
    if (!*pcm) break;
    meter.add(**pcm);
    if (progress && facts.estimated_duration_s > 0 && (*pcm)->start_s - reported_s > kProgressStep_s) {
      reported_s = (*pcm)->start_s;
      progress(std::min(1.0, reported_s / facts.estimated_duration_s));
    }
  }
  auto hash = sha256_of(source, stop);
  if (!hash) return tl::unexpected<Error>(hash.error());

  Recording recording;
  recording.name = printable(source.name());
  recording.sha256 = std::move(*hash);
  recording.kind = facts.video ? Kind::video : Kind::audio;
  recording.duration_s = meter.duration_s();
  recording.silence_s = meter.silence_s();
  recording.channels = facts.channels;
  recording.sample_rate_hz = facts.sample_rate_hz;
  recording.codec = facts.codec;
  recording.levels = meter.levels();
  recording.peaks = meter.peaks();
  recording.dual_mono = meter.is_dual_mono();
  WarningList warnings;
  warn_of_levels(recording, warnings);
  warn_of_length(recording, *decoder, warnings);
  recording.warnings = warnings.take();
  return recording;
}

}  // namespace guardian::media
