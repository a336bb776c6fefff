// A recording that lies sealed on the disk is the same to a listener as the file it came from.
#include <gmock/gmock.h>

#include <fstream>

#include "base/file.h"
#include "base/id.h"
#include "media/audio_reader.h"
#include "media/inspect.h"
#include "media/playback.h"
#include "media/sounds.h"
#include "store/objects.h"
#include "store/sealed_segments.h"
#include "support.h"

namespace guardian {
namespace {

class ASealedRecording : public testing::Test {
 protected:
  std::filesystem::path file() const { return test::source_dir() / "data/sample/call.wav"; }

  media::Source sealed(const std::filesystem::path& path) {
    id_ = make_id();
    EXPECT_TRUE(store::write_object(*objects_, id_, key_, *read_file(path, 64U << 20U)));
    std::shared_ptr<ByteSource> bytes =
        std::move(*objects_->open(id_, [&](std::int64_t) -> Result<Key> { return key_.key; }));
    return {bytes, path.filename().string()};
  }

  static std::vector<std::vector<float>> pcm_of(const media::Source& source) {
    auto reader = media::AudioReader::open(source);
    std::vector<std::vector<float>> all;
    for (;;) {
      const auto block = reader->read();
      if (!block || !*block) return all;
      all.resize((*block)->channels.size());
      for (std::size_t i = 0; i < all.size(); ++i)
        all[i].insert(all[i].end(), (*block)->channels[i].begin(), (*block)->channels[i].end());
    }
  }

  test::TemporaryFolder folder_;
  store::ObjectKey key_{1, Key::random()};
  std::unique_ptr<store::ObjectStore> objects_ = std::move(*store::open_folder(folder_.path() / "objects"));
  std::string id_;
};

TEST_F(ASealedRecording, HasTheFactsAndTheSoundOfItsFile) {
  const auto source = sealed(file());
  const auto expected = media::inspect(file(), {}, {});
  const auto found = media::inspect(source, {}, {});
  ASSERT_TRUE(expected);
  ASSERT_TRUE(found);
  EXPECT_EQ(found->name, expected->name);
  EXPECT_EQ(found->sha256, expected->sha256);
  EXPECT_EQ(found->codec, expected->codec);
  EXPECT_EQ(found->duration_s, expected->duration_s);
  EXPECT_EQ(found->warnings.size(), expected->warnings.size());
  ASSERT_EQ(found->levels.size(), expected->levels.size());
  for (std::size_t i = 0; i < found->levels.size(); ++i)
    EXPECT_EQ(found->levels[i].loudness_lufs, expected->levels[i].loudness_lufs);
  const auto pcm = pcm_of(source);
  ASSERT_FALSE(pcm.empty());
  EXPECT_EQ(pcm, pcm_of(file()));
  EXPECT_EQ(media::encode_playback(source, {{{1.0, 2.0}}, {}}, {})->mp3,
            media::encode_playback(file(), {{{1.0, 2.0}}, {}}, {})->mp3);
}

TEST_F(ASealedRecording, ThatWasChangedIsNotTakenForARecording) {
  const auto wav = folder_.path() / "long.wav";  // more than one segment
  test::write_wav(wav, {test::noise(60.0, 16000, 0.1, 1)}, 16000);
  const auto source = sealed(wav);
  const auto path = folder_.path() / "objects" / id_.substr(34) / id_;
  {
    std::fstream object(path, std::ios::in | std::ios::out | std::ios::binary);
    object.seekp(static_cast<std::streamoff>(store::kHeader + 5000));
    object.put('\x55');
  }
  EXPECT_EQ(media::inspect(source, {}, {}).error().kind, Error::Kind::damaged);
}

}  // namespace
}  // namespace guardian
