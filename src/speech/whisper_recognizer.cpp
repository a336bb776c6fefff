#include "speech/whisper_recognizer.h"

#include <ctranslate2/logging.h>
#include <ctranslate2/models/whisper.h>
#include <zlib.h>

#include <algorithm>
#include <cmath>
#include <exception>
#include <future>
#include <thread>

#include "base/text.h"
#include "speech/log_mel.h"
#include "speech/repetition.h"
#include "speech/whisper_vocabulary.h"

namespace guardian::speech {
namespace {

namespace ct2 = ctranslate2;

constexpr double kFrame_s = 0.02;  // the encoder's output: 50 frames a second
constexpr std::size_t kWindowsPerReplica = 2;
constexpr std::size_t kMaximumTokens = 224;  // half of the decoder's context, as in the reference code
constexpr double kTokensPerSecond = 14.0;    // the fastest Japanese stays below
constexpr std::size_t kSpareTokens = 12;
constexpr ct2::dim_t kMedianFilterFrames = 7;
constexpr std::size_t kLongestSplitCharacter = 8;  // bytes; more than that will never become UTF-8
constexpr double kLeastProbability = 1e-12;        // its logarithm stays finite
constexpr std::size_t kForbiddenRepeat = 5;  // tokens; in a second decoding no run of them may come twice

double compression_ratio(const std::string& text) {
  if (text.empty()) return 1.0;
  uLongf size = compressBound(text.size());
  std::string packed(size, '\0');
  compress2(reinterpret_cast<Bytef*>(packed.data()), &size, reinterpret_cast<const Bytef*>(text.data()),
            text.size(), Z_DEFAULT_COMPRESSION);
  return static_cast<double>(text.size()) / static_cast<double>(size);
}

/// In steps of 10 ms; an empty window would make the aligner divide by nothing.
std::size_t mel_frames(const std::vector<float>& window) {
  return std::clamp<std::size_t>(window.size() / 160, 2, kWindowFrames);
}

/// One window's decoding before its tokens have times.
struct Hypothesis {
  std::vector<std::size_t> tokens;  // text only
  double average_log_probability = -10.0;
  double no_speech_probability = 0.0;
  double compression_ratio = 1.0;
  bool looped = false;
};

}  // namespace

struct WhisperRecognizer::Impl {
  std::string name;
  WhisperOptions options;
  WhisperVocabulary vocabulary;
  std::unique_ptr<ct2::models::Whisper> model;
  std::vector<LogMel> mels;        // one per replica
  std::vector<std::size_t> start;  // <|startoftranscript|><|ja|><|transcribe|>
  std::size_t no_timestamps = 0;

  ct2::StorageView encode(std::span<const std::vector<float>> windows, LogMel& mel);
  std::vector<Hypothesis> decode(const ct2::StorageView& encoded, std::span<const std::vector<float>> windows,
                                 bool forbid_repeats);
  Hypothesis to_hypothesis(const ct2::models::WhisperGenerationResult& result) const;
  bool is_doubtful(const Hypothesis& hypothesis) const;
  void decode_again(const ct2::StorageView& encoded, std::span<const std::vector<float>> windows,
                    std::vector<Hypothesis>& hypotheses);
  std::vector<Recognition> align(const ct2::StorageView& encoded, std::span<const std::vector<float>> windows,
                                 const std::vector<Hypothesis>& hypotheses);
  std::vector<Token> to_tokens(const std::vector<std::size_t>& ids,
                               const ct2::models::WhisperAlignmentResult& alignment) const;
  std::vector<Recognition> recognize(std::span<const std::vector<float>> windows, LogMel& mel);
  std::vector<double> weigh(const Wordings& stretch, LogMel& mel);
  template <class Answer, class Question, class Work>
  Result<std::vector<Answer>> on_all_replicas(std::span<const Question> questions, const Work& work);
};

ct2::StorageView WhisperRecognizer::Impl::encode(std::span<const std::vector<float>> windows, LogMel& mel) {
  const auto bands = static_cast<std::size_t>(mel.bands());
  std::vector<float> features(windows.size() * bands * kWindowFrames);
  for (std::size_t i = 0; i < windows.size(); ++i)
    mel.compute(windows[i], std::span(features).subspan(i * bands * kWindowFrames, bands * kWindowFrames));
  const ct2::Shape shape{static_cast<ct2::dim_t>(windows.size()), mel.bands(), kWindowFrames};
  return model->encode(ct2::StorageView(shape, features), false).get();
}

Hypothesis WhisperRecognizer::Impl::to_hypothesis(const ct2::models::WhisperGenerationResult& result) const {
  Hypothesis hypothesis;
  hypothesis.no_speech_probability = result.no_speech_prob;
  if (result.sequences_ids.empty()) return hypothesis;
  for (const std::size_t token : result.sequences_ids[0])
    if (!vocabulary.is_special(token)) hypothesis.tokens.push_back(token);
  // CTranslate2 gives the mean over the text's tokens; the reference code also counts the end token.
  const auto length = static_cast<double>(result.sequences_ids[0].size());
  if (!result.scores.empty()) hypothesis.average_log_probability = result.scores[0] * length / (length + 1.0);
  hypothesis.looped = cut_loop(hypothesis.tokens);
  std::string text;
  for (const std::size_t token : hypothesis.tokens) text += vocabulary.bytes(token);
  hypothesis.compression_ratio = compression_ratio(text);
  return hypothesis;
}

std::vector<Hypothesis> WhisperRecognizer::Impl::decode(const ct2::StorageView& encoded,
                                                        std::span<const std::vector<float>> windows,
                                                        bool forbid_repeats) {
  std::size_t longest = 0;
  for (const auto& window : windows) longest = std::max(longest, window.size());
  const double seconds = static_cast<double>(longest) / 16000.0;
  auto prompt = start;
  prompt.push_back(no_timestamps);

  ct2::models::WhisperOptions settings;
  settings.beam_size = options.beam_size;
  settings.return_scores = true;
  settings.return_no_speech_prob = true;
  const auto cap = static_cast<std::size_t>(seconds * kTokensPerSecond) + kSpareTokens;
  settings.max_length = prompt.size() + std::min(cap, kMaximumTokens);
  settings.no_repeat_ngram_size = forbid_repeats ? kForbiddenRepeat : 0;
  std::vector<std::vector<std::size_t>> prompts(windows.size(), prompt);
  std::vector<Hypothesis> hypotheses;
  for (auto& result : model->generate(encoded, std::move(prompts), settings))
    hypotheses.push_back(to_hypothesis(result.get()));
  return hypotheses;
}

bool WhisperRecognizer::Impl::is_doubtful(const Hypothesis& hypothesis) const {
  return hypothesis.looped || hypothesis.compression_ratio > options.max_compression_ratio ||
         hypothesis.average_log_probability < options.min_average_log_probability;
}

void WhisperRecognizer::Impl::decode_again(const ct2::StorageView& encoded,
                                           std::span<const std::vector<float>> windows,
                                           std::vector<Hypothesis>& hypotheses) {
  if (std::none_of(hypotheses.begin(), hypotheses.end(), [&](const auto& h) { return is_doubtful(h); }))
    return;
  auto second = decode(encoded, windows, true);
  for (std::size_t i = 0; i < hypotheses.size(); ++i) {
    if (!is_doubtful(hypotheses[i])) continue;
    const bool better = !is_doubtful(second[i]) || hypotheses[i].looped ||
                        second[i].average_log_probability > hypotheses[i].average_log_probability;
    if (better) hypotheses[i] = std::move(second[i]);
  }
}

/// Joins token bytes to whole characters and gives each the time span that alignment found for its tokens.
std::vector<Token> WhisperRecognizer::Impl::to_tokens(
    const std::vector<std::size_t>& ids, const ct2::models::WhisperAlignmentResult& alignment) const {
  std::vector<double> begin_s(ids.size() + 1, -1.0);
  double last_s = 0.0;
  for (const auto& [token, frame] : alignment.alignments) {
    last_s = static_cast<double>(frame + 1) * kFrame_s;
    const auto index = static_cast<std::size_t>(token);
    if (index < begin_s.size() && begin_s[index] < 0.0)
      begin_s[index] = static_cast<double>(frame) * kFrame_s;
  }
  if (begin_s.back() < 0.0) begin_s.back() = last_s;
  for (std::size_t i = ids.size(); i-- > 0;)
    if (begin_s[i] < 0.0) begin_s[i] = begin_s[i + 1];

  std::vector<Token> tokens;
  Token open;
  double weakest = 1.0;
  for (std::size_t i = 0; i < ids.size(); ++i) {
    if (open.text.empty()) open.start_s = begin_s[i];
    open.text += vocabulary.bytes(ids[i]);
    open.end_s = begin_s[i + 1];
    if (i < alignment.text_token_probs.size())
      weakest = std::min(weakest, static_cast<double>(alignment.text_token_probs[i]));
    const bool whole = is_utf8(open.text);
    if (!whole && open.text.size() <= kLongestSplitCharacter) continue;
    open.probability = std::clamp(weakest, 0.0, 1.0);
    if (whole) tokens.push_back(open);
    open = Token{};
    weakest = 1.0;
  }
  return tokens;
}

std::vector<Recognition> WhisperRecognizer::Impl::align(const ct2::StorageView& encoded,
                                                        std::span<const std::vector<float>> windows,
                                                        const std::vector<Hypothesis>& hypotheses) {
  std::vector<std::vector<std::size_t>> texts;
  std::vector<std::size_t> frames;
  for (std::size_t i = 0; i < windows.size(); ++i) {
    texts.push_back(hypotheses[i].tokens);
    frames.push_back(mel_frames(windows[i]));
  }
  auto alignments = model->align(encoded, start, texts, frames, kMedianFilterFrames);
  std::vector<Recognition> recognitions;
  for (std::size_t i = 0; i < windows.size(); ++i) {
    const auto alignment = alignments[i].get();
    recognitions.push_back({to_tokens(texts[i], alignment), hypotheses[i].average_log_probability,
                            hypotheses[i].no_speech_probability, hypotheses[i].compression_ratio,
                            hypotheses[i].looped});
  }
  return recognitions;
}

std::vector<Recognition> WhisperRecognizer::Impl::recognize(std::span<const std::vector<float>> windows,
                                                            LogMel& mel) {
  const auto encoded = encode(windows, mel);
  auto hypotheses = decode(encoded, windows, false);
  decode_again(encoded, windows, hypotheses);
  return align(encoded, windows, hypotheses);
}

/// The decoder is made to say each text; what it would have thought of every token on the way is summed up.
std::vector<double> WhisperRecognizer::Impl::weigh(const Wordings& stretch, LogMel& mel) {
  const auto encoded = encode(std::span(&stretch.pcm, 1), mel);
  std::vector<double> sums;
  for (const auto& text : stretch.texts) {
    auto alignments = model->align(encoded, start, {vocabulary.tokens(text)}, {mel_frames(stretch.pcm)},
                                   kMedianFilterFrames);
    double sum = 0.0;
    for (const float probability : alignments.front().get().text_token_probs)
      sum += std::log(std::max(static_cast<double>(probability), kLeastProbability));
    sums.push_back(sum);
  }
  return sums;
}

/// CTranslate2's pool hands each group's work to a replica of its own. `work(group, mel)` gives one answer
/// per question.
template <class Answer, class Question, class Work>
Result<std::vector<Answer>> WhisperRecognizer::Impl::on_all_replicas(std::span<const Question> questions,
                                                                     const Work& work) {
  try {
    std::vector<std::future<std::vector<Answer>>> groups;
    for (std::size_t i = 0; !questions.empty(); ++i) {
      const std::size_t share = (questions.size() + mels.size() - i - 1) / (mels.size() - i);
      groups.push_back(std::async(std::launch::async, [this, i, &work, group = questions.first(share)] {
        return work(group, mels[i]);
      }));
      questions = questions.subspan(share);
    }
    std::vector<Answer> answers;
    for (auto& group : groups)
      for (auto& answer : group.get()) answers.push_back(std::move(answer));
    return answers;
  } catch (const std::exception& error) {
    return fail(Error::Kind::model, name,
                {std::string("音声認識が失敗しました: ") + error.what(),
                 std::string("recognition failed: ") + error.what()},
                {"メモリーの空きを確かめ、もう一度実行してください", "Check free memory and run it again"});
  }
}

WhisperRecognizer::WhisperRecognizer(std::unique_ptr<Impl> impl) : impl_(std::move(impl)) {}
WhisperRecognizer::~WhisperRecognizer() = default;

const std::string& WhisperRecognizer::model_name() const { return impl_->name; }
std::size_t WhisperRecognizer::batch_size() const { return impl_->mels.size() * kWindowsPerReplica; }

Result<std::unique_ptr<Recognizer>> WhisperRecognizer::load(const std::filesystem::path& model_folder,
                                                            const std::string& name,
                                                            const WhisperOptions& options) {
  // The engine logs to stdout, where only results belong; what goes wrong comes as an exception.
  ct2::set_log_level(ct2::LogLevel::Off);
  auto impl = std::make_unique<Impl>();
  impl->name = name;
  impl->options = options;
  auto vocabulary = WhisperVocabulary::load(model_folder);
  if (!vocabulary) return tl::unexpected<Error>(vocabulary.error());
  impl->vocabulary = std::move(*vocabulary);
  for (const auto& token : {std::string("<|startoftranscript|>"), "<|" + options.language + "|>",
                            std::string("<|transcribe|>")}) {
    const auto id = impl->vocabulary.special(token);
    if (!id) return tl::unexpected<Error>(id.error());
    impl->start.push_back(*id);
  }
  const auto no_timestamps = impl->vocabulary.special("<|notimestamps|>");
  if (!no_timestamps) return tl::unexpected<Error>(no_timestamps.error());
  impl->no_timestamps = *no_timestamps;
  try {
    // One replica per core with one thread each: measured 20 to 25 % faster than one replica with a thread
    // per core.
    const unsigned cores = std::max(1U, std::thread::hardware_concurrency());
    const std::size_t replicas = options.threads > 0 ? static_cast<std::size_t>(options.threads) : cores;
    ct2::ReplicaPoolConfig pool;
    pool.num_threads_per_replica = 1;
    impl->model = std::make_unique<ct2::models::Whisper>(model_folder.string(), ct2::Device::CPU,
                                                         ct2::ComputeType::INT8,
                                                         std::vector<int>(replicas, 0), false, pool);
    for (std::size_t i = 0; i < replicas; ++i)
      impl->mels.emplace_back(static_cast<int>(impl->model->n_mels()));
  } catch (const std::exception& error) {
    return fail(Error::Kind::model, model_folder.string(),
                {std::string("音声認識モデルを読み込めません: ") + error.what(),
                 std::string("cannot load the speech model: ") + error.what()},
                {"モデルを取得し直してください (guardian models verify)",
                 "Fetch the model again (guardian models verify)"});
  }
  return std::unique_ptr<Recognizer>(new WhisperRecognizer(std::move(impl)));
}

Result<std::vector<Recognition>> WhisperRecognizer::recognize(std::span<const std::vector<float>> windows) {
  return impl_->on_all_replicas<Recognition>(
      windows, [this](auto group, LogMel& mel) { return impl_->recognize(group, mel); });
}

Result<std::vector<std::vector<double>>> WhisperRecognizer::weigh(std::span<const Wordings> stretches) {
  return impl_->on_all_replicas<std::vector<double>>(stretches, [this](auto group, LogMel& mel) {
    std::vector<std::vector<double>> sums;
    for (const auto& stretch : group) sums.push_back(impl_->weigh(stretch, mel));
    return sums;
  });
}

}  // namespace guardian::speech
