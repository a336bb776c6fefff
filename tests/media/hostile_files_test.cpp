// Files that are not what they seem, and names made to mislead: one clear error, no crash, no waiting, no
// other file read.
#include <gmock/gmock.h>
#include <sys/stat.h>
#include <unistd.h>

#include "media/inspect.h"
#include "media/sounds.h"

namespace guardian::media {
namespace {

using test::converted;

class HostileFiles : public testing::Test {
 protected:
  /// Writes the content and returns the kind of error that reading it gives.
  Error::Kind error_of(const std::string& name, const std::string& content) {
    test::write_bytes(folder_.path() / name, content);
    return error_of(folder_.path() / name);
  }
  Error::Kind error_of(const std::filesystem::path& path) {
    const auto recording = inspect(path, {}, {});
    EXPECT_FALSE(recording) << path << " was read as " << recording->codec;
    if (recording) return Error::Kind::usage;
    EXPECT_EQ(recording.error().subject, path.string());
    EXPECT_FALSE(recording.error().what.ja.empty());
    EXPECT_FALSE(recording.error().remedy.ja.empty());
    return recording.error().kind;
  }
  std::filesystem::path wav(const std::string& name = "in.wav", double seconds = 4.0) {
    auto path = folder_.path() / name;
    test::write_wav(path, {test::noise(seconds, 8000, 0.2, 1)}, 8000);
    return path;
  }

  test::TemporaryFolder folder_;
};

TEST_F(HostileFiles, TextIsNotARecording) {
  std::string text;
  for (int i = 0; i < 3000; ++i) text += "お電話ありがとうございます。 line " + std::to_string(i) + "\n";
  for (const auto* name : {"a.wav", "a.mp3", "a.m4a", "a.amr", "a.gsm", "a.txt", "a"})
    EXPECT_EQ(error_of(name, text), Error::Kind::damaged) << name;
  EXPECT_EQ(error_of("short.wav", "hello"), Error::Kind::damaged);
}

TEST_F(HostileFiles, NeitherAreAnEmptyFileNorZerosNorNoise) {
  EXPECT_EQ(error_of("empty.wav", ""), Error::Kind::damaged);
  EXPECT_EQ(error_of("zeros.wav", std::string(100000, '\0')), Error::Kind::damaged);
  std::mt19937 random(7);
  std::string bytes;
  for (int i = 0; i < 100000; ++i) bytes += static_cast<char>(random() & 0xFFU);
  EXPECT_EQ(error_of("noise.wav", bytes), Error::Kind::damaged);
}

TEST_F(HostileFiles, AHeaderWithoutSoundIsDamaged) {
  EXPECT_EQ(error_of("header.wav", test::wav_header(1, 8000, 0)), Error::Kind::damaged);
  EXPECT_EQ(error_of("rate.wav", test::wav_header(1, 1, 4) + "abcd"), Error::Kind::damaged);
}

TEST_F(HostileFiles, MoreThanEightChannelsAreRefused) {
  test::write_wav(folder_.path() / "nine.wav", test::Samples(9, test::noise(1.0, 8000, 0.2, 1)), 8000);
  EXPECT_EQ(error_of(folder_.path() / "nine.wav"), Error::Kind::damaged);
  test::write_wav(folder_.path() / "eight.wav", test::Samples(8, test::noise(1.0, 8000, 0.2, 1)), 8000);
  EXPECT_TRUE(inspect(folder_.path() / "eight.wav", {}, {}));
}

TEST_F(HostileFiles, AnMp4CutOffBeforeItsIndexIsDamaged) {
  GUARDIAN_NEEDS_FFMPEG();
  const auto path = converted(wav(), "a.mp4", "-c:a aac");
  ASSERT_FALSE(path.empty());
  std::filesystem::resize_file(path, std::filesystem::file_size(path) / 2);
  EXPECT_EQ(error_of(path), Error::Kind::damaged);
}

TEST_F(HostileFiles, NamesAreOnlyNames) {
  std::string japanese;
  while (japanese.size() < 255) japanese += "録";
  const auto before = std::filesystem::current_path();
  std::filesystem::current_path(folder_.path());
  for (const std::string& name :
       {std::string("a\nb.wav"), std::string("it's \"x\" `y` $z.wav"), japanese, std::string("-i.wav"),
        std::string("--help"), std::string("concat:in.wav|in.wav"), std::string("http:x.wav"),
        std::string("pipe:0"), std::string("%03d.png"), std::string("\xFF\xFE.wav")}) {
    test::write_wav(name, {test::noise(4.0, 8000, 0.2, 1)}, 8000);
    const auto recording = inspect(name, {}, {});
    EXPECT_TRUE(recording) << name;
    if (recording) {
      EXPECT_NEAR(recording->duration_s, 4.0, 0.01) << name;
    }
    std::filesystem::remove(name);
  }
  for (const auto* missing :
       {"concat:nothing.wav", "http://127.0.0.1:9/a.wav", "data:audio/wav;base64,AAAA", "file:x"})
    EXPECT_EQ(error_of(std::filesystem::path(missing)), Error::Kind::not_found) << missing;
  EXPECT_EQ(error_of(std::filesystem::path(std::string(300, 'x'))), Error::Kind::not_found);
  std::filesystem::current_path(before);
}

TEST_F(HostileFiles, PlaylistsDoNotLeadToOtherFiles) {
  const std::string target = wav("target.wav").string();
  EXPECT_EQ(
      error_of("a.m3u8", "#EXTM3U\n#EXT-X-TARGETDURATION:4\n#EXTINF:4,\n" + target + "\n#EXT-X-ENDLIST\n"),
      Error::Kind::damaged);
  EXPECT_EQ(error_of("a.ffconcat", "ffconcat version 1.0\nfile '" + target + "'\n"), Error::Kind::damaged);
  EXPECT_EQ(error_of("a.wav", "ffconcat version 1.0\nfile '" + target + "'\n"), Error::Kind::damaged);
  EXPECT_EQ(
      error_of("a.sdp",
               "v=0\no=- 0 0 IN IP4 127.0.0.1\ns=x\nc=IN IP4 127.0.0.1\nt=0 0\nm=audio 5004 RTP/AVP 0\n"),
      Error::Kind::damaged);
  EXPECT_EQ(
      error_of("a.mpd", "<?xml version=\"1.0\"?><MPD xmlns=\"urn:mpeg:dash:schema:mpd:2011\"><BaseURL>" +
                            target + "</BaseURL></MPD>"),
      Error::Kind::damaged);
}

TEST_F(HostileFiles, FoldersPipesAndDevicesAreRefusedWithoutWaiting) {
  EXPECT_EQ(error_of(folder_.path()), Error::Kind::unreadable);
  const auto pipe = folder_.path() / "pipe.wav";
  ASSERT_EQ(::mkfifo(pipe.c_str(), 0600), 0);
  EXPECT_EQ(error_of(pipe), Error::Kind::unreadable);
  EXPECT_EQ(error_of(std::filesystem::path("/dev/zero")), Error::Kind::unreadable);
}

TEST_F(HostileFiles, AFileThatMayNotBeReadIsUnreadable) {
  if (::geteuid() == 0) GTEST_SKIP() << "root may read everything";
  const auto path = wav();
  std::filesystem::permissions(path, std::filesystem::perms::none);
  EXPECT_EQ(error_of(path), Error::Kind::unreadable);
}

TEST_F(HostileFiles, MadeUpTimestampsDoNotMakeHoursOfSilence) {
  GUARDIAN_NEEDS_FFMPEG();
  for (const std::string& jump : {std::string("if(gt(N,20),PTS+100000000,PTS)"), std::string("PTS+N*500000"),
                                  std::string("if(gt(N,20),0,PTS)")}) {
    const auto path = converted(wav(), "jump.mkv", "-c:a pcm_s16le -bsf:a \"setts=ts='" + jump + "'\"");
    if (path.empty()) continue;
    const auto recording = inspect(path, {}, {});
    ASSERT_TRUE(recording) << recording.error().what.en;
    EXPECT_GE(recording->duration_s, 3.9) << jump;
    EXPECT_LE(recording->duration_s, 3700.0) << jump;
  }
}

}  // namespace
}  // namespace guardian::media
