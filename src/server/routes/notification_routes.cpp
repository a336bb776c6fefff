// Who is told of which cases, and what became of each notice.
#include "casework/outbox.h"
#include "casework/routes.h"
#include "server/application.h"
#include "server/routes/routes.h"

namespace guardian::server {
namespace {

using access::Permission;
using casework::ChannelKind;
using nlohmann::json;

constexpr std::size_t kRecipients = 20;
constexpr std::size_t kAddressBytes = 2000;

template <class T>
json or_null(const std::optional<T>& value) {
  return value ? json(*value) : json(nullptr);
}

json as_json(const casework::Recipient& recipient) {
  json value{{"id", recipient.id},
             {"channel", casework::name_of(recipient.channel)},
             {"address", recipient.address},
             {"template", recipient.body_template.empty() ? json(nullptr) : json(recipient.body_template)}};
  if (!recipient.secret.empty()) value["secret"] = recipient.secret;  // a new one, told this once
  return value;
}

json as_json(const casework::Route& route) {
  json recipients = json::array();
  for (const auto& recipient : route.recipients) recipients.push_back(as_json(recipient));
  return {{"id", route.id},
          {"name", route.name},
          {"category", or_null(route.category)},
          {"minimum_score", route.minimum_score},
          {"group", or_null(route.group)},
          {"with_quote", route.with_quote},
          {"language", route.language == Language::japanese ? "ja" : "en"},
          {"enabled", route.enabled},
          {"recipients", std::move(recipients)}};
}

json as_json(const casework::NoticeState& notice, Language language) {
  return {{"id", notice.id},
          {"case", notice.case_id.empty() ? json(nullptr) : json(notice.case_id)},
          {"recipient", notice.recipient},
          {"channel", casework::name_of(notice.channel)},
          {"state", notice.state},
          {"attempts", notice.attempts},
          {"created_ms", notice.created_ms},
          {"not_before_ms", notice.not_before_ms},
          {"sent_ms", or_null(notice.sent_ms)},
          {"reason", notice.reason ? json(notice.reason->in(language)) : json(nullptr)}};
}

Response answer(const casework::Route& route, int status = 200) {
  auto response = status == 201 ? created(as_json(route), "/api/v1/notification-routes/" + route.id)
                                : json_response(as_json(route), status);
  response.etag = etag_of(route.id + " " + std::to_string(route.version));
  return response;
}

casework::Recipient recipient_in(const json& object) {
  const JsonFields fields(object, {"id", "channel", "address", "secret", "template"});
  const auto channel = fields.text("channel", 20);
  if (channel != "mail" && channel != "webhook")
    throw_bad_request("channel", {"mail か webhook です", "it must be mail or webhook"});
  return {fields.id_if("id").value_or(""), channel == "mail" ? ChannelKind::mail : ChannelKind::webhook,
          fields.text("address", kAddressBytes), fields.text_if("secret", 200).value_or(""),
          fields.text_if("template", casework::kTemplateBytes).value_or("")};
}

casework::Route choice_in(const Request& request) {
  const JsonFields fields(request.json, {"name", "category", "minimum_score", "group", "with_quote",
                                         "language", "enabled", "recipients"});
  casework::Route choice;
  choice.name = fields.text("name", 400);
  choice.category = fields.text_if("category", 100);
  choice.minimum_score = static_cast<int>(fields.integer_if("minimum_score", 0, 100).value_or(40));
  choice.group = fields.id_if("group");
  choice.with_quote = fields.truth_if("with_quote").value_or(false);
  const auto language = fields.text_if("language", 2).value_or("ja");
  if (language != "ja" && language != "en")
    throw_bad_request("language", {"ja か en です", "it must be ja or en"});
  choice.language = language == "ja" ? Language::japanese : Language::english;
  choice.enabled = fields.truth_if("enabled").value_or(true);
  const auto& recipients = fields.value("recipients");
  if (!recipients.is_array() || recipients.size() > kRecipients)
    throw_bad_request("recipients",
                      {"宛先の配列にしてください (20 件まで)", "it must be an array of at most 20"});
  for (const auto& recipient : recipients) choice.recipients.push_back(recipient_in(recipient));
  return choice;
}

Result<Response> list(Application& application, const Request& request) {
  const auto routes = application.case_desk().routes().list(request.caller());
  if (!routes) return tl::unexpected<Error>(routes.error());
  json items = json::array();
  for (const auto& route : *routes) items.push_back(as_json(route));
  return json_response({{"items", std::move(items)}, {"next", nullptr}});
}

Result<Response> show(Application& application, const Request& request) {
  const auto route = application.case_desk().routes().get(request.caller(), request.id_of());
  if (!route) return tl::unexpected<Error>(route.error());
  return answer(*route);
}

Result<Response> add(Application& application, const Request& request) {
  const auto route = application.case_desk().routes().add(request.caller(), choice_in(request));
  if (!route) return tl::unexpected<Error>(route.error());
  return answer(*route, 201);
}

Result<Response> change(Application& application, const Request& request) {
  const auto& routes = application.case_desk().routes();
  const auto& id = request.id_of();
  const auto before = routes.get(request.caller(), id);
  if (!before) return tl::unexpected<Error>(before.error());
  if (auto refused = unless_unchanged(request, answer(*before).etag)) return std::move(*refused);
  auto choice = choice_in(request);
  choice.version = before->version;
  const auto route = routes.change(request.caller(), id, std::move(choice));
  if (!route) return tl::unexpected<Error>(route.error());
  return answer(*route);
}

Result<Response> remove(Application& application, const Request& request) {
  if (auto done = application.case_desk().routes().remove(request.caller(), request.id_of()); !done)
    return tl::unexpected<Error>(done.error());
  return no_content();
}

Result<Response> try_out(Application& application, const Request& request) {
  auto& desk = application.case_desk();
  const auto trials = desk.routes().try_out(request.caller(), request.id_of(), desk.channels(), request.stop);
  if (!trials) return tl::unexpected<Error>(trials.error());
  json items = json::array();
  for (const auto& trial : *trials)
    items.push_back({{"recipient", trial.recipient},
                     {"arrived", trial.outcome.has_value()},
                     {"reason", trial.outcome ? json(nullptr)
                                              : json(describe(trial.outcome.error(), request.language))}});
  return json_response({{"items", std::move(items)}});
}

Result<Response> list_notices(Application& application, const Request& request) {
  const auto paging = paging_of(request);
  casework::NoticeFilter filter;
  filter.state = request.word("state", {"waiting", "sending", "sent", "dead"});
  filter.case_id = request.query("case");
  filter.before = paging.after;
  filter.limit = paging.rows();
  const auto notices = application.case_desk().outbox().list(request.caller(), filter);
  if (!notices) return tl::unexpected<Error>(notices.error());
  std::vector<json> items;
  for (const auto& notice : *notices) items.push_back(as_json(notice, request.language));
  return page(std::move(items), paging);
}

Result<Response> retry(Application& application, const Request& request) {
  if (auto done = application.case_desk().outbox().retry(request.caller(), request.id_of()); !done)
    return tl::unexpected<Error>(done.error());
  return no_content();
}

}  // namespace

std::vector<Route> routes_of_notifications(Application& application) {
  const auto with = [&](auto work) {
    return [&application, work](const Request& request) { return work(application, request); };
  };
  const RouteOptions body{.body = Body::json};
  const std::string one = "/api/v1/notification-routes/{id}";
  return {
      {"GET", "/api/v1/notification-routes", Permission::manage_settings, with(list)},
      {"POST", "/api/v1/notification-routes", Permission::manage_settings, with(add), body},
      {"GET", one, Permission::manage_settings, with(show)},
      {"PUT", one, Permission::manage_settings, with(change), body},
      {"DELETE", one, Permission::manage_settings, with(remove)},
      {"POST", one + "/trial", Permission::manage_settings, with(try_out)},
      {"GET",
       "/api/v1/notices",
       Permission::manage_settings,
       with(list_notices),
       {.query = {"state", "case", "limit", "after"}}},
      {"POST", "/api/v1/notices/{id}/retry", Permission::manage_settings, with(retry)},
  };
}

}  // namespace guardian::server
