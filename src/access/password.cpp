#include "access/password.h"

#include <crack.h>
#include <liboath/oath.h>
#include <sodium.h>

#include <algorithm>
#include <array>
#include <mutex>
#include <semaphore>

#include "base/text.h"

namespace guardian::access {
namespace {

constexpr std::size_t kShortest = 12;
constexpr std::size_t kLongest = 200;
constexpr std::size_t kSecretBytes = 20;  // RFC 4226, section 4
constexpr unsigned kStep_s = 30;
constexpr std::size_t kWindow = 1;  // steps before and after

std::counting_semaphore<2>& hashing_places() {
  static std::counting_semaphore<2> places(2);
  return places;
}

template <class Work>
auto in_turn(const Work& work) {
  hashing_places().acquire();
  auto answer = work();
  hashing_places().release();
  return answer;
}

tl::unexpected<Error> unfit(const Text& what) {
  return fail(Error::Kind::usage, "password", what,
              {"いくつかの単語をつないだ長い合い言葉などにしてください",
               "Take a long phrase of several words, for example"});
}

/// cracklib keeps its state in globals.
bool is_in_dictionary(const std::string& password) {
  static std::mutex mutex;
  const std::lock_guard lock(mutex);
  std::array<char, 512> reason{};
  return __DEBIAN_SPECIFIC__SafeFascistCheck(password.c_str(), GetDefaultCracklibDict(), reason.data(),
                                             reason.size()) == 1 &&
         reason[0] != '\0';
}

/// "password12345" -> "password": what somebody put around a word to make it long enough does not make it
/// good.
std::string core_of(const std::string& password) {
  const auto is_letter = [](unsigned char c) { return std::isalpha(c) != 0 || c >= 0x80; };
  const auto begin = std::find_if(password.begin(), password.end(), is_letter);
  const auto end = std::find_if(password.rbegin(), password.rend(), is_letter).base();
  return begin < end ? std::string(begin, end) : std::string();
}

}  // namespace

Result<void> check_choice(std::string_view password, std::string_view login) {
  if (!is_utf8(password) || password.find('\0') != std::string_view::npos)
    return unfit({"使えない文字があります", "it has characters that cannot be used"});
  const auto length = count_characters(password);
  if (length < kShortest) return unfit({"12 文字以上にしてください", "it needs at least 12 characters"});
  if (length > kLongest) return unfit({"200 文字までにしてください", "at most 200 characters are taken"});
  if (normalize(password).text.find(normalize(login).text) != std::string::npos && !login.empty())
    return unfit({"ログイン名を含めないでください", "it must not contain the login"});
  const std::string whole(password);
  const auto core = core_of(whole);
  if (is_in_dictionary(whole) || core.empty() || is_in_dictionary(core))
    return unfit({"よく使われる言葉や単純な並びです", "it is a common word or a simple pattern"});
  return {};
}

std::string hash_password(std::string_view password) {
  return in_turn([&] {
    std::array<char, crypto_pwhash_STRBYTES> hash{};
    // Fails only if 64 MiB cannot be had; an empty hash then fits no password.
    if (crypto_pwhash_str(hash.data(), password.data(), password.size(), crypto_pwhash_OPSLIMIT_INTERACTIVE,
                          crypto_pwhash_MEMLIMIT_INTERACTIVE) != 0)
      return std::string();
    return std::string(hash.data());
  });
}

bool is_password(std::string_view password, const std::string& hash) {
  static const std::string nobodys = hash_password("nobody's");
  const auto& compared = hash.empty() ? nobodys : hash;
  const bool same = in_turn(
      [&] { return crypto_pwhash_str_verify(compared.c_str(), password.data(), password.size()) == 0; });
  return same && !hash.empty();
}

std::string make_code_secret() {
  std::string secret(kSecretBytes, '\0');
  randombytes_buf(secret.data(), secret.size());
  return secret;
}

std::string code_address(const std::string& secret, std::string_view login, std::string_view issuer) {
  char* base32 = nullptr;
  oath_base32_encode(secret.data(), secret.size(), &base32, nullptr);
  const std::string text(base32);
  sodium_memzero(base32, text.size());
  free(base32);
  const auto escape = [](std::string_view part) {
    constexpr std::string_view kHex = "0123456789ABCDEF";
    std::string escaped;
    for (const char c : part) {
      const auto byte = static_cast<unsigned char>(c);
      if (std::isalnum(byte) != 0) {
        escaped += c;
      } else {
        escaped += '%';
        escaped += kHex[byte >> 4U];
        escaped += kHex[byte & 0x0FU];
      }
    }
    return escaped;
  };
  return "otpauth://totp/" + escape(issuer) + ":" + escape(login) + "?secret=" + text +
         "&issuer=" + escape(issuer);
}

std::optional<std::int64_t> check_code(const std::string& secret, const std::string& code, std::int64_t now_s,
                                       std::int64_t after) {
  if (code.size() != 6 || !std::all_of(code.begin(), code.end(), [](char c) { return c >= '0' && c <= '9'; }))
    return std::nullopt;
  std::uint64_t step = 0;
  int position = 0;
  const int matched = oath_totp_validate4(secret.data(), secret.size(), now_s, kStep_s, 0, kWindow, &position,
                                          &step, 0, code.c_str());
  if (matched < 0) return std::nullopt;
  const auto used = static_cast<std::int64_t>(step);
  if (used <= after) return std::nullopt;
  return used;
}

}  // namespace guardian::access
