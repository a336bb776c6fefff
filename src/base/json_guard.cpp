#include "base/json_guard.h"

#include <fmt/format.h>

#include "base/text.h"

namespace guardian {
namespace {

tl::unexpected<Error> refuse(const std::string& name, Text what) {
  return fail(Error::Kind::damaged, name, std::move(what),
              {"JSON の書式を確かめてください", "Check the JSON syntax"});
}

}  // namespace

Result<nlohmann::json> parse_json(std::string_view text, const std::string& name, const JsonLimits& limits) {
  if (text.size() > limits.bytes)
    return refuse(name, {fmt::format("大きすぎます (上限 {} バイト)", limits.bytes),
                         fmt::format("too large (limit {} bytes)", limits.bytes)});
  if (!is_utf8(text)) return refuse(name, {"UTF-8 ではありません", "not UTF-8"});
  // The callback sees depth before children are built, so a million brackets cost nothing but their reading.
  bool too_deep = false;
  const auto keep = [&](int depth, nlohmann::json::parse_event_t, nlohmann::json&) {
    too_deep = too_deep || depth > limits.depth;
    return !too_deep;
  };
  try {
    auto document = nlohmann::json::parse(text, keep);
    if (too_deep)
      return refuse(name, {fmt::format("入れ子が深すぎます (上限 {} 段)", limits.depth),
                           fmt::format("nested too deeply (limit {})", limits.depth)});
    return document;
  } catch (const nlohmann::json::parse_error& error) {
    return refuse(name, {fmt::format("JSON ではありません ({} バイト目)", error.byte),
                         fmt::format("not JSON (at byte {})", error.byte)});
  } catch (const nlohmann::json::exception&) {
    return refuse(name, {"JSON の値が不正です", "bad JSON value"});
  }
}

}  // namespace guardian
