#include "server/router.h"

#include <gmock/gmock.h>

namespace guardian::server {
namespace {

using access::Permission;
using testing::UnorderedElementsAre;

Result<Response> nothing(const Request& /*request*/) { return no_content(); }

class TheRouter : public testing::Test {
 protected:
  std::string found(std::string_view method, std::string_view path) const {
    const auto match = router_.match(method, path);
    if (match.route == nullptr) return match.allowed.empty() ? "unknown" : "other method";
    std::string text = match.route->method + " " + match.route->path;
    for (const auto& [name, value] : match.values) text += " " + name + "=" + value;
    return text;
  }

  Router router_ = *Router::make({
      {"GET", "/api/v1/recordings/{id}", Permission::read_recordings, nothing},
      {"DELETE", "/api/v1/recordings/{id}", Permission::delete_recordings, nothing},
      {"GET", "/api/v1/recordings/summary", Permission::read_recordings, nothing},
      {"GET", "/files/{rest...}", Access::open(), nothing},
  });
};

TEST_F(TheRouter, FindsTheMostExactRoute) {
  EXPECT_EQ(found("GET", "/api/v1/recordings/summary"), "GET /api/v1/recordings/summary");
  EXPECT_EQ(found("GET", "/api/v1/recordings/a%20b"), "GET /api/v1/recordings/{id} id=a b");
  EXPECT_EQ(found("DELETE", "/api/v1/recordings/7"), "DELETE /api/v1/recordings/{id} id=7");
  EXPECT_EQ(found("GET", "/files/a/b.js"), "GET /files/{rest...} rest=a/b.js");
}

TEST_F(TheRouter, AnswersHeadByGet) {
  EXPECT_EQ(found("HEAD", "/api/v1/recordings/7"), "GET /api/v1/recordings/{id} id=7");
}

TEST_F(TheRouter, TellsWhichMethodsAPathKnows) {
  EXPECT_EQ(found("PUT", "/api/v1/recordings/7"), "other method");
  EXPECT_THAT(router_.match("PUT", "/api/v1/recordings/7").allowed,
              UnorderedElementsAre("GET", "HEAD", "DELETE", "OPTIONS"));
}

TEST_F(TheRouter, FindsNothingOutsideItsPaths) {
  for (const auto* path : {"/api/v1/recordings", "/api/v1/recordings/", "/api/v1/recordings/7/", "", "*",
                           "/files/..", "/files/a/../b", "/files/a%2f..%2fb", "/files/%2e%2e/b",
                           "/files/a%00", "/files/%zz", "/files/%4", "/files/%ff", "//api/v1/recordings/7"})
    EXPECT_EQ(found("GET", path), "unknown") << path;
}

TEST_F(TheRouter, RefusesTwoOfOneRoute) {
  EXPECT_FALSE(
      Router::make({{"GET", "/a/{x}", Access::open(), nothing}, {"GET", "/a/{y}", Access::open(), nothing}}));
  EXPECT_FALSE(Router::make({{"BREW", "/coffee", Access::open(), nothing}}));
}

TEST(AnAccess, IsDeniedUnlessDeclared) {
  access::Caller nobody;
  access::Caller reader;
  reader.permissions = {Permission::read_usage};
  EXPECT_FALSE(Access(Permission::read_usage).allows(nobody));
  EXPECT_TRUE(Access(Permission::read_usage).allows(reader));
  EXPECT_FALSE(Access(Permission::manage_usage).allows(reader));
  EXPECT_TRUE(Access::any_of({Permission::read_usage, Permission::manage_usage}).allows(reader));
  EXPECT_TRUE(Access::signed_in().allows(nobody));
  EXPECT_FALSE(Access::signed_in().is_open());
  static_assert(!std::is_default_constructible_v<Access>);
}

}  // namespace
}  // namespace guardian::server
