#include "server/body.h"

#include <Poco/Exception.h>

#include <algorithm>
#include <charconv>

namespace guardian::server {
namespace {

constexpr std::size_t kLineBytes = 1024;
constexpr int kTrailers = 20;
constexpr std::size_t kSizeDigits = 15;

tl::unexpected<Error> gone(Text what) {
  return fail(Error::Kind::network, "body", std::move(what),
              {"接続を確かめて送り直してください", "Check the connection and send again"});
}

tl::unexpected<Error> malformed() {
  return fail(Error::Kind::usage, "body", {"chunked の書式が正しくありません", "malformed chunks"},
              {"クライアントを確かめてください", "Check the client"});
}

}  // namespace

Result<std::size_t> NetworkBody::read(std::span<char> into) {
  try {
    if (expects_continue_) {
      expects_continue_ = false;
      static constexpr std::string_view kContinue = "HTTP/1.1 100 Continue\r\n\r\n";
      session_.socket().sendBytes(kContinue.data(), static_cast<int>(kContinue.size()));
    }
    if (chunked_ && left_ == 0 && !ended_)
      if (auto begun = begin_chunk(); !begun) return tl::unexpected<Error>(begun.error());
    if (ended_ || into.empty()) return 0;
    const auto wanted = std::min<std::uint64_t>({left_, into.size(), 1U << 30U});
    const int count = session_.read(into.data(), static_cast<std::streamsize>(wanted));
    if (count <= 0) return gone({"本文の途中で接続が切れました", "the connection ended within the body"});
    left_ -= static_cast<std::uint64_t>(count);
    ended_ = !chunked_ && left_ == 0;
    if (!pace_.keeps_up(static_cast<std::uint64_t>(count))) return gone({"遅すぎます", "too slow"});
    return static_cast<std::size_t>(count);
  } catch (const Poco::Exception&) {
    return gone({"本文の途中で接続が切れました", "the connection ended within the body"});
  }
}

/// Reads "SIZE[;extension]CRLF", behind the CRLF of the chunk before; at the last one the trailers, too.
Result<void> NetworkBody::begin_chunk() {
  if (!first_chunk_ && !read_line().empty()) return malformed();
  first_chunk_ = false;
  const auto line = read_line();
  const auto digits = std::string_view(line).substr(0, line.find(';'));
  std::uint64_t size = 0;
  const auto [end, error] = std::from_chars(digits.data(), digits.data() + digits.size(), size, 16);
  if (error != std::errc() || end != digits.data() + digits.size() || digits.size() > kSizeDigits)
    return malformed();
  left_ = size;
  if (size > 0) return {};
  for (int i = 0; i < kTrailers; ++i) {
    if (read_line().empty()) {
      ended_ = true;
      return {};
    }
  }
  return malformed();
}

/// Up to CRLF. What is no line comes back as one that means nothing.
std::string NetworkBody::read_line() {
  std::string line;
  while (line.size() < kLineBytes) {
    const int c = session_.get();
    if (c < 0) throw Poco::IOException();
    if (c == '\n') break;
    line += static_cast<char>(c);
  }
  if (!line.ends_with('\r')) return "?";
  line.pop_back();
  return line;
}

}  // namespace guardian::server
