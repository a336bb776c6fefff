#include "speech/speaker_encoder.h"

#include <ctranslate2/primitives.h>
#include <fmt/format.h>
#include <kiss_fftr.h>

#include <algorithm>
#include <bit>
#include <cmath>
#include <cstring>
#include <nlohmann/json.hpp>
#include <numbers>
#include <string>

#include "base/file.h"
#include "base/json_guard.h"

namespace guardian::speech {
namespace {

using Cpu = ctranslate2::primitives<ctranslate2::Device::CPU>;
using ctranslate2::dim_t;

constexpr std::size_t kLayers = 3;
constexpr std::size_t kUnits = 256;
constexpr std::size_t kGates = 4 * kUnits;  // input, forget, cell, output: the order of the weights
constexpr std::size_t kBatch = 16;
constexpr std::size_t kFft = 400;  // 25 ms
constexpr std::size_t kBins = kFft / 2 + 1;
constexpr double kRate_hz = 16000.0;
constexpr std::uint64_t kLargestWeights = 16U << 20U;
constexpr std::uint64_t kLargestHeader = 64U << 10U;

using Matrix = std::vector<float>;  // row by row

struct Layer {
  std::size_t inputs = 0;
  Matrix input_weights;      // kGates x inputs
  Matrix recurrent_weights;  // kGates x kUnits
  Matrix bias;               // kGates
};

struct FftRelease {
  void operator()(kiss_fftr_state* state) const { kiss_fftr_free(state); }
};

tl::unexpected<Error> refuse(const std::filesystem::path& folder, Text what) {
  return fail(Error::Kind::model, folder.string(), std::move(what),
              {"scripts/setup をもう一度実行してください。", "Run scripts/setup again."});
}

// ---- weights ----

/// The file's numbers by the places its header gives. Throws std::runtime_error and JSON's exceptions.
class WeightFile {
 public:
  WeightFile(const nlohmann::json& header, const std::string& bytes) : header_(header), bytes_(bytes) {}

  Matrix tensor(const std::string& name, const std::vector<std::size_t>& shape) const {
    const nlohmann::json& entry = header_.at("tensors").at(name);
    std::size_t count = 1;
    for (const std::size_t extent : shape) count *= extent;
    const auto offset = entry.at("offset").get<std::uint64_t>();
    const std::uint64_t available = bytes_.size() / sizeof(float);
    if (entry.at("shape").get<std::vector<std::size_t>>() != shape || offset > available ||
        count > available - offset) {
      throw std::runtime_error(name);
    }
    Matrix values(count);
    std::memcpy(values.data(), bytes_.data() + offset * sizeof(float), count * sizeof(float));
    if (!std::all_of(values.begin(), values.end(), [](float value) { return std::isfinite(value); })) {
      throw std::runtime_error(name);
    }
    return values;
  }

 private:
  const nlohmann::json& header_;
  const std::string& bytes_;
};

Layer read_layer(const WeightFile& file, std::size_t index) {
  const std::string suffix = "_l" + std::to_string(index);
  Layer layer;
  layer.inputs = index == 0 ? SpeakerEncoder::kMels : kUnits;
  layer.input_weights = file.tensor("lstm.weight_ih" + suffix, {kGates, layer.inputs});
  layer.recurrent_weights = file.tensor("lstm.weight_hh" + suffix, {kGates, kUnits});
  layer.bias = file.tensor("lstm.bias_ih" + suffix, {kGates});
  const Matrix second = file.tensor("lstm.bias_hh" + suffix, {kGates});
  std::transform(second.begin(), second.end(), layer.bias.begin(), layer.bias.begin(), std::plus<>());
  return layer;
}

// ---- mel spectrum ----

/// Slaney's mel scale: linear to 1 kHz, logarithmic above (Auditory Toolbox, 1998).
double mel_to_hz(double mel) {
  constexpr double kLinear = 200.0 / 3.0;
  constexpr double kKnee_hz = 1000.0;
  const double knee = kKnee_hz / kLinear;
  return mel < knee ? mel * kLinear : kKnee_hz * std::exp((mel - knee) * std::log(6.4) / 27.0);
}

double hz_to_mel(double hz) {
  constexpr double kLinear = 200.0 / 3.0;
  constexpr double kKnee_hz = 1000.0;
  return hz < kKnee_hz ? hz / kLinear : kKnee_hz / kLinear + std::log(hz / kKnee_hz) * 27.0 / std::log(6.4);
}

/// Triangles of equal area, kMels x kBins.
Matrix mel_filters() {
  Matrix filters(SpeakerEncoder::kMels * kBins);
  const double highest = hz_to_mel(kRate_hz / 2.0);
  const auto edge_hz = [&](std::size_t i) {
    return mel_to_hz(highest * static_cast<double>(i) / static_cast<double>(SpeakerEncoder::kMels + 1));
  };
  for (std::size_t mel = 0; mel < SpeakerEncoder::kMels; ++mel) {
    const double left = edge_hz(mel);
    const double centre = edge_hz(mel + 1);
    const double right = edge_hz(mel + 2);
    for (std::size_t bin = 0; bin < kBins; ++bin) {
      const double hz = kRate_hz * static_cast<double>(bin) / static_cast<double>(kFft);
      const double height = std::min((hz - left) / (centre - left), (right - hz) / (right - centre));
      filters[mel * kBins + bin] = static_cast<float>(std::max(0.0, height) * 2.0 / (right - left));
    }
  }
  return filters;
}

std::array<float, kFft> hann_window() {
  std::array<float, kFft> window{};
  for (std::size_t i = 0; i < kFft; ++i) {
    window[i] = static_cast<float>(
        0.5 - 0.5 * std::cos(2 * std::numbers::pi * static_cast<double>(i) / static_cast<double>(kFft)));
  }
  return window;
}

void multiply(std::size_t rows, std::size_t columns, std::size_t inner, const float* left,
              const float* right_transposed, float* result) {
  Cpu::gemm<float, float>(false, false, false, true, static_cast<dim_t>(rows), static_cast<dim_t>(columns),
                          static_cast<dim_t>(inner), 1.0F, left, static_cast<dim_t>(inner), right_transposed,
                          static_cast<dim_t>(inner), 1.0F, result, static_cast<dim_t>(columns));
}

// ---- network ----

/// One time step of every sequence: gates (rows x kGates, without their non-linearity) and the states they
/// change.
void step(float* gates, std::size_t rows, float* cell, float* hidden) {
  for (std::size_t row = 0; row < rows; ++row) {
    float* input = gates + row * kGates;
    float* forget = input + kUnits;
    float* candidate = forget + kUnits;
    float* output = candidate + kUnits;
    float* own_cell = cell + row * kUnits;
    float* own_hidden = hidden + row * kUnits;
    Cpu::sigmoid<float>(input, input, 2 * kUnits);
    Cpu::tanh<float>(candidate, candidate, kUnits);
    Cpu::sigmoid<float>(output, output, kUnits);
    for (std::size_t i = 0; i < kUnits; ++i) own_cell[i] = forget[i] * own_cell[i] + input[i] * candidate[i];
    Cpu::tanh<float>(own_cell, own_hidden, kUnits);
    for (std::size_t i = 0; i < kUnits; ++i) own_hidden[i] *= output[i];
  }
}

/// `sequence`: kWindowFrames x rows x layer.inputs. Gives kWindowFrames x rows x kUnits.
Matrix run_layer(const Layer& layer, const Matrix& sequence, std::size_t rows) {
  constexpr std::size_t kSteps = SpeakerEncoder::kWindowFrames;
  Matrix gates(kSteps * rows * kGates);
  for (std::size_t i = 0; i < kSteps * rows; ++i) {
    std::copy(layer.bias.begin(), layer.bias.end(), gates.begin() + static_cast<std::ptrdiff_t>(i * kGates));
  }
  multiply(kSteps * rows, kGates, layer.inputs, sequence.data(), layer.input_weights.data(), gates.data());
  Matrix states(kSteps * rows * kUnits);
  Matrix cell(rows * kUnits, 0.0F);
  for (std::size_t t = 0; t < kSteps; ++t) {
    float* now = gates.data() + t * rows * kGates;
    float* hidden = states.data() + t * rows * kUnits;
    if (t > 0) multiply(rows, kGates, kUnits, hidden - rows * kUnits, layer.recurrent_weights.data(), now);
    step(now, rows, cell.data(), hidden);
  }
  return states;
}

SpeakerEncoder::Embedding to_unit_length(const float* values) {
  SpeakerEncoder::Embedding embedding{};
  double square = 0.0;
  for (std::size_t i = 0; i < embedding.size(); ++i) {
    embedding[i] = std::max(0.0F, values[i]);
    square += static_cast<double>(embedding[i]) * static_cast<double>(embedding[i]);
  }
  const double length = std::sqrt(square);
  if (length > 0.0) {
    for (float& value : embedding) value = static_cast<float>(static_cast<double>(value) / length);
  }
  return embedding;
}

}  // namespace

struct SpeakerEncoder::Impl {
  std::array<Layer, kLayers> layers;
  Matrix output_weights;
  Matrix output_bias;
  Matrix filters = mel_filters();
  std::array<float, kFft> window = hann_window();
  std::unique_ptr<kiss_fftr_state, FftRelease> fft{kiss_fftr_alloc(kFft, 0, nullptr, nullptr)};

  /// `windows`: rows x kWindowFrames x kMels.
  void embed_batch(const float* windows, std::size_t rows, std::vector<Embedding>& embeddings) const {
    Matrix sequence(kWindowFrames * rows * kMels);
    for (std::size_t row = 0; row < rows; ++row) {
      for (std::size_t t = 0; t < kWindowFrames; ++t) {
        const float* frame = windows + (row * kWindowFrames + t) * kMels;
        std::copy(frame, frame + kMels,
                  sequence.begin() + static_cast<std::ptrdiff_t>((t * rows + row) * kMels));
      }
    }
    for (const Layer& layer : layers) sequence = run_layer(layer, sequence, rows);
    Matrix output(rows * kUnits);
    for (std::size_t row = 0; row < rows; ++row) {
      std::copy(output_bias.begin(), output_bias.end(),
                output.begin() + static_cast<std::ptrdiff_t>(row * kUnits));
    }
    const float* last = sequence.data() + (kWindowFrames - 1) * rows * kUnits;
    multiply(rows, kUnits, kUnits, last, output_weights.data(), output.data());
    for (std::size_t row = 0; row < rows; ++row)
      embeddings.push_back(to_unit_length(output.data() + row * kUnits));
  }
};

SpeakerEncoder::SpeakerEncoder(std::unique_ptr<Impl> impl) : impl_(std::move(impl)) {}
SpeakerEncoder::SpeakerEncoder(SpeakerEncoder&&) noexcept = default;
SpeakerEncoder& SpeakerEncoder::operator=(SpeakerEncoder&&) noexcept = default;
SpeakerEncoder::~SpeakerEncoder() = default;

Result<SpeakerEncoder> SpeakerEncoder::load(const std::filesystem::path& folder) {
  static_assert(std::endian::native == std::endian::little);
  const auto text = read_file(folder / "ge2e.json", kLargestHeader);
  const auto bytes = read_file(folder / "ge2e.bin", kLargestWeights);
  if (!text || !bytes) {
    return refuse(folder,
                  {"話者の声を比べるモデルがありません", "the model that compares voices is missing"});
  }
  const auto header = parse_json(*text, "ge2e.json");
  auto impl = std::make_unique<Impl>();
  try {
    if (!header || header->at("format") != 1 || header->at("sha256") != sha256(*bytes))
      throw std::runtime_error("sha256");
    const WeightFile file(*header, *bytes);
    for (std::size_t i = 0; i < kLayers; ++i) impl->layers[i] = read_layer(file, i);
    impl->output_weights = file.tensor("linear.weight", {kUnits, kUnits});
    impl->output_bias = file.tensor("linear.bias", {kUnits});
  } catch (const std::exception& error) {
    return refuse(folder, {fmt::format("話者の声を比べるモデルが壊れています({})", error.what()),
                           fmt::format("the model that compares voices is damaged ({})", error.what())});
  }
  return SpeakerEncoder(std::move(impl));
}

std::vector<float> SpeakerEncoder::mel_frames(std::span<const float> pcm) const {
  const std::size_t frames = pcm.size() / kFrameSamples + 1;
  Matrix powers(frames * kBins);
  std::array<float, kFft> frame{};
  std::array<kiss_fft_cpx, kBins> spectrum{};
  for (std::size_t i = 0; i < frames; ++i) {
    for (std::size_t k = 0; k < kFft; ++k) {
      const std::size_t at = i * kFrameSamples + k;  // the frame is centred: half of the first one is silence
      const bool inside = at >= kFft / 2 && at - kFft / 2 < pcm.size();
      frame[k] = inside ? pcm[at - kFft / 2] * impl_->window[k] : 0.0F;
    }
    kiss_fftr(impl_->fft.get(), frame.data(), spectrum.data());
    for (std::size_t bin = 0; bin < kBins; ++bin) {
      powers[i * kBins + bin] = spectrum[bin].r * spectrum[bin].r + spectrum[bin].i * spectrum[bin].i;
    }
  }
  Matrix mels(frames * kMels);
  multiply(frames, kMels, kBins, powers.data(), impl_->filters.data(), mels.data());
  return mels;
}

std::vector<SpeakerEncoder::Embedding> SpeakerEncoder::embed(std::span<const float> windows) const {
  constexpr std::size_t kWindowSize = kWindowFrames * kMels;
  const std::size_t count = windows.size() / kWindowSize;
  std::vector<Embedding> embeddings;
  embeddings.reserve(count);
  for (std::size_t done = 0; done < count; done += kBatch) {
    impl_->embed_batch(windows.data() + done * kWindowSize, std::min(kBatch, count - done), embeddings);
  }
  return embeddings;
}

}  // namespace guardian::speech
