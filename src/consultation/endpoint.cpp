#include "consultation/endpoint.h"

#include <arpa/inet.h>
#include <curl/curl.h>

#include <algorithm>
#include <array>
#include <cstdlib>
#include <memory>

#include "base/text.h"
#include "base/yaml_guard.h"

namespace guardian::consultation {
namespace {

constexpr std::size_t kMostModelBytes = 200;
constexpr const char* kPath = "/v1/chat/completions";

struct UrlClose {
  void operator()(CURLU* url) const { curl_url_cleanup(url); }
};

std::string part(CURLU* url, CURLUPart which) {
  char* text = nullptr;
  if (curl_url_get(url, which, &text, 0) != CURLUE_OK) return {};
  std::string copy = text;
  curl_free(text);
  return copy;
}

[[noreturn]] void wrong(const YamlFields& fields, const char* key, Text what) {
  throw YamlMistake{fields.required(key).Mark().line + 1, std::move(what)};
}

/// Fills in address and host from the base address.
void read_url(const YamlFields& fields, Endpoint& endpoint) {
  const std::unique_ptr<CURLU, UrlClose> url(curl_url());
  if (url == nullptr || curl_url_set(url.get(), CURLUPART_URL, fields.text("url").c_str(), 0) != CURLUE_OK)
    wrong(fields, "url", {"url: アドレスとして読めません", "url: not an address"});
  for (const auto which : {CURLUPART_USER, CURLUPART_PASSWORD, CURLUPART_QUERY, CURLUPART_FRAGMENT})
    if (!part(url.get(), which).empty())
      wrong(fields, "url",
            {"url: 利用者名、パスワード、? や # 以降は書けません。鍵は api_key_env で渡してください",
             "url: no user, password, query or fragment; a key goes through api_key_env"});
  const auto scheme = part(url.get(), CURLUPART_SCHEME);
  const auto host = part(url.get(), CURLUPART_HOST);
  if (scheme != "https" && scheme != "http")
    wrong(fields, "url", {"url: https か http だけが使えます", "url: only https and http"});
  if (scheme == "http" && !is_private_host(host))
    wrong(fields, "url",
          {"url: 社外へは https だけが使えます (http はこのパソコンと社内の IP アドレスのみ)",
           "url: outside hosts need https (http only for this machine and private IP addresses)"});
  auto base = part(url.get(), CURLUPART_PATH);
  while (base.ends_with('/')) base.pop_back();
  if (base.ends_with("/v1")) base.resize(base.size() - 3);
  curl_url_set(url.get(), CURLUPART_PATH, (base + kPath).c_str(), 0);
  endpoint.address = part(url.get(), CURLUPART_URL);
  const auto port = part(url.get(), CURLUPART_PORT);
  endpoint.host = port.empty() ? host : host + ":" + port;
}

bool is_variable_name(const std::string& name) {
  const auto is_letter = [](char c) { return (c >= 'A' && c <= 'Z') || (c >= 'a' && c <= 'z') || c == '_'; };
  const auto is_digit = [](char c) { return c >= '0' && c <= '9'; };
  return is_letter(name[0]) &&
         std::all_of(name.begin(), name.end(), [&](char c) { return is_letter(c) || is_digit(c); });
}

/// The key's characters go into a header, so a line break in it would write another one.
bool is_header_text(const std::string& text) {
  return std::all_of(text.begin(), text.end(), [](char c) { return c > ' ' && c < '\x7f'; });
}

/// Not even the variable's name is repeated: somebody may have written the key in its place.
Result<ApiKey> read_key(const std::string& variable, const std::filesystem::path& file) {
  const char* value = std::getenv(variable.c_str());
  if (value != nullptr && *value != '\0' && is_header_text(value)) return ApiKey(value);
  return fail(Error::Kind::usage, file.string(),
              {"api_key_env が指す環境変数に、使える鍵が入っていません",
               "the environment variable that api_key_env names holds no usable key"},
              {"その環境変数に鍵を入れるか、鍵が要らなければ api_key_env の行を消してください",
               "Set that variable, or remove the line if no key is needed"});
}

std::optional<double> read_temperature(const YamlFields& fields) {
  if (fields.text_or("temperature", "0") == "default") return std::nullopt;
  return fields.number_or("temperature", 0.0, 2.0, 0.0);
}

/// Throws YamlMistake. The key is read later.
Endpoint read_fields(const YamlFields& fields) {
  Endpoint endpoint;
  read_url(fields, endpoint);
  endpoint.model = printable(fields.text("model"));
  if (endpoint.model.size() > kMostModelBytes)
    wrong(fields, "model", {"model: 長すぎます", "model: too long"});
  endpoint.timeout_s = fields.number_or("timeout_s", 0.1, 600.0, endpoint.timeout_s);
  endpoint.retries = static_cast<int>(fields.number_or("retries", 0, 5, endpoint.retries));
  endpoint.max_turns_per_request =
      static_cast<int>(fields.number_or("max_turns_per_request", 1, 200, endpoint.max_turns_per_request));
  endpoint.temperature = read_temperature(fields);
  if (fields.has("api_key_env") && !is_variable_name(fields.text("api_key_env")))
    wrong(fields, "api_key_env",
          {"api_key_env: 鍵そのものではなく、鍵を入れた環境変数の名前を書いてください",
           "api_key_env: write the name of an environment variable, not the key itself"});
  return endpoint;
}

bool is_private_v4(const std::array<unsigned char, 4>& ip) {
  return ip[0] == 127 || ip[0] == 10 || (ip[0] == 172 && ip[1] >= 16 && ip[1] < 32) ||
         (ip[0] == 192 && ip[1] == 168);
}

}  // namespace

bool is_private_host(const std::string& host) {
  if (host == "localhost") return true;
  std::array<unsigned char, 4> v4{};
  if (::inet_pton(AF_INET, host.c_str(), v4.data()) == 1) return is_private_v4(v4);
  const auto bare = host.starts_with('[') && host.ends_with(']') ? host.substr(1, host.size() - 2) : host;
  std::array<unsigned char, 16> v6{};
  if (::inet_pton(AF_INET6, bare.c_str(), v6.data()) != 1) return false;
  const bool loopback =
      std::all_of(v6.begin(), v6.end() - 1, [](unsigned char byte) { return byte == 0; }) && v6[15] == 1;
  return loopback || (v6[0] & 0xFEU) == 0xFCU;
}

Result<Endpoint> load_endpoint(const std::filesystem::path& file) {
  const auto document = read_yaml(file.string());
  if (!document) return tl::unexpected<Error>(document.error());
  try {
    const YamlFields fields(*document, {"url", "model", "api_key_env", "timeout_s", "retries",
                                        "max_turns_per_request", "temperature"});
    auto endpoint = read_fields(fields);
    if (!fields.has("api_key_env")) return endpoint;
    auto key = read_key(fields.text("api_key_env"), file);
    if (!key) return tl::unexpected<Error>(key.error());
    endpoint.key = std::move(*key);
    return endpoint;
  } catch (const YamlMistake& mistake) {
    return policy_error(file.string(), mistake);
  } catch (const YAML::Exception& error) {
    return policy_error(file.string(),
                        {error.mark.line + 1, {"YAML として読めません", "not readable as YAML"}});
  }
}

}  // namespace guardian::consultation
