#include "server/openapi.h"

#include <gmock/gmock.h>

#include <set>

#include "running_server.h"

namespace guardian::server {
namespace {

using testing::HasSubstr;
using testing::IsEmpty;

std::string lower(std::string text) {
  for (auto& c : text) c = static_cast<char>(std::tolower(static_cast<unsigned char>(c)));
  return text;
}

/// What a page loads or the protocol of uploads answers is part of the description of something else.
bool is_described_elsewhere(const Route& route) {
  return route.path.starts_with("/api/docs/") || !route.path.starts_with("/api/") || route.method == "HEAD" ||
         route.method == "OPTIONS";
}

class TheDescription : public testing::Test {
 protected:
  test::RunningServer server_;
  std::vector<Route> routes_ = server_.application().routes();
  nlohmann::json description_ = server_.ask("GET", "/api/v1/openapi.json").json();
};

TEST_F(TheDescription, NamesEveryRouteOfTheProgram) {
  std::vector<std::string> missing;
  for (const auto& route : routes_)
    if (!is_described_elsewhere(route) &&
        !description_["paths"].value(route.path, nlohmann::json::object()).contains(lower(route.method)))
      missing.push_back(route.method + " " + route.path);
  EXPECT_THAT(missing, IsEmpty());
}

TEST_F(TheDescription, PromisesNoRouteThatIsNotThere) {
  std::set<std::string> there;
  for (const auto& route : routes_) there.insert(lower(route.method) + " " + route.path);
  std::vector<std::string> promised;
  for (const auto& [path, methods] : description_["paths"].items())
    for (const auto& [method, operation] : methods.items())
      if (method != "parameters" && !there.contains(method + " " + path))
        promised.push_back(method + " " + path);
  EXPECT_THAT(promised, IsEmpty());
}

TEST_F(TheDescription, GivesEveryOperationANameOfItsOwn) {
  std::set<std::string> names;
  for (const auto& [path, methods] : description_["paths"].items())
    for (const auto& [method, operation] : methods.items())
      if (method != "parameters") {
        EXPECT_TRUE(names.insert(operation.value("operationId", "")).second) << method << " " << path;
      }
}

TEST_F(TheDescription, RefersToPartsThatExist) {
  const std::function<void(const nlohmann::json&)> walk = [&](const nlohmann::json& node) {
    if (node.is_object() && node.contains("$ref")) {
      const auto target = node["$ref"].get<std::string>();
      EXPECT_TRUE(target.starts_with("#/") &&
                  description_.contains(nlohmann::json::json_pointer(target.substr(1))))
          << target;
    }
    if (node.is_structured())
      for (const auto& child : node) walk(child);
  };
  walk(description_);
}

TEST_F(TheDescription, HasAPageThatAsksNobodyElse) {
  const auto page = server_.ask("GET", "/api/docs");
  EXPECT_EQ(page.status, 200);
  EXPECT_THAT(page.body, HasSubstr("/api/docs/swagger-ui-bundle.js"));
  EXPECT_THAT(page.header("Content-Security-Policy"), HasSubstr("script-src 'self';"));
  for (const auto* file : {"swagger-ui-bundle.js", "swagger-ui.css", "api-docs.js"}) {
    const auto answer = server_.ask("GET", std::string("/api/docs/") + file);
    EXPECT_EQ(answer.status, 200) << file;
    EXPECT_EQ(server_.ask("GET", std::string("/api/docs/") + file, {{"If-None-Match", answer.header("ETag")}})
                  .status,
              304);
  }
}

TEST(JoiningDescriptions, RefusesWhatTwoFilesSay) {
  const std::vector<EmbeddedFile> two = {{"api.yaml", "openapi: 3.1.0\n"},
                                         {"a.yaml", "paths: {/x: {get: {a: 1}}}\n"},
                                         {"b.yaml", "paths: {/x: {get: {a: 2}}}\n"}};
  const auto joined = join_openapi(two);
  ASSERT_FALSE(joined);
  EXPECT_THAT(joined.error().what.en, HasSubstr("paths//x/get"));
  EXPECT_FALSE(join_openapi(std::vector<EmbeddedFile>{{"a.yaml", "servers: []\n"}}));
}

TEST(JoiningDescriptions, KeepsTypes) {
  const auto joined = join_openapi(std::vector<EmbeddedFile>{
      {"api.yaml", "a: {n: 5, t: '5', b: true, s: yes, f: 0.5, e: [], v: 3.1.0}\n"}});
  ASSERT_TRUE(joined);
  EXPECT_EQ((*joined)["a"],
            nlohmann::json::parse(R"({"n":5,"t":"5","b":true,"s":"yes","f":0.5,"e":[],"v":"3.1.0"})"));
}

}  // namespace
}  // namespace guardian::server
