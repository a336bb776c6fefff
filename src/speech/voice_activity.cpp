#include "speech/voice_activity.h"

#include <sherpa-onnx/c-api/c-api.h>

#include <algorithm>
#include <cmath>

namespace guardian::speech {
namespace {

constexpr int kFrameSamples = 512;
constexpr float kBuffer_s = 60.0F;
// Frames this quiet are passed on as digital silence: the network then answers the same for all of them.
constexpr float kInaudible = 0.0003F;  // -70 dBFS
// sherpa-onnx opens a span a little before the frame that crossed the threshold.
constexpr double kLookBack_s = 1.0;

struct DetectorRelease {
  void operator()(const SherpaOnnxVoiceActivityDetector* detector) const {
    SherpaOnnxDestroyVoiceActivityDetector(detector);
  }
};

}  // namespace

struct VoiceActivity::Impl {
  std::unique_ptr<const SherpaOnnxVoiceActivityDetector, DetectorRelease> detector;
  std::vector<float> frame;
  std::int64_t heard = 0;        // samples given to the detector
  std::int64_t quiet_since = 0;  // sample after the last one that the detector took for speech

  void accept_frame() {
    const bool audible =
        std::any_of(frame.begin(), frame.end(), [](float s) { return std::abs(s) > kInaudible; });
    if (!audible) std::fill(frame.begin(), frame.end(), 0.0F);
    SherpaOnnxVoiceActivityDetectorAcceptWaveform(detector.get(), frame.data(), kFrameSamples);
    heard += kFrameSamples;
    frame.clear();
    if (SherpaOnnxVoiceActivityDetectorDetected(detector.get()) == 0) quiet_since = heard;
  }

  std::vector<Span> take_spans() {
    std::vector<Span> spans;
    while (SherpaOnnxVoiceActivityDetectorEmpty(detector.get()) == 0) {
      const auto* segment = SherpaOnnxVoiceActivityDetectorFront(detector.get());
      const double start_s = static_cast<double>(segment->start) / kSampleRate_hz;
      spans.push_back({start_s, start_s + static_cast<double>(segment->n) / kSampleRate_hz});
      SherpaOnnxDestroySpeechSegment(segment);
      SherpaOnnxVoiceActivityDetectorPop(detector.get());
    }
    return spans;
  }
};

VoiceActivity::VoiceActivity(std::unique_ptr<Impl> impl) : impl_(std::move(impl)) {}
VoiceActivity::VoiceActivity(VoiceActivity&&) noexcept = default;
VoiceActivity& VoiceActivity::operator=(VoiceActivity&&) noexcept = default;
VoiceActivity::~VoiceActivity() = default;

Result<VoiceActivity> VoiceActivity::load(const std::filesystem::path& weights,
                                          const VoiceActivityOptions& options) {
  std::error_code ignored;
  SherpaOnnxVadModelConfig config = {};
  const std::string file = weights.string();
  config.silero_vad.model = file.c_str();
  config.silero_vad.threshold = options.threshold;
  config.silero_vad.min_silence_duration = options.min_silence_s;
  config.silero_vad.min_speech_duration = options.min_speech_s;
  config.silero_vad.max_speech_duration = options.max_speech_s;
  config.silero_vad.window_size = kFrameSamples;
  config.sample_rate = kSampleRate_hz;
  config.num_threads = 1;
  config.provider = "cpu";
  auto impl = std::make_unique<Impl>();
  if (std::filesystem::is_regular_file(weights, ignored))
    impl->detector.reset(SherpaOnnxCreateVoiceActivityDetector(&config, kBuffer_s));
  if (impl->detector == nullptr)
    return fail(Error::Kind::model, file,
                {"音声区間検出モデルを読み込めません", "cannot load the voice activity model"},
                {"scripts/setup をやり直してください", "Run scripts/setup again"});
  impl->frame.reserve(kFrameSamples);
  return VoiceActivity(std::move(impl));
}

std::vector<Span> VoiceActivity::push(std::span<const float> pcm) {
  std::vector<Span> spans;
  while (!pcm.empty()) {
    const auto take = std::min(pcm.size(), kFrameSamples - impl_->frame.size());
    impl_->frame.insert(impl_->frame.end(), pcm.begin(), pcm.begin() + static_cast<std::ptrdiff_t>(take));
    pcm = pcm.subspan(take);
    if (impl_->frame.size() == kFrameSamples) impl_->accept_frame();
  }
  return impl_->take_spans();
}

std::vector<Span> VoiceActivity::finish() {
  if (!impl_->frame.empty()) {
    impl_->frame.resize(kFrameSamples, 0.0F);
    impl_->accept_frame();
  }
  SherpaOnnxVoiceActivityDetectorFlush(impl_->detector.get());
  auto spans = impl_->take_spans();
  SherpaOnnxVoiceActivityDetectorReset(impl_->detector.get());
  impl_->heard = impl_->quiet_since = 0;
  return spans;
}

double VoiceActivity::open_since_s() const {
  return std::max(0.0, static_cast<double>(impl_->quiet_since) / kSampleRate_hz - kLookBack_s);
}

}  // namespace guardian::speech
