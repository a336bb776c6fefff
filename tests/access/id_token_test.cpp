#include "access/id_token.h"

#include <cjose/cjose.h>
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <cstdlib>
#include <memory>
#include <string>

namespace guardian::access {
namespace {

using nlohmann::json;

constexpr std::int64_t kNow_s = 1'800'000'000;

/// A provider with a key of its own, signing whatever it is asked to.
class Signer {
 public:
  Signer(cjose_jwk_t* key, std::string kid) : key_(key, cjose_jwk_release), kid_(std::move(kid)) {}
  static Signer rsa(const std::string& kid = "k1") {
    const unsigned char exponent[] = {1, 0, 1};
    return {cjose_jwk_create_RSA_random(2048, exponent, sizeof exponent, nullptr), kid};
  }
  static Signer elliptic() { return {cjose_jwk_create_EC_random(CJOSE_JWK_EC_P_256, nullptr), "k1"}; }
  /// What the published key of an honest provider is as a password: the old trick with HS256.
  static Signer shared(const std::string& secret) {
    return {cjose_jwk_create_oct_spec(reinterpret_cast<const unsigned char*>(secret.data()), secret.size(),
                                      nullptr),
            "k1"};
  }

  json public_key() const {
    char* text = cjose_jwk_to_json(key_.get(), false, nullptr);
    auto key = json::parse(text);
    std::free(text);
    key["kid"] = kid_;
    return key;
  }
  std::string sign(const json& claims, const char* algorithm = "RS256") const {
    auto* header = cjose_header_new(nullptr);
    cjose_header_set(header, "alg", algorithm, nullptr);
    cjose_header_set(header, "kid", kid_.c_str(), nullptr);
    const auto text = claims.dump();
    auto* jws = cjose_jws_sign(key_.get(), header, reinterpret_cast<const unsigned char*>(text.data()),
                               text.size(), nullptr);
    const char* compact = nullptr;
    cjose_jws_export(jws, &compact, nullptr);
    std::string token = compact;
    cjose_jws_release(jws);
    cjose_header_release(header);
    return token;
  }

 private:
  std::unique_ptr<cjose_jwk_t, bool (*)(cjose_jwk_t*)> key_;
  std::string kid_;
};

json good_claims() {
  return {{"iss", "https://login.example.jp"},
          {"aud", "guardian"},
          {"sub", "7f3a"},
          {"exp", kNow_s + 300},
          {"iat", kNow_s - 5},
          {"nonce", "n-1"},
          {"email", "Tanaka@Example.jp"},
          {"email_verified", true}};
}

class AnIdToken : public testing::Test {
 protected:
  Result<Identity> check(const std::string& token) const {
    const json set = {{"keys", {signer_.public_key()}}};
    return check_id_token(token, set.dump(), {"https://login.example.jp", "guardian", "n-1", kNow_s});
  }
  Result<Identity> check_with(const char* claim, const json& value) const {
    auto claims = good_claims();
    if (value.is_null())
      claims.erase(claim);
    else
      claims[claim] = value;
    return check(signer_.sign(claims));
  }
  Signer signer_ = Signer::rsa();
};

TEST_F(AnIdToken, SaysWhoCameAndWhetherTheAddressIsVouchedFor) {
  const auto identity = check(signer_.sign(good_claims()));
  ASSERT_TRUE(identity) << identity.error().what.en;
  EXPECT_EQ(identity->subject, "7f3a");
  EXPECT_EQ(identity->email, "tanaka@example.jp");
  EXPECT_TRUE(identity->email_verified);
  EXPECT_FALSE(check_with("email_verified", nullptr)->email_verified);
  EXPECT_FALSE(check_with("email_verified", 1)->email_verified);
}

TEST_F(AnIdToken, MayBeSignedOnAnEllipticCurve) {
  signer_ = Signer::elliptic();
  EXPECT_TRUE(check(signer_.sign(good_claims(), "ES256")));
}

TEST_F(AnIdToken, OfAnotherProviderForAnotherProgramOrAnotherSignInIsRefused) {
  for (const auto& [claim, value] :
       std::vector<std::pair<const char*, json>>{{"iss", "https://login.example.jp/"},
                                                 {"aud", "other"},
                                                 {"aud", {"guardian", "other"}},
                                                 {"nonce", "n-2"},
                                                 {"nonce", nullptr},
                                                 {"sub", nullptr},
                                                 {"sub", ""},
                                                 {"sub", "a\nb"},
                                                 {"exp", kNow_s - 61},
                                                 {"exp", nullptr},
                                                 {"exp", "tomorrow"},
                                                 {"exp", 1e300},
                                                 {"iat", kNow_s + 61},
                                                 {"iat", nullptr}}) {
    const auto identity = check_with(claim, value);
    ASSERT_FALSE(identity) << claim << value;
    EXPECT_EQ(identity.error().kind, Error::Kind::unknown_caller);
  }
  auto shared = good_claims();
  shared["aud"] = {"guardian", "other"};
  shared["azp"] = "guardian";
  EXPECT_TRUE(check(signer_.sign(shared)));
}

TEST_F(AnIdToken, ThatWasChangedOrSignedByAnotherKeyIsRefused) {
  const auto token = signer_.sign(good_claims());
  auto claims = good_claims();
  claims["email"] = "boss@example.jp";
  const auto other = Signer::rsa().sign(claims);
  const auto payload = [](const std::string& one) {
    return one.substr(one.find('.'), one.rfind('.') - one.find('.'));
  };
  EXPECT_FALSE(check(other));
  EXPECT_FALSE(check(token.substr(0, token.find('.')) + payload(other) + token.substr(token.rfind('.'))));
  EXPECT_FALSE(check(token.substr(0, token.rfind('.') + 1)));
}

TEST_F(AnIdToken, WithoutARealSignatureIsRefused) {
  // {"alg":"none"}
  const auto token = signer_.sign(good_claims());
  EXPECT_FALSE(
      check("eyJhbGciOiJub25lIn0" + token.substr(token.find('.'), token.rfind('.') - token.find('.') + 1)));
  EXPECT_FALSE(check(Signer::shared(signer_.public_key().dump()).sign(good_claims(), "HS256")));
}

TEST_F(AnIdToken, OfAnUnknownKeySaysSo) {
  EXPECT_EQ(check(Signer::rsa("k2").sign(good_claims())).error().subject, "kid");
}

TEST_F(AnIdToken, ThatIsNoneIsRefused) {
  for (const std::string token : {"", ".", "..", "a.b.c", "e=I1NiJ9.e30.AA", "eyJhbGciOiJSUzI1NiJ9.e30.AAAAA",
                                  "eyJhbGciOiJSUzI1NiJ9.e30.AA", "\xff\xfe"})
    EXPECT_FALSE(check(token)) << token;
  EXPECT_FALSE(check(std::string(100'000, 'A')));
  EXPECT_EQ(check_id_token(signer_.sign(good_claims()), "[]", {}).error().kind, Error::Kind::damaged);
}

}  // namespace
}  // namespace guardian::access
