// base/result.h - how a function says that it could not do its work.
// Every fallible function of the program returns Result<T>; exceptions stay inside adapters of third-party
// libraries.
#pragma once

#include <string>
#include <string_view>
#include <tl/expected.hpp>

namespace guardian {

enum class Language { japanese, english };

/// A sentence for a person, in both languages of the product.
struct Text {
  std::string ja;
  std::string en;

  const std::string& in(Language language) const { return language == Language::japanese ? ja : en; }
};

/// Why something failed: on what, what happened, and what the user can do about it.
struct Error {
  enum class Kind {
    usage,             ///< the caller asked for something that makes no sense
    not_found,         ///< no such file, model or entry
    unreadable,        ///< it is there, but permission or hardware forbids reading it
    damaged,           ///< not what it claims to be, truncated or malformed
    no_speech_source,  ///< a readable file without anything to listen to
    model,             ///< a speech or language model is missing, broken or refused
    policy,            ///< a policy file is wrong
    storage,           ///< writing failed: disk full, no permission
    network,           ///< a download failed
    cancelled,         ///< the user stopped it
    unknown_caller,    ///< nobody knows who is asking, or the sign-in failed
    forbidden,         ///< this caller may not do that
    conflict,          ///< it does not fit what is there, e.g. a name that is taken or a case already closed
    too_large,         ///< more than the limit that `what` names
    too_often,         ///< asked again too soon
    busy,              ///< not now: full, or shutting down
  };

  Kind kind = Kind::usage;
  std::string
      subject;  ///< file, model or field it is about; printed through `printable` before a terminal sees it
  Text what;    ///< what happened
  Text remedy;  ///< what the user can do
};

template <class T>
using Result = tl::expected<T, Error>;

inline tl::unexpected<Error> fail(Error::Kind kind, std::string subject, Text what, Text remedy) {
  return tl::unexpected<Error>(Error{kind, std::move(subject), std::move(what), std::move(remedy)});
}

/// One line, without a newline, that names the subject, the reason and the remedy.
std::string describe(const Error& error, Language language);

}  // namespace guardian
