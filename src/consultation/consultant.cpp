#include "consultation/consultant.h"

#include <fmt/format.h>

#include <algorithm>
#include <chrono>
#include <thread>

#include "consultation/answer.h"
#include "consultation/endpoint.h"
#include "consultation/post.h"
#include "consultation/question.h"
#include "redaction/redactor.h"

namespace guardian::consultation {
namespace {

using Clock = std::chrono::steady_clock;

constexpr double kFirstWait_s = 0.5;
constexpr double kLongestWait_s = 30.0;
constexpr auto kGlance = std::chrono::milliseconds(20);  // between looks at the stop token

constexpr long kOk = 200;
constexpr long kBadRequest = 400;
constexpr long kTimeout = 408;
constexpr long kTooLarge = 413;
constexpr long kUnprocessable = 422;
constexpr long kTooMany = 429;

/// Another attempt may end better.
bool is_passing(const Reply& reply) {
  if (reply.trouble == Reply::Trouble::unreachable || reply.trouble == Reply::Trouble::late) return true;
  return reply.trouble == Reply::Trouble::none &&
         (reply.status == kTimeout || reply.status == kTooMany || reply.status / 100 == 5);
}

/// The fault lies in this part of the call; another part may get an answer.
bool is_about_this_part(const Reply& reply) {
  if (reply.trouble != Reply::Trouble::none) return reply.trouble == Reply::Trouble::too_large;
  return reply.status == kOk || reply.status == kBadRequest || reply.status == kTooLarge ||
         reply.status == kUnprocessable;
}

/// Why a reply holds no answer. The server's own words are left out: they may repeat what was sent.
Text reason_of(const Reply& reply) {
  switch (reply.trouble) {
    case Reply::Trouble::unreachable:
      return {"接続できません", "cannot be reached"};
    case Reply::Trouble::late:
      return {"時間内に応答がありません", "no answer in time"};
    case Reply::Trouble::too_large:
      return {"応答が大きすぎます", "the response is too large"};
    case Reply::Trouble::none:
    case Reply::Trouble::cancelled:
      break;
  }
  if (reply.status / 100 == 3) return {"転送には従いません", "redirects are not followed"};
  return {fmt::format("HTTP {}", reply.status), fmt::format("HTTP {}", reply.status)};
}

/// False if a stop was requested meanwhile.
bool wait(double seconds, const std::stop_token& stop) {
  const auto end = Clock::now() + std::chrono::duration<double>(seconds);
  while (Clock::now() < end && !stop.stop_requested()) std::this_thread::sleep_for(kGlance);
  return !stop.stop_requested();
}

Reply post_patiently(Poster& poster, const std::string& body, int retries, const std::stop_token& stop) {
  double pause_s = kFirstWait_s;
  for (int attempt = 0;; ++attempt) {
    auto reply = poster.post(body, stop);
    if (!is_passing(reply) || attempt == retries) return reply;
    if (!wait(std::min(std::max(pause_s, reply.retry_after_s), kLongestWait_s), stop)) {
      reply.trouble = Reply::Trouble::cancelled;
      return reply;
    }
    pause_s *= 2.0;
  }
}

/// Keeps account of the parts of a call while they are asked about.
class Account {
 public:
  explicit Account(const Endpoint& endpoint)
      : who_{fmt::format("外部のモデル「{}」({})", endpoint.model, endpoint.host),
             fmt::format("the outside model \"{}\" ({})", endpoint.model, endpoint.host)} {}

  void add(const judgement::OutsideOpinions& opinions) {
    learnt_.opinions.insert(opinions.begin(), opinions.end());
  }

  void miss(int turns, const Text& reason) {
    missed_ += turns;
    const bool known = std::any_of(reasons_.begin(), reasons_.end(),
                                   [&](const Text& other) { return other.en == reason.en; });
    if (!known) reasons_.push_back(reason);
  }

  Consultation close() && {
    if (!learnt_.opinions.empty()) learnt_.remarks.push_back(heard());
    if (missed_ > 0) learnt_.remarks.push_back(learnt_.opinions.empty() ? nothing() : partly());
    return std::move(learnt_);
  }

 private:
  Text reasons() const {
    Text all;
    for (const auto& reason : reasons_) {
      all.ja += (all.ja.empty() ? "" : "、") + reason.ja;
      all.en += (all.en.empty() ? "" : ", ") + reason.en;
    }
    return all;
  }

  Text heard() const {
    return {fmt::format("{}に、個人情報を伏せた発話を送り、顧客の発話 {} 件への意見を判定に加えました",
                        who_.ja, learnt_.opinions.size()),
            fmt::format("turns without personal details were sent to {}; its opinion on {} of the customer's "
                        "turns was weighed in",
                        who_.en, learnt_.opinions.size())};
  }

  Text partly() const {
    const auto why = reasons();
    return {
        fmt::format("{}からは、顧客の発話 {} 件への有効な意見を得られませんでした ({})。それらの判定は"
                    "残り三つの証人 (規則、意味、声と経過) によります",
                    who_.ja, missed_, why.ja),
        fmt::format("{} gave no usable opinion on {} of the customer's turns ({}); their judgement stands "
                    "on the other three witnesses (rules, meaning, sound and course)",
                    who_.en, missed_, why.en)};
  }

  Text nothing() const {
    const auto why = reasons();
    return {
        fmt::format("{}に尋ねましたが、有効な意見を得られませんでした ({})。判定は残り三つの証人 (規則、"
                    "意味、声と経過) によります",
                    who_.ja, why.ja),
        fmt::format("{} was asked but gave no usable opinion ({}); the judgement stands on the other three "
                    "witnesses (rules, meaning, sound and course)",
                    who_.en, why.en)};
  }

  Text who_;
  Consultation learnt_;
  int missed_ = 0;
  std::vector<Text> reasons_;
};

}  // namespace

struct Consultant::Impl {
  Endpoint endpoint;
  policy::Policy policy;
  redaction::Redactor redactor;

  Opinions read(const Reply& reply, const Question& question) const;
};

Opinions Consultant::Impl::read(const Reply& reply, const Question& question) const {
  if (reply.trouble != Reply::Trouble::none || reply.status != kOk)
    return tl::unexpected<Text>(reason_of(reply));
  if (reply.content_type != "application/json")
    return tl::unexpected<Text>(Text{"応答が JSON ではありません", "the response is not JSON"});
  return read_answer(reply.body, question, category_ids(policy));
}

Consultant::Consultant(std::unique_ptr<Impl> impl) : impl_(std::move(impl)) {}
Consultant::Consultant(Consultant&&) noexcept = default;
Consultant& Consultant::operator=(Consultant&&) noexcept = default;
Consultant::~Consultant() = default;

Result<Consultant> Consultant::load(const std::filesystem::path& file, const policy::Policy& policy) {
  auto endpoint = load_endpoint(file);
  if (!endpoint) return tl::unexpected<Error>(endpoint.error());
  auto redactor = redaction::Redactor::load();
  if (!redactor) return tl::unexpected<Error>(redactor.error());
  return Consultant(std::make_unique<Impl>(Impl{std::move(*endpoint), policy, std::move(*redactor)}));
}

Result<Consultation> Consultant::consult(const speech::Transcript& transcript,
                                         const std::stop_token& stop) const {
  const auto& endpoint = impl_->endpoint;
  Account account(endpoint);
  Poster poster(endpoint);
  std::optional<Text> gave_up;
  for (const auto& question : divide(transcript, impl_->redactor, endpoint.max_turns_per_request)) {
    if (gave_up) {
      account.miss(question.judged(), *gave_up);
      continue;
    }
    const auto body = to_request(question, impl_->policy, endpoint.model, endpoint.temperature);
    const auto reply = post_patiently(poster, body, endpoint.retries, stop);
    if (reply.trouble == Reply::Trouble::cancelled)
      return fail(Error::Kind::cancelled, endpoint.host, {"中止しました", "cancelled"}, {"", ""});
    const auto opinions = impl_->read(reply, question);
    if (opinions) {
      account.add(*opinions);
      continue;
    }
    account.miss(question.judged(), opinions.error());
    if (!is_about_this_part(reply)) gave_up = opinions.error();
  }
  return std::move(account).close();
}

}  // namespace guardian::consultation
