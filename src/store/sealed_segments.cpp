#include "store/sealed_segments.h"

#include <sodium.h>

#include <array>

namespace guardian::store {
namespace {

constexpr std::string_view kMagic = "KGOBJECT";
constexpr std::uint64_t kVersion = 1;

static_assert(kSealing == crypto_secretstream_xchacha20poly1305_HEADERBYTES +
                              crypto_secretstream_xchacha20poly1305_ABYTES);

std::string little_endian(std::uint64_t number) {
  std::string bytes(8, '\0');
  for (auto& byte : bytes) {
    byte = static_cast<char>(number & 0xFFU);
    number >>= 8U;
  }
  return bytes;
}

std::uint64_t number_in(std::string_view bytes) {
  std::uint64_t number = 0;
  for (std::size_t i = bytes.size(); i-- > 0;) number = number << 8U | static_cast<unsigned char>(bytes[i]);
  return number;
}

const unsigned char* as_bytes(std::string_view text) {
  return reinterpret_cast<const unsigned char*>(text.data());
}

unsigned char* as_bytes(std::string& text) { return reinterpret_cast<unsigned char*>(text.data()); }

}  // namespace

tl::unexpected<Error> damaged_object(const std::string& id) {
  return fail(
      Error::Kind::damaged, id,
      {"保存されたデータが壊れているか、書き換えられています", "a stored object is damaged or was changed"},
      {"バックアップから戻してください", "Restore it from a backup"});
}

std::string object_header(std::int64_t key_number) {
  return std::string(kMagic) + little_endian(kVersion) +
         little_endian(static_cast<std::uint64_t>(key_number));
}

Result<std::int64_t> parse_object_header(std::string_view header, const std::string& id) {
  if (header.size() != kHeader || !header.starts_with(kMagic)) return damaged_object(id);
  if (number_in(header.substr(8, 8)) != kVersion)
    return fail(Error::Kind::usage, id,
                {"新しい版のプログラムが書いたデータです", "the object was written by a newer program"},
                {"新しい版を使ってください", "Use the newer version"});
  return static_cast<std::int64_t>(number_in(header.substr(16, 8)));
}

Result<std::uint64_t> plain_size(std::uint64_t sealed_size, const std::string& id) {
  if (sealed_size < kHeader) return damaged_object(id);
  const std::uint64_t full = (sealed_size - kHeader) / kSealedSegment;
  const std::uint64_t last = (sealed_size - kHeader) % kSealedSegment;
  if (last < kSealing) return damaged_object(id);
  return full * kSegment + last - kSealing;
}

SegmentSeal::SegmentSeal(std::string id, std::int64_t key_number, const Key& key)
    : id_(std::move(id)), header_(object_header(key_number)), key_(derive(key, "object")) {}

std::string SegmentSeal::context(std::uint64_t number, bool last) const {
  return header_ + id_ + little_endian(number) + (last ? 'L' : '-');
}

std::string SegmentSeal::seal(std::uint64_t number, std::string_view plain) const {
  const bool last = plain.size() < kSegment;
  const auto bound = context(number, last);
  std::string sealed(plain.size() + kSealing, '\0');
  crypto_secretstream_xchacha20poly1305_state state;
  crypto_secretstream_xchacha20poly1305_init_push(&state, as_bytes(sealed), key_.data());
  crypto_secretstream_xchacha20poly1305_push(
      &state, as_bytes(sealed) + crypto_secretstream_xchacha20poly1305_HEADERBYTES, nullptr, as_bytes(plain),
      plain.size(), as_bytes(bound), bound.size(), crypto_secretstream_xchacha20poly1305_TAG_FINAL);
  sodium_memzero(&state, sizeof state);
  return sealed;
}

Result<std::string> SegmentSeal::open(std::uint64_t number, std::string_view sealed) const {
  if (sealed.size() < kSealing) return damaged_object(id_);
  std::string plain(sealed.size() - kSealing, '\0');
  const auto bound = context(number, plain.size() < kSegment);
  constexpr std::size_t kStreamHeader = crypto_secretstream_xchacha20poly1305_HEADERBYTES;
  crypto_secretstream_xchacha20poly1305_state state;
  unsigned char tag = 0;
  const bool opened =
      crypto_secretstream_xchacha20poly1305_init_pull(&state, as_bytes(sealed), key_.data()) == 0 &&
      crypto_secretstream_xchacha20poly1305_pull(
          &state, as_bytes(plain), nullptr, &tag, as_bytes(sealed) + kStreamHeader,
          sealed.size() - kStreamHeader, as_bytes(bound), bound.size()) == 0;
  sodium_memzero(&state, sizeof state);
  if (!opened || tag != crypto_secretstream_xchacha20poly1305_TAG_FINAL) return damaged_object(id_);
  return plain;
}

}  // namespace guardian::store
