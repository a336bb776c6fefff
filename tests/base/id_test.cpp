#include "base/id.h"

#include <gmock/gmock.h>

#include <set>
#include <thread>
#include <vector>

namespace guardian {
namespace {

TEST(AnId, SortsAfterTheOnesMadeBefore) {
  std::vector<std::string> ids(20'000);
  for (auto& id : ids) id = make_id();
  for (std::size_t i = 1; i < ids.size(); ++i) ASSERT_LT(ids[i - 1], ids[i]);
}

TEST(AnId, IsMadeOnceHoweverManyAsk) {
  std::vector<std::vector<std::string>> made(4, std::vector<std::string>(5'000));
  std::vector<std::thread> threads;
  for (auto& ids : made)
    threads.emplace_back([&ids] {
      for (auto& id : ids) id = make_id();
    });
  for (auto& thread : threads) thread.join();
  std::set<std::string> times;  // the part before the random one
  for (const auto& ids : made)
    for (const auto& id : ids) times.insert(id.substr(0, 18));
  EXPECT_EQ(times.size(), 20'000U);
}

TEST(AnId, IsAUuidOfVersionSevenThatTellsItsTime) {
  const auto before = now_ms();
  const auto id = make_id();
  const auto after = now_ms();
  ASSERT_TRUE(is_id(id));
  EXPECT_EQ(id[14], '7');
  EXPECT_THAT(std::string("89ab"), testing::HasSubstr(id.substr(19, 1)));
  const auto told = std::stoll(id.substr(0, 8) + id.substr(9, 4), nullptr, 16);
  EXPECT_GE(told, before);
  EXPECT_LE(told, after + 10);  // ids made in a burst run a little ahead of the clock
}

TEST(AnId, IsNothingElse) {
  for (const char* text :
       {"", "../../etc/passwd", "01a2126f-fe18-7e4b-a930-6de4dcebbe4", "01A2126F-FE18-7E4B-A930-6DE4DCEBBE42",
        "01a2126f-fe18-7e4b-a930-6de4dcebbe42/", "01a2126ffe18-7e4b-a930-6de4dcebbe42-"})
    EXPECT_FALSE(is_id(text)) << text;
}

}  // namespace
}  // namespace guardian
