#include "speech/sound_cues.h"

#include <gmock/gmock.h>

#include <cmath>
#include <limits>
#include <numbers>
#include <random>

#include "support.h"

namespace guardian::speech {
namespace {

using testing::DoubleNear;
using testing::Optional;

constexpr double kRate_hz = 16000.0;

/// A voice-like sound: the harmonics of `pitch_hz` between two frequencies, falling by 6 dB per octave.
std::vector<float> voice(double pitch_hz, double seconds, double low_hz, double high_hz,
                         double amplitude = 0.3) {
  std::vector<float> pcm(static_cast<std::size_t>(seconds * kRate_hz));
  double strongest = 0.0;
  for (int harmonic = 1; harmonic * pitch_hz < high_hz; ++harmonic) {
    if (harmonic * pitch_hz < low_hz) continue;
    strongest += 1.0 / harmonic;
    for (std::size_t i = 0; i < pcm.size(); ++i) {
      const double phase =
          2 * std::numbers::pi * harmonic * pitch_hz * static_cast<double>(i) / kRate_hz + harmonic;
      pcm[i] += static_cast<float>(std::sin(phase) / harmonic);
    }
  }
  for (float& sample : pcm) sample = static_cast<float>(amplitude * static_cast<double>(sample) / strongest);
  return pcm;
}

std::vector<float> noise(double seconds, float amplitude) {
  std::mt19937 random(1);
  std::uniform_real_distribution<float> sample(-amplitude, amplitude);
  std::vector<float> pcm(static_cast<std::size_t>(seconds * kRate_hz));
  for (float& value : pcm) value = sample(random);
  return pcm;
}

class Pitch : public testing::TestWithParam<double> {};

TEST_P(Pitch, OfAFullBandVoiceIsFound) {
  EXPECT_THAT(measure_cues(voice(GetParam(), 1.0, 50, 7000)).pitch_hz,
              Optional(DoubleNear(GetParam(), GetParam() / 50)));
}

TEST_P(Pitch, IsFoundOnTheTelephoneWhereTheFundamentalIsMissing) {
  std::vector<float> pcm = voice(GetParam(), 1.0, 300, 3400);
  const std::vector<float> hiss = noise(1.0, 0.01F);
  for (std::size_t i = 0; i < pcm.size(); ++i) pcm[i] += hiss[i];
  EXPECT_THAT(measure_cues(pcm).pitch_hz, Optional(DoubleNear(GetParam(), GetParam() / 50)));
}

INSTANTIATE_TEST_SUITE_P(SoundCues, Pitch, testing::Values(90.0, 120.0, 180.0, 240.0, 330.0));

TEST(SoundCues, NoiseHasNoPitch) {
  const RawCues cues = measure_cues(noise(1.0, 0.3F));
  EXPECT_FALSE(cues.pitch_hz);
  EXPECT_LT(cues.voiced_share, 0.1);
  EXPECT_TRUE(cues.level_db);
}

TEST(SoundCues, SilenceAndScrapsAreNotMeasured) {
  EXPECT_FALSE(measure_cues({}).level_db);
  EXPECT_FALSE(measure_cues(std::vector<float>(10, 0.5F)).pitch_hz);
  const RawCues silence = measure_cues(std::vector<float>(16000, 0.0F));
  EXPECT_FALSE(silence.level_db);
  EXPECT_FALSE(silence.pitch_hz);
}

TEST(SoundCues, DamagedSamplesCountAsSilence) {
  std::vector<float> pcm = voice(150, 1.0, 50, 7000);
  for (std::size_t i = 0; i < pcm.size(); i += 4000) pcm[i] = std::numeric_limits<float>::quiet_NaN();
  pcm[17] = std::numeric_limits<float>::infinity();
  const RawCues cues = measure_cues(pcm);
  ASSERT_TRUE(cues.level_db);
  EXPECT_TRUE(std::isfinite(*cues.level_db));
}

TEST(SoundCues, PausesDoNotLowerTheLevel) {
  std::vector<float> pcm = voice(150, 1.0, 50, 7000);
  const double level_db = measure_cues(pcm).level_db.value();
  pcm.resize(pcm.size() * 3, 0.0F);
  EXPECT_NEAR(measure_cues(pcm).level_db.value(), level_db, 0.3);
}

TEST(SoundCues, DoubleTheAmplitudeIsSixDecibel) {
  const double quiet_db = measure_cues(voice(150, 1.0, 50, 7000, 0.1)).level_db.value();
  const double loud_db = measure_cues(voice(150, 1.0, 50, 7000, 0.2)).level_db.value();
  EXPECT_NEAR(loud_db - quiet_db, 6.02, 0.05);
}

TEST(SoundCues, ARisingVoiceHasARange) {
  std::vector<float> pcm = voice(120, 1.0, 50, 3000);
  const std::vector<float> higher = voice(160, 1.0, 50, 3000);
  pcm.insert(pcm.end(), higher.begin(), higher.end());
  EXPECT_THAT(measure_cues(pcm).pitch_range_st, Optional(DoubleNear(4.98, 0.3)));
}

// ---- against oneself and the other side ----

const Morphology& morphology() {
  static const Morphology loaded = [] {
    auto result = Morphology::load();
    if (!result) throw std::runtime_error(describe(result.error(), Language::english));
    return std::move(*result);
  }();
  return loaded;
}

Utterance said(int channel, Speaker speaker, double start_s, double end_s, const char* text = "はい") {
  Utterance utterance;
  utterance.channel = channel;
  utterance.speaker = speaker;
  utterance.start_s = start_s;
  utterance.end_s = end_s;
  utterance.text = text;
  return utterance;
}

Transcript conversation(std::vector<Utterance> utterances) {
  Transcript transcript;
  transcript.utterances = std::move(utterances);
  return transcript;
}

RawCues sounding(double level_db, double pitch_hz) { return {level_db, pitch_hz, 2.0, 0.8}; }

TEST(SoundCues, ChangesAreAgainstTheSpeakersOwnMedian) {
  Transcript transcript = conversation({said(0, Speaker::employee, 0, 1), said(1, Speaker::customer, 2, 3),
                                        said(1, Speaker::customer, 4, 5), said(1, Speaker::customer, 6, 7)});
  relate_cues(transcript, {sounding(-40, 220), sounding(-30, 100), sounding(-29, 100), sounding(-18, 200)},
              morphology());
  const auto& last = transcript.utterances[3].cues;
  EXPECT_THAT(last.loudness_change_db, Optional(DoubleNear(11.0, 1e-9)));
  EXPECT_THAT(last.pitch_change_st, Optional(DoubleNear(12.0, 1e-9)));
  EXPECT_THAT(transcript.utterances[1].cues.loudness_change_db, Optional(DoubleNear(-1.0, 1e-9)));
  EXPECT_FALSE(transcript.utterances[0].cues.loudness_change_db) << "one utterance is no baseline";
  EXPECT_THAT(transcript.utterances[0].cues.loudness_db, Optional(-40.0));
}

TEST(SoundCues, RateIsInMoraePerSecondWithoutPunctuation) {
  Transcript transcript = conversation({said(0, Speaker::customer, 0, 2.0, "東京都に、行きます。"),
                                        said(0, Speaker::customer, 3, 3.1, "はい")});
  relate_cues(transcript, {}, morphology());
  // とうきょうとにいきます: 10 morae
  EXPECT_THAT(transcript.utterances[0].cues.rate_morae_per_s, Optional(DoubleNear(5.0, 0.01)));
  EXPECT_FALSE(transcript.utterances[1].cues.rate_morae_per_s) << "too short to have a rate";
}

TEST(SoundCues, OverlapInterruptionAndGap) {
  Transcript transcript = conversation({
      said(0, Speaker::employee, 0.0, 4.0),
      said(1, Speaker::customer, 3.0, 6.0),    // cuts in for one second and goes on
      said(0, Speaker::employee, 7.5, 12.0),   // answers after 1.5 s
      said(1, Speaker::customer, 9.0, 9.4),    // "はい" within the other's words
      said(0, Speaker::employee, 12.2, 13.0),  // goes on by oneself
  });
  relate_cues(transcript, {}, morphology());
  const auto& utterances = transcript.utterances;
  EXPECT_FALSE(utterances[0].cues.response_gap_s);
  EXPECT_FALSE(utterances[0].cues.interruption);
  EXPECT_THAT(utterances[0].cues.overlap_s, Optional(DoubleNear(1.0, 1e-9)));
  EXPECT_TRUE(utterances[1].cues.interruption);
  EXPECT_THAT(utterances[1].cues.response_gap_s, Optional(DoubleNear(-1.0, 1e-9)));
  EXPECT_FALSE(utterances[2].cues.interruption);
  EXPECT_THAT(utterances[2].cues.response_gap_s, Optional(DoubleNear(1.5, 1e-9)));
  EXPECT_FALSE(utterances[3].cues.interruption) << "a word of agreement takes nobody's floor";
  EXPECT_FALSE(utterances[3].cues.response_gap_s);
  EXPECT_THAT(utterances[3].cues.overlap_s, Optional(DoubleNear(0.4, 1e-9)));
}

TEST(SoundCues, WithoutSeparateChannelsOverlapIsNotClaimed) {
  Transcript transcript =
      conversation({said(0, Speaker::employee, 0.0, 4.0), said(1, Speaker::customer, 4.5, 6.0)});
  relate_cues(transcript, {}, morphology(), {.separate_channels = false});
  EXPECT_FALSE(transcript.utterances[1].cues.overlap_s);
  EXPECT_THAT(transcript.utterances[1].cues.response_gap_s, Optional(DoubleNear(0.5, 1e-9)));
}

TEST(SoundCues, UnknownVoicesAreComparedWithNobody) {
  Transcript transcript = conversation(
      {said(-1, Speaker::unknown, 0, 1), said(-1, Speaker::unknown, 2, 3), said(-1, Speaker::unknown, 4, 5)});
  relate_cues(transcript, {sounding(-30, 100), sounding(-30, 100), sounding(-10, 200)}, morphology());
  EXPECT_FALSE(transcript.utterances[2].cues.loudness_change_db);
  EXPECT_FALSE(transcript.utterances[2].cues.response_gap_s);
  EXPECT_THAT(transcript.utterances[2].cues.loudness_db, Optional(-10.0));
}

TEST(SoundCues, TranscriptsWithoutTimesStayAsTheyAre) {
  Transcript transcript = conversation(
      {said(0, Speaker::employee, 0, 0, "お待たせいたしました"), said(1, Speaker::customer, 0, 0)});
  transcript.timed = false;
  relate_cues(transcript, {}, morphology());
  EXPECT_FALSE(transcript.utterances[0].cues.rate_morae_per_s);
  EXPECT_FALSE(transcript.utterances[1].cues.overlap_s);
}

}  // namespace
}  // namespace guardian::speech
