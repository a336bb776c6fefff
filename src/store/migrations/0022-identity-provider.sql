-- Whom the company's identity provider means: "issuer subject", bound at the first sign-in through it.
ALTER TABLE users ADD COLUMN provider_subject TEXT;
CREATE UNIQUE INDEX users_by_provider ON users (provider_subject) WHERE provider_subject IS NOT NULL;

-- Refused sign-ins that belong to no account, counted: what is noted of them must take as long as of others.
CREATE TABLE refused_strangers (
  refusals INTEGER NOT NULL,
  last_ms INTEGER NOT NULL
);
INSERT INTO refused_strangers VALUES (0, 0);
