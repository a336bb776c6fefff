#include "judgement/encoder_weights.h"

#include <fmt/format.h>
#include <unicode/uchar.h>
#include <unicode/uscript.h>
#include <unicode/utf8.h>

#include <algorithm>
#include <array>
#include <cmath>
#include <cstdint>
#include <functional>
#include <initializer_list>
#include <string_view>

namespace guardian::judgement {
namespace {

constexpr std::uint32_t kFormat = 6;  // of model.bin
constexpr std::uint32_t kRevision = 1;
constexpr std::int8_t kGelu = 3;  // ctranslate2::ops::ActivationType::GELU
constexpr int kSpecialPieces = 4;
constexpr float kLargest = 127.0F;

using RowReader = std::function<void(int row, float* numbers)>;

/// CTranslate2's model.bin: named arrays one after the other (ctranslate2/models/model.h).
class ModelFile {
 public:
  void add_flag(const std::string& name, std::int8_t value) { add(name, {}, 1, value); }
  void add_number(const std::string& name, std::int16_t value) { add(name, {}, 2, value); }

  void add_floats(const std::string& name, std::initializer_list<int> shape,
                  const std::vector<float>& numbers) {
    begin(name, shape, 0, numbers.size() * sizeof(float));
    bytes_.append(reinterpret_cast<const char*>(numbers.data()), numbers.size() * sizeof(float));
  }

  /// In 8 bits, each row scaled by its largest number.
  void add_matrix(const std::string& name, int rows, int columns, const RowReader& read) {
    std::vector<float> numbers(static_cast<std::size_t>(columns));
    std::vector<float> scales;
    scales.reserve(static_cast<std::size_t>(rows));
    begin(name, {rows, columns}, 1, static_cast<std::size_t>(rows) * numbers.size());
    for (int row = 0; row < rows; ++row) {
      read(row, numbers.data());
      float largest = 0.0F;
      for (const float number : numbers) largest = std::max(largest, std::abs(number));
      scales.push_back(largest > 0.0F ? kLargest / largest : 1.0F);
      for (const float number : numbers)
        bytes_ += static_cast<char>(static_cast<std::int8_t>(std::nearbyint(number * scales.back())));
    }
    add_floats(name + "_scale", {rows}, scales);
  }

  std::string finish() const {
    constexpr std::uint32_t kNoAliases = 0;
    std::string file;
    put(file, kFormat);
    put_name(file, "TransformerEncoderSpec");
    put(file, kRevision);
    put(file, count_);
    return file + bytes_ + std::string(sizeof(kNoAliases), '\0');
  }

 private:
  template <typename Number>
  static void put(std::string& to, Number number) {
    to.append(reinterpret_cast<const char*>(&number), sizeof(number));
  }

  static void put_name(std::string& to, const std::string& name) {
    put(to, static_cast<std::uint16_t>(name.size() + 1));
    to.append(name.c_str(), name.size() + 1);
  }

  void begin(const std::string& name, std::initializer_list<int> shape, std::uint8_t type, std::size_t size) {
    put_name(bytes_, name);
    put(bytes_, static_cast<std::uint8_t>(shape.size()));
    for (const int extent : shape) put(bytes_, static_cast<std::uint32_t>(extent));
    put(bytes_, type);
    put(bytes_, static_cast<std::uint32_t>(size));
    ++count_;
  }

  template <typename Number>
  void add(const std::string& name, std::initializer_list<int> shape, std::uint8_t type, Number number) {
    begin(name, shape, type, sizeof(number));
    put(bytes_, number);
  }

  std::string bytes_;
  std::uint32_t count_ = 0;
};

std::vector<float> copy(const float* numbers, int count) { return {numbers, numbers + count}; }

bool is_written_in_japanese(std::string_view piece) {
  const auto length = static_cast<std::int32_t>(piece.size());
  for (std::int32_t i = 0; i < length;) {
    UChar32 character = 0;
    U8_NEXT(piece, i, length, character);
    if (character < 0) return false;
    if (character < 0x80) continue;
    UErrorCode code = U_ZERO_ERROR;
    const auto script = uscript_getScript(character, &code);
    if (script != USCRIPT_COMMON && script != USCRIPT_INHERITED && script != USCRIPT_HAN &&
        script != USCRIPT_HIRAGANA && script != USCRIPT_KATAKANA)
      return false;
  }
  return true;
}

/// The pieces that get a row, in rising order.
std::vector<int> choose_pieces(const e5_model& source, int pieces) {
  std::vector<int> chosen;
  for (int piece = 0; piece < pieces; ++piece) {
    std::size_t length = 0;
    const char* bytes = guardian_e5_piece(&source, piece, &length);
    if (piece < kSpecialPieces || is_written_in_japanese({bytes, length})) chosen.push_back(piece);
  }
  return chosen;
}

void add_norm(ModelFile& file, const std::string& name, const float* factors, const float* summands,
              int hidden) {
  file.add_floats(name + "/gamma", {hidden}, copy(factors, hidden));
  file.add_floats(name + "/beta", {hidden}, copy(summands, hidden));
}

void add_part(ModelFile& file, const std::string& name, const e5_model& source, int layer,
              guardian_e5_part part, int rows, int columns) {
  file.add_matrix(name + "/weight", rows, columns,
                  [&](int row, float* numbers) { guardian_e5_row(&source, layer, part, row, numbers); });
  file.add_floats(name + "/bias", {rows}, copy(guardian_e5_bias(&source, layer, part), rows));
}

/// CTranslate2 multiplies by query, key and value in one go.
void add_projections(ModelFile& file, const std::string& name, const e5_model& source, int layer,
                     int hidden) {
  static constexpr std::array kParts = {GUARDIAN_E5_QUERY, GUARDIAN_E5_KEY, GUARDIAN_E5_VALUE};
  const int rows = static_cast<int>(kParts.size()) * hidden;
  file.add_matrix(name + "/weight", rows, hidden, [&](int row, float* numbers) {
    guardian_e5_row(&source, layer, kParts[static_cast<std::size_t>(row / hidden)], row % hidden, numbers);
  });
  std::vector<float> bias;
  for (const auto part : kParts) {
    const float* numbers = guardian_e5_bias(&source, layer, part);
    bias.insert(bias.end(), numbers, numbers + hidden);
  }
  file.add_floats(name + "/bias", {rows}, bias);
}

void add_layer(ModelFile& file, const e5_model& source, int layer, const guardian_e5_sizes& sizes) {
  const auto name = fmt::format("encoder/layer_{}", layer);
  const int hidden = sizes.hidden;
  add_projections(file, name + "/self_attention/linear_0", source, layer, hidden);
  add_part(file, name + "/self_attention/linear_1", source, layer, GUARDIAN_E5_ATTENTION, hidden, hidden);
  add_part(file, name + "/ffn/linear_0", source, layer, GUARDIAN_E5_FIRST, sizes.inner, hidden);
  add_part(file, name + "/ffn/linear_1", source, layer, GUARDIAN_E5_SECOND, hidden, sizes.inner);
  const float* summands = nullptr;
  const float* factors = guardian_e5_norm_of(&source, layer, GUARDIAN_E5_AFTER_ATTENTION, &summands);
  add_norm(file, name + "/self_attention/layer_norm", factors, summands, hidden);
  factors = guardian_e5_norm_of(&source, layer, GUARDIAN_E5_AFTER_SECOND, &summands);
  add_norm(file, name + "/ffn/layer_norm", factors, summands, hidden);
}

void add_embeddings(ModelFile& file, const e5_model& source, const std::vector<int>& pieces,
                    const guardian_e5_sizes& sizes) {
  file.add_matrix("encoder/embeddings_0/weight", static_cast<int>(pieces.size()), sizes.hidden,
                  [&](int row, float* numbers) {
                    guardian_e5_embedding(&source, pieces[static_cast<std::size_t>(row)], numbers);
                  });
  const auto hidden = static_cast<std::size_t>(sizes.hidden);
  std::vector<float> places(static_cast<std::size_t>(sizes.positions) * hidden);
  for (int i = 0; i < sizes.positions; ++i)
    guardian_e5_position(&source, i, &places[static_cast<std::size_t>(i) * hidden]);
  file.add_floats("encoder/position_encodings/encodings", {sizes.positions, sizes.hidden}, places);
  const float* summands = nullptr;
  const float* factors = guardian_e5_norm_of_embeddings(&source, &summands);
  add_norm(file, "encoder/layernorm_embedding", factors, summands, sizes.hidden);
}

/// Rows are looked up by number; their names only have to differ.
std::string name_rows(std::size_t count) {
  std::string names = "[";
  for (std::size_t row = 0; row < count; ++row) names += fmt::format("{}\"{}\"", row == 0 ? "" : ",", row);
  return names + "]";
}

}  // namespace

EncoderWeights convert_encoder(const e5_model& source) {
  const auto sizes = guardian_e5_get_sizes(&source);
  const auto pieces = choose_pieces(source, sizes.pieces);
  ModelFile file;
  file.add_flag("encoder/activation", kGelu);
  file.add_flag("encoder/embeddings_merge", 0);
  file.add_flag("encoder/multi_query_attention", 0);
  file.add_flag("encoder/pre_norm", 0);
  file.add_flag("encoder/scale_embeddings", 0);
  file.add_number("encoder/num_heads", static_cast<std::int16_t>(sizes.heads));
  add_embeddings(file, source, pieces, sizes);
  for (int layer = 0; layer < sizes.layers; ++layer) add_layer(file, source, layer, sizes);

  EncoderWeights weights;
  weights.model = file.finish();
  weights.vocabulary = name_rows(pieces.size());
  weights.config = fmt::format(
      R"({{"bos_token":"0","eos_token":"2","unk_token":"3","layer_norm_epsilon":{},"multi_query_attention":false}})",
      sizes.epsilon);
  weights.row_of.assign(static_cast<std::size_t>(sizes.pieces), -1);
  for (std::size_t row = 0; row < pieces.size(); ++row)
    weights.row_of[static_cast<std::size_t>(pieces[row])] = static_cast<int>(row);
  const int unknown = weights.row_of[static_cast<std::size_t>(sizes.unknown)];
  std::replace(weights.row_of.begin(), weights.row_of.end(), -1, unknown);
  return weights;
}

}  // namespace guardian::judgement
