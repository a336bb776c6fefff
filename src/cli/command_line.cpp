#include <CLI/CLI.hpp>

#include "base/text.h"
#include "cli/commands.h"
#include "cli/console.h"
#include "cli/interrupt.h"

namespace guardian::cli {
namespace {

constexpr int kMaximumThreads = 256;
constexpr int kMaximumChannels = 8;
constexpr std::size_t kCounterpartBytes = 256;

/// "left", "right" or a number from 1, as people count; from 0 inside.
std::optional<int> parse_channel(const std::string& name) {
  if (name.empty()) return std::nullopt;
  if (name == "left") return 0;
  if (name == "right") return 1;
  return std::stoi(name) - 1;
}

std::string check_channel(const std::string& name) {
  if (name == "left" || name == "right") return {};
  if (name.size() == 1 && name[0] >= '1' && name[0] <= '0' + kMaximumChannels) return {};
  return "must be left, right or a channel number from 1";
}

/// Reports store the id as it is, so that it must be text that a line of JSON or a terminal can hold.
std::string check_counterpart(const std::string& id) {
  if (!id.empty() && id.size() <= kCounterpartBytes && is_utf8(id) && printable(id) == id) return {};
  return "1〜256 バイトの文字列です / must be a text of 1 to 256 bytes without control characters";
}

std::string check_time(const std::string& time) {
  if (parse_rfc3339(time)) return {};
  return "RFC 3339 の日時です / must be an RFC 3339 time, e.g. 2026-11-24T12:04:05+09:00";
}

/// What the parser fills in before it is known which command runs.
struct Arguments {
  CommonOptions common;
  AnalyzeOptions analyze;
  TranscribeOptions transcribe;
  ListeningOptions work;
  std::filesystem::path work_objects;
  ModelsOptions models;
  TrainOptions train;
  PolicyDiffOptions policy_diff;
  EvaluateOptions evaluate;
  ServeOptions serve;
  WatchOptions watch;
  BackupOptions backup;
  DataOptions data;
  CertificateOptions certificate;
  ApiKeyOptions api_key;
  std::string audit_head;
  std::string tenant;
  std::filesystem::path new_key;
  std::filesystem::path config;
  std::vector<std::filesystem::path> transcript_files;
  std::filesystem::path utterances;
  std::filesystem::path coverage_utterances;
  std::string channel;
  std::string started_at;
  std::string language;
};

void add_listening(CLI::App& command, ListeningOptions& listening, Arguments& arguments) {
  command.add_option("--model", listening.model,
                     "音声認識モデルの名前 / speech model (guardian models list)");
  command.add_option("--threads", listening.threads, "使うスレッド数 / threads")
      ->check(CLI::Range(1, kMaximumThreads));
  command
      .add_option("--customer-channel", arguments.channel,
                  "顧客のチャンネル left|right|1.. / the customer's channel")
      ->check(check_channel);
}

void add_counterpart(CLI::App& command, Arguments& arguments) {
  auto* id = command
                 .add_option("--counterpart", arguments.analyze.counterpart,
                             "相手を表す番号など / your id for the customer")
                 ->check(check_counterpart);
  command
      .add_option("--history", arguments.analyze.history,
                  "過去の報告書のフォルダー / folder of earlier reports on the same customer")
      ->needs(id);
  command
      .add_option("--started-at", arguments.started_at,
                  "録音の開始日時 (RFC 3339) / when the one recording began")
      ->check(check_time);
}

void add_common(CLI::App& program, Arguments& arguments) {
  program.add_option("--lang", arguments.language, "表示の言語 ja|en / language of messages")
      ->check(CLI::IsMember({"ja", "en"}));
  program.add_option("--policy", arguments.common.policy,
                     "判定ポリシーのフォルダー / judgement policy folder");
  program.set_version_flag("--version", GUARDIAN_VERSION);
}

void add_analyze(CLI::App& program, Arguments& arguments) {
  auto& command = *program.add_subcommand("analyze", "録音・動画を分析する / analyse recordings");
  auto* files = command.add_option("FILE", arguments.analyze.files, "録音・動画 / recordings");
  command.add_option("--transcript", arguments.transcript_files, "文字起こし済みの JSON / ready transcripts")
      ->excludes(files);
  command.add_flag("--json", arguments.analyze.json, "JSON で出力 / JSON on stdout");
  command.add_option("--out", arguments.analyze.out, "報告書を書くフォルダー / folder for report files");
  command.add_option("--consult", arguments.analyze.consult,
                     "意見を聞く外部モデルの設定 (YAML) / outside model to ask (YAML)");
  add_counterpart(command, arguments);
  add_listening(command, arguments.analyze.listening, arguments);
}

void add_transcribe(CLI::App& program, Arguments& arguments) {
  auto& command = *program.add_subcommand("transcribe", "文字起こしだけ行う / speech to text only");
  command.add_option("FILE", arguments.transcribe.files, "録音・動画 / recordings")->required();
  command.add_flag("--json", arguments.transcribe.json, "JSON で出力 / JSON on stdout");
  add_listening(command, arguments.transcribe.listening, arguments);
}

/// Not for people: the server starts it.
void add_work(CLI::App& program, Arguments& arguments) {
  auto& command = *program.add_subcommand("work", "サーバーが使う / used by the server")->group("");
  command.add_option("--objects", arguments.work_objects)->required();
  command.add_option("--model", arguments.work.model);
  command.add_option("--threads", arguments.work.threads)->check(CLI::Range(1, kMaximumThreads));
}

void add_judge(CLI::App& program, Arguments& arguments) {
  auto& command = *program.add_subcommand("judge", "発話を一つずつ判定する / judge single utterances");
  command.add_option("--utterances", arguments.utterances, "1 行 1 発話の JSONL / one utterance per line")
      ->required();
}

void add_policy(CLI::App& program, Arguments& arguments) {
  auto& command = *program.add_subcommand("policy", "判定ポリシー / judgement policy");
  command.require_subcommand(1);
  command.add_subcommand("test", "規則の例文をすべて試す / run every rule's own examples");
  command
      .add_subcommand("coverage",
                      "類型ごとの規則の厚み / how many rules each category has, where they are thin")
      ->add_option("--on", arguments.coverage_utterances,
                   "規則だけで測るラベル付き発話 / labelled utterances to measure the rules on");
  auto& diff = *command.add_subcommand(
      "diff", "過去の通話で二つのポリシーを比べる / compare two policies on past calls");
  diff.add_option("OLD", arguments.policy_diff.before, "今のポリシー / policy in use")->required();
  diff.add_option("NEW", arguments.policy_diff.after, "新しいポリシー / new policy")->required();
  diff.add_option("--on", arguments.policy_diff.calls,
                  "報告書か文字起こしの JSON のフォルダー / folder of reports or transcripts")
      ->required();
}

void add_evaluate(CLI::App& program, Arguments& arguments) {
  auto& command =
      *program.add_subcommand("evaluate", "ラベル付きデータで精度を測る / accuracy on labelled data");
  command.add_option("--dialogues", arguments.evaluate.dialogues, "対話 JSONL / dialogues");
  command.add_option("--utterances", arguments.evaluate.utterances, "発話 JSONL / utterances");
  auto* heard = command.add_option("--heard", arguments.evaluate.heard_pairs,
                                   "言ったことと聞き取られたことの JSONL / what was said and heard");
  auto* degrade = command.add_option("--degrade", arguments.evaluate.degrade,
                                     "聞き違えた発話でも測る (乱数の種) / also as misheard; seed");
  command
      .add_option("--misheard-to", arguments.evaluate.misheard_to,
                  "聞き違えた発話をここへ書く / write the misheard utterances here")
      ->needs(degrade);
  heard->needs(degrade);
  degrade->needs(heard);
  command.add_flag("--json", arguments.evaluate.json, "JSON で出力 / JSON on stdout");
}

void add_train(CLI::App& program, Arguments& arguments) {
  auto& command = *program.add_subcommand("train", "意味の判定モデルを作る / train the model of meaning");
  command
      .add_option("--weigh-on", arguments.train.weigh_on,
                  "証人の重みを決める、学習に使わない発話 / utterances to weigh on, not trained on")
      ->required();
  command
      .add_option("--weigh-on-dialogues", arguments.train.weigh_on_dialogues,
                  "通話の中での重みを決める、学習に使わない対話 / dialogues to weigh on, not trained on")
      ->required();
  command.add_option("--utterances", arguments.train.utterances, "学習する発話 / utterances to learn from");
  command.add_option("--dialogues", arguments.train.dialogues, "対話 / dialogues");
  command.add_option(
      "--heard", arguments.train.heard_pairs,
      "発言と認識結果の組。同じ聞き違いを加えた発話も学習する / what was said and heard: learn from "
      "utterances misheard like this, too");
  command
      .add_option("--hearings", arguments.train.hearings,
                  "発話ごとの聞き違いの数 / how often each utterance is misheard")
      ->check(CLI::Range(1, 9));
  auto* demands = command.add_option("--demands", arguments.train.demands,
                                     "要求かどうかのラベル付き発話。言い換えた同じ要求の繰り返しを見分ける / "
                                     "lines that ask for something or "
                                     "not, to notice a demand repeated in other words");
  auto* calls = command.add_option("--demanding-calls", arguments.train.demanding_calls,
                                   "発話ごとに要求のラベルが付いた通話 / calls labelled by demand");
  demands->needs(calls);
  calls->needs(demands);
  command.add_option("--version-name", arguments.train.version, "モデルの版 / version of the model")
      ->required();
  command.add_option("--out", arguments.train.out, "書き込むファイル / file to write")->required();
}

void add_models(CLI::App& program, Arguments& arguments) {
  auto& command = *program.add_subcommand("models", "音声認識モデル / speech models");
  command.require_subcommand(1);
  command.add_subcommand("list", "一覧 / list");
  auto& pull = *command.add_subcommand("pull", "取得 / download");
  pull.add_option("NAME", arguments.models.name, "モデルの名前 / model")->required();
  pull.add_option("--mirror", arguments.models.mirror, "取得元の置き換え / base address to use instead");
  pull.add_flag("--allow-unverified", arguments.models.allow_unverified,
                "照合値のないモデルも取得 / also where the catalogue has no sha256");
  auto& verify = *command.add_subcommand("verify", "照合 / check against the catalogue");
  verify.add_option("NAME", arguments.models.name, "モデルの名前 / model");
}

void add_server(CLI::App& program, Arguments& arguments) {
  constexpr int kLargestPort = 65535;
  auto& serve = *program.add_subcommand("serve", "サーバーを動かす / run the server");
  serve.add_option("--config", arguments.serve.config, "設定 (既定: guardian.yaml) / configuration");
  serve.add_option("--data", arguments.serve.data, "データフォルダー / data folder");
  serve.add_option("--port", arguments.serve.port, "ポート / port")->check(CLI::Range(0, kLargestPort));
  auto& config = *program.add_subcommand("config", "サーバーの設定 / the server's configuration");
  config.require_subcommand(1);
  config.add_subcommand("check", "設定を検査する / check a configuration")
      ->add_option("FILE", arguments.config, "設定 (既定: guardian.yaml) / configuration");
}

void add_data(CLI::App& command, DataOptions& data) {
  command.add_option("--data", data.data, "データフォルダー / data folder")->required();
  command.add_option("--master-key", data.master_key,
                     "マスター鍵のファイル (既定: データフォルダーの master.key) / the master key's file");
}

void add_backup(CLI::App& program, Arguments& arguments) {
  auto& backup =
      *program.add_subcommand("backup", "サーバーを止めずにバックアップする / back up a server's data");
  backup.add_option("--data", arguments.backup.data.data, "データフォルダー / data folder")->required();
  backup.add_option("--to", arguments.backup.folder, "バックアップ先 / folder of the backup")->required();
  backup.add_flag("--verify", arguments.backup.verify,
                  "終わりに読み直して照合する / read it again at the end");
  auto& restore = *program.add_subcommand("restore", "バックアップから戻す / bring a backup back");
  restore.add_option("--from", arguments.backup.folder, "バックアップ / folder of the backup")->required();
  add_data(restore, arguments.backup.data);
}

void add_keys(CLI::App& program, Arguments& arguments) {
  auto& audit = *program.add_subcommand("audit", "監査記録 / the audit log");
  audit.require_subcommand(1);
  auto& verify = *audit.add_subcommand("verify", "書き換えがないか確かめる / check that nothing was changed");
  add_data(verify, arguments.data);
  verify.add_option("--expect", arguments.audit_head,
                    "以前に控えた末尾 番号:ハッシュ / an end noted earlier, NUMBER:HASH");
  auto& keys =
      *program.add_subcommand("keys", "暗号鍵 (サーバーを止めて) / keys, while the server is stopped");
  keys.require_subcommand(1);
  auto& rotate = *keys.add_subcommand("rotate", "テナントの鍵を新しくする / a new key for new things");
  add_data(rotate, arguments.data);
  rotate.add_option("--tenant", arguments.tenant, "テナントの ID (既定: すべて) / one tenant only");
  auto& master = *keys.add_subcommand("change-master", "マスター鍵を替える / another master key");
  add_data(master, arguments.data);
  master
      .add_option("--new-key", arguments.new_key, "新しい鍵のファイル。なければ作る / made if it is missing")
      ->required();
  auto& certificate = *program.add_subcommand("certificate", "削除証明書 / certificates of deletion");
  certificate.require_subcommand(1);
  auto& check = *certificate.add_subcommand("verify", "証明書を確かめる / check a certificate");
  check.add_option("FILE", arguments.certificate.file, "証明書 / certificate")->required();
  check.add_option("--public-key", arguments.certificate.public_key,
                   "サーバーの公開鍵 / the server's public key");
  check.add_option("--data", arguments.certificate.data.data, "データフォルダー / data folder instead");
  check.add_option("--master-key", arguments.certificate.data.master_key,
                   "マスター鍵 / the master key's file");
}

void add_watch(CLI::App& program, Arguments& arguments) {
  auto& watch = *program.add_subcommand(
      "watch", "フォルダーに置かれた録音をサーバーへ送る / send what appears in a folder to a server");
  auto& options = arguments.watch;
  watch.add_option("DIR", options.pickup.folder, "フォルダー / the folder")->required();
  watch.add_option("--server", options.server, "サーバー / its address, e.g. https://guardian.example.jp")
      ->required();
  watch.add_option("--key-file", options.key_file,
                   "API キーのファイル (既定: $GUARDIAN_API_KEY) / file with the API key");
  watch.add_option("--ca-file", options.ca_file, "社内の認証局 (PEM) / of a company's own authority");
  watch.add_flag("--once", options.once, "今あるものだけ送って終わる / send what lies there and end");
  watch.add_flag("--recursive", options.pickup.recursive, "下のフォルダーも / folders below, too");
  watch
      .add_option("--settle", options.pickup.settle_s,
                  "この秒数変わらなければ書き終わり / seconds without change until a file is whole")
      ->check(CLI::Range(0.0, 3600.0))
      ->capture_default_str();
  watch.add_flag("--wait-for-sidecar", options.pickup.wait_for_sidecar,
                 "JSON か CSV の情報が来るまで待つ / wait until JSON or CSV tells of the recording");
  watch.add_option("--move-to", options.pickup.move_to, "送ったものを移す先 / where sent ones go");
  watch.add_option("--journal", options.pickup.journal,
                   "送った記録 (既定: DIR/.guardian-watch.json) / what was sent");
  watch
      .add_option("--utc-offset", options.pickup.utc_offset,
                  "時差のない日時の時差 / of times that come without one")
      ->check([](const std::string& text) {
        return intake::is_utc_offset(text) ? std::string() : std::string("+09:00");
      })
      ->capture_default_str();
}

void add_api_keys(CLI::App& program, Arguments& arguments) {
  auto& api_key = *program.add_subcommand("api-key", "API キー / keys for programs");
  api_key.require_subcommand(1);
  auto& add = *api_key.add_subcommand("add", "新しいキーを作って表示する / make a key and print it, once");
  add.add_option("NAME", arguments.api_key.name, "用途を表す名前 / what it is for")->required();
  arguments.api_key.data.data = "guardian-data";
  add.add_option("--data", arguments.api_key.data.data, "データフォルダー / data folder")
      ->capture_default_str();
  add.add_option("--master-key", arguments.api_key.data.master_key,
                 "マスター鍵のファイル (既定: データフォルダーの master.key) / the master key's file");
  add.add_option("--scope", arguments.api_key.scopes,
                 "権限 (既定: upload read_recordings listen see_personal) / what it may do");
  add.add_option("--tenant", arguments.api_key.tenant, "テナントの ID / one tenant of several");
}

int run_keeping(const CLI::App& program, const Arguments& arguments) {
  const auto& common = arguments.common;
  if (program.got_subcommand("backup")) return backup(arguments.backup, common);
  if (program.got_subcommand("restore")) return restore(arguments.backup, common);
  if (program.got_subcommand("audit")) return audit_verify(arguments.data, arguments.audit_head, common);
  if (program.got_subcommand("api-key")) return api_key_add(arguments.api_key, common);
  if (program.got_subcommand("certificate")) return certificate_verify(arguments.certificate, common);
  if (program.get_subcommand("keys")->got_subcommand("rotate"))
    return keys_rotate(arguments.data, arguments.tenant, common);
  return keys_change_master(arguments.data, arguments.new_key, common);
}

int run_models(const CLI::App& models, const Arguments& arguments) {
  if (models.got_subcommand("list")) return models_list(arguments.common);
  if (models.got_subcommand("pull")) return models_pull(arguments.models, arguments.common);
  return models_verify(arguments.models, arguments.common);
}

int run_policy(const CLI::App& policy, const Arguments& arguments) {
  if (policy.got_subcommand("diff")) return policy_diff(arguments.policy_diff, arguments.common);
  if (policy.got_subcommand("coverage"))
    return policy_coverage(arguments.coverage_utterances, arguments.common);
  return policy_test(arguments.common);
}

int run_analyze(Arguments& arguments, const CLI::App& command) {
  arguments.analyze.listening.customer_channel = parse_channel(arguments.channel);
  if (!arguments.transcript_files.empty()) {
    arguments.analyze.files = arguments.transcript_files;
    arguments.analyze.transcripts = true;
  }
  arguments.analyze.started_at = parse_rfc3339(arguments.started_at);
  if (arguments.analyze.started_at && arguments.analyze.files.size() > 1) {
    std::cerr << "--started-at は 1 ファイルのときだけ使えます / --started-at takes one file only\n";
    return kUsage;
  }
  if (!arguments.analyze.files.empty()) return analyze(arguments.analyze, arguments.common);
  std::cerr << command.help();
  return kUsage;
}

int run_evaluate(const Arguments& arguments, const CLI::App& command) {
  if (!arguments.evaluate.dialogues.empty() || !arguments.evaluate.utterances.empty())
    return evaluate(arguments.evaluate, arguments.common);
  std::cerr << command.help();
  return kUsage;
}

int dispatch(const CLI::App& program, Arguments& arguments) {
  if (program.got_subcommand("analyze")) return run_analyze(arguments, *program.get_subcommand("analyze"));
  if (program.got_subcommand("transcribe")) {
    arguments.transcribe.listening.customer_channel = parse_channel(arguments.channel);
    return transcribe(arguments.transcribe, arguments.common);
  }
  if (program.got_subcommand("work")) return work(arguments.work_objects, arguments.work, arguments.common);
  if (program.got_subcommand("judge")) return judge(arguments.utterances, arguments.common);
  if (program.got_subcommand("policy")) return run_policy(*program.get_subcommand("policy"), arguments);
  if (program.got_subcommand("train")) return train(arguments.train, arguments.common);
  if (program.got_subcommand("serve")) return serve(arguments.serve, arguments.common);
  if (program.got_subcommand("watch")) return watch(arguments.watch, arguments.common);
  if (program.got_subcommand("config")) return config_check(arguments.config, arguments.common);
  if (program.got_subcommand("evaluate")) return run_evaluate(arguments, *program.get_subcommand("evaluate"));
  if (program.got_subcommand("models")) return run_models(*program.get_subcommand("models"), arguments);
  return run_keeping(program, arguments);
}

}  // namespace

int run(int argc, char** argv) {
  CLI::App program("カスハラAIガーディアン / Kasuhara AI Guardian", "guardian");
  Arguments arguments;
  add_common(program, arguments);
  program.require_subcommand(1);
  program.fallthrough();
  add_analyze(program, arguments);
  add_transcribe(program, arguments);
  add_work(program, arguments);
  add_judge(program, arguments);
  add_policy(program, arguments);
  add_models(program, arguments);
  add_evaluate(program, arguments);
  add_train(program, arguments);
  add_server(program, arguments);
  add_backup(program, arguments);
  add_keys(program, arguments);
  add_api_keys(program, arguments);
  add_watch(program, arguments);
  try {
    program.parse(argc, argv);
  } catch (const CLI::ParseError& error) {
    return program.exit(error) == 0 ? kDone : kUsage;
  }
  arguments.common.language = language_from_environment();
  if (!arguments.language.empty())
    arguments.common.language = arguments.language == "en" ? Language::english : Language::japanese;
  arguments.common.stop = stop_on_interrupt();
  return dispatch(program, arguments);
}

}  // namespace guardian::cli
