#include "archive/progress.h"

#include <gtest/gtest.h>

namespace guardian::archive {
namespace {

ProgressEvent event(const std::string& tenant, const std::string& recording, double share) {
  return {tenant, "job", recording, std::nullopt, std::nullopt, Pass::full, "analysing", share};
}

TEST(ProgressOfRecordings, ReachesOnlyThoseWhoMayKnow) {
  Progress progress;
  const auto a = progress.subscribe([](const ProgressEvent& e) { return e.tenant == "a"; });
  progress.publish(event("b", "1", 0.5));
  progress.publish(event("a", "2", 0.5));
  EXPECT_EQ(a->next(std::chrono::milliseconds(0))->recording, "2");
  EXPECT_FALSE(a->next(std::chrono::milliseconds(0)));
}

TEST(ProgressOfRecordings, GivesASlowListenerTheNewestOnly) {
  Progress progress;
  const auto slow = progress.subscribe([](const ProgressEvent&) { return true; });
  for (int i = 0; i < 1000; ++i) progress.publish(event("a", "1", i / 1000.0));
  EXPECT_DOUBLE_EQ(slow->next(std::chrono::milliseconds(0))->share, 0.999);
  EXPECT_FALSE(slow->next(std::chrono::milliseconds(0)));
  EXPECT_FALSE(slow->missed());
}

TEST(ProgressOfRecordings, TellsAListenerWhoFellFarBehindThatSomethingIsMissing) {
  Progress progress;
  const auto slow = progress.subscribe([](const ProgressEvent&) { return true; });
  for (std::size_t i = 0; i <= Progress::kMostWaiting; ++i)
    progress.publish(event("a", std::to_string(i), 0.5));
  EXPECT_TRUE(slow->missed());
  EXPECT_FALSE(slow->missed());
  EXPECT_EQ(slow->next(std::chrono::milliseconds(0))->recording, "1");
}

}  // namespace
}  // namespace guardian::archive
