// consultation/endpoint.h - which model outside the program is asked, and how: one YAML file.
// Without such a file nothing is ever sent anywhere.
#pragma once

#include <filesystem>
#include <optional>
#include <string>

#include "base/result.h"

namespace guardian::consultation {

/// A key that is sent and never shown: no error, warning, report or log line holds it.
class ApiKey {
 public:
  ApiKey() = default;
  explicit ApiKey(std::string value) : value_(std::move(value)) {}
  bool empty() const { return value_.empty(); }
  /// For the request's header only.
  const std::string& reveal() const { return value_; }

 private:
  std::string value_;
};

/// An OpenAI-compatible chat endpoint.
struct Endpoint {
  std::string address;  ///< of the request, e.g. https://llm.example.jp/v1/chat/completions
  std::string host;     ///< for people, with the port if one is named
  std::string model;
  ApiKey key;                              ///< empty: none is sent
  double timeout_s = 60.0;                 ///< of one request, 0.1-600
  int retries = 2;                         ///< after the first attempt, 0-5
  int max_turns_per_request = 40;          ///< 1-200
  std::optional<double> temperature = 0.0; /**< empty: the model's own, for models that refuse any other */
};

/// Reads `url`, `model`, `api_key_env`, `timeout_s`, `retries`, `max_turns_per_request` and `temperature`.
/// The key is taken from the environment variable that `api_key_env` names. Unencrypted http is accepted only
/// for this machine and for private addresses (RFC 1918, RFC 4193). Errors: not_found, unreadable; policy,
/// with the line; usage, if the variable is not set. None of them repeats what the file or the variable says.
Result<Endpoint> load_endpoint(const std::filesystem::path& file);

/// True for localhost and for literal addresses that never leave the private network.
bool is_private_host(const std::string& host);

}  // namespace guardian::consultation
