#include <fmt/format.h>

#include <cmath>
#include <fstream>
#include <nlohmann/json.hpp>

#include "base/json_guard.h"
#include "cli/commands.h"
#include "cli/console.h"
#include "pipeline/assessor.h"
#include "pipeline/installation.h"

namespace guardian::cli {
namespace {

constexpr std::size_t kLineBytes = 1U << 20U;

/// One line of the input: an utterance, judged without context.
Result<std::string> judge_line(const judgement::Judge& judge, const std::string& line,
                               const std::string& place) {
  const auto document = parse_json(line, place, {kLineBytes, 8});
  if (!document) return tl::unexpected<Error>(document.error());
  const bool complete = document->is_object() && document->contains("id") && document->contains("text") &&
                        (*document)["text"].is_string();
  if (!complete)
    return fail(Error::Kind::damaged, place, {"id と text がありません", "has no id and text"},
                {"{\"id\", \"text\"} の形にしてください", "Each line must be {\"id\", \"text\"}"});
  const auto verdict = judge.judge_utterance((*document)["text"].get_ref<const std::string&>());
  nlohmann::ordered_json answer;
  answer["id"] = (*document)["id"];
  answer["category"] = verdict.category.empty() ? "none" : verdict.category;
  answer["severity"] = verdict.severity;
  answer["confidence"] = std::round(verdict.confidence * 1000.0) / 1000.0;
  answer["quote"] = verdict.quote;
  return answer.dump() + "\n";
}

Result<int> judge_lines(const judgement::Judge& judge, const std::filesystem::path& path,
                        const CommonOptions& common) {
  std::ifstream input(path, std::ios::binary);
  std::error_code ignored;
  if (!input || std::filesystem::is_directory(path, ignored))
    return fail(Error::Kind::not_found, path.string(), {"ファイルを開けません", "cannot be opened"},
                {"パスと権限を確かめてください", "Check the path and permissions"});
  int code = kDone;
  std::size_t number = 0;
  for (std::string line; std::getline(input, line) && !common.stop.stop_requested();) {
    ++number;
    if (line.find_first_not_of(" \t\r") == std::string::npos) continue;
    const auto answer = judge_line(judge, line, fmt::format("{}:{}", path.string(), number));
    if (!answer) {
      print_error(answer.error(), common.language);
      code = kFailed;
      continue;
    }
    if (auto printed = print(*answer); !printed) return tl::unexpected<Error>(printed.error());
  }
  return code;
}

}  // namespace

int judge(const std::filesystem::path& utterances, const CommonOptions& common) {
  auto code =
      pipeline::find_policy(common.policy)
          .and_then([](const std::filesystem::path& policy) { return pipeline::Assessor::load(policy); })
          .and_then([&](const pipeline::Assessor& assessor) {
            return judge_lines(assessor.judge(), utterances, common);
          });
  if (code) return *code;
  print_error(code.error(), common.language);
  return kFailed;
}

}  // namespace guardian::cli
