#include "speech/model_catalogue.h"

#include <signal.h>
#include <sys/wait.h>
#include <unistd.h>

#include <algorithm>
#include <array>
#include <cstdio>
#include <fstream>

#include "base/file.h"
#include "speech/model_pull.h"
#include "support.h"

namespace guardian::speech {
namespace {

void write(const std::filesystem::path& path, const std::string& content) {
  std::filesystem::create_directories(path.parent_path());
  std::ofstream(path, std::ios::binary) << content;
}

std::string content_of(const std::filesystem::path& path) {
  return read_file(path, 1U << 30U).value_or("(missing)");
}

/// Python's HTTP server on a free port of this machine, with or without answers to Range.
class LocalServer {
 public:
  LocalServer(const std::filesystem::path& folder, bool ranges) {
    std::array<int, 2> ends{};
    if (::pipe(ends.data()) != 0) throw std::runtime_error("pipe");
    child_ = ::fork();
    if (child_ == 0) {
      ::dup2(ends[1], STDOUT_FILENO);
      const auto script = (test::source_dir() / "tests/speech/file_server.py").string();
      ::execlp("python3", "python3", script.c_str(), folder.c_str(), ranges ? "ranges" : "plain", nullptr);
      ::_exit(127);
    }
    ::close(ends[1]);
    std::FILE* lines = ::fdopen(ends[0], "r");
    if (std::fscanf(lines, "%d", &port_) != 1) port_ = 0;
    std::fclose(lines);
  }
  LocalServer(const LocalServer&) = delete;
  LocalServer& operator=(const LocalServer&) = delete;
  ~LocalServer() {
    ::kill(child_, SIGKILL);
    ::waitpid(child_, nullptr, 0);
  }
  std::string address() const { return "http://127.0.0.1:" + std::to_string(port_); }

 private:
  pid_t child_ = 0;
  int port_ = 0;
};

const std::string kBig(300000, 'w');

/// A published model "toy" of three files, and a place to install it.
class ModelPull : public testing::Test {
 protected:
  ModelPull() {
    for (const auto& [name, content] : contents_) write(published_.path() / "toy" / name, content);
    entry_.name = "toy";
    entry_.language = "ja";
    entry_.licence = "MIT";
    entry_.files = {{"model", "model.bin", "model.bin", {}, {}},
                    {"vocabulary", "vocabulary.json", "vocabulary.json", {}, {}},
                    {"config", "config.json", "config.json", {}, {}}};
    for (auto& file : entry_.files) {
      file.size_bytes = contents_.at(file.name).size();
      file.sha256 = sha256(contents_.at(file.name));
    }
    options_.place = place_.path() / "models";
    options_.patience_s = 10;
  }

  Result<ModelFolder> pull(const std::string& server) {
    entry_.address = server + "/toy";
    return pull_model(entry_, options_, {}, {});
  }

  std::map<std::string, std::string> contents_ = {
      {"model.bin", kBig}, {"vocabulary.json", R"(["a","b"])"}, {"config.json", "{}"}};
  test::TemporaryFolder published_;
  test::TemporaryFolder place_;
  CatalogueEntry entry_;
  PullOptions options_;
};

TEST_F(ModelPull, InstallsAModelThatIsThenFoundAndIntact) {
  const LocalServer server(published_.path(), true);
  const auto model = pull(server.address());
  ASSERT_TRUE(model) << describe(model.error(), Language::english);
  EXPECT_EQ(content_of(model->file("model")), kBig);
  const std::vector<std::filesystem::path> places = {options_.place};
  EXPECT_EQ(find_installed(entry_, places), options_.place / "toy");
  const auto verification = verify_model(entry_, model->path);
  ASSERT_TRUE(verification);
  EXPECT_EQ(*verification, Verification::intact);
}

TEST_F(ModelPull, GoesOnWhereItStopped) {
  write(options_.place / ".incoming-toy/model.bin", kBig.substr(0, 200000));
  const LocalServer server(published_.path(), true);
  entry_.address = server.address() + "/toy";
  std::uint64_t first_seen = 0;
  const auto progress = [&](const std::string& file, std::uint64_t done, std::uint64_t) {
    if (file == "model.bin" && first_seen == 0) first_seen = done;
  };
  const auto model = pull_model(entry_, options_, progress, {});
  ASSERT_TRUE(model) << describe(model.error(), Language::english);
  EXPECT_GE(first_seen, 200000U);
  EXPECT_EQ(content_of(model->file("model")), kBig);
}

TEST_F(ModelPull, BeginsAnewWhereTheServerCannotGoOn) {
  write(options_.place / ".incoming-toy/model.bin", kBig.substr(0, 200000));
  const LocalServer server(published_.path(), false);
  const auto model = pull(server.address());
  ASSERT_TRUE(model) << describe(model.error(), Language::english);
  EXPECT_EQ(content_of(model->file("model")), kBig);
}

TEST_F(ModelPull, ThrowsAwayWhatHasTheWrongHashAndLeavesTheOldModel) {
  write(published_.path() / "toy/model.bin", std::string(kBig.size(), 'e'));
  write(options_.place / "toy/old", "still here");
  const LocalServer server(published_.path(), true);
  const auto model = pull(server.address());
  ASSERT_FALSE(model);
  EXPECT_EQ(model.error().kind, Error::Kind::damaged);
  EXPECT_FALSE(std::filesystem::exists(options_.place / ".incoming-toy/model.bin"));
  EXPECT_EQ(content_of(options_.place / "toy/old"), "still here");
}

TEST_F(ModelPull, ReplacesAnOlderModelAsAWhole) {
  write(options_.place / "toy/old", "old");
  const LocalServer server(published_.path(), true);
  ASSERT_TRUE(pull(server.address()));
  EXPECT_FALSE(std::filesystem::exists(options_.place / "toy/old"));
  std::vector<std::string> left;
  for (const auto& found : std::filesystem::directory_iterator(options_.place))
    left.push_back(found.path().filename());
  EXPECT_EQ(left, std::vector<std::string>{"toy"});
}

TEST_F(ModelPull, RefusesMoreBytesThanAnnounced) {
  write(published_.path() / "toy/model.bin", kBig + "and more");
  const LocalServer server(published_.path(), true);
  const auto model = pull(server.address());
  ASSERT_FALSE(model);
  EXPECT_EQ(model.error().kind, Error::Kind::damaged);
  EXPECT_FALSE(std::filesystem::exists(options_.place / "toy"));
}

TEST_F(ModelPull, WithoutAHashItIsPulledOnlyWhenAllowed) {
  entry_.files[0].sha256.reset();
  entry_.files[0].size_bytes.reset();
  const LocalServer server(published_.path(), true);
  const auto refused = pull(server.address());
  ASSERT_FALSE(refused);
  EXPECT_EQ(refused.error().kind, Error::Kind::usage);
  EXPECT_NE(refused.error().remedy.en.find("--allow-unverified"), std::string::npos);

  options_.allow_unverified = true;
  const auto model = pull(server.address());
  ASSERT_TRUE(model) << describe(model.error(), Language::english);
  EXPECT_EQ(*verify_model(entry_, model->path), Verification::as_received);
  write(model->path / "model.bin", "changed");
  const auto changed = verify_model(entry_, model->path);
  ASSERT_FALSE(changed);
  EXPECT_NE(changed.error().subject.find("model.bin"), std::string::npos);
}

TEST_F(ModelPull, TakesTheMirrorInPlaceOfTheAddress) {
  const LocalServer server(published_.path(), true);
  options_.mirror = server.address() + "/";
  entry_.address = "http://127.0.0.1:1/nothing-here";
  EXPECT_TRUE(pull_model(entry_, options_, {}, {}));
}

TEST_F(ModelPull, SaysWhatToDoWhenTheServerIsAwayOrTheFileIsNotThere) {
  const auto away = pull("http://127.0.0.1:1");
  ASSERT_FALSE(away);
  EXPECT_EQ(away.error().kind, Error::Kind::network);
  const LocalServer server(published_.path(), true);
  const auto missing = pull(server.address() + "/elsewhere");
  ASSERT_FALSE(missing);
  EXPECT_EQ(missing.error().kind, Error::Kind::network);
  EXPECT_FALSE(std::filesystem::exists(options_.place / "toy"));
}

TEST_F(ModelPull, FollowsNoAddressToTheFilesOfThisMachine) {
  const auto model = pull("file://" + published_.path().string());
  ASSERT_FALSE(model);
  EXPECT_EQ(model.error().kind, Error::Kind::usage);
}

TEST_F(ModelPull, StopsWhenAskedAndKeepsWhatItHas) {
  const LocalServer server(published_.path(), true);
  entry_.address = server.address() + "/toy";
  std::stop_source stop;
  stop.request_stop();
  const auto model = pull_model(entry_, options_, {}, stop.get_token());
  ASSERT_FALSE(model);
  EXPECT_EQ(model.error().kind, Error::Kind::cancelled);
  EXPECT_FALSE(std::filesystem::exists(options_.place / "toy"));
}

TEST(ModelCatalogue, OursLoadsAndKnowsTheDefaultModelsHashes) {
  const auto catalogue = load_catalogue(test::source_dir() / "models/catalogue.yaml");
  ASSERT_TRUE(catalogue) << describe(catalogue.error(), Language::english);
  const auto entry = find_entry(*catalogue, "whisper-base");
  ASSERT_TRUE(entry);
  EXPECT_TRUE(entry->is_default);
  const auto verification = verify_model(*entry, test::source_dir() / ".deps/models/whisper-base");
  ASSERT_TRUE(verification) << describe(verification.error(), Language::english);
  EXPECT_EQ(*verification, Verification::intact);
}

TEST(ModelCatalogue, AnUnknownNameIsAnsweredWithTheKnownOnes) {
  const auto catalogue = load_catalogue(test::source_dir() / "models/catalogue.yaml");
  ASSERT_TRUE(catalogue);
  const auto entry = find_entry(*catalogue, "gpt");
  ASSERT_FALSE(entry);
  EXPECT_NE(entry.error().remedy.en.find("reazonspeech-k2-v2"), std::string::npos);
}

TEST(ModelCatalogue, NamesTheLineThatIsWrong) {
  const test::TemporaryFolder folder;
  const std::string good =
      "models:\n  - name: a\n    engine: sherpa-sense-voice\n    language: ja\n    licence: MIT\n    "
      "address: null\n"
      "    note: {ja: あ, en: a}\n    files:\n"
      "      - {role: model, name: m.onnx, size_bytes: null, sha256: null}\n"
      "      - {role: tokens, name: t.txt, size_bytes: null, sha256: null}\n";
  const auto file = folder.path() / "catalogue.yaml";
  write(file, good);
  ASSERT_TRUE(load_catalogue(file));
  const std::vector<std::array<std::string, 3>> mistakes = {
      {"m.onnx", "../m.onnx", ":9"},
      {"name: t.txt, size_bytes: null, sha256: null", "name: t.txt, size_bytes: null, sha256: abc", ":10"},
      {"sherpa-sense-voice", "other", ":2"},
      {"licence", "license", ":5"},
      {"role: tokens", "role: model", ":2"}};
  for (const auto& [from, to, line] : mistakes) {
    std::string bad = good;
    bad.replace(bad.find(from), from.size(), to);
    write(file, bad);
    const auto refused = load_catalogue(file);
    ASSERT_FALSE(refused) << to;
    EXPECT_TRUE(refused.error().subject.ends_with(line)) << refused.error().subject << " for " << to;
  }
}

}  // namespace
}  // namespace guardian::speech
