#include "intake/sender.h"

#include <fmt/format.h>

#include <algorithm>
#include <cctype>
#include <charconv>
#include <cstdio>
#include <map>
#include <system_error>

#include "base/curl_handle.h"
#include "base/file.h"
#include "base/id.h"
#include "base/json_guard.h"
#include "base/text.h"
#include "base/web_host.h"
#include "consultation/endpoint.h"

namespace guardian::intake {
namespace {

constexpr std::size_t kAnswerBytes = 1U << 20U;
constexpr long kConnect_s = 20;
constexpr long kStalled_s = 60;  // without a byte either way
constexpr const char* kTus = "Tus-Resumable: 1.0.0";

struct FileClose {
  void operator()(std::FILE* file) const { std::fclose(file); }
};
using OpenFile = std::unique_ptr<std::FILE, FileClose>;

struct Question {
  std::string method;
  std::string url;
  std::vector<std::string> headers;
  std::FILE* body = nullptr;  ///< read from where it stands
  std::uint64_t body_bytes = 0;
};

struct Answer {
  long status = 0;
  std::map<std::string, std::string> headers;  ///< names in lower case
  std::string body;
};

struct Transfer {
  Answer answer;
  std::FILE* body = nullptr;
  const std::stop_token* stop = nullptr;
};

std::size_t give_bytes(char* into, std::size_t size, std::size_t count, void* user) {
  auto& transfer = *static_cast<Transfer*>(user);
  if (transfer.body == nullptr) return 0;
  const auto got = std::fread(into, 1, size * count, transfer.body);
  return got == 0 && std::ferror(transfer.body) != 0 ? CURL_READFUNC_ABORT : got;
}

std::size_t keep_body(char* bytes, std::size_t size, std::size_t count, void* user) {
  auto& body = static_cast<Transfer*>(user)->answer.body;
  if (body.size() + (size * count) > kAnswerBytes) return 0;
  body.append(bytes, size * count);
  return size * count;
}

std::size_t keep_header(char* bytes, std::size_t size, std::size_t count, void* user) {
  const std::string_view line(bytes, size * count);
  const auto colon = line.find(':');
  if (colon == std::string_view::npos) return size * count;
  std::string name(line.substr(0, colon));
  std::transform(name.begin(), name.end(), name.begin(), [](unsigned char c) { return std::tolower(c); });
  auto value = line.substr(colon + 1);
  while (!value.empty() && std::isspace(static_cast<unsigned char>(value.front())) != 0)
    value.remove_prefix(1);
  while (!value.empty() && std::isspace(static_cast<unsigned char>(value.back())) != 0)
    value.remove_suffix(1);
  static_cast<Transfer*>(user)->answer.headers[std::move(name)] = value;
  return size * count;
}

int watch_stop(void* user, curl_off_t /*unused*/, curl_off_t /*unused*/, curl_off_t /*unused*/,
               curl_off_t /*unused*/) {
  return static_cast<const Transfer*>(user)->stop->stop_requested() ? 1 : 0;
}

tl::unexpected<Error> unreachable(const std::string& reason) {
  return fail(Error::Kind::network, "server",
              {fmt::format("サーバーに送れません ({})", reason),
               fmt::format("the server cannot be reached ({})", reason)},
              {"あとでもう一度送ります", "It will be tried again"});
}

/// What the server said of a refusal (RFC 9457), or its number.
std::string reason_of(const Answer& answer) {
  const auto problem = parse_json(answer.body, "answer", {kAnswerBytes, 8});
  std::string reason = fmt::format("HTTP {}", answer.status);
  if (!problem || !problem->is_object()) return reason;
  for (const char* key : {"subject", "title", "detail"})
    if (const auto found = problem->find(key); found != problem->end() && found->is_string())
      reason += " " + printable(beginning(found->get<std::string>(), 500));
  return reason;
}

tl::unexpected<Error> refused(const Answer& answer) {
  const auto reason = reason_of(answer);
  const Text told{fmt::format("受け取られませんでした: {}", reason),
                  fmt::format("it was refused: {}", reason)};
  const Text later{"あとでもう一度送ります", "It will be tried again"};
  if (answer.status == 401 || answer.status == 403)
    return fail(answer.status == 401 ? Error::Kind::unknown_caller : Error::Kind::forbidden, "API key", told,
                {"upload の権限があるキーにしてください", "Use a key that may upload"});
  if (answer.status == 404 || answer.status == 410)
    return fail(Error::Kind::not_found, "upload", told, later);
  if (answer.status == 409 || answer.status == 429) return fail(Error::Kind::busy, "server", told, later);
  if (answer.status / 100 == 4)
    return fail(Error::Kind::usage, "recording", told,
                {"ファイルか添えた情報を直してください", "Mend the file or what is told of it"});
  return fail(Error::Kind::network, "server", told, later);
}

std::optional<std::uint64_t> number_in(const Answer& answer, const char* header) {
  const auto found = answer.headers.find(header);
  if (found == answer.headers.end()) return std::nullopt;
  std::uint64_t number = 0;
  const auto* end = found->second.data() + found->second.size();
  const auto [last, code] = std::from_chars(found->second.data(), end, number);
  if (code != std::errc() || last != end) return std::nullopt;
  return number;
}

std::string metadata_of(const std::filesystem::path& file, archive::DetailFields fields) {
  fields["filename"] = printable(file.filename().string());
  std::string header = "Upload-Metadata: ";
  for (const auto& [name, value] : fields)
    if (!value.empty())
      header += fmt::format("{}{} {}", header.back() == ' ' ? "" : ",", name, base64(value));
  return header;
}

/// "/api/v1/uploads/ID" -> ID; empty for anything else: an answer must not send us elsewhere.
std::string id_in(const std::string& place) {
  constexpr std::string_view kPlace = "/api/v1/uploads/";
  if (!place.starts_with(kPlace)) return "";
  const auto id = place.substr(kPlace.size());
  return is_id(id) ? id : "";
}

/// As it was when it began to be sent.
struct Snapshot {
  std::uint64_t bytes = 0;
  std::filesystem::file_time_type changed;
  bool operator==(const Snapshot&) const = default;
};

Result<Snapshot> look_at(const std::filesystem::path& file) {
  std::error_code code;
  const auto bytes = std::filesystem::file_size(file, code);
  const auto changed =
      code ? std::filesystem::file_time_type() : std::filesystem::last_write_time(file, code);
  if (code)
    return fail(Error::Kind::unreadable, file.string(), {"読めません", "it cannot be read"},
                {"ファイルを確かめてください", "Check the file"});
  return Snapshot{bytes, changed};
}

}  // namespace

struct Sender::Impl {
  ServerAddress server;
  CurlHandle easy = make_curl_handle();

  Result<Answer> ask(const Question& question, const std::stop_token& stop);
  Result<std::string> create(const std::filesystem::path& file, const archive::DetailFields& details,
                             std::uint64_t bytes, const std::stop_token& stop);
  Result<std::uint64_t> offset_of(const std::string& upload, std::uint64_t bytes,
                                  const std::stop_token& stop);
  Result<void> append(const std::filesystem::path& file, const std::string& upload, std::uint64_t offset,
                      std::uint64_t bytes, const std::stop_token& stop);
};

Result<Answer> Sender::Impl::ask(const Question& question, const std::stop_token& stop) {
  if (!easy) return unreachable("no memory");
  CURL* handle = easy.get();
  curl_easy_reset(handle);
  Transfer transfer{{}, question.body, &stop};
  CurlHeaders headers;
  headers.add("Authorization: Bearer " + server.api_key);
  headers.add("Expect:");
  for (const auto& header : question.headers) headers.add(header);
  begin_request(handle, question.url);
  if (question.url.starts_with("http://")) curl_easy_setopt(handle, CURLOPT_NOPROXY, "*");
  curl_easy_setopt(handle, CURLOPT_CONNECTTIMEOUT, kConnect_s);
  curl_easy_setopt(handle, CURLOPT_LOW_SPEED_LIMIT, 1L);
  curl_easy_setopt(handle, CURLOPT_LOW_SPEED_TIME, kStalled_s);
  curl_easy_setopt(handle, CURLOPT_HTTPHEADER, headers.get());
  curl_easy_setopt(handle, CURLOPT_WRITEFUNCTION, keep_body);
  curl_easy_setopt(handle, CURLOPT_WRITEDATA, &transfer);
  curl_easy_setopt(handle, CURLOPT_HEADERFUNCTION, keep_header);
  curl_easy_setopt(handle, CURLOPT_HEADERDATA, &transfer);
  curl_easy_setopt(handle, CURLOPT_NOPROGRESS, 0L);
  curl_easy_setopt(handle, CURLOPT_XFERINFOFUNCTION, watch_stop);
  curl_easy_setopt(handle, CURLOPT_XFERINFODATA, &transfer);
  if (!server.ca_file.empty()) curl_easy_setopt(handle, CURLOPT_CAINFO, server.ca_file.c_str());
  if (question.method == "HEAD") {
    curl_easy_setopt(handle, CURLOPT_NOBODY, 1L);
  } else {
    curl_easy_setopt(handle, CURLOPT_UPLOAD, 1L);
    curl_easy_setopt(handle, CURLOPT_READFUNCTION, give_bytes);
    curl_easy_setopt(handle, CURLOPT_READDATA, &transfer);
    curl_easy_setopt(handle, CURLOPT_INFILESIZE_LARGE, static_cast<curl_off_t>(question.body_bytes));
  }
  curl_easy_setopt(handle, CURLOPT_CUSTOMREQUEST, question.method.c_str());
  const auto code = curl_easy_perform(handle);
  if (code == CURLE_ABORTED_BY_CALLBACK && stop.stop_requested())
    return fail(Error::Kind::cancelled, "server", {"止められました", "it was stopped"}, {"", ""});
  if (code != CURLE_OK) return unreachable(curl_easy_strerror(code));
  curl_easy_getinfo(handle, CURLINFO_RESPONSE_CODE, &transfer.answer.status);
  return std::move(transfer.answer);
}

Result<std::string> Sender::Impl::create(const std::filesystem::path& file,
                                         const archive::DetailFields& details, std::uint64_t bytes,
                                         const std::stop_token& stop) {
  const auto answer = ask({"POST",
                           server.url + "/api/v1/uploads",
                           {kTus, fmt::format("Upload-Length: {}", bytes), metadata_of(file, details)},
                           nullptr,
                           0},
                          stop);
  if (!answer) return tl::unexpected<Error>(answer.error());
  if (answer->status != 201) return refused(*answer);
  const auto place = answer->headers.find("location");
  if (place == answer->headers.end() || id_in(place->second).empty())
    return unreachable("its answer is not that of tus");
  return place->second;
}

/// The whole length where the upload is finished; not_found where the server has forgotten it.
Result<std::uint64_t> Sender::Impl::offset_of(const std::string& upload, std::uint64_t bytes,
                                              const std::stop_token& stop) {
  const auto answer = ask({"HEAD", server.url + upload, {kTus}, nullptr, 0}, stop);
  if (!answer) return tl::unexpected<Error>(answer.error());
  if (answer->status / 100 != 2) return refused(*answer);
  const auto offset = number_in(*answer, "upload-offset");
  if (!offset || *offset > bytes || number_in(*answer, "upload-length") != bytes)
    return fail(Error::Kind::not_found, "upload", {"別のアップロードです", "it is another upload"}, {"", ""});
  return *offset;
}

Result<void> Sender::Impl::append(const std::filesystem::path& file, const std::string& upload,
                                  std::uint64_t offset, std::uint64_t bytes, const std::stop_token& stop) {
  const OpenFile open(std::fopen(file.c_str(), "rb"));
  if (!open || fseeko(open.get(), static_cast<off_t>(offset), SEEK_SET) != 0)
    return fail(Error::Kind::unreadable, file.string(), {"読めません", "it cannot be read"},
                {"ファイルを確かめてください", "Check the file"});
  const auto answer =
      ask({"PATCH",
           server.url + upload,
           {kTus, "Content-Type: application/offset+octet-stream", fmt::format("Upload-Offset: {}", offset)},
           open.get(),
           bytes - offset},
          stop);
  if (!answer) return tl::unexpected<Error>(answer.error());
  if (answer->status / 100 != 2) return refused(*answer);
  if (number_in(*answer, "upload-offset") != bytes) return unreachable("it has not taken all of it");
  return {};
}

Sender::Sender(ServerAddress server) : impl_(std::make_unique<Impl>()) {
  impl_->server = std::move(server);
  while (impl_->server.url.ends_with('/')) impl_->server.url.pop_back();
}
Sender::~Sender() = default;

Result<std::string> Sender::send(const std::filesystem::path& file, const archive::DetailFields& details,
                                 const std::string& upload,
                                 const std::function<Result<void>(const std::string& upload)>& begun,
                                 const std::stop_token& stop) {
  const auto before = look_at(file);
  if (!before) return tl::unexpected<Error>(before.error());
  auto place = id_in(upload).empty() ? std::string() : upload;
  std::uint64_t offset = 0;
  if (!place.empty()) {
    const auto known = impl_->offset_of(place, before->bytes, stop);
    if (!known && known.error().kind != Error::Kind::not_found) return tl::unexpected<Error>(known.error());
    if (known)
      offset = *known;
    else
      place.clear();
  }
  if (place.empty()) {
    auto created = impl_->create(file, details, before->bytes, stop);
    if (!created) return created;
    place = std::move(*created);
    if (auto noted = begun(place); !noted) return tl::unexpected<Error>(noted.error());
  }
  if (offset < before->bytes)
    if (auto sent = impl_->append(file, place, offset, before->bytes, stop); !sent)
      return tl::unexpected<Error>(sent.error());
  if (const auto after = look_at(file); !after || *after != *before)
    return fail(Error::Kind::conflict, file.string(),
                {"送っている間に変わりました", "it changed while it was sent"},
                {"書き終わったら、もう一度送ります", "It will be sent again once it is whole"});
  return id_in(place);
}

Result<void> check_server_url(const std::string& url) {
  const auto address = web_host(url);
  if (!address || url.find('?') != std::string::npos ||
      address->rest.find_first_not_of('/') != std::string::npos)
    return fail(Error::Kind::usage, "--server",
                {"https://ホスト の形にしてください", "write it like https://host"},
                {"サーバーのアドレスを確かめてください", "Check the server's address"});
  if (!address->encrypted && !consultation::is_private_host(address->host))
    return fail(
        Error::Kind::usage, "--server",
        {"社外のサーバーへ暗号化せずに録音は送れません", "recordings do not leave the house unencrypted"},
        {"https:// にしてください", "Use https://"});
  return {};
}

}  // namespace guardian::intake
