// The page behind the link of a notice: no session, no scripts, and nothing happens before somebody presses
// the button, since mail scanners open links, too.
#include <fmt/format.h>

#include "base/markup.h"
#include "casework/deep_links.h"
#include "report/names.h"
#include "server/application.h"
#include "server/routes/routes.h"

namespace guardian::server {
namespace {

using casework::LinkView;

constexpr const char* kStyle =
    "body{font-family:system-ui,sans-serif;max-width:32rem;margin:3rem auto;padding:0 1rem;line-height:1.7}"
    "button{font-size:1.1rem;padding:.6rem 1.4rem}dt{font-weight:bold}";

/// Only that style and a form to this server.
std::string policy() {
  return "default-src 'none'; style-src " + policy_hash(kStyle) +
         "; form-action 'self'; base-uri 'none'; frame-ancestors 'none'";
}

Response page_of(Language language, const std::string& body, int status = 200) {
  const auto title = Text{"カスハラAIガーディアン", "Kasuhara AI Guardian"}.in(language);
  // Without a referrer the browser would send the form with "Origin: null", as other sites do.
  return text_response(
      fmt::format(
          "<!doctype html>\n<html lang=\"{}\"><head><meta charset=\"utf-8\"><meta name=\"viewport\" "
          "content=\"width=device-width\"><meta name=\"referrer\" content=\"same-origin\"><meta "
          "name=\"robots\" content=\"noindex\"><title>{}</title><style>{}</style></head><body><h1>{}</h1>"
          "{}</body></html>\n",
          language == Language::japanese ? "ja" : "en", title, kStyle, title, body),
      "text/html; charset=utf-8", status);
}

Response page_of(const LinkView& view) {
  const auto words = [&](const char* ja, const char* en) { return Text{ja, en}.in(view.language); };
  std::string body = fmt::format(
      "<dl><dt>{}</dt><dd>{}</dd><dt>{}</dt><dd>{}</dd><dt>{}</dt><dd>{}</dd></dl>", words("日時", "Time"),
      casework::time_for_people(view.occurred_ms), words("危険度", "Gravity"),
      escape_markup(report::band_name(view.band).in(view.language)), words("グループ", "Group"),
      view.group.empty() ? words("(なし)", "(none)") : escape_markup(view.group));
  if (view.acknowledged_ms)
    body += fmt::format("<p>{} ({})</p>", words("このケースは確認済みです。", "This case is acknowledged."),
                        casework::time_for_people(*view.acknowledged_ms));
  else if (view.used)
    body += fmt::format("<p>{}</p>", words("このリンクは使用済みです。", "This link was used already."));
  else if (view.expired)
    body += fmt::format("<p>{}</p>",
                        words("このリンクの期限は過ぎています。サインインしてケースを開いてください。",
                              "This link has expired. Sign in and open the case."));
  else
    body +=
        fmt::format("<form method=\"post\"><button>{}</button></form>", words("確認しました", "Acknowledge"));
  return page_of(view.language, body, view.expired && !view.acknowledged_ms && !view.used ? 410 : 200);
}

Result<Response> answer(const Result<LinkView>& view, const Request& request) {
  if (view) return page_of(*view);
  const auto& error = view.error();
  if (error.kind != Error::Kind::not_found && error.kind != Error::Kind::conflict)
    return tl::unexpected<Error>(error);
  return page_of(request.language,
                 fmt::format("<p>{}</p><p>{}</p>", escape_markup(error.what.in(request.language)),
                             escape_markup(error.remedy.in(request.language))),
                 error.kind == Error::Kind::conflict ? 410 : 404);
}

}  // namespace

std::vector<Route> routes_of_deep_links(Application& application) {
  const auto& links = application.case_desk().links();
  const RouteOptions page{.content_security_policy = policy()};
  return {
      {"GET", "/n/{secret}", Access::open(),
       [&](const Request& request) { return answer(links.look(request.path_value("secret")), request); },
       page},
      {"POST", "/n/{secret}", Access::open(),
       [&](const Request& request) {
         return answer(links.acknowledge(request.path_value("secret"), request.address), request);
       },
       page},
  };
}

}  // namespace guardian::server
