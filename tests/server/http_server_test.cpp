#include "server/http_server.h"

#include <Poco/Net/Context.h>
#include <Poco/Net/HTTPSClientSession.h>
#include <gmock/gmock.h>

#include <atomic>
#include <future>
#include <latch>
#include <thread>

#include "base/id.h"
#include "running_server.h"

namespace guardian::server {
namespace {

using access::Permission;
using test::RawConnection;
using test::RunningServer;
using testing::AllOf;
using testing::HasSubstr;
using testing::Not;
using testing::StartsWith;
using Fields = RunningServer::Fields;

const Fields kReviewer = {{"Authorization", "Bearer reviewer-token"}};

Fields with(Fields fields, const Fields& more) {
  fields.insert(fields.end(), more.begin(), more.end());
  return fields;
}

char sound_at(std::uint64_t position) { return static_cast<char>('a' + position % 23); }

/// Routes that do a little of everything that real ones do.
class TheServer : public testing::Test {
 protected:
  explicit TheServer(const std::function<void(Config&)>& adjust = {})
      : server_([this](Application&) { return routes(); }, adjust) {
    access::Caller reviewer;
    reviewer.tenant = make_id();
    reviewer.id = make_id();
    reviewer.permissions = {Permission::review};
    server_.add_caller("reviewer-token", reviewer);
  }

  std::vector<Route> routes() {
    RouteOptions json;
    json.body = Body::json;
    RouteOptions upload;
    upload.body = Body::stream;
    RouteOptions pages;
    pages.query = {"limit", "after"};
    RouteOptions echo;
    echo.query = {"name"};
    return {
        {"POST", "/test/notes", Permission::review, [this](const Request& r) { return add_note(r); }, json},
        {"POST", "/test/count", Permission::review,
         [this](const Request&) -> Result<Response> {
           return json_response({{"number", ++notes_}});
         }},
        {"GET", "/test/notes", Permission::review, [](const Request& r) { return list(r); }, pages},
        {"GET", "/test/item/{id}", Permission::review,
         [](const Request& r) -> Result<Response> {
           return json_response({{"id", r.id_of()}});
         }},
        {"GET", "/test/plan", Permission::manage_usage,
         [](const Request&) -> Result<Response> { return no_content(); }},
        {"GET", "/test/version", Access::open(), [this](const Request& r) { return version(r); }},
        {"PUT", "/test/version", Access::open(), [this](const Request& r) { return version(r); }},
        {"GET", "/test/sound", Access::open(), [](const Request&) -> Result<Response> { return sound(); }},
        {"PUT", "/test/upload", Access::open(), [this](const Request& r) { return take(r); }, upload},
        {"GET", "/test/slow", Access::open(), [this](const Request&) { return slow(); }},
        {"GET", "/test/events", Access::open(), [this](const Request&) { return events(); }},
        {"GET", "/test/broken", Access::open(),
         [](const Request&) -> Result<Response> {
           return fail(Error::Kind::storage, "/var/secret-place", {"", "the disk is full"}, {"", ""});
         }},
        {"GET", "/test/echo", Access::open(),
         [](const Request& r) -> Result<Response> {
           auto response = no_content();
           response.headers.set("X-Name", r.query("name").value_or(""));
           return response;
         },
         echo},
    };
  }

  Result<Response> add_note(const Request& request) {
    const JsonFields fields(request.json, {"text", "importance"});
    (void)fields.integer_if("importance", 0, 5);
    return created({{"text", fields.text("text")}, {"number", ++notes_}}, "/test/notes/1");
  }
  static Result<Response> list(const Request& request) {
    const auto paging = paging_of(request);
    std::vector<nlohmann::json> items(static_cast<std::size_t>(paging.rows()), {{"id", "x"}});
    return page(std::move(items), paging);
  }
  Result<Response> version(const Request& request) {
    const auto etag = etag_of(std::to_string(version_));
    if (request.method == "PUT") {
      if (auto refused = unless_unchanged(request, etag)) return std::move(*refused);
      ++version_;
      return no_content();
    }
    auto response = json_response({{"version", version_.load()}});
    response.etag = etag;
    return response;
  }
  static Response sound() {
    Response response;
    response.content_type = "audio/mpeg";
    response.etag = etag_of("sound");
    response.body =
        ByteSource{1'000'000, [](std::uint64_t offset, std::span<char> into) -> Result<std::size_t> {
                     // In pieces of odd size, as objects are read.
                     const auto count = std::min<std::size_t>(into.size(), 70'001);
                     for (std::size_t i = 0; i < count; ++i) into[i] = sound_at(offset + i);
                     return count;
                   }};
    return response;
  }
  Result<Response> take(const Request& request) {
    std::string all;
    std::array<char, 1000> part{};
    for (;;) {
      const auto count = request.body->read(part);
      if (!count) {
        if (!upload_failed_.exchange(true)) upload_failure_.set_value(count.error().kind);
        return tl::unexpected<Error>(count.error());
      }
      if (*count == 0) return text_response(all, "text/plain");
      all.append(part.data(), *count);
    }
  }
  Result<Response> slow() {
    begun_.count_down();
    release_.get_future().wait();
    return text_response("finished", "text/plain");
  }
  Result<Response> events() {
    Response response;
    response.body = EventStream{[this](EventSink& sink) {
      for (int i = 1; sink.send("progress", {{"step", i}}, std::to_string(i)) && sink.pause(1);) ++i;
      stream_ended_.set_value();
    }};
    return response;
  }

  std::atomic<int> notes_ = 0;
  std::atomic<int> version_ = 1;
  std::latch begun_{1};
  std::promise<void> release_;
  std::promise<void> stream_ended_;
  std::atomic<bool> upload_failed_ = false;
  std::promise<Error::Kind> upload_failure_;
  RunningServer server_;
};

TEST_F(TheServer, LetsNobodyInWithoutPermission) {
  EXPECT_EQ(server_.ask("GET", "/test/plan").status, 401);
  EXPECT_EQ(server_.ask("GET", "/test/plan", {{"Authorization", "Bearer wrong"}}).status, 401);
  EXPECT_EQ(server_.ask("GET", "/test/plan", kReviewer).status, 403);
  EXPECT_EQ(server_.ask("GET", "/test/notes", kReviewer).status, 200);
  EXPECT_EQ(server_.ask("GET", "/test/version", {{"Authorization", "Bearer wrong"}}).status, 200);
}

TEST_F(TheServer, ExplainsProblemsInTheCallersLanguage) {
  const auto japanese = server_.ask("GET", "/test/plan");
  EXPECT_EQ(japanese.header("Content-Type"), "application/problem+json");
  EXPECT_EQ(japanese.json()["title"], "サインインが必要です");
  EXPECT_EQ(japanese.json()["status"], 401);
  EXPECT_EQ(japanese.json()["instance"], japanese.header("X-Request-Id"));
  const auto english = server_.ask("GET", "/test/plan", {{"Accept-Language", "fr, en;q=0.8, ja;q=0.5"}});
  EXPECT_EQ(english.json()["title"], "Sign-in needed");
  EXPECT_EQ(english.header("Content-Language"), "en");
}

TEST_F(TheServer, RefusesWhatARouteDoesNotKnow) {
  EXPECT_EQ(server_.ask("GET", "/nowhere").status, 404);
  EXPECT_EQ(server_.ask("GET", "/test/item/7", kReviewer).status, 404);
  EXPECT_EQ(server_.ask("GET", "/test/item/" + make_id(), kReviewer).status, 200);
  EXPECT_EQ(server_.ask("GET", "/test/notes?color=red", kReviewer).status, 400);
  EXPECT_EQ(server_.ask("GET", "/test/notes?limit=5&limit=6", kReviewer).status, 400);
  EXPECT_EQ(server_.ask("GET", "/test/notes?limit=0", kReviewer).json()["subject"], "limit");
  EXPECT_EQ(server_.ask("GET", "/test/notes?after=../1", kReviewer).status, 400);
  EXPECT_EQ(server_.ask("GET", "/test/version", {}, "a body").status, 400);
}

TEST_F(TheServer, KnowsItsMethods) {
  for (const auto* method : {"TRACE", "DELETE", "BREW"}) {
    const auto answer = server_.ask(method, "/test/version");
    EXPECT_EQ(answer.status, 405) << method;
    EXPECT_EQ(answer.header("Allow"), "GET, HEAD, OPTIONS, PUT");
  }
  const auto options = server_.ask("OPTIONS", "/test/version");
  EXPECT_EQ(options.status, 204);
  EXPECT_EQ(options.header("Allow"), "GET, HEAD, OPTIONS, PUT");
  EXPECT_FALSE(options.headers.has("Access-Control-Allow-Origin"));
}

TEST_F(TheServer, IsForNoOtherSitesPages) {
  const auto host = "127.0.0.1:" + std::to_string(server_.port());
  const auto post = [&](const std::string& origin) {
    return server_.ask("POST", "/test/notes",
                       with(kReviewer, {{"Content-Type", "application/json"}, {"Origin", origin}}),
                       R"({"text":"a"})");
  };
  EXPECT_EQ(post("http://" + host).status, 201);
  EXPECT_EQ(post("https://evil.example").status, 403);
  EXPECT_EQ(post("null").status, 403);
  EXPECT_EQ(server_.ask("OPTIONS", "/test/notes", {{"Origin", "https://evil.example"}}).status, 403);
}

TEST_F(TheServer, CutsListsIntoPages) {
  const auto answer = server_.ask("GET", "/test/notes?limit=3", kReviewer).json();
  EXPECT_EQ(answer["items"].size(), 3U);
  EXPECT_EQ(answer["next"], "x");
}

TEST_F(TheServer, ReadsJsonStrictly) {
  const auto post = [&](const std::string& type, const std::string& body) {
    return server_.ask("POST", "/test/notes", with(kReviewer, {{"Content-Type", type}}), body).status;
  };
  EXPECT_EQ(post("application/json; charset=utf-8", R"({"text":"記録"})"), 201);
  EXPECT_EQ(post("text/plain", R"({"text":"a"})"), 415);
  EXPECT_EQ(post("application/json", R"({"text":"a")"), 400);
  EXPECT_EQ(post("application/json", R"({"text":"a","admin":true})"), 400);
  EXPECT_EQ(post("application/json", R"({"text":5})"), 400);
  EXPECT_EQ(post("application/json", "[]"), 400);
  EXPECT_EQ(post("application/json", ""), 400);
  EXPECT_EQ(post("application/json", std::string(100'000, '[')), 400);
  EXPECT_EQ(post("application/json", "\"" + std::string(2 << 20, 'x') + "\""), 413);
}

TEST_F(TheServer, DoesTheSamePostOnce) {
  const auto post = [&](const std::string& key, const std::string& text) {
    return server_.ask("POST", "/test/notes",
                       with(kReviewer, {{"Content-Type", "application/json"}, {"Idempotency-Key", key}}),
                       R"({"text":")" + text + "\"}");
  };
  const auto first = post("k1", "あ");
  const auto again = post("k1", "あ");
  EXPECT_EQ(again.status, 201);
  EXPECT_EQ(again.body, first.body);
  EXPECT_EQ(again.header("Location"), "/test/notes/1");
  EXPECT_EQ(again.header("Idempotency-Replayed"), "true");
  EXPECT_EQ(post("k1", "い").status, 422);
  EXPECT_EQ(post("bad key", "あ").status, 400);
  EXPECT_EQ(post("k2", "あ").json()["number"], 2);
}

TEST_F(TheServer, DoesTheSamePostWithoutBodyOnce) {
  const auto post = [&](const std::string& key) {
    return server_.ask("POST", "/test/count", with(kReviewer, {{"Idempotency-Key", key}}));
  };
  EXPECT_EQ(post("k1").json()["number"], 1);
  EXPECT_EQ(post("k1").json()["number"], 1);
  EXPECT_EQ(post("k2").json()["number"], 2);
  EXPECT_EQ(post("bad key").status, 400);
}

TEST_F(TheServer, TakesAWholeNumberWrittenWithAPoint) {
  const auto post = [&](const std::string& number) {
    return server_.ask("POST", "/test/notes", with(kReviewer, {{"Content-Type", "application/json"}}),
                       R"({"text":"あ","importance":)" + number + "}");
  };
  EXPECT_EQ(post("3.0").status, 201);
  EXPECT_EQ(post("3.5").json()["subject"], "importance");
  EXPECT_EQ(post("1e300").json()["subject"], "importance");
}

TEST_F(TheServer, KnowsWhatHasNotChanged) {
  const auto first = server_.ask("GET", "/test/version");
  const auto etag = first.header("ETag");
  const auto same = server_.ask("GET", "/test/version", {{"If-None-Match", "\"other\", " + etag}});
  EXPECT_EQ(same.status, 304);
  EXPECT_EQ(same.body, "");
  EXPECT_EQ(same.header("ETag"), etag);
  EXPECT_EQ(server_.ask("PUT", "/test/version").status, 428);
  EXPECT_EQ(server_.ask("PUT", "/test/version", {{"If-Match", etag}}).status, 204);
  EXPECT_EQ(server_.ask("PUT", "/test/version", {{"If-Match", etag}}).status, 412);
  EXPECT_EQ(server_.ask("GET", "/test/version", {{"If-None-Match", etag}}).status, 200);
}

TEST_F(TheServer, AnswersHeadAsGetWithoutBody) {
  const auto head = server_.ask("HEAD", "/test/sound");
  EXPECT_EQ(head.status, 200);
  EXPECT_EQ(head.header("Content-Length"), "1000000");
  EXPECT_EQ(head.body, "");
}

TEST_F(TheServer, SendsParts) {
  const auto part = [&](const std::string& range) {
    return server_.ask("GET", "/test/sound", {{"Range", range}});
  };
  const auto middle = part("bytes=100000-299999");
  ASSERT_EQ(middle.status, 206);
  EXPECT_EQ(middle.header("Content-Range"), "bytes 100000-299999/1000000");
  ASSERT_EQ(middle.body.size(), 200'000U);
  for (const std::size_t i : {0U, 70'001U, 199'999U}) EXPECT_EQ(middle.body[i], sound_at(100'000 + i));
  EXPECT_EQ(part("bytes=-10").header("Content-Range"), "bytes 999990-999999/1000000");
  EXPECT_EQ(part("bytes=999999-").body.size(), 1U);
  EXPECT_EQ(part("bytes=5-99999999999999999999999").header("Content-Range"), "bytes 5-999999/1000000");
  const auto beyond = part("bytes=1000000-");
  EXPECT_EQ(beyond.status, 416);
  EXPECT_EQ(beyond.header("Content-Range"), "bytes */1000000");
  for (const auto* odd : {"bytes=9-5", "bytes=a-b", "bytes=0-1,5-6", "lines=1-2", "bytes=-", "bytes"})
    EXPECT_EQ(part(odd).body.size(), 1'000'000U) << odd;
  EXPECT_EQ(server_.ask("GET", "/test/sound", {{"Range", "bytes=0-1"}, {"If-Range", "\"old\""}}).status, 200);
}

TEST_F(TheServer, TakesUploadsWithLengthAndInChunks) {
  EXPECT_EQ(server_.ask("PUT", "/test/upload", {}, std::string(50'000, 'u')).body.size(), 50'000U);
  RawConnection raw(server_.port());
  raw.send("PUT /test/upload HTTP/1.1\r\nHost: x\r\nTransfer-Encoding: chunked\r\nConnection: close\r\n\r\n");
  raw.send("5\r\nhello\r\n6;x=y\r\n world\r\n0\r\nTrailer: t\r\n\r\n");
  EXPECT_THAT(raw.rest(), AllOf(StartsWith("HTTP/1.1 200"), HasSubstr("\r\n\r\nhello world")));
}

TEST_F(TheServer, AsksForABodyOnlyWhenItWantsIt) {
  RawConnection wanted(server_.port());
  wanted.send(
      "PUT /test/upload HTTP/1.1\r\nHost: x\r\nContent-Length: 2\r\nExpect: 100-continue\r\n"
      "Connection: close\r\n\r\n");
  EXPECT_THAT(wanted.until("\r\n\r\n"), StartsWith("HTTP/1.1 100"));
  wanted.send("ok");
  EXPECT_THAT(wanted.rest(), HasSubstr("\r\n\r\nok"));
  RawConnection refused(server_.port());
  refused.send(
      "PUT /test/upload HTTP/1.1\r\nHost: x\r\nContent-Length: 99999999999999\r\n"
      "Expect: 100-continue\r\n\r\n");
  EXPECT_THAT(refused.rest(), StartsWith("HTTP/1.1 413"));
}

TEST_F(TheServer, HearsThatAnUploadBroke) {
  RawConnection raw(server_.port());
  raw.send("PUT /test/upload HTTP/1.1\r\nHost: x\r\nContent-Length: 100\r\n\r\nonly a part");
  raw.close();
  EXPECT_EQ(upload_failure_.get_future().get(), Error::Kind::network);
}

TEST_F(TheServer, RefusesRequestsThatTwoReadersUnderstandDifferently) {
  const std::string post = "PUT /test/upload HTTP/1.1\r\nHost: x\r\n";
  const std::string smuggled = "\r\n5\r\nhello\r\n0\r\n\r\nGET /healthz HTTP/1.1\r\nHost: x\r\n\r\n";
  for (const std::string fields :
       {"Content-Length: 5\r\nTransfer-Encoding: chunked\r\n", "Content-Length: 5\r\nContent-Length: 6\r\n",
        "Transfer-Encoding: xchunked\r\n", "Transfer-Encoding: gzip, chunked\r\n", "Content-Length : 5\r\n",
        "Content-Length: +5\r\n", "Content-Length: 5, 5\r\n", "Host: y\r\n"}) {
    RawConnection raw(server_.port());
    raw.send(post + fields + smuggled);
    EXPECT_THAT(raw.rest(), AllOf(StartsWith("HTTP/1.1 400"), Not(HasSubstr("200 OK")))) << fields;
  }
  for (const std::string chunks : {"5\nhello\n0\n\n", "-5\r\nhello\r\n0\r\n\r\n", "5\r\nhelloXX0\r\n\r\n",
                                   "ffffffffffffffffff\r\n", "0x5\r\nhello\r\n0\r\n\r\n"}) {
    RawConnection raw(server_.port());
    raw.send(post + "Transfer-Encoding: chunked\r\n\r\n" + chunks);
    EXPECT_THAT(raw.rest(), StartsWith("HTTP/1.1 400")) << chunks;
  }
}

TEST_F(TheServer, TakesNoRestOfABodyForARequest) {
  RawConnection raw(server_.port());
  raw.send(
      "POST /nowhere HTTP/1.1\r\nHost: x\r\nContent-Length: 60\r\n\r\n"
      "GET /healthz HTTP/1.1\r\nHost: x\r\n\r\n");
  EXPECT_THAT(raw.rest(), AllOf(StartsWith("HTTP/1.1 404"), Not(HasSubstr("200 OK"))));
}

TEST_F(TheServer, AnswersSeveralRequestsOnOneConnection) {
  RawConnection raw(server_.port());
  raw.send(
      "GET /healthz HTTP/1.1\r\nHost: x\r\n\r\nGET /healthz HTTP/1.1\r\nHost: x\r\n\r\n"
      "GET /test/version HTTP/1.1\r\nHost: x\r\nConnection: close\r\n\r\n");
  const auto answers = raw.rest();
  EXPECT_THAT(answers, AllOf(HasSubstr("ok\n"), HasSubstr("\"version\":1")));
}

TEST_F(TheServer, LetsNobodyWriteHeaders) {
  const auto answer = server_.ask("GET", "/test/echo?name=a%0d%0aSet-Cookie:%20admin=1");
  EXPECT_EQ(answer.status, 500);
  EXPECT_FALSE(answer.headers.has("Set-Cookie"));
  EXPECT_EQ(server_.ask("GET", "/test/echo?name=plain").header("X-Name"), "plain");
}

TEST_F(TheServer, TellsNothingOfItsInside) {
  const auto answer = server_.ask("GET", "/test/broken");
  EXPECT_EQ(answer.status, 500);
  EXPECT_THAT(answer.body, Not(HasSubstr("secret-place")));
  EXPECT_THAT(server_.log(), AllOf(HasSubstr("secret-place"), HasSubstr(answer.header("X-Request-Id"))));
}

TEST_F(TheServer, MakesBrowsersCareful) {
  for (const auto* target : {"/healthz", "/nowhere", "/test/broken", "/test/plan"}) {
    const auto answer = server_.ask("GET", target);
    EXPECT_THAT(answer.header("Content-Security-Policy"),
                AllOf(HasSubstr("default-src 'self'"), HasSubstr("frame-ancestors 'none'"),
                      Not(HasSubstr("unsafe"))));
    EXPECT_EQ(answer.header("X-Content-Type-Options"), "nosniff") << target;
    EXPECT_EQ(answer.header("Cache-Control"), "no-store") << target;
    EXPECT_EQ(answer.header("Referrer-Policy"), "no-referrer") << target;
    EXPECT_FALSE(answer.headers.has("Strict-Transport-Security")) << "there is no TLS";
    EXPECT_FALSE(answer.headers.has("Server")) << target;
  }
  RawConnection raw(server_.port());
  raw.send("nonsense\r\n\r\n");
  EXPECT_THAT(raw.rest(), AllOf(StartsWith("HTTP/1.1 400"), HasSubstr("nosniff")));
}

TEST_F(TheServer, LogsNoSecrets) {
  server_.ask("GET", "/test/echo?name=secret-in-query");
  server_.ask("POST", "/test/notes",
              with(kReviewer, {{"Content-Type", "application/json"}, {"Cookie", "s=secret-cookie"}}),
              R"({"text":"secret-in-body"})");
  server_.ask("GET", "/test/item/secret-in-path", kReviewer);
  server_.http().stop();  // what was answered is logged then
  const auto log = server_.log();
  EXPECT_THAT(log, Not(HasSubstr("secret")));
  EXPECT_THAT(log, Not(HasSubstr("reviewer-token")));
  EXPECT_THAT(log, AllOf(HasSubstr("\"route\":\"/test/item/{id}\""), HasSubstr("\"status\":404")));
}

TEST_F(TheServer, StreamsEventsUntilTheListenerGoes) {
  RawConnection raw(server_.port());
  raw.send("GET /test/events HTTP/1.1\r\nHost: x\r\n\r\n");
  EXPECT_THAT(raw.until("{\"step\":3}"), AllOf(HasSubstr("text/event-stream"),
                                               HasSubstr("id: 2\nevent: progress\ndata: {\"step\":2}\n\n")));
  raw.close();
  stream_ended_.get_future().wait();
}

TEST_F(TheServer, EndsStreamsWhenItStops) {
  RawConnection raw(server_.port());
  raw.send("GET /test/events HTTP/1.1\r\nHost: x\r\n\r\n");
  raw.until("{\"step\":1}");
  EXPECT_EQ(server_.http().stop(), 0);
}

TEST_F(TheServer, FinishesWhatItBeganBeforeItStops) {
  RawConnection idle(server_.port());
  RawConnection raw(server_.port());
  raw.send("GET /test/slow HTTP/1.1\r\nHost: x\r\n\r\n");
  begun_.wait();
  auto stopped = std::async(std::launch::async, [&] { return server_.http().stop(); });
  EXPECT_EQ(idle.rest(), "");  // cut: that is when the server has begun to stop
  release_.set_value();
  EXPECT_THAT(raw.rest(),
              AllOf(StartsWith("HTTP/1.1 200"), HasSubstr("Connection: Close"), HasSubstr("finished")));
  EXPECT_EQ(stopped.get(), 0);
}

/// Connections that come in just while it stops are neither answered nor waited for.
TEST_F(TheServer, StopsAtOnceHoweverManyAreJustConnecting) {
  std::atomic<bool> ended = false;
  std::vector<std::jthread> knocking;
  for (int i = 0; i < 4; ++i)
    knocking.emplace_back([&] {
      std::vector<std::unique_ptr<RawConnection>> open;
      while (!ended && open.size() < 200) try {
          open.push_back(std::make_unique<RawConnection>(server_.port()));
        } catch (const Poco::Exception&) {
          return;  // it has stopped listening
        }
      while (!ended) std::this_thread::yield();
    });
  server_.ask("GET", "/healthz");
  const auto begun = std::chrono::steady_clock::now();
  EXPECT_EQ(server_.http().stop(), 0);
  // Less than limits.header_s and than Poco keeps an idle thread, both ten seconds.
  EXPECT_LT(std::chrono::steady_clock::now() - begun, std::chrono::seconds(5));
  ended = true;
}

TEST_F(TheServer, TellsItsNumbers) {
  server_.ask("GET", "/nowhere?x=1");
  server_.ask("BREW", "/nowhere");
  server_.application().telemetry().add_gauge("guardian_queue_depth", "Waiting jobs", [] { return 7.0; });
  // A request is counted once its last byte is sent: whoever asks at once may come before that.
  std::string metrics;
  const auto patience = std::chrono::steady_clock::now() + std::chrono::seconds(10);
  const auto counted = AllOf(HasSubstr(R"(_total{method="GET",route="-",status="404"} 1)"),
                             HasSubstr(R"(_total{method="other",route="-",status="404"} 1)"));
  do metrics = server_.ask("GET", "/metrics").body;
  while (!Matches(counted)(metrics) && std::chrono::steady_clock::now() < patience);
  EXPECT_THAT(metrics, counted);
  EXPECT_THAT(metrics, HasSubstr("guardian_http_request_duration_seconds_bucket{route=\"-\",le=\"0.05\"}"));
  EXPECT_THAT(metrics, HasSubstr("guardian_queue_depth 7"));
  EXPECT_THAT(metrics, Not(HasSubstr("BREW")));
  EXPECT_EQ(server_.ask("GET", "/metrics", {{"X-Forwarded-For", "203.0.113.5"}}).status, 401);
}

class AStrictServer : public TheServer {
 protected:
  AStrictServer()
      : TheServer([](Config& config) {
          config.limits.header_s = 1;
          config.limits.header_bytes = 2048;
          config.limits.idle_s = 1;
          config.limits.shutdown_s = 0;
          config.rates.address = {60, 5};
          config.metrics_token = "metrics-token";
          config.behind_proxy = true;
        }) {}
};

TEST_F(AStrictServer, CutsHeadersThatDribble) {
  RawConnection raw(server_.port());
  raw.send("GET /healthz HTTP/1.1\r\nHost: x\r\n");
  const auto begun = std::chrono::steady_clock::now();
  while (raw.send("X")) std::this_thread::sleep_for(std::chrono::milliseconds(50));  // the attack itself
  EXPECT_LT(std::chrono::steady_clock::now() - begun, std::chrono::seconds(4));
}

TEST_F(AStrictServer, CutsBodiesThatNeverCome) {
  RawConnection raw(server_.port());
  raw.send("PUT /test/upload HTTP/1.1\r\nHost: x\r\nContent-Length: 100\r\n\r\npart");
  EXPECT_THAT(raw.rest(), StartsWith("HTTP/1.1 408"));
  EXPECT_EQ(upload_failure_.get_future().get(), Error::Kind::network);
}

TEST_F(AStrictServer, LimitsHeaders) {
  EXPECT_EQ(server_.ask("GET", "/healthz", {{"X-Long", std::string(4000, 'a')}}).status, 431);
}

TEST_F(AStrictServer, TellsThoseWhoAskTooOftenWhenToComeBack) {
  for (int i = 0; i < 5; ++i) EXPECT_EQ(server_.ask("GET", "/test/version").status, 200);
  const auto answer = server_.ask("GET", "/test/version", {{"Accept-Language", "en"}});
  EXPECT_EQ(answer.status, 429);
  EXPECT_EQ(answer.header("Retry-After"), "1");
  EXPECT_EQ(server_.ask("GET", "/healthz").status, 200);
  EXPECT_EQ(server_.ask("GET", "/test/notes", kReviewer).status, 200) << "callers are counted by themselves";
  EXPECT_EQ(server_.ask("GET", "/test/version", {{"X-Forwarded-For", "203.0.113.5"}}).status, 200);
  EXPECT_EQ(server_.ask("GET", "/test/plan", {{"Authorization", "Bearer guess"}}).status, 429);
}

TEST_F(AStrictServer, ShowsItsNumbersForTheToken) {
  EXPECT_EQ(server_.ask("GET", "/metrics").status, 401);
  EXPECT_EQ(server_.ask("GET", "/metrics", {{"Authorization", "Bearer metrics-tokem"}}).status, 401);
  EXPECT_EQ(server_.ask("GET", "/metrics", {{"Authorization", "Bearer metrics-token"}}).status, 200);
}

TEST_F(AStrictServer, CutsWhatDoesNotFinish) {
  RawConnection raw(server_.port());
  raw.send("GET /test/slow HTTP/1.1\r\nHost: x\r\n\r\n");
  begun_.wait();
  auto stopped = std::async(std::launch::async, [&] { return server_.http().stop(); });
  EXPECT_EQ(raw.rest(), "");
  release_.set_value();
  EXPECT_EQ(stopped.get(), 1);
}

TEST(AServerWithACertificate, SpeaksTlsOnly) {
  const test::TemporaryFolder folder;
  const auto certificate = folder.path() / "certificate.pem";
  const auto key = folder.path() / "key.pem";
  const auto make =
      "openssl req -x509 -newkey ec -pkeyopt ec_paramgen_curve:prime256v1 -nodes -days 1 -subj /CN=localhost "
      "-keyout " +
      key.string() + " -out " + certificate.string() + " 2>/dev/null";
  ASSERT_EQ(std::system(make.c_str()), 0);
  const RunningServer server({}, [&](Config& config) {
    config.certificate = certificate;
    config.certificate_key = key;
  });
  const Poco::Net::Context::Ptr trusting =
      new Poco::Net::Context(Poco::Net::Context::TLS_CLIENT_USE, certificate.string());
  Poco::Net::HTTPSClientSession session("localhost", static_cast<Poco::UInt16>(server.port()), trusting);
  Poco::Net::HTTPRequest request("GET", "/api/v1/openapi.json", "HTTP/1.1");
  session.sendRequest(request);
  Poco::Net::HTTPResponse response;
  std::string body;
  Poco::StreamCopier::copyToString(session.receiveResponse(response), body);
  EXPECT_EQ(response.getStatus(), 200);
  EXPECT_THAT(response.get("Strict-Transport-Security"), HasSubstr("max-age"));
  EXPECT_THAT(body, HasSubstr("openapi"));
  RawConnection plain(server.port());
  plain.send("GET /healthz HTTP/1.1\r\nHost: x\r\n\r\n");
  EXPECT_THAT(plain.rest(), Not(HasSubstr("HTTP/1.1 200")));
}

TEST(AServerWithAnAddress, RefusesOtherHosts) {
  const RunningServer server({}, [](Config& config) { config.public_url = "https://guardian.example.jp"; });
  EXPECT_EQ(server.ask("GET", "/api/docs", {{"Host", "evil.example"}}).status, 421);
  EXPECT_EQ(server.ask("GET", "/api/docs", {{"Host", "guardian.example.jp"}}).status, 200);
  EXPECT_EQ(server.ask("GET", "/healthz", {{"Host", "10.0.0.7"}}).status, 200);
}

}  // namespace
}  // namespace guardian::server
