// A report and its sound leave the house without the details that tell who spoke.
#include "archive/redacted_export.h"

#include <gmock/gmock.h>

#include <fstream>
#include <nlohmann/json.hpp>

#include "base/text.h"
#include "media/decoder.h"
#include "media/silence.h"
#include "media/sounds.h"
#include "report/example.h"
#include "report/report_json.h"
#include "support.h"

namespace guardian::archive {
namespace {

using testing::HasSubstr;
using testing::Not;
using testing::SizeIs;

constexpr int kRate_hz = 16000;
constexpr double kMp3Edge_s = 0.15;  // an MP3 frame and its overlap spread this far at most

const redaction::Redactor& redactor() {
  static const auto loaded = redaction::Redactor::load().value();
  return loaded;
}

/// Each character a word, evenly in time.
std::vector<speech::Word> words_of(const speech::Utterance& utterance) {
  std::vector<speech::Word> words;
  const auto characters = split_characters(utterance.text);
  const double step_s = (utterance.end_s - utterance.start_s) / static_cast<double>(characters.size());
  for (std::size_t i = 0; i < characters.size(); ++i) {
    const double start_s = utterance.start_s + step_s * static_cast<double>(i);
    words.push_back({std::string(characters[i]), start_s, start_s + step_s, 0.9});
  }
  return words;
}

std::filesystem::path sample() { return guardian::test::source_dir() / "data/sample/call.wav"; }

/// The bundled call as it was truly said.
report::Report sample_report() {
  const auto path = guardian::test::source_dir() / "data/sample/call.json";
  std::ifstream file(path);
  const auto truth = nlohmann::json::parse(file);
  report::Report report;
  report.recording.name = "09012345678_tanaka.wav";
  report.recording.counterpart = "C-17";
  report.recording.duration_s = 56.8;
  for (const auto& turn : truth["turns"]) {
    speech::Utterance utterance;
    utterance.index = static_cast<int>(report.transcript.utterances.size());
    utterance.text = turn["text"];
    utterance.start_s = turn["start"];
    utterance.end_s = turn["end"];
    utterance.words = words_of(utterance);
    report.transcript.utterances.push_back(utterance);
  }
  return report;
}

std::vector<std::vector<float>> samples_of(const media::Source& source,
                                           const std::vector<media::PlaybackClip>& silences = {}) {
  auto decoder = media::Decoder::open(source, kRate_hz);
  std::vector<std::vector<float>> all;
  for (;;) {
    auto pcm = decoder->read();
    if (!pcm || !*pcm) return all;
    media::silence(**pcm, kRate_hz, silences);
    all.resize((*pcm)->channels.size());
    for (std::size_t i = 0; i < all.size(); ++i)
      all[i].insert(all[i].end(), (*pcm)->channels[i].begin(), (*pcm)->channels[i].end());
  }
}

struct Energy {
  double inside = 0.0;
  double outside = 0.0;
  double change = 0.0;  ///< of the difference to another, outside
};

/// Near the borders, within `edge_s`, nothing is counted.
Energy energy_of(const std::vector<std::vector<float>>& samples,
                 const std::vector<std::vector<float>>& before,
                 const std::vector<media::PlaybackClip>& silences, double edge_s) {
  Energy energy;
  for (std::size_t channel = 0; channel < samples.size(); ++channel)
    for (std::size_t i = 0; i < std::min(samples[channel].size(), before[channel].size()); ++i) {
      const double at_s = static_cast<double>(i) / kRate_hz;
      bool inside = false;
      bool edge = false;
      for (const auto& [start_s, end_s] : silences) {
        inside = inside || (at_s >= start_s + edge_s && at_s < end_s - edge_s);
        edge = edge || (at_s >= start_s - edge_s && at_s < end_s + edge_s);
      }
      const double value = samples[channel][i];
      const double change = value - before[channel][i];
      if (inside) energy.inside += value * value;
      if (!inside && !edge) energy.outside += value * value, energy.change += change * change;
    }
  return energy;
}

TEST(ARedactedCall, IsSilentWhereTheNameWasSaidAndUnchangedElsewhere) {
  const auto redacted = redact(sample_report(), redactor());
  ASSERT_THAT(redacted.silences, SizeIs(1));
  const auto& span = redacted.silences.front();
  EXPECT_GT(span.start_s, 3.0);
  EXPECT_LT(span.end_s, 6.5);
  EXPECT_GT(span.end_s - span.start_s, 2 * kSilencePad_s);

  const auto before = samples_of(sample());
  ASSERT_GT(energy_of(before, before, redacted.silences, 0.0).inside, 1.0) << "there was something to hear";
  constexpr double kOneSample_s = 1.0 / kRate_hz;  // borders are rounded outwards
  const auto exact =
      energy_of(samples_of(sample(), redacted.silences), before, redacted.silences, kOneSample_s);
  EXPECT_EQ(exact.inside, 0.0);
  EXPECT_EQ(exact.change, 0.0);
  EXPECT_GT(exact.outside, 1.0);
}

TEST(ARedactedCall, IsSilentThereInTheExportedFileToo) {
  const auto redacted = redact(sample_report(), redactor());
  const guardian::test::TemporaryFolder folder;
  const auto heard = [&](const RedactedReport& report) {
    const auto sound = redacted_sound(sample(), report, std::nullopt, {});
    EXPECT_TRUE(sound);
    guardian::test::write_bytes(folder.path() / "x.mp3", sound->mp3);
    return samples_of(folder.path() / "x.mp3");
  };
  const auto after = heard(redacted);
  const auto before = heard({redacted.report, {}});
  const auto energy = energy_of(after, before, redacted.silences, kMp3Edge_s);
  EXPECT_LT(energy.inside, 1e-6);
  EXPECT_LT(energy.change, energy.outside * 0.01);
}

TEST(ARedactedCall, AClipIsCutFromTheRedactedSound) {
  const auto redacted = redact(sample_report(), redactor());
  const auto& span = redacted.silences.front();
  const media::PlaybackClip clip{span.start_s - 0.5, span.end_s + 0.5};
  const auto sound = redacted_sound(sample(), redacted, clip, {});
  ASSERT_TRUE(sound);
  EXPECT_NEAR(sound->duration_s(), clip.end_s - clip.start_s, 0.01);
  const guardian::test::TemporaryFolder folder;
  guardian::test::write_bytes(folder.path() / "x.mp3", sound->mp3);
  const auto samples = samples_of(folder.path() / "x.mp3");
  const std::vector<media::PlaybackClip> inside = {{0.5, clip.end_s - clip.start_s - 0.5}};
  EXPECT_LT(energy_of(samples, samples, inside, kMp3Edge_s).inside, 1e-6);
  EXPECT_FALSE(redacted_sound(sample(), redacted, media::PlaybackClip{3.0, 2.0}, {}));
}

TEST(ARedactedReport, SaysTheNameNowhere) {
  auto report = sample_report();
  judgement::Finding finding;
  finding.utterance = 0;
  finding.quote = "お客様窓口の田中でございます";
  finding.grounds = {{"「田中でございます」と名乗った", "said 「田中でございます」"}};
  report.verdict.findings = {finding};
  report.verdict.legitimate_complaint = "窓口の田中で";
  report.advice = {{"now", {"田中さんに代わる", "Hand over to 田中"}, "threat", "L2"}};
  const auto redacted = redact(report, redactor());
  const auto json = report::to_json(redacted.report);
  EXPECT_THAT(json, Not(HasSubstr("田中")));
  EXPECT_THAT(json, Not(HasSubstr("tanaka")));
  EXPECT_THAT(json, Not(HasSubstr("C-17")));
  EXPECT_THAT(json, HasSubstr("無音"));
  EXPECT_EQ(redacted.report.verdict.findings[0].quote, "お客様窓口の[氏名]でございます");
  const auto& utterance = redacted.report.transcript.utterances[0];
  std::string words;
  for (const auto& word : utterance.words) words += word.text;
  EXPECT_EQ(words, utterance.text);
  EXPECT_EQ(redacted.report.transcript.utterances[3].text, report.transcript.utterances[3].text);
}

TEST(ARedactedReport, SilencesAWholeUtteranceWhereTheTimesOfItsWordsAreUnknown) {
  auto report = sample_report();
  auto& utterance = report.transcript.utterances[0];
  utterance.words.resize(3);
  const auto redacted = redact(report, redactor());
  ASSERT_THAT(redacted.silences, SizeIs(1));
  EXPECT_LE(redacted.silences[0].start_s, utterance.start_s);
  EXPECT_GE(redacted.silences[0].end_s, utterance.end_s);
  EXPECT_THAT(redacted.report.transcript.utterances[0].words, SizeIs(0));
}

TEST(ARedactedReport, OfOddWordsAndQuotesStaysWhole) {
  auto report = report::example::report();
  report.transcript.utterances[0].text = "電話は090-1234-5678、";
  report.transcript.utterances[0].words = {{"電話は09", 3.0, 2.0, 0.5}, {"0-1234-5678、", 2.0, 9.0, 0.5}};
  report.verdict.findings[0].utterance = -1;
  report.verdict.findings[0].quote = "090-1234-5678";
  const auto redacted = redact(report, redactor());
  EXPECT_THAT(report::to_json(redacted.report), Not(HasSubstr("1234")));
  EXPECT_EQ(redacted.report.transcript.utterances[0].words.at(0).text, "電話は[電話番号]、");
  ASSERT_THAT(redacted.silences, SizeIs(1));
  EXPECT_LE(redacted.silences[0].start_s, 2.0);
  EXPECT_GE(redacted.silences[0].end_s, 9.0);
}

}  // namespace
}  // namespace guardian::archive
