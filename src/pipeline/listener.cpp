#include "pipeline/listener.h"

#include <algorithm>

#include "base/file.h"
#include "base/morphology.h"
#include "base/text.h"
#include "media/audio_reader.h"
#include "media/inspect.h"
#include "pipeline/installation.h"
#include "speech/diarization.h"
#include "speech/open_recognizer.h"
#include "speech/roles.h"
#include "speech/sound_cues.h"
#include "speech/transcribe.h"
#include "speech/transcript_file.h"
#include "speech/turns.h"

namespace guardian::pipeline {
namespace {

constexpr const char* kDefaultModel = "whisper-base";
constexpr const char* kSpeakerModel = "speaker-ge2e";
constexpr double kSampledFrom_s = 180.0;
constexpr double kInspectionShare = 0.04;  // of the whole time; measured

Result<std::unique_ptr<speech::Recognizer>> open_model(const std::string& name, int threads) {
  const auto model = speech::find_model(model_places(), name.empty() ? kDefaultModel : name);
  if (!model) return tl::unexpected<Error>(model.error());
  return speech::open_recognizer(*model, threads);
}

/// Tells voices apart where the channels do not; empty where it is not needed or its model is not there.
std::optional<speech::Diarizer> open_diarizer(const media::Recording& recording) {
  if (!recording.has_one_sound()) return std::nullopt;
  for (const auto& place : model_places())
    if (auto diarizer = speech::Diarizer::load(place / kSpeakerModel)) return std::move(*diarizer);
  return std::nullopt;
}

}  // namespace

struct Listener::Impl {
  std::unique_ptr<speech::Recognizer> recognizer;
  speech::RolePolicy roles;
  Morphology morphology;
  std::filesystem::path voice_activity_weights;

  Result<speech::HeardSpeech> hear(const media::Source& source, const media::Recording& recording,
                                   int one_window_in, const Progress& progress, const std::stop_token& stop) {
    auto reader = media::AudioReader::open(source);
    if (!reader) return tl::unexpected<Error>(reader.error());
    auto diarizer = open_diarizer(recording);
    speech::TranscribeHooks hooks;
    hooks.stop = stop;
    hooks.progress = [&](double done_s) {
      const double share = recording.duration_s > 0.0 ? std::min(1.0, done_s / recording.duration_s) : 1.0;
      if (progress) progress(kInspectionShare + (1.0 - kInspectionShare) * share);
    };
    if (diarizer)
      hooks.on_speech = [&](double start_s, std::span<const float> pcm) { diarizer->add(start_s, pcm); };
    auto heard = speech::transcribe(
        {[&] { return reader->read(); }, &recording, voice_activity_weights, one_window_in}, *recognizer,
        hooks);
    if (heard && recording.has_one_sound())
      speech::apply_speakers(heard->transcript, heard->cues,
                             diarizer ? diarizer->finish() : std::vector<speech::SpeakerSpan>{});
    return heard;
  }
};

Listener::Listener(std::unique_ptr<Impl> impl) : impl_(std::move(impl)) {}
Listener::Listener(Listener&&) noexcept = default;
Listener& Listener::operator=(Listener&&) noexcept = default;
Listener::~Listener() = default;

Result<Listener> Listener::load(const Options& options) {
  auto roles = speech::RolePolicy::load(options.policy / "roles.yaml");
  if (!roles) return tl::unexpected<Error>(roles.error());
  auto morphology = Morphology::load();
  if (!morphology) return tl::unexpected<Error>(morphology.error());
  auto weights = find_voice_activity_weights();
  if (!weights) return tl::unexpected<Error>(weights.error());
  auto recognizer = open_model(options.model, options.threads);
  if (!recognizer) return tl::unexpected<Error>(recognizer.error());
  return Listener(std::make_unique<Impl>(
      Impl{std::move(*recognizer), std::move(*roles), std::move(*morphology), std::move(*weights)}));
}

Result<HeardRecording> Listener::listen(const media::Source& source, const Hints& hints,
                                        const Progress& progress, const std::stop_token& stop) {
  const auto inspected = [&](double share) {
    if (progress) progress(kInspectionShare * share);
  };
  auto recording = media::inspect(source, inspected, stop);
  if (!recording) return tl::unexpected<Error>(recording.error());
  const int one_window_in = recording->duration_s < kSampledFrom_s ? 1 : hints.one_window_in;
  auto heard = impl_->hear(source, *recording, one_window_in, progress, stop);
  if (!heard) return tl::unexpected<Error>(heard.error());
  const auto decided = speech::assign_roles(heard->transcript, {recording->channels, recording->dual_mono},
                                            {hints.customer_channel}, impl_->roles);
  if (!decided) return tl::unexpected<Error>(decided.error());
  speech::join_turns(heard->transcript, heard->cues);
  speech::relate_cues(heard->transcript, heard->cues, impl_->morphology, {!recording->has_one_sound()});
  if (progress) progress(1.0);
  return HeardRecording{std::move(*recording), std::move(heard->transcript), one_window_in == 1};
}

bool Listener::can_hear_again() const { return impl_->recognizer->can_weigh(); }

Result<std::vector<std::vector<double>>> Listener::hear_again(const media::Source& source,
                                                              const media::Recording& recording,
                                                              const std::vector<speech::Doubt>& doubts,
                                                              const std::stop_token& stop) {
  if (doubts.empty()) return std::vector<std::vector<double>>();
  auto reader = media::AudioReader::open(source);
  if (!reader) return tl::unexpected<Error>(reader.error());
  return speech::hear_again([&] { return reader->read(); }, recording, doubts, *impl_->recognizer, stop);
}

Result<HeardRecording> read_ready_transcript(const std::filesystem::path& file) {
  auto transcript = speech::read_transcript(file);
  if (!transcript) return tl::unexpected<Error>(transcript.error());
  auto sum = sha256_of_file(file);
  if (!sum) return tl::unexpected<Error>(sum.error());
  HeardRecording heard;
  heard.recording.kind = media::Kind::transcript;
  heard.recording.name = printable(file.filename().string());
  heard.recording.sha256 = std::move(*sum);
  for (const auto& utterance : transcript->utterances)
    heard.recording.duration_s = std::max(heard.recording.duration_s, utterance.end_s);
  heard.transcript = std::move(*transcript);
  return heard;
}

}  // namespace guardian::pipeline
