// tests/server/running_server.h - a real server on a free port with routes of a test's choice, and a client
// that can also send what no client would.
#pragma once

#include <Poco/Net/HTTPClientSession.h>
#include <Poco/Net/HTTPRequest.h>
#include <Poco/Net/HTTPResponse.h>
#include <Poco/Net/NetException.h>
#include <Poco/Net/StreamSocket.h>
#include <Poco/StreamCopier.h>

#include <functional>
#include <map>
#include <stdexcept>
#include <string>
#include <utility>
#include <vector>

#include "base/file.h"
#include "server/application.h"
#include "server/http_server.h"
#include "support.h"

namespace guardian::test {

/// A connection on which any bytes can be sent; nothing waits longer than ten seconds.
class RawConnection {
 public:
  explicit RawConnection(int port)
      : socket_(Poco::Net::SocketAddress("127.0.0.1", static_cast<Poco::UInt16>(port))) {
    socket_.setReceiveTimeout(Poco::Timespan(10, 0));
  }
  /// False when the server has cut the connection.
  bool send(std::string_view bytes) {
    try {
      return socket_.sendBytes(bytes.data(), static_cast<int>(bytes.size())) > 0;
    } catch (const Poco::Exception&) {
      return false;
    }
  }
  /// Until the server closes.
  std::string rest() {
    std::string all;
    while (read_some(all)) continue;
    return all;
  }
  /// Until `mark` has come, with all before it.
  std::string until(std::string_view mark) {
    std::string all;
    while (all.find(mark) == std::string::npos && read_some(all)) continue;
    return all;
  }
  void close() { socket_.close(); }

 private:
  bool read_some(std::string& into) {
    try {
      char part[4096];
      const int count = socket_.receiveBytes(part, sizeof part);
      into.append(part, static_cast<std::size_t>(std::max(count, 0)));
      return count > 0;
    } catch (const Poco::Net::ConnectionResetException&) {
      return false;
    }
  }
  Poco::Net::StreamSocket socket_;
};

class RunningServer {
 public:
  using Fields = std::vector<std::pair<std::string, std::string>>;
  using MoreRoutes = std::function<std::vector<server::Route>(server::Application&)>;
  struct Answer {
    int status = 0;
    Poco::Net::HTTPResponse headers;
    std::string body;
    nlohmann::json json() const { return nlohmann::json::parse(body); }
    std::string header(const std::string& name) const { return headers.get(name, ""); }
  };

  /// `adjust` changes the configuration before the start; `more` adds routes to the program's own.
  explicit RunningServer(const MoreRoutes& more = {},
                         const std::function<void(server::Config&)>& adjust = {}) {
    server::Config config;
    config.data = folder_.path() / "data";
    config.port = 0;
    if (adjust) adjust(config);
    application_ = checked(server::Application::open(config, log_file().string()));
    application_->authenticate_by([this](const server::Request& request) { return caller_of(request); });
    auto routes = application_->routes();
    if (more)
      for (auto& route : more(*application_)) routes.push_back(std::move(route));
    server_ = checked(server::HttpServer::start(*application_, std::move(routes)));
  }

  ~RunningServer() { server_->stop(); }
  RunningServer(const RunningServer&) = delete;
  RunningServer& operator=(const RunningServer&) = delete;

  server::Application& application() { return *application_; }
  server::HttpServer& http() { return *server_; }
  int port() const { return server_->port(); }

  /// Who sends "Authorization: Bearer TOKEN". A new tenant is made for a name that is new.
  void add_caller(const std::string& token, access::Caller caller) {
    const auto made = application_->database().write([&](store::Transaction& t) -> Result<void> {
      if (t.first("SELECT id FROM tenants WHERE id = ?", {caller.tenant})) return {};
      t.execute("INSERT INTO tenants (id, name, created_ms) VALUES (?, 'x', 0)", {caller.tenant});
      application_->keyring().add_tenant(t, caller.tenant);
      return {};
    });
    if (!made) throw std::runtime_error(describe(made.error(), Language::english));
    callers_[token] = std::move(caller);
  }

  Answer ask(const std::string& method, const std::string& target, const Fields& fields = {},
             const std::string& body = {}) const {
    Poco::Net::HTTPClientSession session("127.0.0.1", static_cast<Poco::UInt16>(port()));
    session.setTimeout(Poco::Timespan(10, 0));
    Poco::Net::HTTPRequest request(method, target, Poco::Net::HTTPMessage::HTTP_1_1);
    for (const auto& [name, value] : fields) request.set(name, value);
    if (!body.empty()) request.setContentLength64(static_cast<Poco::Int64>(body.size()));
    session.sendRequest(request) << body;
    Answer answer;
    auto& stream = session.receiveResponse(answer.headers);
    answer.status = answer.headers.getStatus();
    Poco::StreamCopier::copyToString(stream, answer.body);
    return answer;
  }

  std::string log() const { return *read_file(log_file(), 64U << 20U); }

 private:
  template <class T>
  static T checked(Result<T> result) {
    if (!result) throw std::runtime_error(describe(result.error(), Language::english));
    return std::move(*result);
  }
  std::filesystem::path log_file() const { return folder_.path() / "log"; }
  Result<std::optional<access::Caller>> caller_of(const server::Request& request) const {
    const auto told = request.headers.get("Authorization");
    if (!told) return std::optional<access::Caller>();
    const auto found =
        callers_.find(told->substr(std::min(told->size(), std::string_view("Bearer ").size())));
    if (found == callers_.end())
      return fail(Error::Kind::unknown_caller, {}, {"知らないトークンです", "an unknown token"}, {"", ""});
    return found->second;
  }

  TemporaryFolder folder_;
  std::map<std::string, access::Caller> callers_;
  std::unique_ptr<server::Application> application_;
  std::unique_ptr<server::HttpServer> server_;
};

}  // namespace guardian::test
