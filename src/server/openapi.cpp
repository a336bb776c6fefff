#include "server/openapi.h"

#include <fmt/format.h>

#include "base/yaml_guard.h"

namespace guardian::server {
namespace {

constexpr std::string_view kFrame = "api.yaml";

nlohmann::json scalar_of(const YAML::Node& node) {
  const auto& text = node.Scalar();
  if (node.Tag() != "?") return text;  // it was quoted
  if (text == "true" || text == "false") return text == "true";
  if (text == "null" || text == "~" || text.empty()) return nullptr;
  const auto number = nlohmann::json::parse(text, nullptr, false);
  return number.is_number() ? number : nlohmann::json(text);
}

nlohmann::json json_of(const YAML::Node& node) {
  if (node.IsScalar()) return scalar_of(node);
  if (node.IsSequence()) {
    auto list = nlohmann::json::array();
    for (const auto& entry : node) list.push_back(json_of(entry));
    return list;
  }
  if (!node.IsMap()) return nullptr;
  auto object = nlohmann::json::object();
  for (const auto& entry : node) {
    const auto& key = entry.first.Scalar();
    if (object.contains(key))
      throw YamlMistake{entry.first.Mark().line + 1,
                        {fmt::format("{} が二つあります", key), fmt::format("{} is there twice", key)}};
    object[key] = json_of(entry.second);
  }
  return object;
}

/// `levels`: how many layers of objects are shared among files; what lies below belongs to one.
void join(nlohmann::json& into, const nlohmann::json& from, int levels, const std::string& place) {
  for (const auto& [key, value] : from.items()) {
    const auto here = fmt::format("{}/{}", place, key);
    if (levels > 1 && into.contains(key))
      join(into[key], value, levels - 1, here);
    else if (into.contains(key))
      throw YamlMistake{1, {here + " が二つのファイルにあります", here + " is in two files"}};
    else
      into[key] = value;
  }
}

void add_part(nlohmann::json& document, const nlohmann::json& part) {
  for (const auto& [key, value] : part.items()) {
    if (key == "tags")
      for (const auto& tag : value) document["tags"].push_back(tag);
    else if (key == "paths")
      join(document["paths"], value, 2, "paths");  // one path may have methods of two authors
    else if (key == "components")
      join(document["components"], value, 2, "components");
    else
      throw YamlMistake{1,
                        {"tags, paths, components だけを書けます: " + key,
                         "only tags, paths and components belong here: " + key}};
  }
}

}  // namespace

Result<nlohmann::json> join_openapi(std::span<const EmbeddedFile> files) {
  nlohmann::json document;
  std::string name;
  try {
    for (const bool frame : {true, false}) {
      for (const auto& file : files) {
        if ((file.name == kFrame) != frame) continue;
        name = std::string(file.name);
        const auto yaml = parse_yaml(file.bytes, name);
        if (!yaml) return tl::unexpected<Error>(yaml.error());
        if (frame)
          document = json_of(*yaml);
        else
          add_part(document, json_of(*yaml));
      }
    }
  } catch (const YamlMistake& mistake) {
    return policy_error(name, mistake);
  }
  return document;
}

}  // namespace guardian::server
