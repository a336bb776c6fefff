#include "insights/picture.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "base/text.h"
#include "insights/counted.h"
#include "ledger_support.h"

namespace guardian::insights {
namespace {

using testing::ElementsAre;
using testing::Pair;

class APicture : public testing::Test {
 protected:
  struct Dealing {
    std::string at;  ///< RFC 3339
    int score = 0;
    std::string categories = " ";
    std::string group = {};
    std::string tenant = {};
    std::optional<std::string> product = {};
    LeadUp lead_up = LeadUp::talk;
  };
  std::string add(const Dealing& dealing) {
    const auto tenant = dealing.tenant.empty() ? tenant_ : dealing.tenant;
    auto id = company_.add_recording(tenant, make_id(),
                                     dealing.group.empty() ? std::nullopt : std::optional(dealing.group));
    company_.write([&](store::Transaction& t) {
      t.execute("UPDATE recordings SET started_ms = ?, duration_s = 120, product = ? WHERE id = ?",
                {test::at(dealing.at), store::or_null(dealing.product), id});
      Counted counted{dealing.score, dealing.score >= 40, {}};
      for (const auto& category : words_in(dealing.categories))
        counted.findings.push_back({category, dealing.score, 12.5, dealing.lead_up});
      keep_counted(t, tenant, id, counted);
    });
    return id;
  }
  access::Caller caller(access::Role role, const std::optional<std::string>& group = {}) const {
    access::Caller by;
    by.tenant = tenant_;
    by.id = make_id();
    by.roles = {role};
    by.permissions = access::permissions_of(role);
    by.reach = access::reach_of(role);
    by.group = group;
    return by;
  }
  Picture picture(const access::Caller& by) {
    return company_
        .ask([&](store::Transaction& t) {
          return picture_of(t, by, {test::at("2026-10-31T15:00:00Z"), test::at("2026-11-30T15:00:00Z")});
        })
        .value();
  }

  test::Company company_{2};
  std::string tenant_ = company_.tenants[0];
  std::string shop_ = company_.add_group(tenant_, "本店");
  access::Caller department_ = caller(access::Role::special_department);
};

TEST_F(APicture, CountsByTheClockOnTheWallAndTheCalendarOfTheCompany) {
  add({"2026-11-02T00:30:00Z", 60, " threat "});  // Monday, 9:30 in Japan
  add({"2026-11-02T15:10:00Z", 0});               // Tuesday, 0:10
  add({"2026-10-31T14:59:00Z", 60, " threat "});  // still October
  add({"2026-11-30T15:00:00Z", 60, " threat "});  // December
  const auto found = picture(department_);
  EXPECT_EQ(found.all.recordings, 2);
  EXPECT_EQ(found.all.suspected, 1);
  EXPECT_EQ(found.all.minutes, 4.0);
  EXPECT_EQ(found.hours[9].suspected, 1);
  EXPECT_EQ(found.hours[0].recordings, 1);
  EXPECT_EQ(found.weekdays[0].recordings, 1);
  EXPECT_EQ(found.weekdays[1].recordings, 1);
  EXPECT_THAT(found.hours[9].categories, ElementsAre(Pair("threat", 1)));
  EXPECT_EQ(found.months.at("2026-11").recordings, 2);
}

TEST_F(APicture, NamesTheGravestAsEvidenceAndCountsNothingThatIsNotSuspected) {
  std::vector<std::string> ids;
  for (const int score : {50, 90, 70, 60})
    ids.push_back(add({"2026-11-10T03:00:00Z", score, " threat dogeza "}));
  add({"2026-11-10T03:00:00Z", 10, " threat "});
  const auto found = picture(department_);
  EXPECT_EQ(found.categories.at("threat").recordings, 4);
  const auto& gravest = found.categories.at("dogeza").gravest;
  ASSERT_EQ(gravest.size(), 3U);
  EXPECT_EQ(gravest[0].recording, ids[1]);
  EXPECT_EQ(gravest[1].recording, ids[2]);
  EXPECT_EQ(gravest[2].recording, ids[3]);
  EXPECT_EQ(gravest[0].start_s, 12.5);
}

TEST_F(APicture, LooksNoFurtherThanTheCallerReaches) {
  add({"2026-11-10T03:00:00Z", 60, " threat ", shop_});
  add({"2026-11-10T03:00:00Z", 60, " threat ", company_.add_group(tenant_, "支店")});
  add({"2026-11-10T03:00:00Z", 60, " threat ", {}, company_.tenants[1]});
  EXPECT_EQ(picture(department_).all.recordings, 2);
  EXPECT_EQ(picture(caller(access::Role::group_manager, shop_)).all.recordings, 1);
  EXPECT_EQ(picture(caller(access::Role::auditor)).all.recordings, 0);
}

TEST_F(APicture, ShowsNoGroupInWhichOneEmployeeStandsForTheWhole) {
  const auto many = company_.add_group(tenant_, "支店");
  for (int i = 0; i < 4; ++i) {
    company_.add_employee(tenant_, shop_);
    company_.add_employee(tenant_, many);
  }
  company_.add_employee(tenant_, many);
  add({"2026-11-10T03:00:00Z", 60, " threat ", shop_});
  add({"2026-11-10T03:00:00Z", 60, " threat ", many});
  const auto found = picture(department_);
  EXPECT_FALSE(found.groups.contains(shop_));
  EXPECT_EQ(found.groups.at("").recordings, 1);
  EXPECT_EQ(found.groups.at(many).recordings, 1);
}

TEST_F(APicture, TellsProductsApartAndWhatCameBeforeTheFirstFinding) {
  add({"2026-11-10T03:00:00Z", 60, " threat ", {}, {}, "プリンター", LeadUp::refusal});
  add({"2026-11-10T04:00:00Z", 10, "", {}, {}, "プリンター"});
  add({"2026-11-10T05:00:00Z", 60, " threat ", {}, {}, {}, LeadUp::wait});
  const auto found = picture(department_);
  EXPECT_EQ(found.products.at("プリンター").recordings, 2);
  EXPECT_EQ(found.products.at("プリンター").suspected, 1);
  EXPECT_EQ(found.products.at("").categories.at("threat"), 1);
  EXPECT_THAT(found.lead_ups, ElementsAre(Pair(LeadUp::refusal, 1), Pair(LeadUp::wait, 1)));
}

TEST_F(APicture, OfOneGroupNeedsAGroupOfManyPeople) {
  const auto many = company_.add_group(tenant_, "支店");
  for (int i = 0; i < kFewestPeople; ++i) company_.add_employee(tenant_, many);
  add({"2026-11-10T03:00:00Z", 60, " threat ", shop_});
  add({"2026-11-10T03:00:00Z", 60, " threat ", many});
  const auto of_group = [&](const std::string& group) {
    return company_.ask([&](store::Transaction& t) {
      return picture_of(t, department_,
                        {test::at("2026-10-31T15:00:00Z"), test::at("2026-11-30T15:00:00Z"), group});
    });
  };
  EXPECT_EQ(of_group(many).value().all.recordings, 1);
  EXPECT_FALSE(of_group(shop_));
}

TEST_F(APicture, CountsACopyOnce) {
  const auto first = add({"2026-11-10T03:00:00Z", 60, " threat "});
  const auto copy = add({"2026-11-10T03:00:00Z", 60, " threat "});
  company_.write([&](store::Transaction& t) {
    t.execute("UPDATE recordings SET same_as = ? WHERE id = ?", {first, copy});
  });
  EXPECT_EQ(picture(department_).all.recordings, 1);
}

}  // namespace
}  // namespace guardian::insights
