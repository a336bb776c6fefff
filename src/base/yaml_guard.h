// base/yaml_guard.h - parsing YAML from outside without being hurt by it, and reading it strictly.
#pragma once

#include <yaml-cpp/yaml.h>

#include <cstdint>
#include <initializer_list>
#include <string>
#include <string_view>
#include <vector>

#include "base/result.h"

namespace guardian {

/// Parses one YAML document of at most 1 MiB. Nesting is bounded before the parser, which recurses, sees the
/// text. `name` is what errors call it. Errors: policy, with the line.
Result<YAML::Node> parse_yaml(std::string_view text, const std::string& name);

/// The same for a file. Errors: also not_found, unreadable.
Result<YAML::Node> read_yaml(const std::string& path);

/// Thrown inside loaders while they walk a document, and turned into an Error at their border.
struct YamlMistake {
  int line = 0;  ///< from 1
  Text what;
};

/// Turns a mistake into the Error that the user sees: file, line, reason.
tl::unexpected<Error> policy_error(const std::string& file, const YamlMistake& mistake);

/// Access to one mapping that accepts known keys only; every method throws YamlMistake.
class YamlFields {
 public:
  YamlFields(const YAML::Node& node, std::initializer_list<std::string_view> known_keys);

  bool has(const char* key) const;
  YAML::Node required(const char* key) const;
  std::string text(const char* key) const;
  std::string text_or(const char* key, const std::string& otherwise) const;
  double number(const char* key, double low, double high) const;
  double number_or(const char* key, double low, double high, double otherwise) const;
  std::int64_t whole_or(const char* key, std::int64_t low, std::int64_t high, std::int64_t otherwise) const;
  bool truth_or(const char* key, bool otherwise) const;
  std::vector<std::string> texts(
      const char* key) const;                  ///< empty if absent; one scalar counts as a list of one
  Text both_languages(const char* key) const;  ///< {ja: ..., en: ...}
  int line() const { return node_.Mark().line + 1; }

 private:
  [[noreturn]] void wrong(const char* key, const char* ja, const char* en) const;
  YAML::Node node_;
};

}  // namespace guardian
