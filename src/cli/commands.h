// cli/commands.h - the commands of the contract, one function each; every one returns the program's exit
// code.
#pragma once

#include <cstdint>
#include <filesystem>
#include <optional>
#include <stop_token>
#include <string>
#include <vector>

#include "base/clock.h"
#include "base/result.h"
#include "intake/pickup.h"
#include "speech/transcript.h"

namespace guardian::cli {

/// Options that every command takes.
struct CommonOptions {
  Language language = Language::japanese;
  std::filesystem::path policy;  ///< folder; empty: the installed one
  std::stop_token stop;
};

struct ListeningOptions {
  std::string model;                    ///< name of a speech model; empty: the default
  int threads = 0;                      ///< 0: as many as the machine has cores
  std::optional<int> customer_channel;  ///< from 0
};

struct AnalyzeOptions {
  std::vector<std::filesystem::path> files;
  bool transcripts = false;  ///< the files are ready transcripts
  bool json = false;
  std::filesystem::path out;         ///< folder for reports; empty: none
  std::filesystem::path consult;     ///< file that names a model outside; empty: $GUARDIAN_CONSULT, or none
  std::string counterpart;           ///< the user's id for the customer; empty: not told
  std::filesystem::path history;     ///< folder of earlier reports; empty: none
  std::optional<Moment> started_at;  ///< of the one file
  ListeningOptions listening;
};
int analyze(const AnalyzeOptions& options, const CommonOptions& common);

struct TranscribeOptions {
  std::vector<std::filesystem::path> files;
  bool json = false;
  ListeningOptions listening;
};
int transcribe(const TranscribeOptions& options, const CommonOptions& common);

int judge(const std::filesystem::path& utterances, const CommonOptions& common);

int policy_test(const CommonOptions& common);

/// `utterances`: labelled data to measure the rules on; empty: only count them.
int policy_coverage(const std::filesystem::path& utterances, const CommonOptions& common);

struct PolicyDiffOptions {
  std::filesystem::path before;  ///< policy folders
  std::filesystem::path after;
  std::filesystem::path calls;  ///< folder of transcripts or reports
};
int policy_diff(const PolicyDiffOptions& options, const CommonOptions& common);

struct TrainOptions {
  std::vector<std::filesystem::path> utterances;
  std::vector<std::filesystem::path> dialogues;
  std::vector<std::filesystem::path> weigh_on;  ///< utterances unseen by rules and encoder, never trained on
  std::vector<std::filesystem::path> weigh_on_dialogues;  ///< dialogues of that kind
  std::filesystem::path heard_pairs;                      ///< what was said and heard, to mishear examples as
  int hearings = 1;                                       ///< how often each example is misheard
  std::filesystem::path demands;          ///< lines that ask for something or not; may be empty
  std::filesystem::path demanding_calls;  ///< calls labelled by demand; goes with `demands`
  std::filesystem::path out;              ///< the model's file
  std::string version;
};
int train(const TrainOptions& options, const CommonOptions& common);

struct EvaluateOptions {
  std::filesystem::path dialogues;
  std::filesystem::path utterances;
  std::filesystem::path heard_pairs;     ///< what was said and heard, to learn mishearing from
  std::optional<std::uint32_t> degrade;  ///< seed: measure the utterances also as they might be misheard
  std::filesystem::path misheard_to;     ///< with `degrade`: the misheard utterances go here, too
  bool json = false;
};
int evaluate(const EvaluateOptions& options, const CommonOptions& common);

struct ModelsOptions {
  std::string name;               ///< model to pull or verify; empty: all
  std::string mirror;             ///< base address that replaces the catalogue's
  bool allow_unverified = false;  ///< pull although the catalogue has no sha256
};
int models_list(const CommonOptions& common);
int models_pull(const ModelsOptions& options, const CommonOptions& common);
int models_verify(const ModelsOptions& options, const CommonOptions& common);

struct ServeOptions {
  std::filesystem::path config;  ///< empty: guardian.yaml here, or the defaults
  std::filesystem::path data;    ///< instead of the configuration's
  std::optional<int> port;       ///< instead of the configuration's; 0: any free one
};
/// Until SIGTERM or SIGINT; then requests under way are finished.
int serve(const ServeOptions& options, const CommonOptions& common);

struct WatchOptions {
  intake::PickupOptions pickup;
  std::string server;              ///< its address
  std::filesystem::path key_file;  ///< holds the API key; empty: $GUARDIAN_API_KEY
  std::filesystem::path ca_file;
  bool once = false;  ///< send what lies there and end
};
/// Sends what appears in a folder to a server, until SIGTERM or SIGINT.
int watch(const WatchOptions& options, const CommonOptions& common);

/// Tells what is wrong with a configuration, line by line, or the whole of it without secrets. `file` empty:
/// guardian.yaml here.
int config_check(const std::filesystem::path& file, const CommonOptions& common);

/// For the server only: analyses what it is told on standard input (archive/work.h).
int work(const std::filesystem::path& objects, const ListeningOptions& options, const CommonOptions& common);

/// Where a server's data lies and what opens it.
struct DataOptions {
  std::filesystem::path data;
  std::filesystem::path
      master_key;  ///< empty: master.key in the data folder; $GUARDIAN_MASTER_KEY comes first
};

struct BackupOptions {
  DataOptions data;
  std::filesystem::path folder;  ///< of the backup
  bool verify = false;           ///< read all of it again afterwards
};
/// Also while the server runs.
int backup(const BackupOptions& options, const CommonOptions& common);
int restore(const BackupOptions& options, const CommonOptions& common);

/// `expected`: NUMBER:HASH, a head that was noted earlier; empty: none.
int audit_verify(const DataOptions& options, const std::string& expected, const CommonOptions& common);

/// `tenant` empty: all.
int keys_rotate(const DataOptions& options, const std::string& tenant, const CommonOptions& common);
/// `file` is made if it is missing.
int keys_change_master(const DataOptions& options, const std::filesystem::path& file,
                       const CommonOptions& common);

struct ApiKeyOptions {
  DataOptions data;
  std::string name;
  std::vector<std::string> scopes;  ///< names of permissions; empty: to upload, to read and to listen
  std::string tenant;               ///< empty: the only one there is
};
/// A new key for a program, alone on stdout. Also while the server runs.
int api_key_add(const ApiKeyOptions& options, const CommonOptions& common);

struct CertificateOptions {
  std::filesystem::path file;
  std::string public_key;  ///< hexadecimal; empty: that of the data folder
  DataOptions data;
};
int certificate_verify(const CertificateOptions& options, const CommonOptions& common);

/// Parses the command line and runs the command.
int run(int argc, char** argv);

}  // namespace guardian::cli
