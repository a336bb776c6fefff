#include "pipeline/assessor.h"

#include <chrono>

#include "base/clock.h"
#include "guidance/advice.h"
#include "pipeline/installation.h"
#include "wellbeing/exposure.h"

namespace guardian::pipeline {

struct Assessor::Impl {
  judgement::Judge judge;
  guidance::Playbook playbook;
};

Assessor::Assessor(std::unique_ptr<Impl> impl) : impl_(std::move(impl)) {}
Assessor::Assessor(Assessor&&) noexcept = default;
Assessor& Assessor::operator=(Assessor&&) noexcept = default;
Assessor::~Assessor() = default;

Result<Assessor> Assessor::load(const std::filesystem::path& policy) {
  auto rules = policy::load_policy(policy);
  if (!rules) return tl::unexpected<Error>(rules.error());
  auto playbook = guidance::load_playbook(policy / "playbooks.yaml");
  if (!playbook) return tl::unexpected<Error>(playbook.error());
  const auto model = find_meaning_model();
  if (!model) return tl::unexpected<Error>(model.error());
  const auto encoder = find_sentence_encoder();
  if (!encoder) return tl::unexpected<Error>(encoder.error());
  auto witness = judgement::MeaningWitness::load(*model, *encoder);
  if (!witness) return tl::unexpected<Error>(witness.error());
  auto judge = judgement::Judge::create(std::move(*rules), std::move(*witness));
  if (!judge) return tl::unexpected<Error>(judge.error());
  return Assessor(std::make_unique<Impl>(Impl{std::move(*judge), std::move(*playbook)}));
}

const judgement::Judge& Assessor::judge() const { return impl_->judge; }

Result<Assessor> Assessor::amended(const policy::Amendment& amendment) const {
  auto policy = policy::amend(judge().policy(), amendment);
  if (!policy) return tl::unexpected<Error>(policy.error());
  return Assessor(std::make_unique<Impl>(Impl{judge().with_policy(std::move(*policy)), impl_->playbook}));
}

report::Report Assessor::assess(HeardRecording heard, const judgement::OutsideOpinions& outside,
                                const judgement::History& history,
                                const std::vector<judgement::Hearing>& hearings) const {
  report::Report report;
  report.verdict = impl_->judge.judge(heard.transcript, outside, history, hearings);
  report.advice = guidance::advise(impl_->playbook, report.verdict, heard.transcript);
  report.exposure = wellbeing::measure_exposure(report.verdict, heard.transcript);
  report.engine = {GUARDIAN_VERSION, heard.transcript.asr_model, report.verdict.policy_version};
  report.created_at = format_utc(std::chrono::system_clock::now());
  report.recording = std::move(heard.recording);
  report.transcript = std::move(heard.transcript);
  return report;
}

}  // namespace guardian::pipeline
