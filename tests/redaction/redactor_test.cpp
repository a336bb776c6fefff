// What leaves the building no longer says who spoke, and still says what was said.
#include "redaction/redactor.h"

#include <gmock/gmock.h>

#include <fstream>
#include <nlohmann/json.hpp>

#include "support.h"

namespace guardian::redaction {
namespace {

using testing::HasSubstr;
using testing::Not;

std::string redacted(std::string_view text, std::string_view before = {}) {
  static const Redactor redactor = Redactor::load().value();
  return redactor.redact(text, before).text;
}

TEST(Redaction, PhoneNumbersInEveryScript) {
  for (const char* number : {"090-1234-5678", "０９０−１２３４−５６７８", "09012345678", "090 1234 5678",
                             "０３（１２３４）５６７８", "〇九〇の一二三四の五六七八",
                             "〇九〇、一二三四、五六七八", "ゼロキュウゼロのイチニサンヨンのゴロクナナハチ",
                             "ぜろさんのいちにさんよんのごろくななはち", "ゼロ九ゼロ一二三四五六七八"})
    EXPECT_EQ(redacted(std::string("携帯は") + number + "です"), "携帯は[電話番号]です") << number;
  EXPECT_EQ(redacted("090-1234-5678にかけて"), "[電話番号]にかけて") << "the particle is no digit";
  EXPECT_EQ(redacted("+81-90-1234-5678"), "+[電話番号]");
}

TEST(Redaction, APhoneNumberSaidInPieces) {
  EXPECT_EQ(redacted("090の", "お電話番号をお願いします"), "[番号]の");
  EXPECT_EQ(redacted("1234です", "090の"), "[番号]です");
}

TEST(Redaction, CardsAndOtherNumbers) {
  EXPECT_EQ(redacted("カード番号は1234 5678 9012 3456です"), "カード番号は[カード番号]です");
  EXPECT_EQ(redacted("お客様番号は８８２１０です"), "お客様番号は[番号]です");
  EXPECT_EQ(redacted("〒160-0023です"), "〒[住所]です");
}

TEST(Redaction, WhatIsCountedOrDatedStays) {
  for (const char* words : {"5000円のはずなのに15,000円取られた", "2026年11月24日に届きました",
                            "百万円用意しろ", "15000~20000円で考えています", "三十分も待たされた",
                            "8月10日から2泊です", "さんざん待たせてごめんもなしに",
                            "皆さんにご迷惑をおかけして", "一度ならず二度三度", "10時30分に来い"})
    EXPECT_EQ(redacted(words), words);
}

TEST(Redaction, NamesOfTheDictionaryAndWhereNamesAreSaid) {
  EXPECT_EQ(redacted("木曜の四時に予約している三浦ですが"), "木曜の四時に予約している[氏名]ですが");
  EXPECT_EQ(redacted("田中太郎と申します"), "[氏名]と申します");
  EXPECT_EQ(redacted("タノウエと申します"), "[氏名]と申します");
  EXPECT_EQ(redacted("担当の高橋さんを出して"), "担当の[氏名]さんを出して");
  EXPECT_EQ(redacted("林様はいらっしゃいますか"), "[氏名]様はいらっしゃいますか");
  EXPECT_EQ(redacted("名前は、辻です"), "名前は、[氏名]です");
  EXPECT_EQ(redacted("サポートセンターの佐藤でございます"), "サポートセンターの[氏名]でございます");
  EXPECT_EQ(redacted("やっぱりやめます、キャンセル", "お名前をお願いします"), "やっぱりやめます、キャンセル");
  EXPECT_EQ(redacted("たのうえです", "お名前を頂戴できますか"), "[氏名]です");
}

TEST(Redaction, WordsThatLookLikeNamesStay) {
  for (const char* words :
       {"おたくさん、なめてんのか", "お客様、お静かにお願いいたします", "皆様にお待ちいただいております",
        "コールセンターの対応が悪い", "添乗員さんの困った顔", "お前じゃ話にならない、責任者を出せ",
        "いつもありがとうございます", "森で迷いました", "今すぐ土下座しろ", "担当の者に代わります",
        "担当の変更をお願いします", "辞めさせてくださいと申し上げております", "小田原駅の近く",
        "無料と言いましたよね"})
    EXPECT_EQ(redacted(words), words);
}

TEST(Redaction, AddressesGoButATownAloneStays) {
  EXPECT_EQ(redacted("東京都新宿区西新宿二丁目8番1号に送って"), "[住所]に送って");
  EXPECT_EQ(redacted("横浜市西区みなとみらい2-3-1です"), "[住所]です");
  EXPECT_THAT(redacted("大阪市北区梅田三の一の三、グランハイツ502号室です"), Not(HasSubstr("梅田")));
  EXPECT_EQ(redacted("桜台一丁目、二十の五でございます"), "[住所]でございます");
  EXPECT_EQ(redacted("お前んちの住所を言え"), "お前んちの住所を言え");
  EXPECT_EQ(redacted("住所は千葉県船橋市です"), "住所は[住所]です");
  EXPECT_EQ(redacted("大阪から来ました"), "大阪から来ました");
  EXPECT_EQ(redacted("島根に行こうと思います"), "島根に行こうと思います");
}

TEST(Redaction, MailAddressesWrittenAndSpoken) {
  EXPECT_EQ(redacted("taro.yamada@example.co.jpまで"), "[メールアドレス]まで");
  EXPECT_EQ(redacted("ティーエーアットマークジーメールドットコムです"), "[メールアドレス]です");
}

TEST(Redaction, Birthdays) {
  EXPECT_EQ(redacted("昭和五十九年の七月三日です"), "[生年月日]です");
  EXPECT_EQ(redacted("1985年4月12日生まれです"), "[生年月日]生まれです");
  EXPECT_EQ(redacted("平成2年5月6日です", "お名前と生年月日をお願いいたします"), "[生年月日]です");
  EXPECT_EQ(redacted("平成2年5月6日に買いました"), "平成2年5月6日に買いました");
}

TEST(Redaction, SaysWhereTheDetailsWere) {
  const auto redactor = Redactor::load().value();
  const std::string text = "はい、田中です。０９０　１２３４　５６７８です";
  const auto redaction = redactor.redact(text);
  ASSERT_EQ(redaction.found.size(), 2U);
  EXPECT_EQ(text.substr(redaction.found[0].begin, redaction.found[0].end - redaction.found[0].begin), "田中");
  EXPECT_EQ(redaction.found[1].kind, PersonalDetail::phone_number);
  EXPECT_EQ(redaction.text, "はい、[氏名]です。[電話番号]です");
}

TEST(Redaction, TwiceIsAsGoodAsOnce) {
  for (const char* words : {"田中です。090-1234-5678", "東京都新宿区西新宿二丁目8番1号", "a@b.jp"})
    EXPECT_EQ(redacted(redacted(words)), redacted(words));
}

TEST(Redaction, LeavesAlmostAllOfRealComplaintsAsTheyAre) {
  GUARDIAN_NEEDS_SHARED("data/dialogues/utterances.jsonl");
  std::ifstream lines(test::shared_dir() / "data/dialogues/utterances.jsonl");
  int all = 0;
  int changed = 0;
  for (std::string line; std::getline(lines, line); ++all) {
    const auto text = nlohmann::json::parse(line)["text"].get<std::string>();
    changed += redacted(text) != text ? 1 : 0;
  }
  ASSERT_GT(all, 1000);
  EXPECT_LT(changed, all / 20);
}

}  // namespace
}  // namespace guardian::redaction
