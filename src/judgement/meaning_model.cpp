#include "judgement/meaning_model.h"

#include <fmt/format.h>

#include <algorithm>
#include <cmath>
#include <cstring>
#include <nlohmann/json.hpp>

#include "base/file.h"
#include "base/json_guard.h"
#include "base/log_odds.h"
#include "base/text.h"
#include "judgement/ngrams.h"
#include "judgement/verdict.h"

namespace guardian::judgement {
namespace {

constexpr std::string_view kMagic = "GMM2";
constexpr std::size_t kSumBytes = 64;  // SHA-256 in hexadecimal, at the end of the file
constexpr std::uint64_t kFileBytes = 64U << 20U;
constexpr std::size_t kMaximumNgrams = 1U << 20U;
constexpr std::size_t kMaximumDimension = 4096;
constexpr double kSixteenBits = 32767.0;
constexpr double kBound = 6.0;  // one turn alone must not decide what the rest is like
constexpr double kUsual = -3.0;
constexpr double kUsualTurns = 3.0;
constexpr std::size_t kTurnsAround = 4;
constexpr std::size_t kCharactersBefore = 60;  // the turn itself must not fall out of what the encoder reads
constexpr double kLeastLikely = 1e-4;

struct Malformed {};

/// Reads numbers from bytes; throws Malformed at their end.
class Cursor {
 public:
  explicit Cursor(std::string_view bytes) : bytes_(bytes) {}

  std::string_view take(std::size_t count) {
    if (count > bytes_.size()) throw Malformed{};
    const auto taken = bytes_.substr(0, count);
    bytes_.remove_prefix(count);
    return taken;
  }

  template <class Number>
  std::vector<Number> numbers(std::size_t count) {
    std::vector<Number> read(count);
    const auto bytes = take(count * sizeof(Number));
    if (count > 0) std::memcpy(read.data(), bytes.data(), bytes.size());
    return read;
  }

  bool at_end() const { return bytes_.empty(); }

 private:
  std::string_view bytes_;
};

template <class Number>
void append(std::string& to, const std::vector<Number>& numbers) {
  to.append(reinterpret_cast<const char*>(numbers.data()), numbers.size() * sizeof(Number));
}

// Weights are kept in 16 bits of the largest one's size: half the file, and no difference that a score could
// show.
void append_weights(std::string& to, const std::vector<float>& weights) {
  float largest = 0.0F;
  for (const float weight : weights) largest = std::max(largest, std::abs(weight));
  const float step = largest > 0.0F ? largest / static_cast<float>(kSixteenBits) : 1.0F;
  append(to, std::vector<float>{step});
  std::vector<std::int16_t> rounded;
  rounded.reserve(weights.size());
  for (const float weight : weights) rounded.push_back(static_cast<std::int16_t>(std::lround(weight / step)));
  append(to, rounded);
}

std::vector<float> read_weights(Cursor& cursor, std::size_t count) {
  const float step = cursor.numbers<float>(1)[0];
  std::vector<float> weights;
  weights.reserve(count);
  for (const std::int16_t rounded : cursor.numbers<std::int16_t>(count))
    weights.push_back(static_cast<float>(rounded) * step);
  return weights;
}

void append_head(std::string& to, const LinearHead& head) {
  append_weights(to, head.wording);
  append_weights(to, head.meaning);
  append(to, std::vector<float>{head.bias});
}

LinearHead read_head(Cursor& cursor, std::size_t ngrams, std::size_t dimension) {
  LinearHead head;
  head.wording = read_weights(cursor, ngrams);
  head.meaning = read_weights(cursor, dimension);
  head.bias = cursor.numbers<float>(1)[0];
  return head;
}

nlohmann::ordered_json describe(const Belief& belief) {
  return {{"meaning", belief.meaning}, {"category", belief.category}, {"rules", belief.rules},
          {"rest", belief.rest},       {"together", belief.together}, {"offset", belief.offset}};
}

Belief read_belief(const nlohmann::json& weights) {
  // A model made before 2026.11.6 does not read turns together.
  return {weights.at("meaning"), weights.at("category"),         weights.at("rules"),
          weights.at("rest"),    weights.value("together", 0.0), weights.at("offset")};
}

nlohmann::ordered_json describe(const SameDemand& same) {
  return {
      {"shared", same.shared}, {"lesser", same.lesser}, {"greater", same.greater}, {"offset", same.offset}};
}

nlohmann::ordered_json describe(const MeaningModel& model) {
  std::vector<std::string> ids;
  for (const auto& [id, head] : model.categories) ids.push_back(id);
  nlohmann::ordered_json header = {{"version", model.origin.version},
                                   {"licence", model.origin.licence},
                                   {"data_sha256", model.origin.data_sha256},
                                   {"encoder_sha256", model.origin.encoder_sha256},
                                   {"utterances", model.origin.utterances},
                                   {"ngrams", model.space.vocabulary.size()},
                                   {"dimension", model.space.middle.size()},
                                   {"scale", model.space.scale},
                                   {"categories", ids},
                                   {"alone", describe(model.alone)},
                                   {"in_call", describe(model.in_call)},
                                   {"threshold", model.threshold}};
  if (model.demands) header["same_demand"] = describe(model.demands->same);
  return header;
}

MeaningModel parse(std::string_view bytes) {
  Cursor cursor(bytes);
  if (cursor.take(kMagic.size()) != kMagic) throw Malformed{};
  const auto header_bytes = cursor.numbers<std::uint32_t>(1)[0];
  const auto header = parse_json(cursor.take(header_bytes), "header");
  if (!header) throw Malformed{};
  MeaningModel model;
  model.origin = {header->at("version"), header->at("licence"), header->at("data_sha256"),
                  header->at("encoder_sha256"), header->at("utterances")};
  const auto ngrams = header->at("ngrams").get<std::size_t>();
  const auto dimension = header->at("dimension").get<std::size_t>();
  if (ngrams > kMaximumNgrams || dimension > kMaximumDimension) throw Malformed{};
  model.space.scale = header->at("scale");
  model.space.vocabulary = cursor.numbers<std::uint64_t>(ngrams);
  if (!std::is_sorted(model.space.vocabulary.begin(), model.space.vocabulary.end())) throw Malformed{};
  model.space.rarity = read_weights(cursor, ngrams);
  model.space.middle = cursor.numbers<float>(dimension);
  model.harassment = read_head(cursor, ngrams, dimension);
  model.severity = read_head(cursor, ngrams, dimension);
  for (const auto& id : header->at("categories"))
    model.categories[id.get<std::string>()] = read_head(cursor, ngrams, dimension);
  if (const auto same = header->find("same_demand"); same != header->end()) {
    model.demands = {read_head(cursor, ngrams, dimension),
                     {same->at("shared"), same->at("lesser"), same->at("greater"), same->at("offset")}};
  }
  if (!cursor.at_end()) throw Malformed{};
  model.alone = read_belief(header->at("alone"));
  model.in_call = read_belief(header->at("in_call"));
  model.threshold = header->at("threshold");
  return model;
}

}  // namespace

double Belief::probability(const Testimony& testimony) const {
  const double sum = meaning * testimony.meaning + category * testimony.category + rules * testimony.rules +
                     rest * testimony.rest + together * testimony.together + offset;
  return std::min(to_probability(sum), kMostCertain);
}

std::vector<double> mean_of_rest(const std::vector<double>& log_odds) {
  std::vector<double> means;
  means.reserve(log_odds.size());
  for (std::size_t i = 0; i < log_odds.size(); ++i) {
    const std::size_t first = i > kTurnsAround ? i - kTurnsAround : 0;
    const std::size_t last = std::min(i + kTurnsAround, log_odds.size() - 1);
    double sum = kUsualTurns * kUsual;
    for (std::size_t other = first; other <= last; ++other)
      if (other != i) sum += std::clamp(log_odds[other], -kBound, kBound);
    means.push_back(sum / (static_cast<double>(last - first) + kUsualTurns));
  }
  return means;
}

std::vector<std::string> with_turn_before(const std::vector<std::string>& turns) {
  std::vector<std::string> together;
  together.reserve(turns.size());
  for (std::size_t i = 0; i < turns.size(); ++i) {
    std::string before;
    if (i > 0) {
      const auto characters = split_characters(turns[i - 1]);
      const auto left_out = characters.size() - std::min(characters.size(), kCharactersBefore);
      for (std::size_t c = left_out; c < characters.size(); ++c) before += characters[c];
    }
    together.push_back(before + turns[i]);
  }
  return together;
}

std::map<std::string, double> harassment_in(const Opinion& opinion, const policy::Policy& policy) {
  std::map<std::string, double> thoughts;
  for (const auto& category : policy.categories)
    if (const auto thought = opinion.categories.find(category.id);
        policy::is_harassment(category.kind) && thought != opinion.categories.end())
      thoughts.insert(*thought);
  return thoughts;
}

double surest_category(const Opinion& opinion, const policy::Policy& policy) {
  double surest = 0.0;
  for (const auto& [category, thought] : harassment_in(opinion, policy)) surest = std::max(surest, thought);
  return to_log_odds(std::clamp(surest, kLeastLikely, 1.0 - kLeastLikely));
}

UtteranceFeatures FeatureSpace::features(std::string_view text, const std::vector<float>& vector) const {
  UtteranceFeatures features;
  double square = 0.0;
  for (const auto& [hash, count] : count_ngrams(text)) {
    const auto found = std::lower_bound(vocabulary.begin(), vocabulary.end(), hash);
    if (found == vocabulary.end() || *found != hash) continue;
    const auto position = static_cast<std::size_t>(found - vocabulary.begin());
    const float weight = (1.0F + std::log(static_cast<float>(count))) * rarity[position];
    features.wording.emplace_back(position, weight);
    square += static_cast<double>(weight) * weight;
  }
  const auto length = static_cast<float>(std::sqrt(std::max(square, 1e-12)));
  for (auto& [position, weight] : features.wording) weight /= length;
  features.meaning.resize(middle.size());
  for (std::size_t i = 0; i < middle.size(); ++i) features.meaning[i] = (vector[i] - middle[i]) * scale;
  return features;
}

double apply(const LinearHead& head, const UtteranceFeatures& features) {
  double sum = head.bias;
  for (const auto& [position, weight] : features.wording)
    sum += static_cast<double>(head.wording[position]) * weight;
  for (std::size_t i = 0; i < features.meaning.size(); ++i)
    sum += static_cast<double>(head.meaning[i]) * features.meaning[i];
  return sum;
}

Result<MeaningModel> MeaningModel::load(const std::filesystem::path& file) {
  const auto bytes = read_file(file, kFileBytes);
  if (!bytes) return tl::unexpected<Error>(bytes.error());
  const auto damaged = [&] {
    return fail(Error::Kind::model, file.string(),
                {"意味の判定モデルが壊れています", "the model of meaning is damaged"},
                {"入れ直すか guardian train で作り直してください",
                 "Install it again or make it with guardian train"});
  };
  if (bytes->size() < kSumBytes) return damaged();
  const auto body = std::string_view(*bytes).substr(0, bytes->size() - kSumBytes);
  if (sha256(body) != std::string_view(*bytes).substr(body.size())) return damaged();
  try {
    return parse(body);
  } catch (const Malformed&) {
    return damaged();
  } catch (const nlohmann::json::exception&) {
    return damaged();
  }
}

Result<void> MeaningModel::save(const std::filesystem::path& file) const {
  const auto header = describe(*this).dump();
  std::string bytes(kMagic);
  append(bytes, std::vector<std::uint32_t>{static_cast<std::uint32_t>(header.size())});
  bytes += header;
  append(bytes, space.vocabulary);
  append_weights(bytes, space.rarity);
  append(bytes, space.middle);
  append_head(bytes, harassment);
  append_head(bytes, severity);
  for (const auto& [id, head] : categories) append_head(bytes, head);
  if (demands) append_head(bytes, demands->asks);
  return write_file(file, bytes + sha256(bytes));
}

MeaningWitness::MeaningWitness(MeaningModel model, SentenceEncoder encoder)
    : model_(std::move(model)), encoder_(std::move(encoder)) {}

Result<MeaningWitness> MeaningWitness::load(const std::filesystem::path& model,
                                            const std::filesystem::path& encoder) {
  auto loaded = MeaningModel::load(model);
  if (!loaded) return tl::unexpected<Error>(loaded.error());
  auto vectors = SentenceEncoder::load(encoder, loaded->origin.encoder_sha256);
  if (!vectors) return tl::unexpected<Error>(vectors.error());
  return MeaningWitness(std::move(*loaded), std::move(*vectors));
}

Opinion MeaningModel::opinion(std::string_view text, const std::vector<float>& vector) const {
  auto features = space.features(text, vector);
  Opinion opinion;
  opinion.logit = apply(harassment, features);
  for (const auto& [id, head] : categories) opinion.categories[id] = to_probability(apply(head, features));
  opinion.severity = static_cast<int>(std::lround(std::clamp(apply(severity, features), 0.0, 100.0)));
  if (demands) {
    const double log_odds = apply(demands->asks, features);
    opinion.asking = {log_odds, std::move(features.wording)};
  }
  return opinion;
}

std::vector<Opinion> MeaningWitness::opinions(const std::vector<std::string>& texts) const {
  const auto vectors = encoder_.encode(texts);
  std::vector<Opinion> opinions;
  opinions.reserve(texts.size());
  for (std::size_t i = 0; i < texts.size(); ++i) opinions.push_back(model_.opinion(texts[i], vectors[i]));
  return opinions;
}

}  // namespace guardian::judgement
