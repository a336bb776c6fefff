#include "cli/output_names.h"

#include <fmt/format.h>

#include <map>
#include <string_view>

#include "base/file.h"
#include "base/text.h"

namespace guardian::cli {
namespace {

constexpr std::size_t kNameBytes = 255;  // of most file systems
constexpr std::string_view kLongestSuffix = ".report.html";
constexpr std::size_t kHashCharacters = 8;

std::string fit(const std::string& name) {
  constexpr std::size_t limit = kNameBytes - kLongestSuffix.size();
  if (name.size() <= limit) return name;
  return std::string(beginning(name, limit - kHashCharacters - 1)) + "-" +
         sha256(name).substr(0, kHashCharacters);
}

void widen_where_equal(std::vector<std::string>& names, const std::vector<std::string>& wider) {
  std::map<std::string, int> uses;
  for (const auto& name : names) ++uses[name];
  for (std::size_t i = 0; i < names.size(); ++i)
    if (uses[names[i]] > 1) names[i] = wider[i];
}

}  // namespace

std::vector<std::string> output_names(const std::vector<std::filesystem::path>& inputs) {
  std::vector<std::string> names;
  std::vector<std::string> with_extension;
  std::vector<std::string> numbered;
  for (const auto& input : inputs) {
    names.push_back(fit(input.stem().string()));
    with_extension.push_back(fit(input.filename().string()));
    numbered.push_back(fit(fmt::format("{}-{}", input.filename().string(), numbered.size() + 1)));
  }
  widen_where_equal(names, with_extension);
  widen_where_equal(names, numbered);
  return names;
}

}  // namespace guardian::cli
