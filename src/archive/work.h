// archive/work.h - the child process that analyses: `guardian work`. It takes orders and gives answers
// (archive/work_messages.h), holds the models, and decodes strangers' files in a sandbox, so that a broken
// one costs an attempt and not the server.
//
// The full pass is what `guardian analyze` does. The quick pass listens only to the loudest of every
// kOneWindowIn windows of 30 s of speech of each channel and puts nothing to a second hearing; its score puts
// the full passes into order. On the sample call, twenty times in a row
// (19 minutes, two channels, whisper-base, 2 cores) the quick pass goes through 62 s of recording in a
// second, the full one through 20. A recording under three minutes is heard whole the first time: its quick
// pass is its full pass.
#pragma once

#include <cstdint>
#include <filesystem>
#include <string>

namespace guardian::archive {

constexpr int kOneWindowIn = 5;

struct WorkSettings {
  std::filesystem::path objects;  ///< folder of the object store
  std::filesystem::path policy;   ///< folder; empty: the installed one
  std::string model;              ///< name of a speech model; empty: the default
  int threads = 0;                ///< 0: as many as the machine has cores
  std::uint64_t memory_bytes = std::uint64_t{6} << 30U;
};

/// Runs until standard input ends. Returns an exit code. What goes wrong is told on standard output.
int work(const WorkSettings& settings);

}  // namespace guardian::archive
