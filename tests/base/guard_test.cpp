// JSON and YAML from outside: strict, bounded, and clear about what is wrong where.
#include <gmock/gmock.h>

#include "base/json_guard.h"
#include "base/yaml_guard.h"

namespace guardian {
namespace {

using testing::HasSubstr;

std::string repeated(std::string_view piece, int times) {
  std::string text;
  for (int i = 0; i < times; ++i) text += piece;
  return text;
}

TEST(ParseJson, ReadsADocument) { EXPECT_EQ(parse_json(R"({"a":[1,2]})", "x").value()["a"][1], 2); }

TEST(ParseJson, RefusesWhatWouldHurt) {
  for (const auto& text : {std::string(), std::string("{"), std::string("\"\xFF\""), repeated("[", 1'000'000),
                           repeated("[", 40) + repeated("]", 40)}) {
    const auto parsed = parse_json(text, "in.json");
    ASSERT_FALSE(parsed);
    EXPECT_EQ(parsed.error().kind, Error::Kind::damaged);
    EXPECT_EQ(parsed.error().subject, "in.json");
  }
  EXPECT_FALSE(parse_json("[1,2,3]", "x", {.bytes = 3}));
}

TEST(ParseYaml, NamesTheLineOfAMistake) {
  const auto parsed = parse_yaml("a: 1\nb: [1, 2\nc: 3\n", "rules.yaml");
  ASSERT_FALSE(parsed);
  EXPECT_EQ(parsed.error().kind, Error::Kind::policy);
  EXPECT_THAT(parsed.error().subject, HasSubstr("rules.yaml:"));
}

TEST(ParseYaml, RefusesNestingThatWouldExhaustTheStack) {
  for (const auto& text : {repeated("[", 100'000), repeated("{a: ", 100'000), repeated("- ", 100'000),
                           repeated("? ", 100'000), "# ' \n" + repeated("[", 100'000)})
    EXPECT_FALSE(parse_yaml(text, "x"));
}

TEST(ParseYaml, ReadsAliasesWithoutMultiplyingThem) {
  std::string text = "a0: &a0 [x, x, x, x, x, x, x, x, x]\n";
  for (int i = 1; i < 30; ++i) {
    const auto before = "*a" + std::to_string(i - 1);
    const auto name = "a" + std::to_string(i);
    text += name;
    text += ": &" + name;
    text += " [" + before;
    text += ", " + before + ", " + before + "]\n";
  }
  EXPECT_TRUE(parse_yaml(text, "x"));
}

TEST(ParseYaml, RefusesBytesThatAreNoText) {
  EXPECT_FALSE(parse_yaml("a: \xFF", "x"));
  EXPECT_FALSE(parse_yaml(std::string_view("a: \0", 4), "x"));
  EXPECT_FALSE(parse_yaml(std::string((1U << 20U) + 1, 'a'), "x"));
}

TEST(YamlFields, ComplainsAboutUnknownKeysAndWrongTypesWithTheirLine) {
  const auto document = parse_yaml("a: 1\nb: x\n", "x").value();
  EXPECT_THROW(YamlFields(document, {"a"}), YamlMistake);
  const YamlFields fields(document, {"a", "b"});
  EXPECT_EQ(fields.number("a", 0, 1), 1.0);
  EXPECT_THROW(fields.number("a", 2, 3), YamlMistake);
  try {
    fields.number("b", 0, 1);
    FAIL();
  } catch (const YamlMistake& mistake) {
    EXPECT_EQ(mistake.line, 2);
    EXPECT_THAT(mistake.what.ja, HasSubstr("b"));
  }
}

}  // namespace
}  // namespace guardian
