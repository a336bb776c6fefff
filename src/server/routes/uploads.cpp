// Recordings come in: by the tus protocol, which goes on after a cut, or as one form, which any client can
// send; and their sound goes out.
#include "archive/uploads.h"

#include <Poco/DateTimeFormat.h>
#include <Poco/DateTimeFormatter.h>
#include <Poco/Net/MessageHeader.h>
#include <Poco/Net/MultipartReader.h>
#include <fmt/format.h>
#include <sodium.h>

#include <algorithm>
#include <array>
#include <charconv>
#include <memory>
#include <streambuf>

#include "archive/recordings.h"
#include "base/file.h"
#include "server/application.h"
#include "server/routes/routes.h"

namespace guardian::server {
namespace {

using access::Permission;
using nlohmann::json;

constexpr const char* kTusVersion = "1.0.0";
constexpr const char* kTusExtensions = "creation,creation-with-upload,expiration,termination";
constexpr const char* kOffsetType = "application/offset+octet-stream";
constexpr std::size_t kFieldBytes = 4096;
constexpr std::size_t kMetadataBytes = 16384;

tl::unexpected<Error> bad_form(const Text& what) {
  return fail(
      Error::Kind::usage, "form", what,
      {"multipart/form-data で file と項目を送ってください", "Send file and fields as multipart/form-data"});
}

tl::unexpected<Error> not_a_form() {
  return bad_form({"フォームとして読めません", "it is not a well-formed form"});
}

/// A request's body as the C++ stream that Poco's reader of forms wants. It ends early where the client went
/// away, so whoever read it must look at `error` before believing the end.
class BodyStream final : public std::streambuf {
 public:
  explicit BodyStream(BodyReader& body) : body_(body) {}
  const std::optional<Error>& error() const { return error_; }

 protected:
  int_type underflow() override {
    if (error_) return traits_type::eof();
    const auto got = body_.read(block_);
    if (!got) error_ = got.error();
    if (!got || *got == 0) return traits_type::eof();
    setg(block_.data(), block_.data(), block_.data() + *got);
    return traits_type::to_int_type(block_.front());
  }

 private:
  BodyReader& body_;
  std::array<char, 1 << 16> block_{};
  std::optional<Error> error_;
};

// ---------------------------------------------------------------- one form

/// The parameter of a Content-Disposition or Content-Type, e.g. name or boundary.
std::string parameter(const std::string& header, const std::string& name) {
  std::string value;
  Poco::Net::NameValueCollection parameters;
  Poco::Net::MessageHeader::splitParameters(header, value, parameters);
  return parameters.get(name, "");
}

class FormUpload {
 public:
  FormUpload(archive::Uploads& uploads, const Request& request) : uploads_(uploads), request_(request) {}

  Result<archive::Upload> take() {
    const auto boundary = parameter(request_.headers.get("Content-Type").value_or(""), "boundary");
    if (boundary.empty() || boundary.size() > 200)
      return bad_form({"フォームの区切りがありません", "the form has no boundary"});
    BodyStream body(*request_.body);
    std::istream stream(&body);
    auto taken = read_parts(stream, boundary, body);
    if (taken) taken = finish();
    if (!taken && upload_)
      (void)uploads_.abandon(request_.caller(), upload_->id);  // the sweep takes what this leaves
    if (!taken) return tl::unexpected<Error>(taken.error());
    return *upload_;
  }

 private:
  Result<void> read_parts(std::istream& stream, const std::string& boundary, const BodyStream& body) {
    try {
      Poco::Net::MultipartReader reader(stream, boundary);
      while (reader.hasNextPart()) {
        Poco::Net::MessageHeader header;
        reader.nextPart(header);
        auto read = read_part(header, reader.stream(), body);
        if (!read) return read;
      }
    } catch (const Poco::Exception&) {
      if (body.error()) return tl::unexpected<Error>(*body.error());
      return not_a_form();
    }
    if (body.error()) return tl::unexpected<Error>(*body.error());
    return {};
  }

  Result<void> read_part(const Poco::Net::MessageHeader& header, std::istream& part, const BodyStream& body) {
    const auto disposition = header.get("Content-Disposition", "");
    const auto name = parameter(disposition, "name");
    if (name.empty()) return not_a_form();
    if (name != "file") return read_field(name, part);
    if (upload_) return bad_form({"file は一つだけです", "there must be one file"});
    fields_["filename"] = parameter(disposition, "filename");
    fields_["filetype"] = header.get("Content-Type", "");
    return read_file(part, body);
  }

  Result<void> read_field(const std::string& name, std::istream& part) {
    std::string value(kFieldBytes + 1, '\0');
    part.read(value.data(), static_cast<std::streamsize>(value.size()));
    value.resize(static_cast<std::size_t>(part.gcount()));
    if (value.size() > kFieldBytes || fields_.size() > 20)
      return bad_form({"項目が長すぎるか多すぎます", "a field is too long, or there are too many"});
    fields_[name] = std::move(value);
    return {};
  }

  /// Bytes count as they come; what the form tells after the file is taken into account at the end.
  Result<void> read_file(std::istream& part, const BodyStream& body) {
    const auto details = archive::parse_details(fields_);
    if (!details) return tl::unexpected<Error>(details.error());
    auto created = uploads_.create(request_.caller(), std::nullopt, *details);
    if (!created) return tl::unexpected<Error>(created.error());
    upload_ = std::move(*created);
    const auto bytes = [&](std::span<char> into) -> Result<std::size_t> {
      part.read(into.data(), static_cast<std::streamsize>(into.size()));
      if (body.error()) return tl::unexpected<Error>(*body.error());
      return static_cast<std::size_t>(part.gcount());
    };
    auto appended = uploads_.append(request_.caller(), upload_->id, 0, bytes);
    if (!appended) return tl::unexpected<Error>(appended.error());
    return {};
  }

  Result<void> finish() {
    if (!upload_) return bad_form({"file がありません", "there is no file"});
    const auto details = archive::parse_details(fields_);
    if (!details) return tl::unexpected<Error>(details.error());
    auto finished = uploads_.finish(request_.caller(), upload_->id, *details);
    if (!finished) return tl::unexpected<Error>(finished.error());
    upload_ = std::move(*finished);
    return {};
  }

  archive::Uploads& uploads_;
  const Request& request_;
  archive::DetailFields fields_;
  std::optional<archive::Upload> upload_;
};

Result<Response> take_form(Application& application, const Request& request) {
  const auto upload = FormUpload(application.uploads(), request).take();
  if (!upload) return tl::unexpected<Error>(upload.error());
  application.wake_workers();
  return created({{"id", upload->id}, {"bytes", upload->done}}, "/api/v1/recordings/" + upload->id);
}

// ---------------------------------------------------------------- tus 1.0

/// 412 for clients of another version.
std::optional<Response> unless_tus(const Request& request) {
  if (request.headers.get("Tus-Resumable") == kTusVersion) return std::nullopt;
  auto response = problem(412, {"tus の版が違います", "another version of tus"},
                          {"Tus-Resumable: 1.0.0 を付けてください", "Send Tus-Resumable: 1.0.0"}, request);
  response.headers.set("Tus-Version", kTusVersion);
  return response;
}

std::optional<std::uint64_t> count_of(const Request& request, const char* header) {
  const auto text = request.headers.get(header);
  if (!text) return std::nullopt;
  std::uint64_t count = 0;
  const auto [end, code] = std::from_chars(text->data(), text->data() + text->size(), count);
  if (code != std::errc() || end != text->data() + text->size())
    throw_bad_request(header, {"数でなければなりません", "it must be a number"});
  return count;
}

std::string from_base64(std::string_view text) {
  std::string bytes(text.size(), '\0');
  std::size_t length = 0;
  if (sodium_base642bin(reinterpret_cast<unsigned char*>(bytes.data()), bytes.size(), text.data(),
                        text.size(), nullptr, &length, nullptr, sodium_base64_VARIANT_ORIGINAL) != 0)
    throw_bad_request("Upload-Metadata", {"base64 として読めません", "it is not base64"});
  bytes.resize(length);
  return bytes;
}

/// "filename d29ybGQ=,employee RS0x"
archive::DetailFields metadata_of(const Request& request) {
  archive::DetailFields fields;
  const auto header = request.headers.get("Upload-Metadata").value_or("");
  if (header.size() > kMetadataBytes) throw_bad_request("Upload-Metadata", {"長すぎます", "it is too long"});
  for (std::size_t begin = 0; begin < header.size();) {
    const auto end = std::min(header.find(',', begin), header.size());
    auto pair = std::string_view(header).substr(begin, end - begin);
    pair.remove_prefix(std::min(pair.find_first_not_of(' '), pair.size()));
    const auto space = std::min(pair.find(' '), pair.size());
    const auto value = pair.substr(std::min(space + 1, pair.size()));
    if (space > 0) fields[std::string(pair.substr(0, space))] = from_base64(value);
    begin = end + 1;
  }
  return fields;
}

/// What was told at the creation and is known of it, in the form of `metadata_of`.
std::string metadata_header(const archive::UploadDetails& details) {
  std::string header;
  for (const auto& [name, value] : archive::fields_of(details))
    if (!value.empty()) header += fmt::format("{}{} {}", header.empty() ? "" : ",", name, base64(value));
  return header;
}

Response tus_response(int status, const archive::Upload& upload) {
  Response response;
  response.status = status;
  response.headers.set("Tus-Resumable", kTusVersion);
  response.headers.set("Upload-Offset", std::to_string(upload.done));
  if (upload.total) response.headers.set("Upload-Length", std::to_string(*upload.total));
  if (!upload.finished)
    response.headers.set("Upload-Expires",
                         Poco::DateTimeFormatter::format(Poco::Timestamp(upload.expires_ms * 1000),
                                                         Poco::DateTimeFormat::HTTP_FORMAT));
  return response;
}

archive::ByteStream bytes_of(const Request& request) {
  return [&request](std::span<char> into) { return request.body->read(into); };
}

Result<archive::Upload> append(Application& application, const Request& request, const std::string& id,
                               std::uint64_t offset) {
  auto upload = application.uploads().append(request.caller(), id, offset, bytes_of(request));
  if (upload && upload->finished) application.wake_workers();
  return upload;
}

Result<Response> tus_options(Application& application, const Request& /*request*/) {
  Response response;
  response.status = 204;
  response.headers.set("Tus-Resumable", kTusVersion);
  response.headers.set("Tus-Version", kTusVersion);
  response.headers.set("Tus-Extension", kTusExtensions);
  response.headers.set("Tus-Max-Size", std::to_string(application.config().limits.upload_bytes));
  return response;
}

Result<Response> create_upload(Application& application, const Request& request) {
  if (auto refusal = unless_tus(request)) return std::move(*refusal);
  const auto total = count_of(request, "Upload-Length");
  if (!total) throw_bad_request("Upload-Length", {"長さを示してください", "the length must be told"});
  const auto details = archive::parse_details(metadata_of(request));
  if (!details) return tl::unexpected<Error>(details.error());
  auto upload = application.uploads().create(request.caller(), total, *details);
  if (!upload) return tl::unexpected<Error>(upload.error());
  if (request.headers.get("Content-Type") == kOffsetType) {
    auto appended = append(application, request, upload->id, 0);
    if (!appended) return tl::unexpected<Error>(appended.error());
    upload = std::move(appended);
  }
  auto response = tus_response(201, *upload);
  response.headers.set("Location", "/api/v1/uploads/" + upload->id);
  return response;
}

Result<Response> show_upload(Application& application, const Request& request) {
  if (auto refusal = unless_tus(request)) return std::move(*refusal);
  const auto upload = application.uploads().find(request.caller(), request.id_of());
  if (!upload) return tl::unexpected<Error>(upload.error());
  auto response = tus_response(200, *upload);
  if (const auto metadata = metadata_header(upload->details); !metadata.empty())
    response.headers.set("Upload-Metadata", metadata);
  return response;
}

Result<Response> continue_upload(Application& application, const Request& request) {
  if (auto refusal = unless_tus(request)) return std::move(*refusal);
  if (request.headers.get("Content-Type") != kOffsetType)
    return problem(415, {"種類が違います", "another type is needed"},
                   {"Content-Type: application/offset+octet-stream で送ってください",
                    "Send it as application/offset+octet-stream"},
                   request);
  const auto offset = count_of(request, "Upload-Offset");
  if (!offset) throw_bad_request("Upload-Offset", {"位置を示してください", "the offset must be told"});
  const auto upload = append(application, request, request.id_of(), *offset);
  if (!upload) return tl::unexpected<Error>(upload.error());
  return tus_response(204, *upload);
}

Result<Response> end_upload(Application& application, const Request& request) {
  if (auto refusal = unless_tus(request)) return std::move(*refusal);
  if (auto ended = application.uploads().abandon(request.caller(), request.id_of()); !ended)
    return tl::unexpected<Error>(ended.error());
  auto response = no_content();
  response.headers.set("Tus-Resumable", kTusVersion);
  return response;
}

// ---------------------------------------------------------------- sound

Result<Response> play(Application& application, const Request& request) {
  const auto& caller = request.caller();
  const auto recording = application.database().read([&](store::Transaction& t) {
    return archive::find_recording(t, application.keyring(), caller, request.id_of());
  });
  if (!recording) return tl::unexpected<Error>(recording.error());
  if (auto noted = application.audit().note(
          {caller.tenant, caller.id, "recording.listen", recording->id, "", request.address});
      !noted)
    return tl::unexpected<Error>(noted.error());
  auto opened = application.objects().open(recording->object,
                                           archive::object_keys(application.keyring(), caller.tenant));
  if (!opened) return tl::unexpected<Error>(opened.error());
  const std::shared_ptr<guardian::ByteSource> sound = std::move(*opened);
  Response response;
  response.content_type = "application/octet-stream";
  response.body = ByteSource{sound->size(), [sound](std::uint64_t offset, std::span<char> into) {
                               return sound->read(offset, into);
                             }};
  if (caller.may(Permission::see_personal)) name_download(response, recording->name);
  return response;
}

}  // namespace

std::vector<Route> routes_of_uploads(Application& application) {
  const auto with = [&application](auto* handle) {
    return [&application, handle](const Request& request) { return handle(application, request); };
  };
  const RouteOptions stream{.body = Body::stream};
  return {
      {"POST", "/api/v1/recordings", Permission::upload, with(take_form), stream},
      {"GET", "/api/v1/recordings/{id}/audio", Permission::listen, with(play)},
      {"OPTIONS", "/api/v1/uploads", Access::open(), with(tus_options)},
      {"POST", "/api/v1/uploads", Permission::upload, with(create_upload), stream},
      {"HEAD", "/api/v1/uploads/{id}", Permission::upload, with(show_upload)},
      {"PATCH", "/api/v1/uploads/{id}", Permission::upload, with(continue_upload), stream},
      {"DELETE", "/api/v1/uploads/{id}", Permission::upload, with(end_upload)},
  };
}

}  // namespace guardian::server
