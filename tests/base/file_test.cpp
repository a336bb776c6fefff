#include "base/file.h"

#include <gmock/gmock.h>

#include <fstream>

#include "support.h"

namespace guardian {
namespace {

using testing::HasSubstr;

TEST(File, WritesAllAndReadsItBack) {
  const test::TemporaryFolder folder;
  const auto path = folder.path() / "見積 \"最終\"\n版.txt";
  ASSERT_TRUE(write_file(path, "古い"));
  ASSERT_TRUE(write_file(path, "新しい"));
  EXPECT_EQ(read_file(path, 100).value(), "新しい");
}

TEST(File, LeavesNothingBehindWhenWritingFails) {
  const test::TemporaryFolder folder;
  const auto target = folder.path() / "taken";
  std::filesystem::create_directory(target);
  std::ofstream(target / "x") << "x";
  EXPECT_FALSE(write_file(target, "content"));
  EXPECT_EQ(std::distance(std::filesystem::directory_iterator(folder.path()), {}), 1);
}

TEST(File, SaysWhyItCannotBeRead) {
  const test::TemporaryFolder folder;
  const auto absent = read_file(folder.path() / "absent", 10);
  ASSERT_FALSE(absent);
  EXPECT_EQ(absent.error().kind, Error::Kind::not_found);
  EXPECT_EQ(read_file(folder.path(), 10).error().kind, Error::Kind::unreadable);
  ASSERT_TRUE(write_file(folder.path() / "long", "12345678901"));
  EXPECT_EQ(read_file(folder.path() / "long", 10).error().kind, Error::Kind::damaged);
}

TEST(File, HashesLikeSha256sum) {
  EXPECT_EQ(sha256("abc"), "ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad");
  const test::TemporaryFolder folder;
  ASSERT_TRUE(write_file(folder.path() / "abc", "abc"));
  EXPECT_EQ(sha256_of_file(folder.path() / "abc").value(), sha256("abc"));
  EXPECT_EQ(base64("abcd"), "YWJjZA==");
}

TEST(Error, IsOneLineEvenForAHostileName) {
  const auto error = read_file("/nowhere/a\nb\x1b[2J", 10).error();
  const auto line = describe(error, Language::japanese);
  EXPECT_EQ(line.find('\n'), std::string::npos);
  EXPECT_EQ(line.find('\x1b'), std::string::npos);
  EXPECT_THAT(line, HasSubstr("ファイルがありません"));
}

}  // namespace
}  // namespace guardian
