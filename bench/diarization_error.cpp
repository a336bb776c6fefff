// bench_diarization_error [-v] [--second X] [--further X] [--hop S] [--change X] [--shortest S]: diarization
// error rate of speech/diarization.h on mono mixes made here, against two ways to do without it, and what the
// roles of utterances come to.
//   calls: the two channels of ../shared/data/calls added up (synthetic voices, telephone band; truth from
//   their JSON) real: dialogues of two people made from the clips of ../shared/eval/audio/common_voice_ja,
//   2-3 s a turn, each pair
//         of clips once, as recorded and through a 300-3400 Hz band at 8 kHz
// Error: missed + false + confused speech over true speech, 10 ms frames, a collar of 0.25 s around true
// borders left out, voices mapped to people in the best way (as NIST's md-eval does).
#include <fmt/format.h>

#include <algorithm>
#include <chrono>
#include <cmath>
#include <fstream>
#include <functional>
#include <map>
#include <nlohmann/json.hpp>
#include <numbers>
#include <numeric>

#include "media/audio_reader.h"
#include "speech/diarization.h"
#include "speech/roles.h"
#include "speech/voice_activity.h"

namespace {

using namespace guardian;          // NOLINT: a program of its own
using namespace guardian::speech;  // NOLINT

struct Turn {
  double start_s = 0.0;
  double end_s = 0.0;
  int person = 0;
  std::string text;
  std::string turn_role;
};

struct Mix {
  std::string name;
  std::vector<float> pcm;
  std::vector<Turn> truth;
  bool validation = false;
};

template <class T>
T need(Result<T> result) {
  if (result) return std::move(*result);
  fmt::print(stderr, "{}\n", describe(result.error(), Language::english));
  std::exit(1);
}

std::vector<std::vector<float>> read_channels(const std::filesystem::path& path) {
  auto reader = need(media::AudioReader::open(path));
  std::vector<std::vector<float>> channels(static_cast<std::size_t>(reader.channels()));
  while (auto block = need(reader.read())) {
    for (std::size_t c = 0; c < channels.size(); ++c) {
      channels[c].insert(channels[c].end(), block->channels[c].begin(), block->channels[c].end());
    }
  }
  return channels;
}

std::vector<Span> speech_in(const std::vector<float>& pcm) {
  auto detector = need(VoiceActivity::load(GUARDIAN_SOURCE_DIR "/.deps/models/silero-vad/silero_vad.onnx",
                                           VoiceActivityOptions{}));
  std::vector<Span> spans = detector.push(pcm);
  for (const Span& span : detector.finish()) spans.push_back(span);
  return spans;
}

std::vector<Mix> call_mixes(const std::filesystem::path& folder) {
  std::vector<Mix> mixes;
  for (const auto& entry : std::filesystem::directory_iterator(folder)) {
    if (entry.path().extension() != ".json") continue;
    Mix mix;
    mix.name = entry.path().stem().string();
    mix.validation = std::stoi(mix.name.substr(1)) % 4 == 0;
    const auto json = nlohmann::json::parse(std::ifstream(entry.path()));
    for (const auto& turn : json.at("turns")) {
      const bool employee = turn.at("speaker") == "employee";
      mix.truth.push_back(
          {turn.at("start"), turn.at("end"), employee ? 0 : 1, turn.at("text"), turn.at("speaker")});
    }
    auto wav = entry.path();
    const auto channels = read_channels(wav.replace_extension(".wav"));
    mix.pcm.resize(channels[0].size());
    for (std::size_t i = 0; i < mix.pcm.size(); ++i) mix.pcm[i] = (channels[0][i] + channels[1][i]) / 2.0F;
    mixes.push_back(std::move(mix));
  }
  std::sort(mixes.begin(), mixes.end(), [](const Mix& a, const Mix& b) { return a.name < b.name; });
  return mixes;
}

/// A windowed-sinc band pass 300-3400 Hz.
std::vector<float> through_telephone(const std::vector<float>& pcm) {
  constexpr int kHalf = 160;
  std::vector<double> taps;
  for (int i = -kHalf; i <= kHalf; ++i) {
    const auto sinc = [i](double hz) {
      const double x = 2 * hz / 16000.0;
      return i == 0 ? x : std::sin(std::numbers::pi * x * i) / (std::numbers::pi * i);
    };
    taps.push_back((sinc(3400) - sinc(300)) * (0.54 + 0.46 * std::cos(std::numbers::pi * i / kHalf)));
  }
  std::vector<float> filtered(pcm.size());
  for (std::size_t n = 0; n < pcm.size(); ++n) {
    double sum = 0.0;
    for (std::size_t k = 0; k < taps.size(); ++k) {
      if (n + kHalf >= k && n + kHalf - k < pcm.size())
        sum += taps[k] * static_cast<double>(pcm[n + kHalf - k]);
    }
    filtered[n] = static_cast<float>(sum);
  }
  return filtered;
}

/// Stretches of 2-3 s of each clip in turn, cut anywhere, 0.25 s apart.
std::vector<Mix> real_mixes(const std::filesystem::path& folder, bool telephone) {
  std::vector<std::vector<float>> voices;
  std::vector<std::filesystem::path> paths;
  for (const auto& entry : std::filesystem::directory_iterator(folder)) {
    if (entry.path().extension() == ".wav") paths.push_back(entry.path());
  }
  std::sort(paths.begin(), paths.end());
  for (const auto& path : paths) {
    const auto channels = read_channels(path);
    std::vector<float> speech;
    for (const Span& span : speech_in(channels[0])) {
      const auto at = [&](double s) {
        return channels[0].begin() +
               static_cast<std::ptrdiff_t>(std::min(s * 16000.0, static_cast<double>(channels[0].size())));
      };
      speech.insert(speech.end(), at(span.start_s), at(span.end_s));
    }
    voices.push_back(std::move(speech));
  }
  std::vector<Mix> mixes;
  for (std::size_t a = 0; a < voices.size(); ++a) {
    for (std::size_t b = a + 1; b < voices.size(); ++b) {
      Mix mix;
      mix.name = fmt::format("cv{}{}{}", a, b, telephone ? "t" : "");
      mix.validation = (a + b) % 4 == 0;
      mix.pcm.resize(8000);
      std::size_t at[2] = {0, 0};
      const std::vector<float>* own[2] = {&voices[a], &voices[b]};
      for (std::size_t turn = 0;; ++turn) {
        const std::size_t person = turn % 2;
        const std::size_t length = 32000 + 4000 * (turn % 5);
        if (at[person] + 16000 > own[person]->size()) break;
        const std::size_t end = std::min(own[person]->size(), at[person] + length);
        const double start_s = static_cast<double>(mix.pcm.size()) / 16000.0;
        mix.pcm.insert(mix.pcm.end(), own[person]->begin() + static_cast<std::ptrdiff_t>(at[person]),
                       own[person]->begin() + static_cast<std::ptrdiff_t>(end));
        mix.truth.push_back(
            {start_s, static_cast<double>(mix.pcm.size()) / 16000.0, static_cast<int>(person), "", ""});
        mix.pcm.resize(mix.pcm.size() + 4000);
        at[person] = end;
      }
      if (telephone) mix.pcm = through_telephone(mix.pcm);
      mixes.push_back(std::move(mix));
    }
  }
  return mixes;
}

/// One person alone, where every second voice is an error: each channel of the calls, each clip.
std::vector<Mix> monologues(const std::filesystem::path& shared) {
  std::vector<Mix> mixes;
  const auto add = [&](const std::string& name, std::vector<float> pcm, bool validation) {
    Mix mix{name, std::move(pcm), {}, validation};
    for (const Span& span : speech_in(mix.pcm)) mix.truth.push_back({span.start_s, span.end_s, 0, "", ""});
    mixes.push_back(std::move(mix));
  };
  for (const auto& entry : std::filesystem::directory_iterator(shared / "data/calls")) {
    if (entry.path().extension() != ".wav") continue;
    const std::string name = entry.path().stem().string();
    auto channels = read_channels(entry.path());
    for (auto& channel : channels) add(name, std::move(channel), std::stoi(name.substr(1)) % 4 == 0);
  }
  for (const auto& entry : std::filesystem::directory_iterator(shared / "eval/audio/common_voice_ja")) {
    if (entry.path().extension() == ".wav")
      add(entry.path().stem().string(), read_channels(entry.path())[0], false);
  }
  return mixes;
}

struct Score {
  double truth = 0.0;
  double missed = 0.0;
  double false_alarm = 0.0;
  double confused = 0.0;
  int voices = 0;

  double rate() const { return truth > 0 ? (missed + false_alarm + confused) / truth : 0.0; }
  void add(const Score& other) {
    truth += other.truth;
    missed += other.missed;
    false_alarm += other.false_alarm;
    confused += other.confused;
  }
};

Score score(const Mix& mix, const std::vector<SpeakerSpan>& spans) {
  constexpr double kFrame_s = 0.01;
  const auto frames = static_cast<std::size_t>(static_cast<double>(mix.pcm.size()) / 160.0);
  std::vector<char> skip(frames);
  std::vector<unsigned> truth(frames);
  std::vector<int> heard(frames, -1);
  const auto mark = [&](double from_s, double to_s, const std::function<void(std::size_t)>& set) {
    const auto first = static_cast<std::size_t>(std::max(0.0, from_s / kFrame_s));
    for (std::size_t i = first; i < frames && static_cast<double>(i) * kFrame_s < to_s; ++i) set(i);
  };
  for (const Turn& turn : mix.truth) {
    mark(turn.start_s, turn.end_s,
         [&](std::size_t i) { truth[i] |= 1U << static_cast<unsigned>(turn.person); });
    for (const double border : {turn.start_s, turn.end_s})
      mark(border - 0.25, border + 0.25, [&](std::size_t i) { skip[i] = 1; });
  }
  Score best;
  int voices = 0;
  for (const SpeakerSpan& span : spans) {
    voices = std::max(voices, span.voice + 1);
    mark(span.start_s, span.end_s, [&](std::size_t i) { heard[i] = span.voice; });
  }
  bool first = true;
  for (int zero = 0; zero < std::max(1, voices); ++zero) {
    for (int one = -1; one < voices; ++one) {  // which voices stand for the two people; -1: none
      if (zero == one) continue;
      Score now;
      for (std::size_t i = 0; i < frames; ++i) {
        if (skip[i] != 0) continue;
        const int people = (truth[i] & 1U ? 1 : 0) + (truth[i] & 2U ? 1 : 0);
        const int said = heard[i] >= 0 ? 1 : 0;
        const bool right =
            (heard[i] == zero && (truth[i] & 1U)) || (heard[i] >= 0 && heard[i] == one && (truth[i] & 2U));
        now.truth += people;
        now.missed += std::max(0, people - said);
        now.false_alarm += std::max(0, said - people);
        now.confused += std::min(people, said) - (right ? 1 : 0);
      }
      if (first || now.rate() < best.rate()) best = now;
      first = false;
    }
  }
  best.voices = voices;
  return best;
}

/// Right, wrong and unknown roles of the true turns.
struct RoleCount {
  int right = 0;
  int wrong = 0;
  int unknown = 0;
};

void count_roles(const Mix& mix, const std::vector<SpeakerSpan>& spans, const RolePolicy& policy,
                 RoleCount& count) {
  Transcript transcript;
  for (const Turn& turn : mix.truth) {
    Utterance utterance;
    utterance.text = turn.text;
    utterance.start_s = turn.start_s;
    utterance.end_s = turn.end_s;
    transcript.utterances.push_back(utterance);
  }
  std::vector<RawCues> cues;
  apply_speakers(transcript, cues, spans);
  need(assign_roles(transcript, {1, false}, {}, policy));
  for (std::size_t i = 0; i < mix.truth.size(); ++i) {
    const Speaker speaker = transcript.utterances[i].speaker;
    const Speaker truth = mix.truth[i].turn_role == "employee" ? Speaker::employee : Speaker::customer;
    ++(speaker == Speaker::unknown ? count.unknown : speaker == truth ? count.right : count.wrong);
  }
}

struct System {
  Score diarized, one_voice, alternating;
  RoleCount roles, roles_by_wording;
};

void run(const std::vector<Mix>& mixes, const DiarizerOptions& options, const RolePolicy& policy,
         bool verbose) {
  System parts[2];
  double work_s = 0.0;
  double sound_s = 0.0;
  std::map<int, int> found;
  for (const Mix& mix : mixes) {
    const std::vector<Span> speech = speech_in(mix.pcm);
    std::vector<SpeakerSpan> one_voice;
    std::vector<SpeakerSpan> alternating;
    auto diarizer = need(Diarizer::load(GUARDIAN_SOURCE_DIR "/.deps/models/speaker-ge2e", options));
    const auto begin = std::chrono::steady_clock::now();
    for (const Span& span : speech) {
      const auto from = static_cast<std::size_t>(span.start_s * 16000.0);
      const auto to = std::min(mix.pcm.size(), static_cast<std::size_t>(span.end_s * 16000.0));
      diarizer.add(span.start_s, std::span(mix.pcm).subspan(from, to - from));
      one_voice.push_back({span.start_s, span.end_s, 0});
      alternating.push_back({span.start_s, span.end_s, static_cast<int>(alternating.size() % 2)});
    }
    const std::vector<SpeakerSpan> spans = diarizer.finish();
    work_s += std::chrono::duration<double>(std::chrono::steady_clock::now() - begin).count();
    sound_s += static_cast<double>(mix.pcm.size()) / 16000.0;
    System& part = parts[mix.validation ? 1 : 0];
    const Score own = score(mix, spans);
    ++found[own.voices];
    part.diarized.add(own);
    part.one_voice.add(score(mix, one_voice));
    part.alternating.add(score(mix, alternating));
    if (!mix.truth.front().text.empty()) {
      count_roles(mix, spans, policy, part.roles);
      count_roles(mix, {}, policy, part.roles_by_wording);
    }
    if (verbose) {
      fmt::print("  {}{} DER {:5.1f} % (missed {:.1f} false {:.1f} confused {:.1f}), {} voices\n", mix.name,
                 mix.validation ? "*" : "", 100 * own.rate(), 100 * own.missed / own.truth,
                 100 * own.false_alarm / own.truth, 100 * own.confused / own.truth, own.voices);
    }
  }
  for (int p = 0; p < 2; ++p) {
    const System& part = parts[p];
    fmt::print(
        "  {:10} DER {:5.1f} % (confused {:4.1f}) | all one voice {:5.1f} % | alternating by pause {:5.1f} "
        "%\n",
        p == 0 ? "tuning" : "validation", 100 * part.diarized.rate(),
        100 * part.diarized.confused / part.diarized.truth, 100 * part.one_voice.rate(),
        100 * part.alternating.rate());
    if (part.roles.right + part.roles.wrong + part.roles.unknown == 0) continue;
    fmt::print(
        "             roles of turns: right {} wrong {} unknown {} | by wording alone: right {} wrong {} "
        "unknown {}\n",
        part.roles.right, part.roles.wrong, part.roles.unknown, part.roles_by_wording.right,
        part.roles_by_wording.wrong, part.roles_by_wording.unknown);
  }
  for (const auto& [voices, count] : found) fmt::print("  {} voices found in {};", voices, count);
  fmt::print("  {:.2f} % of real time\n", 100 * work_s / sound_s);
}

}  // namespace

int main(int argc, char** argv) {
  DiarizerOptions options;
  bool verbose = false;
  for (int i = 1; i < argc; ++i) {
    const std::string name = argv[i];
    if (name == "-v") verbose = true;
    if (i + 1 >= argc) continue;
    if (name == "--second") options.second_voice = std::stod(argv[i + 1]);
    if (name == "--further") options.further_voice = std::stod(argv[i + 1]);
    if (name == "--hop") options.hop_s = std::stod(argv[i + 1]);
    if (name == "--change") options.change_cost = std::stod(argv[i + 1]);
    if (name == "--shortest") options.shortest_voice_s = std::stod(argv[i + 1]);
  }
  const RolePolicy policy = need(RolePolicy::load(GUARDIAN_SOURCE_DIR "/policy/roles.yaml"));
  const std::filesystem::path shared = GUARDIAN_SHARED_DIR;
  fmt::print("calls, mono mix\n");
  run(call_mixes(shared / "data/calls"), options, policy, verbose);
  for (const bool telephone : {false, true}) {
    fmt::print("real voices, {}\n", telephone ? "telephone band" : "as recorded");
    run(real_mixes(shared / "eval/audio/common_voice_ja", telephone), options, policy, verbose);
  }
  fmt::print("one person alone\n");
  run(monologues(shared), options, policy, verbose);
  return 0;
}
