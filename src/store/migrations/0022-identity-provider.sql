-- Whom the company's identity provider means: "issuer subject", bound at the first sign-in through it.
ALTER TABLE users ADD COLUMN provider_subject TEXT;
CREATE UNIQUE INDEX users_by_provider ON users (provider_subject) WHERE provider_subject IS NOT NULL;
