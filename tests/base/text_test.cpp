#include "base/text.h"

#include <gtest/gtest.h>

#include <string>

namespace guardian {
namespace {

struct Form {
  std::string written;
  std::string normalized;
};

class Normalize : public testing::TestWithParam<Form> {};

TEST_P(Normalize, BringsSpellingsOfOneThingTogether) {
  EXPECT_EQ(normalize(GetParam().written).text, GetParam().normalized);
}

INSTANTIATE_TEST_SUITE_P(Spellings, Normalize,
                         testing::Values(Form{"ﾌｻﾞｹﾙﾅ", "フザケルナ"}, Form{"ＳＮＳ", "sns"},
                                         Form{"SNS", "sns"}, Form{"ふざけんなーーー!!!", "ふざけんなー!"},
                                         Form{"土 下\u3000座\tしろ", "土下座しろ"},
                                         Form{"死\u200bね", "死ね"}, Form{"が", "が"}, Form{"①回", "1回"},
                                         Form{"なにぃぃぃ?!?!", "なにぃ?!?!"}, Form{"", ""}, Form{"  ", ""}));

TEST(NormalizedText, LeadsBackToTheWordsAsWritten) {
  const std::string written = "おい、ﾌ ｻﾞ ｹ ﾙﾅーーー! と";
  const auto normalized = normalize(written);
  const auto begin = normalized.text.find("フザケルナ");
  ASSERT_NE(begin, std::string::npos);
  EXPECT_EQ(normalized.original(written, begin, begin + std::string("フザケルナ").size()), "ﾌ ｻﾞ ｹ ﾙﾅ");
}

TEST(NormalizedText, EveryStretchIsASubstringOnCharacterBorders) {
  const std::string written = "㍿の①番、ｶﾞﾗｽ😀 が\u3000割れたぁぁ〜〜!";
  const auto normalized = normalize(written);
  ASSERT_EQ(normalized.origin.size(), normalized.text.size() + 1);
  for (std::size_t begin = 0; begin < normalized.text.size(); ++begin)
    for (std::size_t end = begin + 1; end <= normalized.text.size(); ++end) {
      const auto quote = normalized.original(written, begin, end);
      ASSERT_TRUE(is_utf8(quote)) << begin << ".." << end;
      ASSERT_NE(written.find(quote), std::string::npos);
    }
}

TEST(NormalizedText, RefusesStretchesThatDoNotExist) {
  const auto normalized = normalize("はい");
  EXPECT_TRUE(normalized.original("はい", 3, 3).empty());
  EXPECT_TRUE(normalized.original("はい", 0, 100).empty());
}

TEST(IsUtf8, KnowsWellFormedText) {
  EXPECT_TRUE(is_utf8("土下座😀"));
  EXPECT_FALSE(is_utf8("\xC0\xAF"));          // overlong
  EXPECT_FALSE(is_utf8("\xED\xA0\x80"));      // surrogate
  EXPECT_FALSE(is_utf8("\xE5\x9C"));          // cut off
  EXPECT_FALSE(is_utf8("\xF5\x80\x80\x80"));  // beyond Unicode
}

TEST(Printable, TakesTheSpellOffHostileNames) {
  EXPECT_EQ(printable("見積.wav"), "見積.wav");
  const auto name = printable("a\x1b[2J\n\u202Eb\xFF");
  EXPECT_EQ(name.find('\x1b'), std::string::npos);
  EXPECT_EQ(name.find('\n'), std::string::npos);
  EXPECT_EQ(name.find("\u202E"), std::string::npos);
  EXPECT_TRUE(is_utf8(name));
}

TEST(ToHiragana, ChangesKatakanaOnly) { EXPECT_EQ(to_hiragana("ドゲザしろヴー漢A"), "どげざしろゔー漢A"); }

TEST(CountCharacters, CountsLettersNotBytes) { EXPECT_EQ(count_characters("土下座😀!"), 5U); }

TEST(Cut, FallsOnCharactersBorders) {
  EXPECT_EQ(beginning("a電話", 3), "a");
  EXPECT_EQ(beginning("a電話", 4), "a電");
  EXPECT_EQ(ending("電話b", 3), "b");
  EXPECT_EQ(ending("電話b", 4), "話b");
  for (const auto cut : {beginning, ending}) {
    EXPECT_EQ(cut("電話", 6), "電話");
    EXPECT_EQ(cut("電話", 100), "電話");
    EXPECT_EQ(cut("電話", 2), "");
    EXPECT_EQ(cut("", 0), "");
  }
}

TEST(HasLetters, TellsWordsFromMarks) {
  for (const char* words : {"あ", "夜道", "ー3", "(a)", "バ"}) EXPECT_TRUE(has_letters(words)) << words;
  for (const char* marks : {"", "、", "。?", "…", " ", "\xFF"}) EXPECT_FALSE(has_letters(marks)) << marks;
}

}  // namespace
}  // namespace guardian
