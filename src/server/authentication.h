// server/authentication.h - who sent a request: a browser by its session's cookie, a program by its key.
#pragma once

#include <optional>
#include <string>

#include "access/sign_in.h"
#include "server/application.h"

namespace guardian::server {

/// The Set-Cookie value of a session; an empty secret ends it. HttpOnly, SameSite=Strict, Secure over TLS.
std::string session_cookie(const std::string& secret, bool secure);

/// The first cookie of that name.
std::optional<std::string> cookie_of(const Request& request, std::string_view name);

/// The session's secret in the request's cookies.
std::optional<std::string> session_secret(const Request& request);

/// `Authorization: Bearer kgk_...` or the cookie. A change that comes with the cookie must carry the
/// session's X-CSRF-Token, since browsers send cookies unasked. Errors: unknown_caller for a key or session
/// that is no longer good; forbidden without the token.
Authenticator authenticate_with(access::SignIn& sign_in);

}  // namespace guardian::server
