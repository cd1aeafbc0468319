-- Customers: who they are, what they prove it with, and how often somebody has failed to.

-- `email` is that of the login, `contact_email` that of the profile, both in lower case. Nobody without a password logs
-- in. `initial` says that the password came from the back office.
CREATE TABLE customer (
    shop TEXT NOT NULL REFERENCES shop (id),
    id TEXT NOT NULL,
    email TEXT NOT NULL,
    contact_email TEXT NOT NULL,
    password_hash TEXT,
    initial BIGINT NOT NULL DEFAULT 0,
    active BIGINT NOT NULL DEFAULT 1,
    on_hold BIGINT NOT NULL DEFAULT 0,
    version BIGINT NOT NULL DEFAULT 1,
    document TEXT NOT NULL,
    created_at BIGINT NOT NULL,
    modified_at BIGINT NOT NULL,
    PRIMARY KEY (shop, id)
);
CREATE UNIQUE INDEX customer_email ON customer (shop, email);
CREATE INDEX customer_by_contact ON customer (shop, contact_email, created_at, id);
CREATE INDEX customer_by_age ON customer (shop, created_at, id);

-- The one secret that is kept in plain: a saas-token is signed with it, and HS256 can not do with a hash.
CREATE TABLE saas_secret (
    shop TEXT PRIMARY KEY REFERENCES shop (id),
    secret TEXT NOT NULL,
    created_at BIGINT NOT NULL
);

-- Failed logins in a row: of an account ('account' and the digest of the e-mail, whether it is anybody's or not) and
-- of an address ('address').
CREATE TABLE login_failure (
    shop TEXT NOT NULL REFERENCES shop (id),
    kind TEXT NOT NULL,
    subject TEXT NOT NULL,
    failures BIGINT NOT NULL,
    failed_at BIGINT NOT NULL,
    PRIMARY KEY (shop, kind, subject),
    CHECK (failures > 0)
);
CREATE INDEX login_failure_by_age ON login_failure (failed_at);

-- Who has forgotten a password may choose a new one with such a token, once. Only its SHA-256 is kept.
CREATE TABLE password_reset (
    hash TEXT PRIMARY KEY,
    shop TEXT NOT NULL REFERENCES shop (id),
    customer_id TEXT NOT NULL,
    expires_at BIGINT NOT NULL
);
CREATE INDEX password_reset_by_expiry ON password_reset (expires_at);
CREATE INDEX password_reset_by_customer ON password_reset (shop, customer_id);

-- For which company a customer acts.
ALTER TABLE token ADD COLUMN legal_entity_id TEXT;
CREATE INDEX token_by_customer ON token (customer_id, shop) WHERE customer_id IS NOT NULL;
