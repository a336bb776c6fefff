#include "review/decisions.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "ledger_support.h"
#include "review/labels.h"

namespace guardian::review {
namespace {

using testing::ElementsAre;
using testing::HasSubstr;
using testing::IsEmpty;
using testing::Not;
using testing::SizeIs;

/// A dealing of an employee with two utterances that look like harassment.
class ReviewedDealing : public testing::Test {
 protected:
  ReviewedDealing() {
    by_.tenant = tenant_;
    by_.id = make_id();
    by_.name = "審査 花子";
    by_.employee = employee_;
    report_.transcript.utterances = {said("責任者を出せ、土下座しろ", 0.0),
                                     said("090-1234-5678 の田中だ、死ね", 10.0)};
    analyse();
  }
  static speech::Utterance said(const std::string& text, double start_s) {
    speech::Utterance utterance;
    utterance.speaker = speech::Speaker::customer;
    utterance.text = text;
    utterance.start_s = start_s;
    utterance.end_s = start_s + 5.0;
    return utterance;
  }
  void analyse() {
    company_.write([&](store::Transaction& t) {
      const archive::Analysed told{
          tenant_,  recording_, employee_, {},     {}, {}, test::at("2026-11-20T03:00:00Z"),
          now_ms(), 0.0,        false,     report_};
      ASSERT_TRUE(ledger_.record_exposure(t, told));
      ASSERT_TRUE(decisions_.apply_again(t, told));
    });
  }
  Result<std::vector<Decision>> decide(int finding, const Choice& choice) {
    return company_.ask([&](store::Transaction& t) {
      return decisions_.decide(t, by_, {recording_, report_}, finding, choice);
    });
  }
  Result<std::vector<Decision>> undo(int finding) {
    return company_.ask([&](store::Transaction& t) {
      return decisions_.undo(t, by_, {recording_, report_}, finding);
    });
  }
  std::vector<Decision> decisions() {
    return company_
        .ask([&](store::Transaction& t) {
          return decisions_.of(t, tenant_, {recording_, report_});
        })
        .value();
  }
  std::size_t counted_in_load() {
    const auto day = test::at("2026-11-20T03:00:00Z");
    return company_
        .ask([&](store::Transaction& t) -> Result<std::size_t> {
          const auto shares = ledger_.explain(t, by_, load::today_of(t, tenant_, day).value());
          return static_cast<std::size_t>(std::count_if(
              shares->begin(), shares->end(), [](const auto& share) { return share.part.counted; }));
        })
        .value();
  }

  test::Company company_;
  std::string tenant_ = company_.tenants[0];
  std::string employee_ = company_.add_employee(tenant_);
  std::string recording_ = company_.add_recording(tenant_, "content");
  report::Report report_ =
      test::report_of(60.0, {{"dogeza_demand", 60, 2.0, 5.0}, {"threat", 90, 12.0, 15.0}});
  access::Caller by_;
  load::LoadLedger ledger_{company_.keyring, company_.audit};
  policy::Policy policy_ = policy::load_policy(test::source_dir() / "policy").value();
  Decisions decisions_{company_.keyring, company_.audit, ledger_, policy_};
};

TEST_F(ReviewedDealing, WhatIsRejectedLeavesTheLoadAndTheScoreUntilItIsUndone) {
  EXPECT_EQ(counted_in_load(), 2U);
  ASSERT_TRUE(decide(1, {Ruling::rejected, {}, {}, "引用でした"}));
  EXPECT_EQ(counted_in_load(), 1U);
  EXPECT_THAT(after_review(report_.verdict.findings, decisions()), SizeIs(1));
  ASSERT_TRUE(undo(1));
  EXPECT_EQ(counted_in_load(), 2U);
  EXPECT_THAT(decisions(), IsEmpty());
  EXPECT_EQ(undo(1).error().kind, Error::Kind::not_found) << "there is nothing left to undo";
}

TEST_F(ReviewedDealing, WhatIsRejectedLeavesThePicturesOfManyDealings) {
  const auto counted = [&] {
    std::vector<std::string> categories;
    company_.write([&](store::Transaction& t) {
      for (const auto& row : t.query("SELECT category FROM counted_findings ORDER BY category"))
        categories.push_back(row.text("category"));
    });
    return categories;
  };
  const auto before = counted();
  EXPECT_THAT(before, SizeIs(2));
  ASSERT_TRUE(decide(1, {Ruling::rejected, {}, {}, ""}));
  EXPECT_THAT(counted(), ElementsAre(report_.verdict.findings[0].category));
  ASSERT_TRUE(decide(0, {Ruling::changed, "apology_demand", 35, ""}));
  EXPECT_THAT(counted(), ElementsAre("apology_demand"));
  ASSERT_TRUE(undo(0));
  ASSERT_TRUE(undo(1));
  EXPECT_EQ(counted(), before);
}

TEST_F(ReviewedDealing, TheLastDecisionCountsAndUndoingItBringsTheOneBeforeBack) {
  ASSERT_TRUE(decide(0, {Ruling::rejected, {}, {}, ""}));
  ASSERT_TRUE(decide(0, {Ruling::changed, "apology_demand", 35, "土下座とまでは言っていない"}));
  ASSERT_THAT(decisions(), SizeIs(1));
  EXPECT_EQ(decisions()[0].category, "apology_demand");
  EXPECT_EQ(decisions()[0].severity, 35);
  EXPECT_EQ(decisions()[0].name, "審査 花子");
  const auto after = after_review(report_.verdict.findings, decisions());
  EXPECT_EQ(after[0].category, "apology_demand");
  ASSERT_TRUE(undo(0));
  EXPECT_EQ(decisions()[0].ruling, Ruling::rejected);
}

TEST_F(ReviewedDealing, ANewAnalysisIsMetByTheDecisionsOfTheOld) {
  ASSERT_TRUE(decide(1, {Ruling::rejected, {}, {}, ""}));
  ASSERT_TRUE(decide(0, {Ruling::confirmed, {}, {}, ""}));
  // The first is not found any more, another one is, and the second moved a little.
  report_ = test::report_of(60.0, {{"verbal_abuse", 40, 1.0, 2.0}, {"threat", 85, 11.5, 14.0}});
  analyse();
  EXPECT_EQ(counted_in_load(), 1U);
  const auto now = decisions();
  ASSERT_THAT(now, SizeIs(2));
  EXPECT_EQ(now[0].finding, 1);
  EXPECT_EQ(now[0].ruling, Ruling::rejected);
  EXPECT_EQ(now[1].finding, -1) << "its finding is gone, the decision is kept";
}

TEST_F(ReviewedDealing, NonsenseIsRefused) {
  EXPECT_EQ(decide(2, {}).error().kind, Error::Kind::not_found);
  EXPECT_EQ(decide(-1, {}).error().kind, Error::Kind::not_found);
  EXPECT_EQ(decide(0, {Ruling::changed, {}, 101, ""}).error().subject, "severity");
  EXPECT_EQ(decide(0, {Ruling::changed, {}, {}, ""}).error().subject, "ruling") << "nothing would be changed";
  EXPECT_EQ(decide(0, {Ruling::confirmed, {}, {}, std::string(1001, 'x')}).error().subject, "comment");
  EXPECT_THAT(decisions(), IsEmpty());
}

TEST_F(ReviewedDealing, WordsAndNamesAreSealedAndGoWithTheRecording) {
  ASSERT_TRUE(decide(0, {Ruling::confirmed, {}, {}, "秘密のコメント"}));
  company_.write([&](store::Transaction& t) {
    const auto row = t.first("SELECT * FROM review_decisions").value();
    for (const char* column : {"comment_sealed", "name_sealed"}) {
      EXPECT_THAT(row.bytes(column), Not(HasSubstr("秘密")));
      EXPECT_THAT(row.bytes(column), Not(HasSubstr("花子")));
    }
    Decisions::forget(t, tenant_, recording_);
  });
  EXPECT_THAT(decisions(), IsEmpty());
}

TEST_F(ReviewedDealing, IsTrainingDataOfWhatWasDecidedWithoutPersonalDetails) {
  const auto redactor = redaction::Redactor::load();
  ASSERT_TRUE(redactor);
  const auto lines = [&] { return labels_of(recording_, report_, decisions(), *redactor); };
  EXPECT_THAT(lines(), IsEmpty());
  ASSERT_TRUE(decide(0, {Ruling::rejected, {}, {}, ""}));
  ASSERT_TRUE(decide(1, {Ruling::changed, "verbal_abuse", 70, ""}));
  const auto made = lines();
  ASSERT_THAT(made, SizeIs(2));
  EXPECT_FALSE(made[0].is_harassment());
  EXPECT_EQ(made[0].kind, "hard_negative");
  EXPECT_EQ(made[1].category, "verbal_abuse");
  EXPECT_EQ(made[1].severity, 70);
  EXPECT_THAT(made[1].text, HasSubstr("死ね"));
  EXPECT_THAT(made[1].text, Not(HasSubstr("1234")));
  const auto file = company_.folder.path() / "labels.jsonl";
  ASSERT_TRUE(evaluation::write_utterances(file, made));
  const auto read = evaluation::read_utterances(file);
  ASSERT_TRUE(read) << read.error().what.en;
  EXPECT_THAT(*read, SizeIs(2)) << "the trainer reads what was exported";
}

TEST_F(ReviewedDealing, AnUtteranceStillWaitingForADecisionIsNoTrainingData) {
  report_ = test::report_of(60.0, {{"threat", 90, 1.0, 2.0}, {"verbal_abuse", 50, 3.0, 4.0}});
  report_.verdict.findings[1].utterance = 0;
  report_.transcript.utterances = {said("殺すぞ、ばか", 0.0)};
  const auto redactor = redaction::Redactor::load();
  ASSERT_TRUE(decide(0, {Ruling::rejected, {}, {}, ""}));
  EXPECT_THAT(labels_of(recording_, report_, decisions(), *redactor), IsEmpty());
  ASSERT_TRUE(decide(1, {Ruling::confirmed, {}, {}, ""}));
  EXPECT_THAT(labels_of(recording_, report_, decisions(), *redactor), SizeIs(1));
}

}  // namespace
}  // namespace guardian::review
