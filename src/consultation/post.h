// consultation/post.h - one JSON body over HTTP and what came back, within limits. Nothing here knows what is
// asked.
#pragma once

#include <memory>
#include <stop_token>
#include <string>

#include "consultation/endpoint.h"

namespace guardian::consultation {

/// What came of one request. Without trouble, `status` is the server's.
struct Reply {
  enum class Trouble {
    none,
    unreachable,  ///< no connection, or it broke, or its certificate is not trusted
    late,         ///< not complete within the endpoint's timeout
    too_large,    ///< more than 1 MiB
    cancelled,
  };
  Trouble trouble = Trouble::none;
  long status = 0;
  std::string content_type;  ///< without parameters, lower case
  std::string body;
  double retry_after_s = 0.0;  ///< what the server asked to wait; 0: nothing
};

/// Keeps the connection between requests. One thread at a time.
class Poster {
 public:
  explicit Poster(const Endpoint& endpoint);
  Poster(Poster&&) noexcept;
  Poster& operator=(Poster&&) noexcept;
  ~Poster();

  /// Redirects are not followed: they would carry the key and the words elsewhere.
  Reply post(const std::string& body, const std::stop_token& stop);

 private:
  struct Impl;
  std::unique_ptr<Impl> impl_;
};

}  // namespace guardian::consultation
