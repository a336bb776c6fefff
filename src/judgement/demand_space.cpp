#include "judgement/demand_space.h"

#include <algorithm>
#include <cmath>
#include <nlohmann/json.hpp>
#include <numeric>

#include "base/file.h"
#include "base/json_guard.h"
#include "judgement/model_bytes.h"

namespace guardian::judgement {
namespace {

constexpr std::string_view kMagic = "GDS1";
constexpr std::size_t kSumBytes = 64;  // SHA-256 in hexadecimal, at the end
constexpr std::uint64_t kFileBytes = 16U << 20U;
constexpr std::size_t kMaximumDimension = 4096;
constexpr std::size_t kMaximumWidth = 512;

}  // namespace

std::vector<float> DemandSpace::place(const std::vector<float>& vector) const {
  std::vector<float> from_middle(middle.size());
  std::transform(middle.begin(), middle.end(), vector.begin(), from_middle.begin(),
                 [](float from, float to) { return to - from; });
  std::vector<float> place;
  place.reserve(directions.size() / std::max<std::size_t>(1, middle.size()));
  for (auto row = directions.begin(); row != directions.end(); row += std::ssize(middle))
    place.push_back(std::inner_product(from_middle.begin(), from_middle.end(), row, 0.0F));
  const float length = std::sqrt(std::inner_product(place.begin(), place.end(), place.begin(), 0.0F));
  for (float& number : place) number /= std::max(length, 1e-12F);
  return place;
}

DemandSpace DemandSpace::parse(std::string_view bytes) {
  if (bytes.size() < kSumBytes) throw Malformed{};
  const auto body = bytes.substr(0, bytes.size() - kSumBytes);
  if (sha256(body) != bytes.substr(body.size())) throw Malformed{};
  Cursor cursor(body);
  if (cursor.take(kMagic.size()) != kMagic) throw Malformed{};
  const auto header_bytes = cursor.numbers<std::uint32_t>(1)[0];
  const auto header = parse_json(cursor.take(header_bytes), "header");
  if (!header) throw Malformed{};
  DemandSpace space;
  space.encoder_sha256 = header->at("encoder_sha256");
  space.same_from = header->at("same_from");
  const auto dimension = header->at("dimension").get<std::size_t>();
  const auto width = header->at("width").get<std::size_t>();
  if (dimension == 0 || dimension > kMaximumDimension || width > kMaximumWidth) throw Malformed{};
  space.middle = cursor.numbers<float>(dimension);
  space.directions = cursor.numbers<float>(dimension * width);
  const bool limit_is_possible = space.same_from > 0.0F && space.same_from <= 1.0F;
  if (!cursor.at_end() || !limit_is_possible) throw Malformed{};
  return space;
}

std::string DemandSpace::bytes() const {
  const auto header = nlohmann::ordered_json{{"encoder_sha256", encoder_sha256},
                                             {"dimension", middle.size()},
                                             {"width", directions.size() / std::max<std::size_t>(1, middle.size())},
                                             {"same_from", same_from}}
                          .dump();
  std::string body(kMagic);
  append(body, std::vector<std::uint32_t>{static_cast<std::uint32_t>(header.size())});
  body += header;
  append(body, middle);
  append(body, directions);
  return body + sha256(body);
}

Result<DemandSpace> DemandSpace::load(const std::filesystem::path& file) {
  const auto bytes = read_file(file, kFileBytes);
  if (!bytes) return tl::unexpected<Error>(bytes.error());
  const auto damaged = [&] {
    return fail(Error::Kind::model, file.string(),
                {"要求の近さのモデルが壊れています", "the model of what demands have in common is damaged"},
                {"入れ直すか scripts/tune_encoder.py で作り直してください",
                 "Install it again or make it with scripts/tune_encoder.py"});
  };
  try {
    return parse(*bytes);
  } catch (const Malformed&) {
    return damaged();
  } catch (const nlohmann::json::exception&) {
    return damaged();
  }
}

double likeness(const std::vector<float>& a, const std::vector<float>& b) {
  if (a.size() != b.size()) return 0.0;
  return std::inner_product(a.begin(), a.end(), b.begin(), 0.0);
}

}  // namespace guardian::judgement
