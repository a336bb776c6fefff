#include "speech/transcript_file.h"

#include <gmock/gmock.h>

#include "support.h"

namespace guardian::speech {
namespace {

using testing::HasSubstr;

TEST(TranscriptFile, ReadsTurnsInOrderOfTime) {
  const auto transcript = parse_transcript(
      R"({"id":"x","setting":"phone","company_fault":true,"turns":[
          {"speaker":"customer","text":"二番目","start":5.0,"end":6.0004},
          {"speaker":"employee","text":"一番目","start":0.5,"end":4}]})",
      "t.json");
  ASSERT_TRUE(transcript);
  ASSERT_EQ(transcript->utterances.size(), 2U);
  EXPECT_EQ(transcript->utterances[0].text, "一番目");
  EXPECT_EQ(transcript->utterances[0].speaker, Speaker::employee);
  EXPECT_EQ(transcript->utterances[1].index, 1);
  EXPECT_DOUBLE_EQ(transcript->utterances[1].end_s, 6.0);
  EXPECT_EQ(transcript->setting, Setting::phone);
  EXPECT_EQ(transcript->company_fault, true);
  EXPECT_TRUE(transcript->timed);
}

TEST(TranscriptFile, KeepsWrittenOrderWhenTimesAreMissing) {
  const auto transcript = parse_transcript(
      R"({"turns":[{"speaker":"customer","text":"あ","start":9},{"speaker":"employee","text":"い"}]})",
      "t.json");
  ASSERT_TRUE(transcript);
  EXPECT_FALSE(transcript->timed);
  EXPECT_EQ(transcript->utterances[0].text, "あ");
  EXPECT_DOUBLE_EQ(transcript->utterances[0].start_s, 0.0);
}

TEST(TranscriptFile, NamesTheFieldThatIsWrong) {
  const auto speaker = parse_transcript(R"({"turns":[{"speaker":"boss","text":"あ"}]})", "t.json");
  ASSERT_FALSE(speaker);
  EXPECT_THAT(describe(speaker.error(), Language::english), HasSubstr("turns[0].speaker"));
  const auto time =
      parse_transcript(R"({"turns":[{"speaker":"customer","text":"あ","start":-1}]})", "t.json");
  ASSERT_FALSE(time);
  EXPECT_THAT(describe(time.error(), Language::japanese), HasSubstr("turns[0].start"));
}

TEST(TranscriptFile, RefusesWhatIsNotATranscript) {
  EXPECT_FALSE(parse_transcript("", "t.json"));
  EXPECT_FALSE(parse_transcript("[]", "t.json"));
  EXPECT_FALSE(parse_transcript("{\"turns\":[", "t.json"));
  EXPECT_FALSE(parse_transcript("{\"turns\":[\xff]}", "t.json"));
  EXPECT_FALSE(parse_transcript(std::string(1'000'000, '['), "t.json"));
}

TEST(TranscriptFile, ReadsEverySharedDialogueAsItStands) {
  GUARDIAN_NEEDS_SHARED("data/calls");
  int read = 0;
  for (const auto& entry : std::filesystem::directory_iterator(test::shared_dir() / "data/calls")) {
    if (entry.path().extension() != ".json") continue;
    const auto transcript = read_transcript(entry.path());
    ASSERT_TRUE(transcript) << describe(transcript.error(), Language::english);
    EXPECT_GE(transcript->utterances.size(), 5U);
    ++read;
  }
  EXPECT_GT(read, 0);
}

}  // namespace
}  // namespace guardian::speech
