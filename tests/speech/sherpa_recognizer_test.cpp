#include "speech/sherpa_recognizer.h"

#include <fstream>

#include "listening.h"
#include "speech/onnx_metadata.h"

namespace guardian::speech {
namespace {

std::filesystem::path toy() { return test::source_dir() / "tests/speech/toy_transducer"; }

/// A copy of the toy model to break.
class BrokenToy : public testing::Test {
 protected:
  BrokenToy() { std::filesystem::copy(toy(), folder_.path(), std::filesystem::copy_options::recursive); }

  std::string content(const std::string& file) const {
    std::ifstream stream(folder_.path() / file, std::ios::binary);
    return {std::istreambuf_iterator<char>(stream), {}};
  }
  void write(const std::string& file, const std::string& text) const {
    std::ofstream(folder_.path() / file, std::ios::binary | std::ios::trunc) << text;
  }
  /// The error's subject; empty if it opened.
  std::string refusal() const {
    const auto model = read_model_folder(folder_.path());
    if (!model) return model.error().subject;
    const auto opened = open_recognizer(*model, 1);
    if (opened) return {};
    EXPECT_EQ(opened.error().kind, Error::Kind::model);
    return opened.error().subject;
  }
  test::TemporaryFolder folder_;
};

std::unique_ptr<Recognizer> open_toy() {
  const auto model = read_model_folder(toy());
  if (!model) throw std::runtime_error(describe(model.error(), Language::english));
  auto opened = open_recognizer(*model, 1);
  if (!opened) throw std::runtime_error(describe(opened.error(), Language::english));
  return std::move(*opened);
}

std::string text_of(const Recognition& recognition) {
  std::string text;
  for (const auto& token : recognition.tokens) text += token.text;
  return text;
}

TEST(SherpaRecognizer, RunsATransducerAndSaysWhenEveryTokenWasSpoken) {
  const auto recognizer = open_toy();
  EXPECT_EQ(recognizer->model_name(), "toy-transducer");
  std::vector<std::vector<float>> windows(2, test::silence(3));
  const auto loud = test::noise(0.3F, 0.2);
  std::copy(loud.begin(), loud.end(), windows[1].begin() + 16000);
  const auto heard = recognizer->recognize(windows);
  ASSERT_TRUE(heard) << describe(heard.error(), Language::english);
  ASSERT_EQ(heard->size(), 2U);
  EXPECT_EQ(text_of(heard->at(0)), "");
  ASSERT_FALSE(heard->at(1).tokens.empty());
  EXPECT_TRUE(text_of(heard->at(1)).starts_with("はい")) << text_of(heard->at(1));
  for (const auto& token : heard->at(1).tokens) {
    EXPECT_GE(token.start_s, 0.9);
    EXPECT_LE(token.start_s, 1.3);
    EXPECT_GT(token.end_s, token.start_s);
    EXPECT_GT(token.probability, 0.0);
    EXPECT_LE(token.probability, 1.0);
  }
}

TEST(SherpaRecognizer, CutsLoops) {
  const auto recognizer = open_toy();
  const std::vector<std::vector<float>> windows = {test::noise(0.3F, 10)};
  const auto heard = recognizer->recognize(windows);
  ASSERT_TRUE(heard);
  EXPECT_TRUE(heard->at(0).looped);
  EXPECT_LE(heard->at(0).tokens.size(), 6U);
}

TEST(SherpaRecognizer, TakesNoWindowsAndEmptyWindows) {
  const auto recognizer = open_toy();
  const auto none = recognizer->recognize({});
  ASSERT_TRUE(none);
  EXPECT_TRUE(none->empty());
  const std::vector<std::vector<float>> empty(1);
  const auto nothing = recognizer->recognize(empty);
  ASSERT_TRUE(nothing);
  EXPECT_EQ(text_of(nothing->at(0)), "");
}

TEST_F(BrokenToy, IsRefusedByNameOfTheFileWithoutEndingTheProgram) {
  EXPECT_EQ(refusal(), "");
  const auto whole = content("decoder.onnx");
  for (const auto& broken : {std::string(), std::string("not a network"), whole.substr(0, whole.size() / 2),
                             whole + std::string(20, '\xFF'), std::string(5000, '\x0A')}) {
    write("decoder.onnx", broken);
    EXPECT_NE(refusal().find("decoder.onnx"), std::string::npos) << broken.size();
  }
}

TEST_F(BrokenToy, IsRefusedWhereTheEngineWouldMissItsMetadata) {
  auto decoder = content("decoder.onnx");
  decoder.replace(decoder.find("context_size"), 12, "content_size");
  write("decoder.onnx", decoder);
  EXPECT_NE(refusal().find("decoder.onnx"), std::string::npos);
}

TEST_F(BrokenToy, IsRefusedWhereTheNetworkIsSoundButNotARunnableOne) {
  write("encoder.onnx", content("joiner.onnx").replace(content("joiner.onnx").find("MatMul"), 6, "NatMul"));
  EXPECT_NE(refusal(), "");
}

TEST_F(BrokenToy, IsRefusedForATokenListThatIsNone) {
  for (const char* tokens : {"", "は\n", "は x\n", "は 1\nい 1\n", "は -1\n", "は 99999999999999\n"}) {
    write("tokens.txt", tokens);
    EXPECT_NE(refusal().find("tokens.txt"), std::string::npos) << tokens;
  }
}

TEST_F(BrokenToy, ManifestsOfOtherEnginesOverTheseFilesAreRefused) {
  write("model.json", R"({"name":"x","engine":"sherpa-sense-voice","language":"ja","licence":"x",
    "files":{"model":"encoder.onnx","tokens":"tokens.txt"}})");
  EXPECT_NE(refusal().find("encoder.onnx"), std::string::npos);
  write("model.json", R"({"name":"x","engine":"sherpa-whisper","language":"ja","licence":"x",
    "files":{"encoder":"encoder.onnx","decoder":"decoder.onnx","tokens":"tokens.txt"}})");
  EXPECT_NE(refusal().find("encoder.onnx"), std::string::npos);
}

TEST(OnnxMetadata, ReadsTheEntries) {
  const auto metadata = read_onnx_metadata(toy() / "decoder.onnx");
  ASSERT_TRUE(metadata);
  EXPECT_EQ(metadata->at("context_size"), "2");
  EXPECT_FALSE(read_onnx_metadata(toy() / "tokens.txt"));
  EXPECT_FALSE(read_onnx_metadata("/nowhere/model.onnx"));
}

}  // namespace
}  // namespace guardian::speech
