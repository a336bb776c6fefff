#include "speech/sherpa_recognizer.h"

#include <fmt/format.h>
#include <sherpa-onnx/c-api/c-api.h>

#include <algorithm>
#include <array>
#include <charconv>
#include <cmath>
#include <set>
#include <sstream>
#include <thread>
#include <unordered_map>

#include "base/file.h"
#include "base/text.h"
#include "speech/onnx_metadata.h"
#include "speech/repetition.h"
#include "speech/voice_activity.h"

namespace guardian::speech {
namespace {

constexpr std::size_t kBatch = 4;
constexpr int kMelBands = 80;
constexpr std::size_t kTokenListBytes = 16U << 20U;
constexpr double kUnknownProbability = 0.5;
constexpr double kTokenLength_s = 0.2;                      // of the last token, whose end no model tells
constexpr std::size_t kLongestSplitCharacter = 8;           // bytes; more than that will never become UTF-8
constexpr std::string_view kWordBoundary = "\xE2\x96\x81";  // U+2581, SentencePiece's sign for a space

const Text kFetchAgain = {"モデルを取得し直してください (guardian models pull)",
                          "Fetch the model again (guardian models pull)"};

struct RecognizerRelease {
  void operator()(const SherpaOnnxOfflineRecognizer* recognizer) const {
    SherpaOnnxDestroyOfflineRecognizer(recognizer);
  }
};
struct StreamRelease {
  void operator()(const SherpaOnnxOfflineStream* stream) const { SherpaOnnxDestroyOfflineStream(stream); }
};
struct ResultRelease {
  void operator()(const SherpaOnnxOfflineRecognizerResult* result) const {
    SherpaOnnxDestroyOfflineRecognizerResult(result);
  }
};
using Stream = std::unique_ptr<const SherpaOnnxOfflineStream, StreamRelease>;
using EngineResult = std::unique_ptr<const SherpaOnnxOfflineRecognizerResult, ResultRelease>;

/// Metadata without which the engine would end the process, by the file's role.
struct RequiredEntry {
  Engine engine;
  std::string_view role;
  std::string_view key;
};
constexpr std::array<RequiredEntry, 30> kRequiredEntries = {{
    {Engine::sherpa_transducer, "decoder", "vocab_size"},
    {Engine::sherpa_transducer, "decoder", "context_size"},
    {Engine::sherpa_sense_voice, "model", "vocab_size"},
    {Engine::sherpa_sense_voice, "model", "lfr_window_size"},
    {Engine::sherpa_sense_voice, "model", "lfr_window_shift"},
    {Engine::sherpa_sense_voice, "model", "normalize_samples"},
    {Engine::sherpa_sense_voice, "model", "with_itn"},
    {Engine::sherpa_sense_voice, "model", "without_itn"},
    {Engine::sherpa_sense_voice, "model", "lang_auto"},
    {Engine::sherpa_sense_voice, "model", "lang_zh"},
    {Engine::sherpa_sense_voice, "model", "lang_en"},
    {Engine::sherpa_sense_voice, "model", "lang_ja"},
    {Engine::sherpa_sense_voice, "model", "lang_ko"},
    {Engine::sherpa_sense_voice, "model", "lang_yue"},
    {Engine::sherpa_sense_voice, "model", "neg_mean"},
    {Engine::sherpa_sense_voice, "model", "inv_stddev"},
    {Engine::sherpa_whisper, "encoder", "n_mels"},
    {Engine::sherpa_whisper, "encoder", "n_text_layer"},
    {Engine::sherpa_whisper, "encoder", "n_text_ctx"},
    {Engine::sherpa_whisper, "encoder", "n_text_state"},
    {Engine::sherpa_whisper, "encoder", "n_vocab"},
    {Engine::sherpa_whisper, "encoder", "sot"},
    {Engine::sherpa_whisper, "encoder", "eot"},
    {Engine::sherpa_whisper, "encoder", "blank_id"},
    {Engine::sherpa_whisper, "encoder", "translate"},
    {Engine::sherpa_whisper, "encoder", "transcribe"},
    {Engine::sherpa_whisper, "encoder", "is_multilingual"},
    {Engine::sherpa_whisper, "encoder", "no_timestamps"},
    {Engine::sherpa_whisper, "encoder", "no_speech"},
    {Engine::sherpa_whisper, "encoder", "sot_sequence"},
}};

tl::unexpected<Error> unusable(const std::filesystem::path& file, Text what) {
  return fail(Error::Kind::model, file.string(), std::move(what), kFetchAgain);
}

Result<void> check_network(const ModelFolder& model, const std::string& role) {
  const auto metadata = read_onnx_metadata(model.file(role));
  if (!metadata) return tl::unexpected<Error>(metadata.error());
  for (const auto& required : kRequiredEntries) {
    if (required.engine != model.manifest.engine || required.role != role) continue;
    if (metadata->count(std::string(required.key)) == 0)
      return unusable(model.file(role), {fmt::format("モデルに項目 {} がありません", required.key),
                                         fmt::format("the model lacks the entry {}", required.key)});
  }
  return {};
}

/// One "token number" per line; both only once.
Result<void> check_token_list(const std::filesystem::path& file) {
  const auto content = read_file(file, kTokenListBytes);
  if (!content) return tl::unexpected<Error>(content.error());
  std::istringstream lines(*content);
  std::string line;
  std::set<int> numbers;
  while (std::getline(lines, line)) {
    while (!line.empty() && (line.back() == '\r' || line.back() == ' ')) line.pop_back();
    if (line.empty()) continue;
    const auto space = line.find_last_of(" \t");
    int number = -1;
    const char* end = line.data() + line.size();
    const char* begin = space == std::string::npos ? end : line.data() + space + 1;
    const auto [stop, error] = std::from_chars(begin, end, number);
    if (error == std::errc() && stop == end && number >= 0 && numbers.insert(number).second) continue;
    return unusable(file, {"トークンの一覧の書式が正しくありません", "the token list is malformed"});
  }
  if (numbers.empty()) return unusable(file, {"トークンの一覧が空です", "the token list is empty"});
  return {};
}

Result<void> check_files(const ModelFolder& model) {
  for (const auto role : file_roles(model.manifest.engine)) {
    const std::string name(role);
    auto checked = name == "tokens" ? check_token_list(model.file(name)) : check_network(model, name);
    if (!checked) return checked;
  }
  return {};
}

std::string to_text(std::string_view token) {
  if (token.starts_with(kWordBoundary)) return " " + std::string(token.substr(kWordBoundary.size()));
  if (token.size() == 6 && token.starts_with("<0x") && token.back() == '>') {
    int byte = 0;
    const auto [stop, error] = std::from_chars(token.data() + 3, token.data() + 5, byte, 16);
    if (error == std::errc() && stop == token.data() + 5) return {static_cast<char>(byte)};
  }
  return std::string(token);
}

/// The engine's tokens as whole characters with times.
std::vector<Token> timed_tokens(const SherpaOnnxOfflineRecognizerResult& result, double window_s) {
  std::vector<Token> tokens;
  Token open;
  for (int i = 0; i < result.count; ++i) {
    const double start_s = std::clamp(static_cast<double>(result.timestamps[i]), 0.0, window_s);
    const double next_s =
        i + 1 < result.count ? static_cast<double>(result.timestamps[i + 1]) : start_s + kTokenLength_s;
    if (open.text.empty()) {
      open.start_s = start_s;
      open.probability = 1.0;
    }
    open.text += to_text(result.tokens_arr[i]);
    open.end_s = std::clamp(next_s, open.start_s, window_s);
    const double probability = result.ys_log_probs != nullptr
                                   ? std::exp(static_cast<double>(result.ys_log_probs[i]))
                                   : kUnknownProbability;
    open.probability = std::clamp(std::min(open.probability, probability), 0.0, 1.0);
    const bool whole = is_utf8(open.text);
    if (!whole && open.text.size() <= kLongestSplitCharacter) continue;
    if (whole) tokens.push_back(open);
    open = Token{};
  }
  return tokens;
}

/// Characters spread evenly over the window, for models that tell no times.
std::vector<Token> spread_tokens(std::string_view text, double window_s) {
  std::vector<Token> tokens;
  if (!is_utf8(text)) return tokens;
  for (const char byte : text) {
    if ((static_cast<unsigned char>(byte) & 0xC0U) != 0x80U)
      tokens.push_back({"", 0.0, 0.0, kUnknownProbability});
    tokens.back().text += byte;
  }
  const double step_s = tokens.empty() ? 0.0 : window_s / static_cast<double>(tokens.size());
  for (std::size_t i = 0; i < tokens.size(); ++i) {
    tokens[i].start_s = static_cast<double>(i) * step_s;
    tokens[i].end_s = static_cast<double>(i + 1) * step_s;
  }
  return tokens;
}

/// Cuts loops as in repetition.h; the tokens that stay keep their times.
bool cut_token_loop(std::vector<Token>& tokens) {
  std::unordered_map<std::string, std::size_t> numbers;
  std::vector<std::size_t> kept;
  kept.reserve(tokens.size());
  for (const auto& token : tokens) kept.push_back(numbers.emplace(token.text, numbers.size()).first->second);
  if (!cut_loop(kept)) return false;
  std::vector<Token> shorter;
  for (auto& token : tokens)
    if (shorter.size() < kept.size() && numbers.at(token.text) == kept[shorter.size()])
      shorter.push_back(std::move(token));
  tokens = std::move(shorter);
  return true;
}

double mean_log_probability(const std::vector<Token>& tokens) {
  double sum = 0.0;
  for (const auto& token : tokens) sum += std::log(std::max(token.probability, 1e-6));
  return tokens.empty() ? 0.0 : sum / static_cast<double>(tokens.size());
}

Recognition to_recognition(const SherpaOnnxOfflineRecognizerResult& result, double window_s) {
  Recognition recognition;
  const bool timed = result.timestamps != nullptr && result.tokens_arr != nullptr && result.count > 0;
  recognition.tokens = timed ? timed_tokens(result, window_s)
                             : spread_tokens(result.text == nullptr ? "" : result.text, window_s);
  recognition.looped = cut_token_loop(recognition.tokens);
  recognition.average_log_probability = mean_log_probability(recognition.tokens);
  return recognition;
}

}  // namespace

struct SherpaRecognizer::Impl {
  std::string name;
  std::unique_ptr<const SherpaOnnxOfflineRecognizer, RecognizerRelease> engine;

  void create(const ModelFolder& model, int threads) {
    std::map<std::string, std::string> files;
    for (const auto& entry : model.manifest.files) files[entry.first] = model.file(entry.first).string();
    SherpaOnnxOfflineRecognizerConfig config = {};
    config.feat_config.sample_rate = kSampleRate_hz;
    config.feat_config.feature_dim = kMelBands;
    config.decoding_method = "greedy_search";
    auto& settings = config.model_config;
    settings.num_threads =
        threads > 0 ? threads : static_cast<int>(std::max(1U, std::thread::hardware_concurrency()));
    settings.provider = "cpu";
    settings.tokens = files["tokens"].c_str();
    if (model.manifest.engine == Engine::sherpa_transducer) {
      settings.transducer = {files["encoder"].c_str(), files["decoder"].c_str(), files["joiner"].c_str()};
      settings.model_type = "transducer";
    } else if (model.manifest.engine == Engine::sherpa_sense_voice) {
      settings.sense_voice = {files["model"].c_str(), model.manifest.language.c_str(), 1};
    } else {
      settings.whisper.encoder = files["encoder"].c_str();
      settings.whisper.decoder = files["decoder"].c_str();
      settings.whisper.language = model.manifest.language.c_str();
      settings.whisper.task = "transcribe";
      settings.whisper.tail_paddings = -1;
    }
    engine.reset(SherpaOnnxCreateOfflineRecognizer(&config));
  }

  std::vector<Recognition> decode(std::span<const std::vector<float>> windows) const {
    std::vector<Stream> streams;
    std::vector<const SherpaOnnxOfflineStream*> pointers;
    for (const auto& window : windows) {
      streams.emplace_back(SherpaOnnxCreateOfflineStream(engine.get()));
      SherpaOnnxAcceptWaveformOffline(streams.back().get(), kSampleRate_hz, window.data(),
                                      static_cast<std::int32_t>(window.size()));
      pointers.push_back(streams.back().get());
    }
    SherpaOnnxDecodeMultipleOfflineStreams(engine.get(), pointers.data(),
                                           static_cast<std::int32_t>(pointers.size()));
    std::vector<Recognition> recognitions;
    for (std::size_t i = 0; i < windows.size(); ++i) {
      const EngineResult result(SherpaOnnxGetOfflineStreamResult(pointers[i]));
      const double window_s = static_cast<double>(windows[i].size()) / kSampleRate_hz;
      recognitions.push_back(result == nullptr ? Recognition{} : to_recognition(*result, window_s));
    }
    return recognitions;
  }
};

SherpaRecognizer::SherpaRecognizer(std::unique_ptr<Impl> impl) : impl_(std::move(impl)) {}
SherpaRecognizer::~SherpaRecognizer() = default;

const std::string& SherpaRecognizer::model_name() const { return impl_->name; }
std::size_t SherpaRecognizer::batch_size() const { return kBatch; }

Result<std::unique_ptr<Recognizer>> SherpaRecognizer::load(const ModelFolder& model, int threads) {
  if (auto checked = check_files(model); !checked) return tl::unexpected<Error>(checked.error());
  auto impl = std::make_unique<Impl>();
  impl->name = model.manifest.name;
  try {
    impl->create(model, threads);
  } catch (const std::exception& error) {
    return unusable(model.path, {std::string("音声認識モデルを読み込めません: ") + error.what(),
                                 std::string("cannot load the speech model: ") + error.what()});
  }
  if (impl->engine == nullptr)
    return unusable(model.path, {"音声認識モデルを読み込めません", "cannot load the speech model"});
  return std::unique_ptr<Recognizer>(new SherpaRecognizer(std::move(impl)));
}

Result<std::vector<Recognition>> SherpaRecognizer::recognize(std::span<const std::vector<float>> windows) {
  try {
    return impl_->decode(windows);
  } catch (const std::exception& error) {
    return fail(Error::Kind::model, impl_->name,
                {std::string("音声認識が失敗しました: ") + error.what(),
                 std::string("recognition failed: ") + error.what()},
                {"モデルの種類が説明ファイルと合っているか確かめてください",
                 "Check that the manifest names the right engine"});
  }
}

}  // namespace guardian::speech
