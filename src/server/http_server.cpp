#include "server/http_server.h"

#include <Poco/Crypto/Crypto.h>
#include <Poco/Net/Context.h>
#include <Poco/Net/HTTPHeaderStream.h>
#include <Poco/Net/HTTPRequest.h>
#include <Poco/Net/HTTPResponse.h>
#include <Poco/Net/IPAddress.h>
#include <Poco/Net/NetException.h>
#include <Poco/Net/SecureServerSocket.h>
#include <Poco/Net/TCPServer.h>
#include <Poco/ThreadPool.h>
#include <fmt/format.h>
#include <poll.h>
#include <sys/socket.h>

#include <array>
#include <charconv>
#include <sstream>

#include "base/id.h"
#include "server/body.h"
#include "server/connections.h"
#include "server/dispatch.h"
#include "server/range.h"

namespace guardian::server {
namespace {

namespace net = Poco::Net;
using Clock = Connections::Clock;

constexpr std::size_t kSendBytes = 256 << 10;
constexpr int kQueued = 256;                  // connections that wait for a thread
constexpr int kKeptAlive_s = 15;              // between two requests
constexpr long kIdleThread_ms = 250;          // after which it is given back, or sees that the server stops
constexpr int kHeartbeat_ms = 15000;          // proxies cut streams that are silent for a minute
constexpr std::uint64_t kDrained = 16 << 20;  // of a refused body is read, so that the answer arrives
constexpr int kDrain_ms = 2000;

struct Shared {
  explicit Shared(Application& app, std::unique_ptr<Dispatcher> ready)
      : application(app), dispatcher(std::move(ready)) {}
  const Limits& limits() const { return application.config().limits; }

  Application& application;
  std::unique_ptr<Dispatcher> dispatcher;
  Connections connections;
  std::stop_source stop;
};

/// Sends all of it, or says that the reader is gone or far too slow.
bool send_all(net::StreamSocket& socket, std::string_view bytes, Pace& pace) {
  try {
    while (!bytes.empty()) {
      const int sent = socket.sendBytes(bytes.data(), static_cast<int>(std::min(bytes.size(), kSendBytes)));
      if (sent <= 0 || !pace.keeps_up(static_cast<std::uint64_t>(sent))) return false;
      bytes.remove_prefix(static_cast<std::size_t>(sent));
    }
    return true;
  } catch (const Poco::Exception&) {
    return false;
  }
}

std::string without_line_breaks(std::string_view text) {
  std::string line(text);
  std::erase_if(line, [](char c) { return c == '\r' || c == '\n' || c == '\0'; });
  return line;
}

class SocketEvents final : public EventSink {
 public:
  SocketEvents(net::StreamSocket& socket, int descriptor, const std::stop_token& stop,
               std::chrono::seconds grace)
      : socket_(socket), descriptor_(descriptor), stop_(stop), grace_(grace) {}

  bool send(std::string_view event, const nlohmann::json& data, std::string_view id) override {
    std::string text;
    if (!id.empty()) text += "id: " + without_line_breaks(id) + "\n";
    text += "event: " + without_line_breaks(event) + "\n";
    text += "data: " + data.dump(-1, ' ', false, nlohmann::json::error_handler_t::replace) + "\n\n";
    return write(text);
  }

  bool pause(int ms) override {
    const auto until = Clock::now() + std::chrono::milliseconds(ms);
    while (!stop_.stop_requested()) {
      const auto left = std::chrono::ceil<std::chrono::milliseconds>(until - Clock::now()).count();
      if (left <= 0) return true;
      pollfd watched{descriptor_, POLLRDHUP, 0};
      // Wakes when the client goes away, or the server shuts the connection's reading side to stop it.
      if (::poll(&watched, 1, static_cast<int>(std::min<std::int64_t>(left, kHeartbeat_ms))) > 0)
        return false;
      if (left > kHeartbeat_ms && !write(":\n\n")) return false;
    }
    return false;
  }

  std::uint64_t bytes() const { return bytes_; }

 private:
  bool write(std::string_view text) {
    Pace pace(grace_);
    bytes_ += text.size();
    return !stop_.stop_requested() && send_all(socket_, text, pace);
  }

  net::StreamSocket& socket_;
  int descriptor_;
  std::stop_token stop_;
  std::chrono::seconds grace_;
  std::uint64_t bytes_ = 0;
};

/// Why a request is not even asked what it wants.
std::optional<Text> ambiguity_of(const net::HTTPRequest& request) {
  std::size_t lengths = 0;
  std::size_t encodings = 0;
  std::size_t hosts = 0;
  for (const auto& [name, value] : request) {
    const bool token = !name.empty() && std::all_of(name.begin(), name.end(), [](unsigned char c) {
      return std::isalnum(c) != 0 ||
             std::string_view("!#$%&'*+-.^_`|~").find(static_cast<char>(c)) != std::string_view::npos;
    });
    const bool clean = std::none_of(value.begin(), value.end(),
                                    [](unsigned char c) { return (c < 0x20 && c != '\t') || c == 0x7F; });
    if (!token || !clean) return Text{"ヘッダーが正しくありません", "a malformed header"};
    if (Poco::icompare(name, "Content-Length") == 0) ++lengths;
    if (Poco::icompare(name, "Transfer-Encoding") == 0) ++encodings;
    if (Poco::icompare(name, "Host") == 0) ++hosts;
  }
  if (lengths + encodings > 1)
    return Text{"本文の長さが二通りに読めます", "the body's length can be understood in two ways"};
  if (encodings == 1 && Poco::icompare(request.getTransferEncoding(), "chunked") != 0)
    return Text{"この Transfer-Encoding は扱えません", "an unknown Transfer-Encoding"};
  if (request.getVersion() != "HTTP/1.1" && request.getVersion() != "HTTP/1.0")
    return Text{"HTTP/1.1 を使ってください", "not HTTP/1.1"};
  if (hosts > 1 || (hosts == 0 && request.getVersion() == "HTTP/1.1"))
    return Text{"Host ヘッダーが一つ必要です", "one Host header is needed"};
  if (request.getVersion() == "HTTP/1.0" && encodings > 0)
    return Text{"本文の長さが二通りに読めます", "the body's length can be understood in two ways"};
  return std::nullopt;
}

std::optional<std::uint64_t> number_of(const std::string& digits) {
  std::uint64_t value = 0;
  const auto [end, error] = std::from_chars(digits.data(), digits.data() + digits.size(), value);
  if (error != std::errc() || end != digits.data() + digits.size()) return std::nullopt;
  return value;
}

bool is_near(const net::IPAddress& address) {
  return address.isLoopback() || address.isSiteLocal() || address.isLinkLocal();
}

/// Who it comes from: the peer, or what a trusted proxy right before us noted last.
void find_origin(Request& request, const net::IPAddress& peer, bool behind_proxy) {
  request.address = peer.toString();
  if (!behind_proxy || !is_near(peer)) return;
  if (request.headers.get("X-Forwarded-Proto").value_or("") == "https") request.secure = true;
  const auto noted = request.headers.get("X-Forwarded-For");
  if (!noted) return;
  auto last = noted->substr(noted->rfind(',') + 1);
  std::erase(last, ' ');
  net::IPAddress address;
  if (net::IPAddress::tryParse(last, address)) request.address = address.toString();
}

class Connection final : public net::TCPServerConnection {
 public:
  Connection(const net::StreamSocket& socket, Shared& shared)
      : TCPServerConnection(socket), shared_(shared) {}

  void run() override {
    const auto& limits = shared_.limits();
    socket().setNoDelay(true);
    socket().setReceiveTimeout(Poco::Timespan(limits.idle_s, 0));
    socket().setSendTimeout(Poco::Timespan(limits.idle_s, 0));
    const Entered entered(shared_.connections, socket().impl()->sockfd());
    ticket_ = entered.ticket;
    try {
      Session session(socket());
      wait_for_headers(limits.header_s);
      while (converse(session)) wait_for_headers(kKeptAlive_s);
      hang_up();
    } catch (const Poco::Exception&) {
      // The client is gone, or spoke no TLS; there is nobody to tell.
    }
  }

 private:
  struct Entered {
    Entered(Connections& all, int descriptor) : connections(all), ticket(all.enter(descriptor)) {}
    Entered(const Entered&) = delete;
    Entered& operator=(const Entered&) = delete;
    ~Entered() { connections.leave(ticket); }
    Connections& connections;
    Connections::Ticket ticket;
  };

  void wait_for_headers(int seconds) {
    shared_.connections.expect_headers(ticket_, Clock::now() + std::chrono::seconds(seconds));
  }

  std::chrono::seconds grace() const { return std::chrono::seconds(shared_.limits().idle_s); }

  /// One request and its answer. False: this was the last on the connection.
  bool converse(Session& session) {
    net::HTTPRequest heard;
    try {
      net::HTTPHeaderInputStream stream(session);
      heard.read(stream);
    } catch (const net::NoMessageException&) {
      return false;
    } catch (const Poco::Exception&) {
      if (session.networkException() != nullptr || !shared_.connections.begin_answer(ticket_)) return false;
      return refuse({"HTTP として読めません", "not HTTP"}, 400);
    }
    if (session.networkException() != nullptr || !shared_.connections.begin_answer(ticket_)) return false;
    begun_ = Clock::now();
    if (auto what = ambiguity_of(heard)) return refuse(*what, 400);
    std::size_t bytes = heard.getURI().size();
    for (const auto& [name, value] : heard) bytes += name.size() + value.size() + 4;
    if (bytes > static_cast<std::size_t>(shared_.limits().header_bytes))
      return refuse({"ヘッダーが大きすぎます", "the headers are too large"}, 431);
    return answer(session, heard);
  }

  bool answer(Session& session, const net::HTTPRequest& heard) {
    Incoming incoming;
    auto& request = incoming.request;
    request.id = make_id();
    request.method = heard.getMethod();
    request.secure = shared_.application.config().has_tls();
    request.stop = shared_.stop.get_token();
    incoming.target = heard.getURI();
    for (const auto& [name, value] : heard) request.headers.add(name, value);
    find_origin(request, socket().peerAddress().host(), shared_.application.config().behind_proxy);
    const bool chunked = heard.has("Transfer-Encoding");
    request.body_bytes = chunked ? std::nullopt : std::optional<std::uint64_t>(0);
    if (heard.has("Content-Length")) request.body_bytes = number_of(heard.get("Content-Length"));
    if (!request.body_bytes && !chunked)
      return refuse({"Content-Length が正しくありません", "a malformed Content-Length"}, 400);
    NetworkBody body(session, request.body_bytes, heard.getExpectContinue(), grace());
    if (!body.ended()) incoming.body = &body;
    auto outgoing = shared_.dispatcher->answer(incoming);
    // Whatever is left of a body would be taken for the next request.
    const bool goes_on = heard.getKeepAlive() && body.ended() && has_room();
    const bool sent = send(request, outgoing, goes_on);
    unread_ = !body.ended() && !body.unasked();
    shared_.connections.end_answer(ticket_);
    return sent && goes_on && !std::holds_alternative<EventStream>(outgoing.response.body);
  }

  /// Idle connections hold threads; where those run short, nobody keeps one.
  bool has_room() const {
    return !shared_.stop.stop_requested() &&
           shared_.connections.count() * 4 <= shared_.limits().connections * 3;
  }

  /// For what is no request: there is no route, and the language is not known.
  bool refuse(const Text& what, int status) {
    Request request;
    request.id = make_id();
    request.method = "-";
    request.address = socket().peerAddress().host().toString();
    Outgoing outgoing;
    outgoing.route = "-";
    outgoing.response = problem(status, {"リクエストが正しくありません / Bad request", ""},
                                {what.ja + " / " + what.en, ""}, request);
    add_security_headers(outgoing.response, {}, shared_.application.config().has_tls());
    unread_ = true;
    send(request, outgoing, false);
    shared_.connections.end_answer(ticket_);
    return false;
  }

  bool send(const Request& request, Outgoing& outgoing, bool goes_on) {
    sent_ = 0;
    settle_range(request, outgoing.response);
    if (std::holds_alternative<EventStream>(outgoing.response.body) &&
        !shared_.connections.begin_stream(ticket_, std::max(1, shared_.limits().connections / 3))) {
      outgoing.response = problem({Error::Kind::busy,
                                   {},
                                   {"同時の接続が多すぎます", "Too many streams"},
                                   {"しばらくしてやり直してください", "Try again later"}},
                                  request);
      add_security_headers(outgoing.response, {}, request.secure);
    }
    const bool good = send_response(request, outgoing, goes_on);
    shared_.application.telemetry().answered(
        {request.id, request.method, outgoing.route, outgoing.response.status,
         std::chrono::duration<double>(Clock::now() - begun_).count(), sent_,
         request.known_caller ? request.known_caller->id : std::string(), request.address});
    return good;
  }

  bool send_response(const Request& request, const Outgoing& outgoing, bool goes_on) {
    const auto& response = outgoing.response;
    auto head = head_of(request, response, goes_on);
    Pace pace(grace());
    if (outgoing.without_body || response.status == 204 || response.status == 304)
      return send_all(socket(), head, pace);
    if (const auto* text = std::get_if<std::string>(&response.body)) {
      sent_ = text->size();
      head += *text;
      return send_all(socket(), head, pace);
    }
    if (!send_all(socket(), head, pace)) return false;
    if (const auto* source = std::get_if<ByteSource>(&response.body))
      return send_source(request, *source, pace);
    SocketEvents events(socket(), ticket_->socket, shared_.stop.get_token(), grace());
    try {
      std::get<EventStream>(response.body).run(events);
    } catch (const store::Fault& fault) {
      shared_.application.telemetry().log(fault.error, "stream.failed", request.id);
    } catch (const std::exception& failure) {
      shared_.application.telemetry().log(Severity::error, "stream.failed",
                                          {{"request", request.id}, {"reason", failure.what()}});
    }
    sent_ = events.bytes();
    return true;
  }

  static std::string head_of(const Request& request, const Response& response, bool goes_on) {
    net::HTTPResponse head(static_cast<net::HTTPResponse::HTTPStatus>(response.status));
    head.setVersion(net::HTTPMessage::HTTP_1_1);
    head.setReason(net::HTTPResponse::getReasonForStatus(head.getStatus()));
    head.setDate(Poco::Timestamp());
    const bool streams = std::holds_alternative<EventStream>(response.body);
    head.setKeepAlive(goes_on && !streams);
    head.set("X-Request-Id", request.id);
    if (!response.content_type.empty()) head.setContentType(response.content_type);
    if (!response.etag.empty()) head.set("ETag", response.etag);
    for (const auto& [name, value] : response.headers.all()) head.add(name, value);
    if (streams) {
      head.setContentType("text/event-stream");
      head.set("X-Accel-Buffering", "no");  // nginx would hold events back
    } else if (response.status != 204 && response.status != 304) {
      const auto* text = std::get_if<std::string>(&response.body);
      head.setContentLength64(static_cast<Poco::Int64>(
          text != nullptr ? text->size() : std::get<ByteSource>(response.body).size));
    }
    std::ostringstream text;
    head.write(text);
    return text.str();
  }

  static Result<std::size_t> read_source(const ByteSource& source, std::uint64_t from, std::span<char> into) {
    try {
      return source.read(from, into);
    } catch (const store::Fault& fault) {
      return tl::unexpected<Error>(fault.error);
    } catch (const std::exception& failure) {
      return fail(Error::Kind::damaged, "source", {failure.what(), failure.what()}, {});
    }
  }

  /// The length was promised, so that a source that fails can only be told by a connection that ends early.
  bool send_source(const Request& request, const ByteSource& source, Pace& pace) {
    std::string part(static_cast<std::size_t>(std::min<std::uint64_t>(source.size, kSendBytes)), '\0');
    while (sent_ < source.size) {
      const auto wanted = std::min<std::uint64_t>(part.size(), source.size - sent_);
      const auto count = read_source(source, sent_, std::span(part.data(), static_cast<std::size_t>(wanted)));
      if (!count || *count == 0) {
        shared_.application.telemetry().log(
            count ? Error{Error::Kind::damaged, "source", {"途中で終わりました", "it ended early"}, {}}
                  : count.error(),
            "answer.broken", request.id);
        return false;
      }
      if (!send_all(socket(), std::string_view(part).substr(0, *count), pace)) return false;
      sent_ += *count;
    }
    return true;
  }

  /// A connection closed over unread bytes is reset, and a reset may overtake the answer.
  void hang_up() {
    const int descriptor = ticket_->socket;
    ::shutdown(descriptor, SHUT_WR);
    if (!unread_) return;
    const auto until = Clock::now() + std::chrono::milliseconds(kDrain_ms);
    std::array<char, 16384> nothing{};
    for (std::uint64_t drained = 0; drained < kDrained && Clock::now() < until;) {
      pollfd watched{descriptor, POLLIN, 0};
      if (::poll(&watched, 1, kDrain_ms) <= 0) return;
      const auto count = ::recv(descriptor, nothing.data(), nothing.size(), MSG_DONTWAIT);
      if (count <= 0) return;
      drained += static_cast<std::uint64_t>(count);
    }
  }

  Shared& shared_;
  Connections::Ticket ticket_;
  Clock::time_point begun_ = Clock::now();
  std::uint64_t sent_ = 0;
  bool unread_ = false;
};

class ConnectionFactory final : public net::TCPServerConnectionFactory {
 public:
  explicit ConnectionFactory(Shared& shared) : shared_(shared) {}
  net::TCPServerConnection* createConnection(const net::StreamSocket& socket) override {
    return new Connection(socket, shared_);
  }

 private:
  Shared& shared_;
};

net::ServerSocket listen_on(const Config& config) {
  const net::SocketAddress address(config.address, static_cast<Poco::UInt16>(config.port));
  if (!config.has_tls()) {
    net::ServerSocket socket;
    socket.bind(address, true);
    socket.listen(kQueued);
    return socket;
  }
  net::Context::Ptr context = new net::Context(net::Context::TLS_SERVER_USE, config.certificate_key.string(),
                                               config.certificate.string(), "", net::Context::VERIFY_NONE, 9,
                                               false, "ECDHE+AESGCM:ECDHE+CHACHA20:!aNULL");
  context->disableProtocols(net::Context::PROTO_SSLV2 | net::Context::PROTO_SSLV3 |
                            net::Context::PROTO_TLSV1 | net::Context::PROTO_TLSV1_1);
  context->preferServerCiphers();
  net::SecureServerSocket socket(context);
  socket.bind(address, true);
  socket.listen(kQueued);
  return net::ServerSocket(static_cast<const net::Socket&>(socket));  // a handle on the same socket
}

}  // namespace

struct HttpServer::Impl {
  Impl(Application& application, std::unique_ptr<Dispatcher> dispatcher, const net::ServerSocket& socket)
      : shared(application, std::move(dispatcher)),
        listening(socket),
        port(socket.address().port()),
        pool(2, application.config().limits.connections) {
    net::TCPServerParams::Ptr params = new net::TCPServerParams();
    params->setMaxThreads(application.config().limits.connections);
    params->setMaxQueued(kQueued);
    // Poco wakes threads that wait for a connection when it stops, but not one that is about to: that one
    // waits for as long as an idle thread may.
    params->setThreadIdleTime(Poco::Timespan(0, kIdleThread_ms * 1000));
    server = std::make_unique<net::TCPServer>(new ConnectionFactory(shared), pool, socket, params);
  }

  Shared shared;
  net::ServerSocket listening;
  int port;
  Poco::ThreadPool pool;
  std::unique_ptr<net::TCPServer> server;
  bool stopped = false;
};

HttpServer::HttpServer(std::unique_ptr<Impl> impl) : impl_(std::move(impl)) {}

HttpServer::~HttpServer() {
  stop();
  impl_->server.reset();
}

Result<std::unique_ptr<HttpServer>> HttpServer::start(Application& application, std::vector<Route> routes) {
  auto dispatcher = Dispatcher::make(application, std::move(routes));
  if (!dispatcher) return tl::unexpected<Error>(dispatcher.error());
  const auto& config = application.config();
  try {
    const auto socket = listen_on(config);
    auto impl = std::make_unique<Impl>(application, std::move(*dispatcher), socket);
    auto* running = impl.get();
    application.telemetry().add_gauge("guardian_http_connections", "Open connections", [running] {
      return static_cast<double>(running->shared.connections.count());
    });
    impl->server->start();
    return std::unique_ptr<HttpServer>(new HttpServer(std::move(impl)));
  } catch (const Poco::Exception& failure) {
    return fail(Error::Kind::network, fmt::format("{}:{}", config.address, config.port),
                {fmt::format("待ち受けられません ({})", failure.displayText()),
                 fmt::format("cannot listen ({})", failure.displayText())},
                {"アドレス、ポート、証明書を確かめてください", "Check address, port and certificate"});
  }
}

int HttpServer::port() const { return impl_->port; }

int HttpServer::stop() {
  if (std::exchange(impl_->stopped, true)) return 0;
  // Who connects from now on is refused at once and does not wait in the socket's queue; and Poco, which
  // looks only four times a second whether it should stop, looks now.
  ::shutdown(impl_->listening.impl()->sockfd(), SHUT_RDWR);
  impl_->server->stop();
  impl_->shared.stop.request_stop();
  const int cut =
      impl_->shared.connections.stop(Clock::now() + std::chrono::seconds(impl_->shared.limits().shutdown_s));
  impl_->pool.joinAll();
  return cut;
}

}  // namespace guardian::server
