#include "judgement/sentence_encoder.h"

#include <algorithm>
#include <array>
#include <future>
#include <string_view>
#include <thread>

#include "base/file.h"
#include "base/text.h"

extern "C" {
struct e5_model;
e5_model* guardian_portable_e5_load(const char* path);
void guardian_portable_e5_free(e5_model* model);
int guardian_portable_e5_dim(const e5_model* model);
int guardian_portable_e5_embed(e5_model* model, const char* text, int is_query, float* out);
e5_model* guardian_avx2_e5_load(const char* path);
void guardian_avx2_e5_free(e5_model* model);
int guardian_avx2_e5_dim(const e5_model* model);
int guardian_avx2_e5_embed(e5_model* model, const char* text, int is_query, float* out);
}

namespace guardian::judgement {
namespace {

constexpr std::size_t kTextBytes = 1500;
constexpr std::size_t kTextsPerThread = 4;  // fewer are not worth a thread

/// The two builds of the engine.
struct Engine {
  e5_model* (*load)(const char*);
  void (*free)(e5_model*);
  int (*dimension)(const e5_model*);
  int (*embed)(e5_model*, const char*, int, float*);
};

constexpr Engine kPortable = {guardian_portable_e5_load, guardian_portable_e5_free, guardian_portable_e5_dim,
                              guardian_portable_e5_embed};
constexpr Engine kAvx2 = {guardian_avx2_e5_load, guardian_avx2_e5_free, guardian_avx2_e5_dim,
                          guardian_avx2_e5_embed};

const Engine& engine_for_this_processor() {
  return __builtin_cpu_supports("avx2") != 0 && __builtin_cpu_supports("fma") != 0 ? kAvx2 : kPortable;
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

}  // namespace

struct SentenceEncoder::Impl {
  const Engine& engine = engine_for_this_processor();
  e5_model* model = nullptr;

  Impl() = default;
  Impl(const Impl&) = delete;
  Impl& operator=(const Impl&) = delete;
  ~Impl() {
    if (model != nullptr) engine.free(model);
  }

  std::vector<float> encode(const std::string& text) const {
    std::vector<float> vector(static_cast<std::size_t>(engine.dimension(model)));
    engine.embed(model, as_recognised(beginning(text, kTextBytes)).c_str(), 1, vector.data());
    return vector;
  }
};

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
  impl->model = impl->engine.load(weights.c_str());
  if (impl->model == nullptr)
    return unusable(weights, {"文の意味のモデルを読み込めません", "the sentence model cannot be loaded"});
  return SentenceEncoder(std::move(impl));
}

std::size_t SentenceEncoder::dimension() const {
  return static_cast<std::size_t>(impl_->engine.dimension(impl_->model));
}

std::vector<std::vector<float>> SentenceEncoder::encode(std::span<const std::string> texts) const {
  std::vector<std::vector<float>> vectors(texts.size());
  const std::size_t cores = std::max(1U, std::thread::hardware_concurrency());
  const std::size_t threads = std::clamp<std::size_t>(texts.size() / kTextsPerThread, 1, cores);
  std::vector<std::future<void>> shares;
  for (std::size_t share = 0; share < threads; ++share)
    shares.push_back(std::async(threads > 1 ? std::launch::async : std::launch::deferred, [&, share] {
      for (std::size_t i = share; i < texts.size(); i += threads) vectors[i] = impl_->encode(texts[i]);
    }));
  for (auto& share : shares) share.get();
  return vectors;
}

}  // namespace guardian::judgement
