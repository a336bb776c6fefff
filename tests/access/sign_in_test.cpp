#include "access/sign_in.h"

#include <gmock/gmock.h>
#include <liboath/oath.h>

#include <array>

#include "access/password.h"
#include "base/file.h"
#include "base/id.h"
#include "support.h"

namespace guardian::access {
namespace {

using testing::Contains;
using testing::HasSubstr;
using testing::IsEmpty;
using testing::Not;
using testing::StartsWith;

constexpr const char* kPassword = "さくら色の自転車で通勤する";
constexpr const char* kOther = "ひぐらしの鳴く夕方の台所";

/// A server that was set up: one administrator, one group, one employee.
class ComingIn : public testing::Test {
 protected:
  ComingIn() {
    const auto link = people_.set_up("株式会社みほん");
    boss_ = *people_.accept(link->secret, kPassword, "boss@example.jp", "店長");
    tenant_ = database_
                  ->read([](store::Transaction& t) -> Result<std::string> {
                    return t.first("SELECT id FROM tenants")->text("id");
                  })
                  .value();
    by_ = caller_for(tenant_, boss_);
    group_ = people_.add_group(by_, "一課")->id;
    employee_ = people_.add_employee(by_, "E-17", "佐藤", group_)->id;
  }

  UserChoice clerk() const { return {"clerk@example.jp", "佐藤", {Role::employee}, {}, employee_}; }
  Result<Session> enter(const std::string& login, const std::string& password, const std::string& code = "") {
    return sign_in_.sign_in({login, password, code, "127.0.0.1"});
  }
  std::string code_now(const std::string& address) const {
    const auto begin = address.find("secret=") + 7;
    const auto base32 = address.substr(begin, address.find('&') - begin);
    char* secret = nullptr;
    std::size_t length = 0;
    oath_base32_decode(base32.data(), base32.size(), &secret, &length);
    std::array<char, 7> code{};
    oath_totp_generate(secret, length, now_ms() / 1000, 30, 0, 6, code.data());
    free(secret);
    return code.data();
  }
  std::vector<std::string> actions() {
    std::vector<std::string> names;
    const auto records = audit_.list(tenant_, "", 0, 100);
    for (const auto& record : *records) names.push_back(record.entry.action);
    return names;
  }

  test::TemporaryFolder folder_;
  std::unique_ptr<store::Database> database_ =
      std::move(*store::open_embedded((folder_.path() / "guardian.db").string()));
  Key master_ = Key::random();
  Keyring keyring_ = std::move(*Keyring::open(*database_, master_));
  AuditLog audit_{*database_, keyring_};
  People people_{*database_, keyring_, audit_};
  SignIn sign_in_{*database_, keyring_, audit_, {.failures = 3}};
  User boss_;
  std::string tenant_;
  Caller by_;
  std::string group_;
  std::string employee_;
};

TEST_F(ComingIn, TheFirstLinkWorksOnceAndSettingUpIsOverThen) {
  EXPECT_FALSE(*people_.is_new());
  EXPECT_EQ(people_.set_up("別の会社").error().kind, Error::Kind::usage);
  EXPECT_TRUE(by_.may(Permission::manage_people));
  EXPECT_EQ(by_.reach, Reach::tenant);
}

TEST_F(ComingIn, AnInvitedUserChoosesAPasswordAndSeesOnlyItsOwn) {
  const auto link = people_.invite(by_, clerk());
  ASSERT_TRUE(link);
  EXPECT_FALSE(enter("clerk@example.jp", ""));
  EXPECT_EQ(people_.accept("wrong", kOther).error().kind, Error::Kind::not_found);
  ASSERT_TRUE(people_.accept(link->secret, kOther));
  EXPECT_EQ(people_.accept(link->secret, kPassword).error().kind, Error::Kind::not_found);
  const auto session = enter("CLERK@example.jp", kOther);
  ASSERT_TRUE(session);
  EXPECT_EQ(session->caller.reach, Reach::own);
  EXPECT_EQ(session->caller.employee, employee_);
  EXPECT_FALSE(session->caller.may(Permission::manage_people));
}

TEST_F(ComingIn, ASessionLastsUntilSignOut) {
  const auto session = enter("boss@example.jp", kPassword);
  ASSERT_TRUE(session);
  const auto found = sign_in_.session(session->secret);
  ASSERT_TRUE(*found);
  EXPECT_EQ((*found)->csrf, session->csrf);
  EXPECT_EQ((*found)->caller.id, boss_.id);
  EXPECT_FALSE(sign_in_.session(session->csrf)->has_value());
  ASSERT_TRUE(sign_in_.sign_out(session->secret));
  EXPECT_FALSE(sign_in_.session(session->secret)->has_value());
  EXPECT_THAT(actions(), Contains("session.open"));
  EXPECT_THAT(actions(), Contains("session.close"));
}

TEST_F(ComingIn, AnIdleSessionEnds) {
  SignIn hasty(*database_, keyring_, audit_, {.idle_ms = 0});
  const auto session = hasty.sign_in({"boss@example.jp", kPassword, "", ""});
  ASSERT_TRUE(session);
  EXPECT_FALSE(hasty.session(session->secret)->has_value());
}

TEST_F(ComingIn, EndedSessionsGoFromTheStoreAndOthersStay) {
  const auto session = sign_in_.sign_in({"boss@example.jp", kPassword, "", ""});
  EXPECT_EQ(sign_in_.forget_ended_sessions(), 0);
  EXPECT_TRUE(sign_in_.session(session->secret)->has_value());
  SignIn hasty(*database_, keyring_, audit_, {.idle_ms = 0});
  EXPECT_EQ(hasty.forget_ended_sessions(), 1);
  EXPECT_FALSE(sign_in_.session(session->secret)->has_value());
}

TEST_F(ComingIn, WrongAnswersAllSoundTheSame) {
  const auto unknown = enter("nobody@example.jp", kPassword);
  const auto wrong = enter("boss@example.jp", kOther);
  EXPECT_EQ(unknown.error().kind, Error::Kind::unknown_caller);
  EXPECT_EQ(describe(unknown.error(), Language::english), describe(wrong.error(), Language::english));
}

TEST_F(ComingIn, GuessingLocksTheAccountEvenForTheRightPassword) {
  for (int i = 0; i < 3; ++i) EXPECT_FALSE(enter("boss@example.jp", kOther));
  EXPECT_FALSE(enter("boss@example.jp", kPassword));
  EXPECT_THAT(actions(), Contains("session.refused"));
}

TEST_F(ComingIn, ACodeIsAskedForOnceItIsConfirmedAndCountsOnce) {
  const auto session = enter("boss@example.jp", kPassword);
  ASSERT_TRUE(session);
  EXPECT_FALSE(sign_in_.begin_code(session->caller, kOther));
  const auto address = sign_in_.begin_code(session->caller, kPassword);
  ASSERT_TRUE(address);
  EXPECT_THAT(*address, StartsWith("otpauth://totp/"));
  EXPECT_TRUE(enter("boss@example.jp", kPassword));  // not confirmed yet
  EXPECT_FALSE(sign_in_.confirm_code(session->caller, "000000x"));
  const auto code = code_now(*address);
  ASSERT_TRUE(sign_in_.confirm_code(session->caller, code));
  EXPECT_FALSE(enter("boss@example.jp", kPassword));
  EXPECT_FALSE(enter("boss@example.jp", kPassword, code)) << "a code that was used";
}

TEST_F(ComingIn, PasswordsThatAreEasyToGuessAreRefused) {
  EXPECT_FALSE(check_choice("short", ""));
  EXPECT_FALSE(check_choice("password12345", ""));
  EXPECT_FALSE(check_choice("aaaaaaaaaaaaaaaa", ""));
  EXPECT_FALSE(check_choice("x clerk@example.jp x", "clerk@example.jp"));
  EXPECT_FALSE(check_choice(std::string(300, 'x'), ""));
  EXPECT_TRUE(check_choice(kPassword, "clerk@example.jp"));
  EXPECT_TRUE(check_choice("correct horse battery staple", ""));
}

TEST_F(ComingIn, AChangedPasswordEndsOtherSessions) {
  const auto one = enter("boss@example.jp", kPassword);
  const auto other = enter("boss@example.jp", kPassword);
  EXPECT_FALSE(sign_in_.change_password(*one, kOther, kOther));
  ASSERT_TRUE(sign_in_.change_password(*one, kPassword, kOther));
  EXPECT_TRUE(sign_in_.session(one->secret)->has_value());
  EXPECT_FALSE(sign_in_.session(other->secret)->has_value());
  EXPECT_TRUE(enter("boss@example.jp", kOther));
}

TEST_F(ComingIn, TheLastAdministratorStays) {
  EXPECT_FALSE(people_.disable(by_, boss_.id, true));
  EXPECT_FALSE(people_.change(by_, boss_.id, {"boss@example.jp", "店長", {Role::auditor}, {}, {}}));
  const auto link = people_.invite(by_, {"second@example.jp", "副店長", {Role::administrator}, {}, {}});
  ASSERT_TRUE(people_.accept(link->secret, kOther));
  EXPECT_TRUE(people_.disable(by_, boss_.id, true));
  EXPECT_FALSE(enter("boss@example.jp", kPassword));
}

TEST_F(ComingIn, ChangedRolesEndSessions) {
  const auto link = people_.invite(by_, clerk());
  const auto user = people_.accept(link->secret, kOther);
  const auto session = enter("clerk@example.jp", kOther);
  ASSERT_TRUE(session);
  auto choice = clerk();
  choice.roles.insert(Role::auditor);
  ASSERT_TRUE(people_.change(by_, user->id, choice));
  EXPECT_FALSE(sign_in_.session(session->secret)->has_value());
}

TEST_F(ComingIn, PeopleOfAnotherTenantDoNotExist) {
  auto stranger = by_;
  stranger.tenant = "another";
  EXPECT_EQ(people_.disable(stranger, boss_.id, true).error().kind, Error::Kind::not_found);
  EXPECT_THAT(*people_.users("another", {}), IsEmpty());
  auto choice = clerk();
  choice.group = make_id();
  EXPECT_EQ(people_.invite(by_, choice).error().subject, "group");
}

TEST_F(ComingIn, BadNamesAndLoginsAreRefused) {
  for (const char* login : {"", "nobody", "a@", "@b", "a b@c", "a@b@c", "a@b\r\nBcc: x@y"}) {
    auto choice = clerk();
    choice.login = login;
    EXPECT_FALSE(people_.invite(by_, choice)) << login;
  }
  EXPECT_FALSE(people_.add_group(by_, "\x1b[31m"));
  EXPECT_FALSE(people_.add_group(by_, "一課")) << "taken";
}

TEST_F(ComingIn, AKeyAllowsWhatItsMakerMayAndWorksUntilRevoked) {
  EXPECT_FALSE(sign_in_.add_key(by_, "recorder", {Permission::read_audit}, {}, {}));
  EXPECT_FALSE(sign_in_.add_key(by_, "recorder", {}, {}, {}));
  const auto key = sign_in_.add_key(by_, "recorder", {Permission::upload}, group_, {});
  ASSERT_TRUE(key);
  EXPECT_THAT(key->secret, StartsWith("kgk_"));
  const auto caller = sign_in_.caller_with_key(key->secret);
  ASSERT_TRUE(*caller);
  EXPECT_EQ((*caller)->permissions, std::set{Permission::upload});
  EXPECT_EQ((*caller)->reach, Reach::group);
  EXPECT_FALSE(sign_in_.caller_with_key(key->secret + "x")->has_value());
  ASSERT_TRUE(sign_in_.revoke_key(by_, key->key.id));
  EXPECT_FALSE(sign_in_.caller_with_key(key->secret)->has_value());
}

TEST_F(ComingIn, NoSecretLiesInTheDatabase) {
  const auto session = enter("boss@example.jp", kPassword);
  const auto key = sign_in_.add_key(by_, "recorder", {Permission::upload}, {}, {});
  const auto copy = folder_.path() / "copy.db";
  ASSERT_TRUE(database_->copy_to(copy.string()));
  const auto bytes = read_file(copy, 1U << 30U);
  ASSERT_TRUE(bytes);
  for (const auto& secret : {session->secret, key->secret, std::string(kPassword)})
    EXPECT_THAT(*bytes, Not(HasSubstr(secret)));
}

}  // namespace
}  // namespace guardian::access
