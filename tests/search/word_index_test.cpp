#include "search/word_index.h"

#include <gmock/gmock.h>

#include "base/file.h"
#include "base/id.h"
#include "support.h"

namespace guardian::search {
namespace {

using testing::ElementsAre;
using testing::HasSubstr;
using testing::IsEmpty;
using testing::Not;

class TheWordIndex : public testing::Test {
 protected:
  TheWordIndex() {
    write([&](store::Transaction& t) {
      for (const char* tenant : {"a", "b"}) {
        t.execute("INSERT INTO tenants (id, name, created_ms) VALUES (?, 'x', 0)", {std::string(tenant)});
        keyring_.add_tenant(t, tenant);
      }
    });
  }
  template <class Work>
  void write(const Work& work) {
    const auto done = database_->write([&](store::Transaction& t) -> Result<void> {
      work(t);
      return {};
    });
    if (!done) throw std::runtime_error(describe(done.error(), Language::english));
  }
  static std::vector<speech::Utterance> said(const std::vector<std::string>& texts) {
    std::vector<speech::Utterance> utterances;
    for (const auto& text : texts) {
      speech::Utterance utterance;
      utterance.text = text;
      utterances.push_back(std::move(utterance));
    }
    return utterances;
  }
  void record(const std::string& tenant, const std::string& id, const std::vector<std::string>& texts,
              bool again = false) {
    report::Report report;
    report.transcript.utterances = said(texts);
    write([&](store::Transaction& t) {
      if (!again)
        t.execute(
            "INSERT INTO recordings (id, tenant_id, name_sealed, object_id, bytes, sha256, uploaded_ms, "
            "state) "
            "VALUES (?, ?, ?, '', 0, '', 0, 'analysed')",
            {id, tenant, store::Blob{"x"}});
      archive::Analysed analysed{tenant, id, {}, {}, {}, {}, 0, 0, 0.0, again, report};
      ASSERT_TRUE(index_.add(t, analysed));
    });
  }
  std::vector<std::string> find(const std::string& tenant, const std::string& text) {
    const auto query = index_.understand(text);
    if (!query) throw std::runtime_error(describe(query.error(), Language::english));
    return database_
        ->read([&](store::Transaction& t) -> Result<std::vector<std::string>> {
          std::vector<std::string> found;
          for (const auto& row :
               t.query("SELECT recording_id FROM word_rows WHERE row IN (SELECT rowid FROM words "
                       "WHERE words MATCH ?) ORDER BY recording_id",
                       {index_.match_expression(tenant, *query)}))
            found.push_back(row.text("recording_id"));
          return found;
        })
        .value();
  }

  test::TemporaryFolder folder_;
  std::unique_ptr<store::Database> database_ =
      std::move(*store::open_embedded((folder_.path() / "guardian.db").string()));
  access::Keyring keyring_ = std::move(*access::Keyring::open(*database_, Key::random()));
  WordIndex index_ = std::move(*WordIndex::load(keyring_));
};

TEST_F(TheWordIndex, FindsWordsInWhateverFormTheyWereSaid) {
  record("a", "r1", {"今すぐ土下座しろ", "返金してください"});
  record("a", "r2", {"荷物がまだ届かないんですが"});
  EXPECT_THAT(find("a", "土下座"), ElementsAre("r1"));
  EXPECT_THAT(find("a", "返金 土下座"), ElementsAre("r1"));
  EXPECT_THAT(find("a", "届く"), ElementsAre("r2"));
  EXPECT_THAT(find("a", "土下座 荷物"), IsEmpty());
}

TEST_F(TheWordIndex, FindsHomophonesAndKana) {
  record("a", "r1", {"責任者を出してもらえますか"});
  EXPECT_THAT(find("a", "せきにんしゃ"), ElementsAre("r1"));
  EXPECT_EQ(index_.locate(*index_.understand("せきにんしゃ"), said({"責任者を出して"}), 10).size(), 1U);
}

TEST_F(TheWordIndex, AnotherTenantsWordsAreNotFound) {
  record("a", "r1", {"土下座しろ"});
  EXPECT_THAT(find("b", "土下座"), IsEmpty());
}

TEST_F(TheWordIndex, AnalysingAgainReplacesAndRemovingForgets) {
  record("a", "r1", {"土下座しろ"});
  record("a", "r1", {"返金してください"}, true);
  EXPECT_THAT(find("a", "土下座"), IsEmpty());
  EXPECT_THAT(find("a", "返金"), ElementsAre("r1"));
  write([](store::Transaction& t) { WordIndex::remove(t, "r1"); });
  EXPECT_THAT(find("a", "返金"), IsEmpty());
}

TEST_F(TheWordIndex, TheFileHoldsNoWords) {
  record("a", "r1", {"土下座しろと田中が言った", "extraordinary"});
  const auto copy = folder_.path() / "copy.db";
  ASSERT_TRUE(database_->copy_to(copy.string()));
  const auto bytes = read_file(copy, 1U << 30U);
  ASSERT_TRUE(bytes);
  for (const char* word : {"土下座", "どげざ", "田中", "extraordinary"})
    EXPECT_THAT(*bytes, Not(HasSubstr(word)));
}

TEST_F(TheWordIndex, TellsWhereLiterallyOrByWords) {
  const auto call =
      said({"お待たせしました", "土下座しろよ", "土下座を、しろって言ってるだろ", "失礼します"});
  const auto hits = index_.locate(*index_.understand("土下座しろ"), call, 10);
  ASSERT_EQ(hits.size(), 2U);
  EXPECT_EQ(hits[0].utterance, 1U);
  EXPECT_TRUE(hits[0].literal);
  EXPECT_EQ(hits[1].utterance, 2U);
  EXPECT_FALSE(hits[1].literal);
  EXPECT_EQ(index_.locate(*index_.understand("土下座しろ"), call, 1).size(), 1U);
}

TEST_F(TheWordIndex, QueriesThatCannotBeLookedForAreRefused) {
  for (const std::string query : {"", "   ", "を", "\xff", "\" OR 1"})
    if (query != "\" OR 1")
      EXPECT_EQ(index_.understand(query).error().kind, Error::Kind::usage) << query;
    else
      EXPECT_THAT(find("a", query), IsEmpty());
  EXPECT_FALSE(index_.understand(std::string(700, 'x')));
}

}  // namespace
}  // namespace guardian::search
