#include "speech/model_folder.h"

#include <fstream>

#include "support.h"

namespace guardian::speech {
namespace {

const std::string kManifest =
    R"({"name":"k2","engine":"sherpa-transducer","language":"ja","licence":"Apache-2.0",
  "files":{"encoder":"e.onnx","decoder":"d.onnx","joiner":"j.onnx","tokens":"tokens.txt"}})";

std::string with(std::string manifest, const std::string& from, const std::string& to) {
  return manifest.replace(manifest.find(from), from.size(), to);
}

void write(const std::filesystem::path& path, const std::string& content) { std::ofstream(path) << content; }

TEST(ModelManifest, ReadsWhatItWrites) {
  auto manifest = parse_manifest(kManifest, "model.json");
  ASSERT_TRUE(manifest);
  EXPECT_EQ(manifest->engine, Engine::sherpa_transducer);
  EXPECT_EQ(manifest->files.at("joiner"), "j.onnx");
  manifest->received["e.onnx"] = std::string(64, 'a');
  const auto again = parse_manifest(manifest_to_json(*manifest), "model.json");
  ASSERT_TRUE(again);
  EXPECT_EQ(again->files, manifest->files);
  EXPECT_EQ(again->received, manifest->received);
  EXPECT_EQ(again->licence, "Apache-2.0");
}

TEST(ModelManifest, RefusesWhatIsHostileOrWrongAndNamesTheField) {
  const std::vector<std::pair<std::string, std::string>> cases = {
      {"files", with(kManifest, "e.onnx", "../../etc/passwd")},
      {"files", with(kManifest, "e.onnx", "/etc/passwd")},
      {"files", with(kManifest, "e.onnx", "..")},
      {"files", with(kManifest, "e.onnx", "a\\u0000b")},
      {"files", with(kManifest, R"("joiner":"j.onnx",)", "")},
      {"files", with(kManifest, R"("e.onnx")", "[1]")},
      {"engine", with(kManifest, "sherpa-transducer", "telepathy")},
      {"engine", with(kManifest, R"("sherpa-transducer")", "7")},
      {"name", with(kManifest, R"("k2")", R"("../k2")")},
      {"name", with(kManifest, R"("k2")", R"("")")},
      {"licence", with(kManifest, R"("Apache-2.0")", "null")},
      {"language", with(kManifest, R"("ja")", "\"" + std::string(1000, 'j') + "\"")},
      {"received", with(kManifest, R"("name")", R"("received":{"e.onnx":"abc"},"name")")},
  };
  for (const auto& [field, text] : cases) {
    const auto manifest = parse_manifest(text, "model.json");
    ASSERT_FALSE(manifest) << text;
    EXPECT_NE(manifest.error().what.en.find(field), std::string::npos) << manifest.error().what.en << "\n"
                                                                       << text;
    EXPECT_EQ(manifest.error().subject, "model.json");
  }
}

TEST(ModelManifest, RefusesWhatIsTooDeepTooLargeOrNotJson) {
  for (const auto& text :
       {std::string(100000, '['), std::string("{}"), std::string("[]"), std::string("null"), std::string(),
        with(kManifest, "Apache-2.0", std::string(70000, 'x'))})
    EXPECT_FALSE(parse_manifest(text, "model.json")) << text.substr(0, 40);
}

class ModelFolderOnDisk : public testing::Test {
 protected:
  ModelFolderOnDisk() {
    std::filesystem::create_directory(folder_);
    write(folder_ / "model.json", kManifest);
    for (const char* file : {"e.onnx", "d.onnx", "j.onnx", "tokens.txt"}) write(folder_ / file, "x");
  }
  test::TemporaryFolder place_;
  std::filesystem::path folder_ = place_.path() / "k2";
};

TEST_F(ModelFolderOnDisk, IsFoundByNameInTheFirstPlaceThatHasIt) {
  const std::vector<std::filesystem::path> places = {"/nowhere", place_.path()};
  const auto model = find_model(places, "k2");
  ASSERT_TRUE(model);
  EXPECT_EQ(model->file("encoder"), folder_ / "e.onnx");
}

TEST_F(ModelFolderOnDisk, AMissingModelIsReportedWithThePlacesAndTheCommand) {
  const std::vector<std::filesystem::path> places = {"/nowhere", place_.path()};
  const auto missing = find_model(places, "other");
  ASSERT_FALSE(missing);
  EXPECT_EQ(missing.error().kind, Error::Kind::not_found);
  EXPECT_NE(missing.error().what.en.find("/nowhere"), std::string::npos);
  EXPECT_NE(missing.error().remedy.en.find("guardian models pull other"), std::string::npos);
}

TEST_F(ModelFolderOnDisk, NamesThatArePathsAreRefused) {
  const std::vector<std::filesystem::path> places = {place_.path() / "k2"};
  for (const char* name : {"..", "../k2", "/etc", "", ".hidden", "a/b"}) {
    const auto refused = find_model(places, name);
    ASSERT_FALSE(refused) << name;
    EXPECT_EQ(refused.error().kind, Error::Kind::usage) << name;
  }
}

TEST_F(ModelFolderOnDisk, ALinkOutOfTheFolderIsRefused) {
  write(place_.path() / "outside.onnx", "x");
  std::filesystem::remove(folder_ / "e.onnx");
  std::filesystem::create_symlink("../outside.onnx", folder_ / "e.onnx");
  const auto model = read_model_folder(folder_);
  ASSERT_FALSE(model);
  EXPECT_EQ(model.error().kind, Error::Kind::model);
  EXPECT_NE(model.error().subject.find("e.onnx"), std::string::npos);
}

TEST_F(ModelFolderOnDisk, AFileThatIsMissingIsNamed) {
  std::filesystem::remove(folder_ / "tokens.txt");
  const auto model = read_model_folder(folder_);
  ASSERT_FALSE(model);
  EXPECT_NE(model.error().subject.find("tokens.txt"), std::string::npos);
}

TEST(ModelFolder, AFreshWhisperConversionNeedsNoManifest) {
  const auto model = read_model_folder(test::source_dir() / ".deps/models/whisper-base");
  ASSERT_TRUE(model);
  EXPECT_EQ(model->manifest.engine, Engine::ctranslate2_whisper);
  EXPECT_EQ(model->manifest.name, "whisper-base");
}

}  // namespace
}  // namespace guardian::speech
