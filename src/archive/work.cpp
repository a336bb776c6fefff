#include "archive/work.h"

#include <fcntl.h>
#include <unistd.h>

#include <chrono>
#include <iostream>
#include <memory>

#include "archive/sandbox.h"
#include "archive/work_messages.h"
#include "base/descriptor.h"
#include "base/text.h"
#include "pipeline/assessor.h"
#include "pipeline/counterpart_history.h"
#include "pipeline/installation.h"
#include "pipeline/listener.h"
#include "pipeline/second_hearing.h"
#include "store/objects.h"

namespace guardian::archive {
namespace {

using Clock = std::chrono::steady_clock;

constexpr auto kBetweenReports = std::chrono::milliseconds(200);

// Processor time a recording may cost: the sparsest telephone codecs give 2,000 bytes a second, and no model
// needs more than four seconds of one core for a second of talk.
constexpr std::uint64_t kLeastProcessor_s = 900;
constexpr std::uint64_t kBytesPerProcessorSecond = 500;

/// Standard output as it was given; what libraries print goes nowhere.
class Answers {
 public:
  Answers() : out_(::fcntl(STDOUT_FILENO, F_DUPFD_CLOEXEC, 3)) {
    const Descriptor nowhere(::open("/dev/null", O_WRONLY | O_CLOEXEC));
    ::dup2(nowhere.get(), STDOUT_FILENO);
  }
  bool send(const WorkMessage& message) const { return write_all(out_.get(), to_line(message) + "\n") == 0; }

 private:
  Descriptor out_;
};

struct Engine {
  std::unique_ptr<store::ObjectStore> objects;
  pipeline::Assessor assessor;
  pipeline::Listener listener;
  policy::Amendment amendment = {};                ///< of the company that was served last...
  std::optional<pipeline::Assessor> amended = {};  ///< ...and what judges by it

  Result<const pipeline::Assessor*> assessor_for(const policy::Amendment& wanted);
};

Result<const pipeline::Assessor*> Engine::assessor_for(const policy::Amendment& wanted) {
  if (wanted.is_empty()) return &assessor;
  if (!amended || amendment != wanted) {
    auto made = assessor.amended(wanted);
    if (!made) return tl::unexpected<Error>(made.error());
    amended.emplace(std::move(*made));
    amendment = wanted;
  }
  return &*amended;
}

Result<Engine> load(const WorkSettings& settings) {
  auto objects = store::open_folder(settings.objects);  // makes what is missing, as the sandbox forbids
  if (!objects) return tl::unexpected<Error>(objects.error());
  const auto policy = pipeline::find_policy(settings.policy);
  if (!policy) return tl::unexpected<Error>(policy.error());
  auto assessor = pipeline::Assessor::load(*policy);
  if (!assessor) return tl::unexpected<Error>(assessor.error());
  auto listener = pipeline::Listener::load({settings.model, *policy, settings.threads});
  if (!listener) return tl::unexpected<Error>(listener.error());
  return Engine{std::move(*objects), std::move(*assessor), std::move(*listener)};
}

Result<media::Source> open_source(store::ObjectStore& objects, const WorkOrder& order) {
  const auto key = key_from_hex(order.key);
  auto source = objects.open(order.object, [&](std::int64_t number) -> Result<Key> {
    if (key && number == order.key_number) return *key;
    return fail(Error::Kind::not_found, order.object, {"鍵がありません", "there is no such key"}, {"", ""});
  });
  if (!source) return tl::unexpected<Error>(source.error());
  return media::Source(std::shared_ptr<ByteSource>(std::move(*source)), order.name);
}

Result<WorkResult> analyse(Engine& engine, const WorkOrder& order, const pipeline::Progress& progress) {
  const auto begun = Clock::now();
  const auto assessor = engine.assessor_for(order.amendment);
  if (!assessor) return tl::unexpected<Error>(assessor.error());
  const auto source = open_source(*engine.objects, order);
  if (!source) return tl::unexpected<Error>(source.error());
  const int one_window_in = order.pass == Pass::quick ? kOneWindowIn : 1;
  auto heard = engine.listener.listen(*source, {order.customer_channel, one_window_in}, progress, {});
  if (!heard) return tl::unexpected<Error>(heard.error());
  const bool whole = heard->whole;
  std::vector<judgement::Hearing> hearings;
  if (whole) {
    auto again = pipeline::hear_again(engine.listener, (*assessor)->judge(), *source, *heard, {});
    if (!again) return tl::unexpected<Error>(again.error());
    hearings = std::move(*again);
  }
  heard->recording.name = printable(order.name);
  heard->recording.started_at = order.started;
  judgement::History history;
  if (!order.counterpart.empty())
    history = pipeline::CounterpartHistory::of(order.counterpart, order.earlier).introduce(heard->recording);
  WorkResult result;
  result.report = (*assessor)->assess(std::move(*heard), {}, history, hearings);
  result.whole = whole;
  result.work_s = std::chrono::duration<double>(Clock::now() - begun).count();
  return result;
}

WorkMessage answer(Engine& engine, const WorkOrder& order, const Answers& answers) {
  auto last = Clock::now();
  const auto progress = [&](double share) {
    if (Clock::now() - last < kBetweenReports) return;
    last = Clock::now();
    answers.send({order.job, share, std::nullopt, std::nullopt});
  };
  limit_processor_time(kLeastProcessor_s +
                       static_cast<std::uint64_t>(order.bytes) / kBytesPerProcessorSecond);
  auto result = analyse(engine, order, progress);
  if (!result) return {order.job, std::nullopt, result.error(), std::nullopt};
  return {order.job, std::nullopt, std::nullopt, std::move(*result)};
}

/// Everything that has to be done before anything of a stranger's is read.
Result<Engine> prepare(const WorkSettings& settings) {
  if (auto limited = limit_process({settings.memory_bytes}); !limited)
    return tl::unexpected<Error>(limited.error());
  auto engine = load(settings);
  if (!engine) return engine;
  if (auto closed = close_sandbox(); !closed) return tl::unexpected<Error>(closed.error());
  return engine;
}

}  // namespace

int work(const WorkSettings& settings) {
  const Answers answers;
  auto engine = prepare(settings);
  if (!engine) {
    answers.send({"", std::nullopt, engine.error(), std::nullopt});
    return 1;
  }
  if (!answers.send({})) return 1;
  std::string line;
  while (std::getline(std::cin, line)) {
    const auto order = parse_order(line);
    const auto message =
        order ? answer(*engine, *order, answers) : WorkMessage{"", std::nullopt, order.error(), std::nullopt};
    if (!answers.send(message)) return 1;
  }
  return 0;
}

}  // namespace guardian::archive
