#include "media/playback.h"

#include <fmt/format.h>

#include <algorithm>
#include <cmath>
#include <cstdint>
#include <limits>

#include "media/decoder.h"
#include "media/mp3_writer.h"
#include "media/silence.h"

namespace guardian::media {
namespace {

constexpr int kPlaybackRate_hz = 16000;
constexpr int kMonoBitRate = 32000;
constexpr int kStereoBitRate = 48000;
constexpr double kEndOfTime_s = 1e6;  // beyond the longest recording that Decoder reads

std::int64_t sample_at(double time_s) {
  return std::llround(std::min(time_s, kEndOfTime_s) * kPlaybackRate_hz);
}

/// Clips in order of time, none touching another.
Result<std::vector<PlaybackClip>> in_order(std::vector<PlaybackClip> clips) {
  if (clips.empty()) clips.push_back({0.0, kEndOfTime_s});
  for (auto& clip : clips) {
    if (!(clip.end_s > clip.start_s))
      return fail(Error::Kind::usage, fmt::format("{}-{}", clip.start_s, clip.end_s),
                  {"範囲の終わりが始まりより前です", "the clip ends before it starts"},
                  {"始まりより後の終わりを指定してください", "Give an end after the start"});
    clip.start_s = std::max(clip.start_s, 0.0);
  }
  std::sort(clips.begin(), clips.end(), [](const auto& a, const auto& b) { return a.start_s < b.start_s; });
  std::vector<PlaybackClip> joined;
  for (const auto& clip : clips) {
    if (!joined.empty() && clip.start_s <= joined.back().end_s)
      joined.back().end_s = std::max(joined.back().end_s, clip.end_s);
    else
      joined.push_back(clip);
  }
  return joined;
}

using Samples = std::vector<std::vector<float>>;

/// What is encoded: one channel or two as they are, of more the mean.
Samples fitted(Samples channels, bool first_only) {
  if (first_only) channels.resize(1);
  if (channels.size() <= 2) return channels;
  std::vector<float> mono(channels[0].size());
  for (const auto& channel : channels)
    for (std::size_t i = 0; i < mono.size(); ++i) mono[i] += channel[i];
  for (auto& sample : mono) sample /= static_cast<float>(channels.size());
  return {mono};
}

/// Cuts the wanted clips out of the passing samples and keeps account of where they went.
class ClipCutter {
 public:
  explicit ClipCutter(std::vector<PlaybackClip> clips) : clips_(std::move(clips)) {}

  bool done() const { return current_ == clips_.size(); }

  /// The parts of `pcm` that lie in clips, one after the other.
  Samples cut(const Pcm& pcm) {
    Samples kept(pcm.channels.size());
    const std::int64_t first = sample_at(pcm.start_s);
    const std::int64_t last = first + static_cast<std::int64_t>(pcm.channels[0].size());
    while (!done()) {
      const std::int64_t from = std::max(first, sample_at(clips_[current_].start_s));
      const std::int64_t clip_end = sample_at(clips_[current_].end_s);
      const std::int64_t to = std::min(last, clip_end);
      if (from < to) {
        for (std::size_t i = 0; i < kept.size(); ++i)
          kept[i].insert(kept[i].end(), pcm.channels[i].begin() + (from - first),
                         pcm.channels[i].begin() + (to - first));
        account(from, to - from);
      }
      if (clip_end > last) break;
      ++current_;
    }
    return kept;
  }

  std::vector<PlaybackSpan> take_spans() { return std::move(spans_); }

 private:
  void account(std::int64_t from, std::int64_t length) {
    const double start_s = static_cast<double>(from) / kPlaybackRate_hz;
    if (spans_.empty() || accounted_clip_ != current_)
      spans_.push_back({start_s, static_cast<double>(written_) / kPlaybackRate_hz, 0.0});
    accounted_clip_ = current_;
    written_ += length;
    spans_.back().duration_s =
        static_cast<double>(written_) / kPlaybackRate_hz - spans_.back().playback_start_s;
  }

  std::vector<PlaybackClip> clips_;
  std::size_t current_ = 0;
  std::size_t accounted_clip_ = 0;
  std::int64_t written_ = 0;
  std::vector<PlaybackSpan> spans_;
};

Result<void> encode_all(Decoder& decoder, ClipCutter& cutter, const PlaybackOptions& options,
                        Mp3Writer& writer) {
  while (!cutter.done()) {
    auto pcm = decoder.read();
    if (!pcm) return tl::unexpected<Error>(pcm.error());
    if (!*pcm) break;
    silence(**pcm, kPlaybackRate_hz, options.silences);
    Samples kept = cutter.cut(**pcm);
    if (kept[0].empty()) continue;
    if (auto written = writer.write(fitted(std::move(kept), options.first_channel_only)); !written)
      return written;
  }
  return {};
}

}  // namespace

double Playback::duration_s() const {
  return spans.empty() ? 0.0 : spans.back().playback_start_s + spans.back().duration_s;
}

std::optional<double> Playback::at(double recording_s) const {
  for (const auto& span : spans) {
    const double inside_s = recording_s - span.recording_start_s;
    if (inside_s >= 0.0 && inside_s < span.duration_s) return span.playback_start_s + inside_s;
  }
  return std::nullopt;
}

Result<Playback> encode_playback(const Source& source, const PlaybackOptions& options,
                                 const std::stop_token& stop) {
  auto clips = in_order(options.clips);
  if (!clips) return tl::unexpected<Error>(clips.error());
  auto decoder = Decoder::open(source, kPlaybackRate_hz, stop);
  if (!decoder) return tl::unexpected<Error>(decoder.error());
  const bool mono = options.first_channel_only || decoder->facts().channels != 2;
  auto writer = Mp3Writer::create(mono ? 1 : 2, kPlaybackRate_hz, mono ? kMonoBitRate : kStereoBitRate);
  if (!writer) return tl::unexpected<Error>(writer.error());
  ClipCutter cutter(std::move(*clips));
  if (auto encoded = encode_all(*decoder, cutter, options, *writer); !encoded)
    return tl::unexpected<Error>(encoded.error());
  auto mp3 = writer->finish();
  if (!mp3) return tl::unexpected<Error>(mp3.error());
  Playback playback;
  playback.mp3 = std::move(*mp3);
  playback.channels = mono ? 1 : 2;
  playback.spans = cutter.take_spans();
  return playback;
}

}  // namespace guardian::media
