#include "redaction/redactor.h"

#include <algorithm>

#include "base/morphology.h"
#include "base/text.h"
#include "redaction/addresses.h"
#include "redaction/mail_and_birthdays.h"
#include "redaction/names.h"
#include "redaction/numbers.h"

namespace guardian::redaction {
namespace {

/// Details that touch one another as one, of the kind that was found first in `found`: what is doubtful is
/// left out entirely.
std::vector<FoundDetail> put_together(const std::vector<FoundDetail>& found) {
  std::vector<FoundDetail> together;
  for (const auto& detail : found) {
    FoundDetail whole = detail;
    for (auto other = together.begin(); other != together.end();) {
      if (other->end <= whole.begin || other->begin >= whole.end) {
        ++other;
        continue;
      }
      whole = {other->kind, std::min(other->begin, whole.begin), std::max(other->end, whole.end)};
      other = together.erase(other);
    }
    together.push_back(whole);
  }
  std::sort(together.begin(), together.end(),
            [](const FoundDetail& a, const FoundDetail& b) { return a.begin < b.begin; });
  return together;
}

/// From the normalised text back to the words as they were.
std::vector<FoundDetail> in_original(const std::vector<FoundDetail>& found, const NormalizedText& normalized,
                                     std::string_view text) {
  std::vector<FoundDetail> originals;
  for (const auto& detail : found) {
    const auto words = normalized.original(text, detail.begin, detail.end);
    const auto begin = static_cast<std::size_t>(words.data() - text.data());
    if (!words.empty()) originals.push_back({detail.kind, begin, begin + words.size()});
  }
  return originals;
}

std::string replace(std::string_view text, const std::vector<FoundDetail>& found) {
  std::string redacted;
  std::size_t position = 0;
  for (const auto& detail : found) {
    redacted.append(text.substr(position, detail.begin - position)).append(placeholder(detail.kind));
    position = detail.end;
  }
  return redacted.append(text.substr(position));
}

}  // namespace

std::string_view placeholder(PersonalDetail kind) {
  switch (kind) {
    case PersonalDetail::name:
      return "[氏名]";
    case PersonalDetail::phone_number:
      return "[電話番号]";
    case PersonalDetail::address:
      return "[住所]";
    case PersonalDetail::card_number:
      return "[カード番号]";
    case PersonalDetail::mail_address:
      return "[メールアドレス]";
    case PersonalDetail::birthday:
      return "[生年月日]";
    case PersonalDetail::other_number:
      break;
  }
  return "[番号]";
}

struct Redactor::Impl {
  Morphology morphology;
};

Redactor::Redactor(std::unique_ptr<Impl> impl) : impl_(std::move(impl)) {}
Redactor::Redactor(Redactor&&) noexcept = default;
Redactor& Redactor::operator=(Redactor&&) noexcept = default;
Redactor::~Redactor() = default;

Result<Redactor> Redactor::load() {
  auto morphology = Morphology::load();
  if (!morphology) return tl::unexpected<Error>(morphology.error());
  return Redactor(std::make_unique<Impl>(Impl{std::move(*morphology)}));
}

Redaction Redactor::redact(std::string_view text, std::string_view before) const {
  const auto said = normalize(text);
  const auto question = normalize(before).text;
  const auto words = impl_->morphology.analyze(said.text);
  // In the order in which they are believed where they meet.
  std::vector<FoundDetail> found = find_mail_addresses(said.text);
  const auto add = [&](std::vector<FoundDetail> more) {
    found.insert(found.end(), more.begin(), more.end());
  };
  add(find_birthdays(said.text, question));
  add(find_addresses(said.text, question, words));
  add(find_numbers(said.text, question));
  add(find_names(said.text, question, words));
  auto originals = put_together(in_original(put_together(found), said, text));
  auto redacted = replace(text, originals);
  return {std::move(redacted), std::move(originals)};
}

}  // namespace guardian::redaction
