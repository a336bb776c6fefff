#include "judgement/sentence_encoder.h"

#include <ctranslate2/encoder.h>
#include <ctranslate2/logging.h>
#include <fmt/format.h>

#include <algorithm>
#include <array>
#include <cmath>
#include <exception>
#include <future>
#include <numeric>
#include <string_view>
#include <thread>

#include "base/file.h"
#include "base/text.h"
#include "judgement/encoder_weights.h"

namespace guardian::judgement {
namespace {

namespace ct2 = ctranslate2;

constexpr std::size_t kTextBytes = 1500;
constexpr std::size_t kTokens = 512;  // the model knows no further place
constexpr std::size_t kBatch = 16;

/// Telephone and order numbers shortened to one digit: read out digit by digit they would be most of what the
/// encoder sees of an utterance, and they mean nothing.
std::string shorten_numbers(std::string_view text) {
  static constexpr std::string_view kParts = "0123456789-";
  constexpr std::size_t kLongest = 4;
  std::string shortened;
  while (!text.empty()) {
    const auto length = std::min(text.find_first_not_of(kParts), text.size());
    shortened += length > kLongest ? "0" : text.substr(0, length);
    text.remove_prefix(length);
    const auto next = std::min(text.find_first_of(kParts), text.size());
    shortened += text.substr(0, next);
    text.remove_prefix(next);
  }
  return shortened;
}

/// As a recogniser writes it, which is how the encoder was tuned: no quotation marks, full stops as commas,
/// none at the ends.
std::string as_recognised(std::string_view text) {
  static constexpr std::array<std::string_view, 4> kQuotes = {"「", "」", "『", "』"};
  static constexpr std::array<std::string_view, 2> kStops = {"。", "."};
  constexpr std::string_view kComma = "、";
  const auto starts_with_any = [&](const auto& marks, std::string_view rest) {
    const auto mark = std::find_if(marks.begin(), marks.end(), [&](auto m) { return rest.starts_with(m); });
    return mark == marks.end() ? std::size_t{0} : mark->size();
  };
  std::string plain;
  for (bool after_stop = false; !text.empty();) {
    if (const auto quote = starts_with_any(kQuotes, text); quote > 0) {
      text.remove_prefix(quote);
      continue;
    }
    if (const auto stop = starts_with_any(kStops, text); stop > 0) {
      if (!after_stop) plain += kComma;
      after_stop = true;
      text.remove_prefix(stop);
      continue;
    }
    after_stop = false;
    plain += text.front();
    text.remove_prefix(1);
  }
  const auto trim = [&](std::string_view mark) {
    while (plain.ends_with(mark)) plain.erase(plain.size() - mark.size());
    while (plain.starts_with(mark)) plain.erase(0, mark.size());
  };
  for (std::size_t before = plain.size() + 1; before != plain.size();) {
    before = plain.size();
    trim(kComma);
    trim(" ");
  }
  return plain;
}

tl::unexpected<Error> unusable(const std::filesystem::path& weights, const Text& what) {
  return fail(Error::Kind::model, weights.string(), what,
              {"scripts/setup を実行してください", "Run scripts/setup"});
}

/// One replica per core, each with one thread.
std::unique_ptr<ct2::Encoder> start_engine(EncoderWeights weights) {
  ct2::set_log_level(ct2::LogLevel::Off);  // it would log to stdout, where only results belong
  const auto reader = std::make_shared<ct2::models::ModelMemoryReader>("sentence encoder");
  reader->register_file("model.bin", std::move(weights.model));
  reader->register_file("vocabulary.json", std::move(weights.vocabulary));
  reader->register_file("config.json", std::move(weights.config));
  ct2::models::ModelLoader loader(reader);
  loader.compute_type = ct2::ComputeType::INT8;
  loader.num_replicas_per_device = std::max(1U, std::thread::hardware_concurrency());
  ct2::ReplicaPoolConfig pool;
  pool.num_threads_per_replica = 1;
  pool.max_queued_batches = -1;
  return std::make_unique<ct2::Encoder>(loader, pool);
}

struct ModelRelease {
  void operator()(e5_model* model) const { guardian_e5_close(model); }
};
using Tokeniser = std::unique_ptr<e5_model, ModelRelease>;

}  // namespace

struct SentenceEncoder::Impl {
  Tokeniser tokeniser;
  std::size_t dimension = 0;
  std::vector<int> row_of;  // of the embeddings, by piece
  std::unique_ptr<ct2::Encoder> layers;

  std::vector<std::size_t> tokenise(const std::string& text) const;
  std::vector<float> mean_of(const ct2::StorageView& states, std::size_t text, std::size_t tokens) const;
};

std::vector<std::size_t> SentenceEncoder::Impl::tokenise(const std::string& text) const {
  std::vector<int> pieces(kTokens);
  const int count = guardian_e5_tokenise(tokeniser.get(),
                                         as_recognised(shorten_numbers(beginning(text, kTextBytes))).c_str(),
                                         pieces.data(), static_cast<int>(pieces.size()));
  std::vector<std::size_t> rows;
  rows.reserve(static_cast<std::size_t>(count));
  for (int i = 0; i < count; ++i)
    rows.push_back(
        static_cast<std::size_t>(row_of[static_cast<std::size_t>(pieces[static_cast<std::size_t>(i)])]));
  return rows;
}

/// Mean of a text's tokens, of length 1.
std::vector<float> SentenceEncoder::Impl::mean_of(const ct2::StorageView& states, std::size_t text,
                                                  std::size_t tokens) const {
  const auto longest = static_cast<std::size_t>(states.dim(1));
  const float* state = states.data<float>() + text * longest * dimension;
  std::vector<float> mean(dimension);
  for (std::size_t token = 0; token < tokens; ++token)
    for (std::size_t i = 0; i < dimension; ++i) mean[i] += state[token * dimension + i];
  float length = 0.0F;
  for (const float number : mean) length += number * number;
  length = std::max(std::sqrt(length), 1e-12F);
  for (float& number : mean) number /= length;
  return mean;
}

SentenceEncoder::SentenceEncoder(std::unique_ptr<Impl> impl) : impl_(std::move(impl)) {}
SentenceEncoder::SentenceEncoder(SentenceEncoder&&) noexcept = default;
SentenceEncoder& SentenceEncoder::operator=(SentenceEncoder&&) noexcept = default;
SentenceEncoder::~SentenceEncoder() = default;

Result<SentenceEncoder> SentenceEncoder::load(const std::filesystem::path& weights,
                                              const std::string& sha256) {
  // The engine trusts its file, so only the very file that was pinned may reach it.
  const auto sum = sha256_of_file(weights);
  if (!sum) return unusable(weights, {"文の意味のモデルがありません", "the sentence model is missing"});
  if (!sha256.empty() && *sum != sha256)
    return unusable(weights,
                    {"文の意味のモデルが照合値と違います", "the sentence model is not the expected file"});
  auto impl = std::make_unique<Impl>();
  impl->tokeniser.reset(guardian_e5_open(weights.c_str()));
  if (impl->tokeniser == nullptr)
    return unusable(weights, {"文の意味のモデルを読み込めません", "the sentence model cannot be loaded"});
  impl->dimension = static_cast<std::size_t>(guardian_e5_get_sizes(impl->tokeniser.get()).hidden);
  try {
    auto converted = convert_encoder(*impl->tokeniser);
    impl->row_of = std::move(converted.row_of);
    impl->layers = start_engine(std::move(converted));
  } catch (const std::exception& error) {
    return unusable(weights, {fmt::format("文の意味のモデルを読み込めません: {}", error.what()),
                              fmt::format("the sentence model cannot be loaded: {}", error.what())});
  }
  return SentenceEncoder(std::move(impl));
}

std::size_t SentenceEncoder::dimension() const { return impl_->dimension; }

std::vector<std::vector<float>> SentenceEncoder::encode(std::span<const std::string> texts) const {
  std::vector<std::vector<std::size_t>> rows;
  rows.reserve(texts.size());
  for (const auto& text : texts) rows.push_back(impl_->tokenise(text));
  // Texts of like length go together, so that little is padded.
  std::vector<std::size_t> order(texts.size());
  std::iota(order.begin(), order.end(), std::size_t{0});
  std::stable_sort(order.begin(), order.end(),
                   [&](auto a, auto b) { return rows[a].size() < rows[b].size(); });
  std::vector<std::future<ct2::EncoderForwardOutput>> batches;
  for (std::size_t begin = 0; begin < order.size(); begin += kBatch) {
    std::vector<std::vector<std::size_t>> batch;
    for (std::size_t i = begin; i < std::min(begin + kBatch, order.size()); ++i)
      batch.push_back(rows[order[i]]);
    batches.push_back(impl_->layers->forward_batch_async(std::move(batch)));
  }
  std::vector<std::vector<float>> vectors(texts.size());
  for (std::size_t i = 0; i < batches.size(); ++i) {
    const auto output = batches[i].get();
    for (std::size_t j = i * kBatch; j < std::min((i + 1) * kBatch, order.size()); ++j)
      vectors[order[j]] = impl_->mean_of(output.last_hidden_state, j - i * kBatch, rows[order[j]].size());
  }
  return vectors;
}

}  // namespace guardian::judgement
