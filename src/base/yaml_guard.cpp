#include "base/yaml_guard.h"

#include <fmt/format.h>

#include <algorithm>
#include <cmath>

#include "base/file.h"
#include "base/text.h"

namespace guardian {
namespace {

constexpr std::size_t kMaximumBytes = 1U << 20U;
constexpr int kMaximumDepth = 40;
constexpr std::size_t kMaximumIndent = 80;

/// Notices nesting that would make a recursive parser run out of stack: brackets, indentation, runs of "- "
/// and "? ".
class NestingCheck {
 public:
  /// Line number of the first place that nests too deeply, or 0.
  int find_excess(std::string_view text) {
    for (const char c : text) {
      if (c == '\n') {
        ++line_;
        at_start_ = true;
        indent_ = 0;
        continue;
      }
      if (at_start_ && (c == ' ' || c == '-' || c == '?' || c == '\t'))
        ++indent_;
      else
        at_start_ = false;
      follow(c);
      if (depth_ > kMaximumDepth || indent_ > kMaximumIndent) return line_;
    }
    return 0;
  }

 private:
  /// Brackets inside quotes are text. An apostrophe within a plain word does not open a quotation.
  void follow(char c) {
    const bool opens = before_ == ' ' || before_ == '[' || before_ == ',' || before_ == '{' || before_ == ':';
    if (quote_ != '\0')
      quote_ = c == quote_ ? '\0' : quote_;
    else if ((c == '\'' || c == '"') && opens)
      quote_ = c;
    else if (c == '[' || c == '{')
      ++depth_;
    else if (c == ']' || c == '}')
      depth_ = std::max(0, depth_ - 1);
    before_ = c;
  }

  int line_ = 1;
  int depth_ = 0;
  std::size_t indent_ = 0;
  bool at_start_ = true;
  char quote_ = '\0';
  char before_ = ' ';
};

}  // namespace

tl::unexpected<Error> policy_error(const std::string& file, const YamlMistake& mistake) {
  return fail(Error::Kind::policy, fmt::format("{}:{}", file, mistake.line), mistake.what,
              {"この行を直してください", "Mend this line"});
}

Result<YAML::Node> parse_yaml(std::string_view text, const std::string& name) {
  if (text.size() > kMaximumBytes)
    return policy_error(name, {1, {"大きすぎます (上限 1 MiB)", "too large (limit 1 MiB)"}});
  if (!is_utf8(text) || text.find('\0') != std::string_view::npos)
    return policy_error(name, {1, {"UTF-8 の文字列ではありません", "not UTF-8 text"}});
  if (const int line = NestingCheck().find_excess(text); line != 0)
    return policy_error(name, {line, {"入れ子が深すぎます", "nested too deeply"}});
  try {
    return YAML::Load(std::string(text));
  } catch (const YAML::Exception& error) {
    return policy_error(
        name, {std::max(error.mark.line, 0) + 1, {"YAML として読めません: " + error.msg, error.msg}});
  } catch (const std::exception& error) {
    return policy_error(name, {1, {std::string("YAML として読めません: ") + error.what(), error.what()}});
  }
}

Result<YAML::Node> read_yaml(const std::string& path) {
  const auto content = read_file(path, kMaximumBytes);
  if (!content) return tl::unexpected<Error>(content.error());
  return parse_yaml(*content, path);
}

YamlFields::YamlFields(const YAML::Node& node, std::initializer_list<std::string_view> known_keys)
    : node_(node) {
  if (!node.IsMap()) throw YamlMistake{line(), {"項目の集まりではありません", "is not a mapping"}};
  for (const auto& entry : node) {
    const auto key = entry.first.IsScalar() ? entry.first.Scalar() : std::string("?");
    if (std::find(known_keys.begin(), known_keys.end(), key) == known_keys.end())
      throw YamlMistake{entry.first.Mark().line + 1,
                        {fmt::format("知らない項目です: {}", printable(key)),
                         fmt::format("unknown key: {}", printable(key))}};
  }
}

void YamlFields::wrong(const char* key, const char* ja, const char* en) const {
  const YAML::Node value = node_[key];
  const int place = value ? value.Mark().line + 1 : line();
  throw YamlMistake{place, {fmt::format("{}: {}", key, ja), fmt::format("{}: {}", key, en)}};
}

bool YamlFields::has(const char* key) const { return static_cast<bool>(node_[key]); }

YAML::Node YamlFields::required(const char* key) const {
  if (!has(key)) wrong(key, "ありません", "is missing");
  return node_[key];
}

std::string YamlFields::text(const char* key) const {
  const auto value = required(key);
  if (!value.IsScalar() || value.Scalar().empty()) wrong(key, "文字列ではありません", "is not a text");
  return value.Scalar();
}

std::string YamlFields::text_or(const char* key, const std::string& otherwise) const {
  return has(key) ? text(key) : otherwise;
}

double YamlFields::number(const char* key, double low, double high) const {
  const auto value = required(key);
  double number = 0.0;
  if (!value.IsScalar() || !YAML::convert<double>::decode(value, number) || !std::isfinite(number))
    wrong(key, "数ではありません", "is not a number");
  if (number < low || number > high) wrong(key, "範囲外です", "is out of range");
  return number;
}

double YamlFields::number_or(const char* key, double low, double high, double otherwise) const {
  return has(key) ? number(key, low, high) : otherwise;
}

std::int64_t YamlFields::whole_or(const char* key, std::int64_t low, std::int64_t high,
                                  std::int64_t otherwise) const {
  if (!has(key)) return otherwise;
  const double value = number(key, static_cast<double>(low), static_cast<double>(high));
  if (value != std::floor(value)) wrong(key, "整数ではありません", "is not a whole number");
  return static_cast<std::int64_t>(value);
}

bool YamlFields::truth_or(const char* key, bool otherwise) const {
  if (!has(key)) return otherwise;
  bool truth = false;
  if (!YAML::convert<bool>::decode(required(key), truth))
    wrong(key, "true か false ではありません", "is neither true nor false");
  return truth;
}

std::vector<std::string> YamlFields::texts(const char* key) const {
  std::vector<std::string> texts;
  if (!has(key)) return texts;
  const auto value = required(key);
  if (value.IsScalar()) return {value.Scalar()};
  if (!value.IsSequence()) wrong(key, "一覧ではありません", "is not a list");
  for (const auto& entry : value) {
    if (!entry.IsScalar()) wrong(key, "文字列の一覧ではありません", "is not a list of texts");
    texts.push_back(entry.Scalar());
  }
  return texts;
}

Text YamlFields::both_languages(const char* key) const {
  const YamlFields fields(required(key), {"ja", "en"});
  return {fields.text("ja"), fields.text("en")};
}

}  // namespace guardian
