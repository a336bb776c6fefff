#include "speech/onnx_metadata.h"

#include <algorithm>
#include <cstdint>
#include <fstream>
#include <optional>
#include <string_view>

namespace guardian::speech {
namespace {

constexpr std::uint64_t kGraphField = 7;
constexpr std::uint64_t kMetadataField = 14;
constexpr std::uint64_t kLargestEntry = 4U << 20U;
constexpr std::size_t kMostEntries = 1000;
constexpr int kMostFields = 100000;  // of the model itself, not of its graph

enum class Wire : std::uint64_t { varint = 0, fixed64 = 1, bytes = 2, fixed32 = 5 };

/// One protobuf message in a stream, up to `end`.
class Message {
 public:
  Message(std::istream& stream, std::uint64_t end) : stream_(stream), end_(end) {}

  bool at_end() const { return position_ == end_; }

  std::optional<std::uint64_t> varint() {
    std::uint64_t value = 0;
    for (unsigned shift = 0; shift < 64 && position_ < end_; shift += 7) {
      const int byte = stream_.get();
      if (byte < 0) return std::nullopt;
      ++position_;
      value |= (static_cast<std::uint64_t>(byte) & 0x7FU) << shift;
      if ((byte & 0x80) == 0) return value;
    }
    return std::nullopt;
  }

  std::optional<std::string> bytes(std::uint64_t length) {
    if (length > kLargestEntry || length > end_ - position_) return std::nullopt;
    std::string text(length, '\0');
    stream_.read(text.data(), static_cast<std::streamsize>(length));
    if (static_cast<std::uint64_t>(stream_.gcount()) != length) return std::nullopt;
    position_ += length;
    return text;
  }

  bool skip(std::uint64_t length) {
    if (length > end_ - position_) return false;
    stream_.seekg(static_cast<std::streamoff>(length), std::ios::cur);
    position_ += length;
    return stream_.good();
  }

  /// Skips a value that is not of length-delimited form.
  bool skip_scalar(Wire wire) {
    if (wire == Wire::varint) return varint().has_value();
    if (wire == Wire::fixed64) return skip(8);
    return wire == Wire::fixed32 && skip(4);
  }

 private:
  std::istream& stream_;
  std::uint64_t end_;
  std::uint64_t position_ = 0;
};

/// StringStringEntryProto: 1 is the key, 2 the value.
bool add_entry(const std::string& entry, std::map<std::string, std::string>& metadata) {
  std::string_view rest = entry;
  std::string key;
  std::string value;
  while (!rest.empty()) {
    const auto tag = static_cast<unsigned char>(rest.front());
    rest.remove_prefix(1);
    std::uint64_t length = 0;
    bool more = true;
    for (unsigned shift = 0; more && shift < 35; shift += 7) {
      if (rest.empty()) return false;
      const auto byte = static_cast<unsigned char>(rest.front());
      rest.remove_prefix(1);
      length |= (byte & std::uint64_t{0x7F}) << shift;
      more = (byte & 0x80U) != 0;
    }
    if (more || length > rest.size() || (tag != 0x0A && tag != 0x12)) return false;
    (tag == 0x0A ? key : value) = rest.substr(0, length);
    rest.remove_prefix(length);
  }
  metadata[key] = value;
  return metadata.size() <= kMostEntries;
}

std::optional<std::map<std::string, std::string>> parse(Message message) {
  std::map<std::string, std::string> metadata;
  bool graph = false;
  for (int field = 0; !message.at_end(); ++field) {
    const auto tag = message.varint();
    if (!tag || field > kMostFields) return std::nullopt;
    const auto wire = static_cast<Wire>(*tag & 7U);
    if (wire != Wire::bytes) {
      if (!message.skip_scalar(wire)) return std::nullopt;
      continue;
    }
    const auto length = message.varint();
    if (!length) return std::nullopt;
    graph = graph || *tag >> 3U == kGraphField;
    if (*tag >> 3U != kMetadataField) {
      if (!message.skip(*length)) return std::nullopt;
      continue;
    }
    const auto entry = message.bytes(*length);
    if (!entry || !add_entry(*entry, metadata)) return std::nullopt;
  }
  if (!graph) return std::nullopt;
  return metadata;
}

}  // namespace

Result<std::map<std::string, std::string>> read_onnx_metadata(const std::filesystem::path& file) {
  std::error_code error;
  const auto size = std::filesystem::file_size(file, error);
  std::ifstream stream(file, std::ios::binary);
  if (error || !stream)
    return fail(Error::Kind::not_found, file.string(),
                {"モデルのファイルを読めません", "cannot read the model's file"},
                {"モデルを取得し直してください (guardian models pull)",
                 "Fetch the model again (guardian models pull)"});
  if (auto metadata = parse(Message(stream, size))) return std::move(*metadata);
  return fail(Error::Kind::model, file.string(),
              {"ONNX モデルではないか、途中で切れています", "not an ONNX model, or cut off"},
              {"モデルを取得し直してください (guardian models pull)",
               "Fetch the model again (guardian models pull)"});
}

}  // namespace guardian::speech
