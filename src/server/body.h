// server/body.h - the body of one request, out of the connection it comes over: with its length told, or in
// chunks (RFC 9112, 7.1). Read strictly: whatever two readers could understand differently is refused.
#pragma once

#include <Poco/Net/HTTPSession.h>

#include <chrono>
#include <cstdint>
#include <optional>

#include "server/exchange.h"

namespace guardian::server {

/// The server's end of a connection, with the reading that Poco keeps to its own streams.
class Session final : public Poco::Net::HTTPSession {
 public:
  explicit Session(const Poco::Net::StreamSocket& socket) : HTTPSession(socket, true) {}
  ~Session() override = default;
  using HTTPSession::buffered;
  using HTTPSession::get;
  using HTTPSession::read;
};

/// Whether bytes go fast enough: after `grace`, 1,000 bytes a second on the average. Slower is an attack or a
/// line that no recording will ever come over.
class Pace {
 public:
  explicit Pace(std::chrono::seconds grace) : grace_(grace) {}
  bool keeps_up(std::uint64_t bytes) {
    bytes_ += bytes;
    const auto passed = std::chrono::steady_clock::now() - begun_;
    return passed < grace_ ||
           static_cast<double>(bytes_) >= kBytesPerSecond * std::chrono::duration<double>(passed).count();
  }

 private:
  static constexpr double kBytesPerSecond = 1000.0;
  std::chrono::seconds grace_;
  std::chrono::steady_clock::time_point begun_ = std::chrono::steady_clock::now();
  std::uint64_t bytes_ = 0;
};

class NetworkBody final : public BodyReader {
 public:
  /// `length`: of Content-Length; empty: chunked. `expects_continue`: the client waits to be asked for the
  /// body, which happens at the first read: a refusal before saves both sides an upload.
  NetworkBody(Session& session, std::optional<std::uint64_t> length, bool expects_continue,
              std::chrono::seconds grace)
      : session_(session),
        chunked_(!length),
        left_(length.value_or(0)),
        expects_continue_(expects_continue),
        ended_(length == std::uint64_t{0}),
        pace_(grace) {}

  Result<std::size_t> read(std::span<char> into) override;
  /// Everything was read, so that another request can follow on this connection.
  bool ended() const { return ended_; }
  /// The client still waits to be asked, so that nothing of the body is under way.
  bool unasked() const { return expects_continue_; }

 private:
  Result<void> begin_chunk();
  std::string read_line();

  Session& session_;
  bool chunked_;
  std::uint64_t left_;  ///< bytes of the body, or of the chunk
  bool expects_continue_;
  bool first_chunk_ = true;
  bool ended_;
  Pace pace_;
};

}  // namespace guardian::server
