#include "load/group_picture.h"

#include <gmock/gmock.h>

#include <random>

#include "ledger_support.h"

namespace guardian::load {
namespace {

using test::at;
using testing::IsEmpty;
using testing::SizeIs;

const Day kDay = *parse_day("2026-11-20");

TEST(APicture, NeedsFivePeople) {
  EXPECT_FALSE(picture_of(kDay, {4, 0, 0}, {}));
  EXPECT_TRUE(picture_of(kDay, {5, 0, 0}, {}));
}

TEST(APicture, NeverShowsACountOfOneNorAllButOne) {
  EXPECT_FALSE(picture_of(kDay, {4, 1, 0}, {}));
  EXPECT_FALSE(picture_of(kDay, {1, 2, 2}, {}));
  EXPECT_FALSE(picture_of(kDay, {9, 2, 1}, {}));
  const auto shown = picture_of(kDay, {3, 1, 1}, {});
  ASSERT_TRUE(shown);
  EXPECT_FALSE(shown->yellow);
  EXPECT_EQ(shown->yellow_or_red, 2);
}

TEST(APicture, TellsYellowFromRedOnlyInLargerGroupsWithSomebodyGreen) {
  EXPECT_FALSE(picture_of(kDay, {5, 2, 2}, {})->yellow);
  EXPECT_EQ(picture_of(kDay, {6, 2, 2}, {})->yellow, 2);
  const auto nobody_green = picture_of(kDay, {0, 3, 9}, {});
  ASSERT_TRUE(nobody_green);
  EXPECT_FALSE(nobody_green->yellow);
  EXPECT_EQ(nobody_green->yellow_or_red, 12);
}

TEST(APicture, IsWithheldWhereTheDifferenceToAnEarlierOneIsOnePerson) {
  const std::vector<Picture> earlier = {*picture_of(kDay, {6, 3, 3}, {})};
  EXPECT_TRUE(picture_of(kDay, {6, 3, 3}, earlier));
  EXPECT_FALSE(picture_of(kDay, {5, 4, 3}, earlier)) << "one moved from green to yellow";
  EXPECT_FALSE(picture_of(kDay, {6, 2, 4}, earlier)) << "one moved from yellow to red";
  EXPECT_FALSE(picture_of(kDay, {7, 3, 3}, earlier)) << "one joined";
  EXPECT_FALSE(picture_of(kDay, {6, 3, 2}, earlier)) << "one left";
  EXPECT_TRUE(picture_of(kDay, {4, 5, 3}, earlier));
}

/// What a manager who keeps every picture can compute is never about one person: no count, no rest and no
/// difference of counts that can be formed from any two pictures is 1.
TEST(APicture, HoldsAgainstSubtractionOverAnyTwoDays) {
  std::mt19937 random(11);  // NOLINT(bugprone-random-generator-seed): the same every time
  std::size_t shown = 0;
  for (int round = 0; round < 300; ++round) {
    std::vector<Picture> seen;
    BandCounts counts{static_cast<int>(random() % 14), static_cast<int>(random() % 6),
                      static_cast<int>(random() % 6)};
    for (int i = 0; i < 28; ++i) {
      std::array<int*, 3> cells = {&counts.green, &counts.yellow, &counts.red};
      for (unsigned moves = random() % 3; moves > 0; --moves) {  // one moves, joins or leaves
        int& from = *cells[random() % 3];
        if (random() % 4 > 0 && from > 0) --from;
        if (random() % 4 > 0) ++*cells[random() % 3];
      }
      if (const auto picture = picture_of(kDay + std::chrono::days(i), counts, seen))
        seen.push_back(*picture);
    }
    shown += seen.size();
    for (const auto& a : seen) {
      EXPECT_GE(a.people(), 5);
      EXPECT_NE(a.green, 1);
      EXPECT_NE(a.yellow_or_red, 1);
      for (const auto& b : seen) {
        EXPECT_NE(std::abs(a.green - b.green), 1);
        EXPECT_NE(std::abs(a.yellow_or_red - b.yellow_or_red), 1);
        if (!a.yellow || !b.yellow) continue;
        EXPECT_NE(*a.yellow, 1);
        EXPECT_NE(a.yellow_or_red - *a.yellow, 1);
        EXPECT_NE(std::abs(*a.yellow - *b.yellow), 1);
        EXPECT_NE(std::abs((a.yellow_or_red - *a.yellow) - (b.yellow_or_red - *b.yellow)), 1);
      }
    }
  }
  EXPECT_GT(shown, 500U) << "a view that never shows anything would be safe, too";
}

class GroupPicturesOfACompany : public testing::Test {
 protected:
  GroupPicturesOfACompany() {
    for (int i = 0; i < 6; ++i) people_.push_back(company_.add_employee(tenant(), group_));
  }
  const std::string& tenant() const { return company_.tenants[0]; }
  /// `minutes` of severity 100 on a day; 0: a dealing without findings.
  void record(const std::string& employee, double minutes, const std::string& when,
              const std::string& analysed) {
    std::vector<test::Quote> quotes;
    for (double left = minutes; left > 0; left -= 5.0)
      quotes.push_back({"c" + std::to_string(quotes.size()), 100, 0.0, std::min(left, 5.0) * 60});
    const auto report = test::report_of(3600.0, quotes);
    const auto recording = company_.add_recording(tenant(), make_id());
    company_.write([&](store::Transaction& t) {
      const archive::Analysed told{tenant(), recording,    employee, {},    {},    {},
                                   at(when), at(analysed), 0.0,      false, report};
      ASSERT_TRUE(ledger_.record_exposure(t, told));
    });
  }
  void record_all(const std::vector<double>& minutes) {
    for (std::size_t i = 0; i < minutes.size(); ++i)
      record(people_[i], minutes[i], "2026-11-18T03:00:00Z", "2026-11-18T04:00:00Z");
  }
  Result<std::vector<GroupView>> views(const access::Caller& by) {
    return company_.ask([&](store::Transaction& t) -> Result<std::vector<GroupView>> {
      if (auto done = pictures_.decide_due(t, by.tenant); !done) return tl::unexpected<Error>(done.error());
      return pictures_.views(t, by);
    });
  }
  access::Caller manager(const std::string& group) const {
    access::Caller by;
    by.tenant = tenant();
    by.reach = access::Reach::group;
    by.group = group;
    return by;
  }
  std::vector<Picture> seen() { return views(manager(group_))->front().pictures; }

  test::Company company_{2};
  std::string group_ = company_.add_group(tenant(), "A");
  std::vector<std::string> people_;
  std::int64_t now_ms_ = at("2026-11-20T03:00:00Z");
  LoadLedger ledger_{company_.keyring, company_.audit, {}, {}, [this] { return now_ms_; }};
  GroupPictures pictures_{ledger_};
};

TEST_F(GroupPicturesOfACompany, CountBands) {
  record_all({0, 0, 0, 0, 7, 20});
  const auto pictures = seen();
  ASSERT_THAT(pictures, SizeIs(1));
  EXPECT_EQ(format_day(pictures[0].day), "2026-11-18");
  EXPECT_EQ(pictures[0].green, 4);
  EXPECT_EQ(pictures[0].yellow_or_red, 2);
}

TEST_F(GroupPicturesOfACompany, NobodyIsSeenByAManagerWithinADay) {
  for (const auto& one : people_) record(one, 0, "2026-11-18T03:00:00Z", "2026-11-18T14:59:59Z");
  now_ms_ = at("2026-11-19T14:59:59Z");
  EXPECT_THAT(seen(), IsEmpty());
  now_ms_ = at("2026-11-19T15:00:00Z");
  EXPECT_THAT(seen(), SizeIs(1));
}

TEST_F(GroupPicturesOfACompany, WhatIsRecordedLaterDoesNotEnterAnEarlierDay) {
  record_all({0, 0, 0, 0});
  record(people_[4], 0, "2026-11-18T03:00:00Z", "2026-11-18T15:00:00Z");
  EXPECT_THAT(seen(), IsEmpty()) << "the fifth was not known when the day ended";
}

TEST_F(GroupPicturesOfACompany, APictureIsDecidedOnceWhateverChangesAfterwards) {
  record_all({0, 0, 0, 0, 0, 0});
  ASSERT_THAT(seen(), SizeIs(1));
  record(people_[0], 30, "2026-11-18T03:00:00Z", "2026-11-18T04:00:00Z");
  company_.write([&](store::Transaction& t) {
    t.execute("UPDATE employees SET group_id = NULL WHERE id = ?", {people_[1]});
  });
  EXPECT_EQ(seen().front().people(), 6);
  now_ms_ = at("2026-11-21T03:00:00Z");
  EXPECT_THAT(seen(), SizeIs(1)) << "five green and one gone differ from six green by one";
}

TEST_F(GroupPicturesOfACompany, PeopleWithoutDataDoNotCount) {
  record_all({0, 0, 0, 0});
  EXPECT_THAT(seen(), IsEmpty());
  EXPECT_EQ(views(manager(group_))->front().name, "A");
}

TEST_F(GroupPicturesOfACompany, ReachEndsAtTheOwnGroupAndCompany) {
  const auto other = company_.add_group(tenant(), "B");
  const auto own = views(manager(group_));
  ASSERT_THAT(*own, SizeIs(1));
  EXPECT_EQ(own->front().group, group_);
  auto department = manager(group_);
  department.reach = access::Reach::tenant;
  ASSERT_THAT(*views(department), SizeIs(2));
  EXPECT_EQ(views(department)->back().group, other);
  department.tenant = company_.tenants[1];
  EXPECT_THAT(*views(department), IsEmpty());
  auto employee = manager(group_);
  employee.reach = access::Reach::own;
  EXPECT_EQ(views(employee).error().kind, Error::Kind::forbidden);
}

TEST_F(GroupPicturesOfACompany, OldPicturesGo) {
  record_all({0, 0, 0, 0, 0, 0});
  ASSERT_THAT(seen(), SizeIs(1));
  now_ms_ = at("2026-12-25T03:00:00Z");
  EXPECT_THAT(seen(), IsEmpty());
}

}  // namespace
}  // namespace guardian::load
