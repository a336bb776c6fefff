// Pages come compressed to whoever takes it, and only to them.
#include "server/compression.h"

#include <Poco/InflatingStream.h>
#include <gmock/gmock.h>

#include <sstream>

#include "running_server.h"

namespace guardian::server {
namespace {

using testing::HasSubstr;
using testing::IsEmpty;

std::string inflated(const std::string& bytes) {
  std::istringstream compressed(bytes);
  Poco::InflatingInputStream stream(compressed, Poco::InflatingStreamBuf::STREAM_GZIP);
  return {std::istreambuf_iterator<char>(stream), {}};
}

bool accepts(const std::string& codings) {
  Headers headers;
  headers.set("Accept-Encoding", codings);
  return accepts_gzip(headers);
}

TEST(Gzip, IsTakenByWhoeverSaysSo) {
  EXPECT_TRUE(accepts("gzip, deflate, br"));
  EXPECT_TRUE(accepts("br;q=1.0, gzip;q=0.8"));
  EXPECT_FALSE(accepts("gzip;q=0, br"));
  EXPECT_FALSE(accepts("br"));
  EXPECT_FALSE(accepts_gzip({}));
}

TEST(ThePage, IsTheSameCompressedAndNot) {
  test::RunningServer server;
  const auto whole = server.ask("GET", "/");
  const auto small = server.ask("GET", "/", {{"Accept-Encoding", "gzip"}});
  EXPECT_THAT(whole.body, HasSubstr("<html"));
  EXPECT_THAT(whole.header("Content-Encoding"), IsEmpty());
  EXPECT_EQ(small.header("Content-Encoding"), "gzip");
  EXPECT_EQ(small.header("Vary"), "Accept-Encoding");
  EXPECT_EQ(inflated(small.body), whole.body);
  EXPECT_NE(small.header("ETag"), whole.header("ETag"));
  EXPECT_EQ(
      server.ask("GET", "/", {{"Accept-Encoding", "gzip"}, {"If-None-Match", small.header("ETag")}}).status,
      304);
}

}  // namespace
}  // namespace guardian::server
