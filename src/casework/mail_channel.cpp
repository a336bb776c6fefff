#include "casework/mail_channel.h"

#include <Poco/DateTimeFormat.h>
#include <Poco/DateTimeFormatter.h>
#include <Poco/Exception.h>
#include <Poco/Net/Context.h>
#include <Poco/Net/DNS.h>
#include <Poco/Net/NetException.h>
#include <Poco/Net/SMTPClientSession.h>
#include <Poco/Net/SSLException.h>
#include <Poco/Net/SecureStreamSocket.h>
#include <Poco/Timestamp.h>
#include <fmt/format.h>

#include <mutex>
#include <optional>
#include <sstream>
#include <vector>

#include "base/file.h"
#include "base/id.h"
#include "base/text.h"
#include "casework/routes.h"

namespace guardian::casework {
namespace {

namespace net = Poco::Net;

constexpr std::size_t kWordBytes =
    39;  // 52 characters of base64, "Subject: " and the word's ends stay under 76 (RFC 2047)
constexpr std::size_t kLineBytes = 57;  // 76 characters of base64 (RFC 2045)
constexpr std::int64_t kKept_ms = 8'000;
constexpr const char* kCiphers = "HIGH:!aNULL:!eNULL:!MD5:!RC4";

/// Encoded words of RFC 2047, each on a line of its own, cut between characters.
std::string encoded_words(std::string_view text) {
  std::string words;
  while (!text.empty()) {
    const auto part = beginning(text, kWordBytes);
    words += fmt::format("{}=?UTF-8?B?{}?=", words.empty() ? "" : "\r\n ", base64(part));
    text.remove_prefix(part.size());
  }
  return words;
}

std::string base64_lines(std::string_view text) {
  std::string lines;
  for (; !text.empty(); text.remove_prefix(std::min(text.size(), kLineBytes)))
    lines += base64(text.substr(0, kLineBytes)) + "\r\n";
  return lines;
}

/// What a mail server answered that it should not have.
struct Refusal {
  int status = 0;
  std::string command;
};

tl::unexpected<Error> failure(Error::Kind kind, const Text& what) {
  return fail(
      kind, "mail", what,
      {"メールサーバーの設定と宛先を確かめてください", "Check the mail server's set-up and the address"});
}

Poco::Timespan patience_of(const MailServer& server) {
  return {std::chrono::duration_cast<std::chrono::microseconds>(server.patience).count()};
}

/// One connection. Methods throw Poco's exceptions and Refusal.
class Session final : public net::SMTPClientSession {
 public:
  Session(const net::StreamSocket& connected, const MailServer& server)
      : net::SMTPClientSession(connected), server_(server) {
    set_patience();
  }

  static std::unique_ptr<Session> open(const MailServer& server, const net::Context::Ptr& context);

  void send(const std::string& to, const std::string& mail) {
    demand("MAIL FROM", "<" + server_.from + ">", 2);
    demand("RCPT TO", "<" + to + ">", 2);
    demand("DATA", "", 3);
    // Base64 and our headers have no line that begins with a dot.
    std::istringstream text(mail + ".\r\n");
    try {
      sendMessage(text);
    } catch (const net::SMTPException& refused) {
      throw Refusal{refused.code(), "DATA"};
    }
  }

  /// For the next mail. False if the server is gone.
  bool is_ready_again() {
    try {
      std::string answer;
      return sendCommand("RSET", answer) / 100 == 2;
    } catch (const Poco::Exception&) {
      return false;
    }
  }

  std::int64_t idle_since_ms = 0;

 private:
  void set_patience() {
    setTimeout(patience_of(server_));
    socket().setSendTimeout(patience_of(server_));
  }

  void demand(const std::string& command, const std::string& argument, int wanted) {
    std::string answer;
    const auto line = argument.empty() ? command : command + ":" + argument;
    if (const int status = sendCommand(line, answer); status / 100 != wanted) throw Refusal{status, command};
  }

  /// Greeting and, where wanted, encryption and sign-in.
  void begin(const net::Context::Ptr& context) {
    const auto name = net::DNS::hostName();
    std::string abilities;
    login(name, abilities);
    if (server_.security == MailServer::Security::starttls) {
      demand("STARTTLS", "", 2);
      socket() = net::SecureStreamSocket::attach(socket(), server_.host, context);
      set_patience();
      abilities.clear();
      if (sendCommand("EHLO " + name, abilities) / 100 != 2) throw Refusal{0, "EHLO"};
    }
    if (server_.user.empty()) return;
    try {
      if (abilities.find("PLAIN") != std::string::npos)
        loginUsingPlain(server_.user, server_.password);
      else
        loginUsingLogin(server_.user, server_.password);
    } catch (const net::SMTPException&) {
      throw Refusal{0, "AUTH"};  // without the server's words, which may repeat the user's name
    }
  }

  const MailServer& server_;
};

std::unique_ptr<Session> Session::open(const MailServer& server, const net::Context::Ptr& context) {
  const auto patience = patience_of(server);
  const net::SocketAddress address(server.host, static_cast<Poco::UInt16>(server.port));
  std::unique_ptr<Session> session;
  if (server.security == MailServer::Security::tls) {
    net::SecureStreamSocket encrypted(context);
    encrypted.setPeerHostName(server.host);
    encrypted.connect(address, patience);
    session = std::make_unique<Session>(encrypted, server);
  } else {
    net::StreamSocket plain;
    plain.connect(address, patience);
    session = std::make_unique<Session>(plain, server);
  }
  session->begin(context);
  return session;
}

}  // namespace

std::string compose_mail(const std::string& from, const Delivery& delivery, std::int64_t at_ms) {
  std::string body;
  for (const char c : body_of(delivery)) body += c == '\n' ? std::string("\r\n") : std::string(1, c);
  const auto date =
      Poco::DateTimeFormatter::format(Poco::Timestamp(at_ms * 1000), Poco::DateTimeFormat::RFC1123_FORMAT, 0);
  return fmt::format(
      "Date: {}\r\nFrom: {}\r\n <{}>\r\nTo: <{}>\r\nSubject: {}\r\nMessage-ID: <{}@{}>\r\n"
      "X-Guardian-Delivery: {}\r\nAuto-Submitted: auto-generated\r\nMIME-Version: 1.0\r\n"
      "Content-Type: text/plain; charset=UTF-8\r\nContent-Transfer-Encoding: base64\r\n\r\n{}",
      date, encoded_words("カスハラAIガーディアン"), from, delivery.to,
      encoded_words(printable(subject_of(delivery))), delivery.id, from.substr(from.find('@') + 1),
      delivery.id, base64_lines(body));
}

struct MailChannel::Impl {
  MailServer server;
  net::Context::Ptr context;
  std::mutex mutex;
  std::vector<std::unique_ptr<Session>> idle;

  /// A kept connection that still answers, or a new one.
  std::unique_ptr<Session> take() {
    for (;;) {
      std::unique_ptr<Session> kept;
      {
        const std::lock_guard lock(mutex);
        if (idle.empty()) break;
        kept = std::move(idle.back());
        idle.pop_back();
      }
      if (now_ms() - kept->idle_since_ms < kKept_ms && kept->is_ready_again()) return kept;
    }
    return Session::open(server, context);
  }

  void give_back(std::unique_ptr<Session> session) {
    session->idle_since_ms = now_ms();
    const std::lock_guard lock(mutex);
    idle.push_back(std::move(session));
  }
};

MailChannel::MailChannel(std::unique_ptr<Impl> impl) : impl_(std::move(impl)) {}
MailChannel::MailChannel(MailChannel&&) noexcept = default;
MailChannel& MailChannel::operator=(MailChannel&&) noexcept = default;
MailChannel::~MailChannel() = default;

Result<MailChannel> MailChannel::make(MailServer server) {
  const auto bad = [](const char* field, const Text& what) {
    return fail(Error::Kind::usage, field, what,
                {"設定ファイルの smtp を直してください", "Correct smtp in the configuration"});
  };
  if (!is_mail_address(server.from))
    return bad("smtp.from", {"メールアドレスにしてください", "it must be an e-mail address"});
  if (server.host.empty() || server.port < 1 || server.port > 65535)
    return bad("smtp.host", {"ホストまたはポートが違います", "host or port is wrong"});
  const bool local = server.host == "127.0.0.1" || server.host == "::1" || server.host == "localhost";
  if (!server.user.empty() && server.security == MailServer::Security::none && !local)
    return bad("smtp.security",
               {"暗号化なしではパスワードを送りません", "a password is not sent unencrypted"});
  auto impl = std::make_unique<Impl>();
  try {
    impl->context = new net::Context(net::Context::TLS_CLIENT_USE, "", "", server.ca_file.string(),
                                     net::Context::VERIFY_STRICT, 9, server.ca_file.empty(), kCiphers);
    impl->context->disableProtocols(net::Context::PROTO_SSLV2 | net::Context::PROTO_SSLV3 |
                                    net::Context::PROTO_TLSV1 | net::Context::PROTO_TLSV1_1);
    impl->context->enableExtendedCertificateVerification(true);
  } catch (const Poco::Exception&) {
    return fail(Error::Kind::unreadable, server.ca_file.string(),
                {"認証局のファイルを読めません", "the file of certificate authorities cannot be read"},
                {"PEM 形式のファイルを指定してください", "Name a file in PEM"});
  }
  impl->server = std::move(server);
  return MailChannel(std::move(impl));
}

Result<void> MailChannel::send(const Delivery& delivery, const std::stop_token& /*stop*/) {
  if (!is_mail_address(delivery.to))
    return failure(Error::Kind::forbidden, {"宛先がメールアドレスではありません", "this is not an address"});
  try {
    auto session = impl_->take();
    session->send(delivery.to, compose_mail(impl_->server.from, delivery, now_ms()));
    impl_->give_back(std::move(session));
    return {};
  } catch (const Refusal& refusal) {
    // Only what is said about this mail and this address is final; a sign-in can be repaired.
    const bool is_final =
        refusal.status / 100 == 5 && (refusal.command == "RCPT TO" || refusal.command == "DATA");
    return failure(is_final ? Error::Kind::forbidden : Error::Kind::network,
                   {fmt::format("メールサーバーが {} を断りました ({})", refusal.command, refusal.status),
                    fmt::format("the mail server refused {} ({})", refusal.command, refusal.status)});
  } catch (const net::SSLException&) {
    return failure(Error::Kind::network, {"メールサーバーの証明書を信頼できないか、暗号化できません",
                                          "the mail server's certificate is not trusted, or TLS failed"});
  } catch (const Poco::TimeoutException&) {
    return failure(Error::Kind::network,
                   {"メールサーバーが時間内に答えません", "the mail server did not answer in time"});
  } catch (const Poco::Exception& broken) {
    return failure(Error::Kind::network,
                   {fmt::format("メールサーバーにつながりません ({})", broken.name()),
                    fmt::format("the mail server cannot be reached ({})", broken.name())});
  }
}

}  // namespace guardian::casework
