-- Users, the applications that they let post for them, and the inventory that comes of it.
-- A user belongs to the server and not to one shop: what somebody has bought in many shops is one inventory. So these
-- tables lead with the user, and an item names the shop whose application posted it.

-- The public half of a credential of kind 'scout': what it is called and where it may send people back to.
CREATE TABLE application (
    shop TEXT NOT NULL REFERENCES shop (id),
    client_id TEXT NOT NULL,
    name TEXT NOT NULL,
    redirect_uris TEXT NOT NULL,
    counts_repeats INTEGER NOT NULL,
    created_at INTEGER NOT NULL,
    PRIMARY KEY (shop, client_id)
) STRICT, WITHOUT ROWID;
CREATE UNIQUE INDEX application_client_id ON application (client_id);
CREATE INDEX credential_scout_key ON credential (secret_hash) WHERE kind = 'scout';

UPDATE credential SET scopes = 'checkouts username' WHERE kind = 'scout';
INSERT INTO application (shop, client_id, name, redirect_uris, counts_repeats, created_at)
SELECT shop, identifier, shop, '[]', 0, created_at FROM credential WHERE kind = 'scout';

CREATE TABLE user_account (
    id INTEGER PRIMARY KEY,
    name TEXT NOT NULL,
    name_key TEXT NOT NULL,
    password_hash TEXT NOT NULL,
    created_at INTEGER NOT NULL,
    password_changed_at INTEGER NOT NULL
) STRICT;
CREATE UNIQUE INDEX user_account_name ON user_account (name_key);

-- A browser that is logged in ('browser'), or a key that the user made for programs ('key').
CREATE TABLE user_session (
    hash TEXT PRIMARY KEY,
    user_id INTEGER NOT NULL REFERENCES user_account (id),
    kind TEXT NOT NULL CHECK (kind IN ('browser', 'key')),
    label TEXT NOT NULL,
    created_at INTEGER NOT NULL,
    expires_at INTEGER NOT NULL
) STRICT, WITHOUT ROWID;
CREATE INDEX user_session_by_user ON user_session (user_id, kind, created_at);
CREATE INDEX user_session_by_expiry ON user_session (expires_at);

-- What a user lets an application do. The token's secret is derived from the application's key and never stored.
CREATE TABLE user_grant (
    user_id INTEGER NOT NULL REFERENCES user_account (id),
    client_id TEXT NOT NULL REFERENCES application (client_id),
    seed TEXT NOT NULL,
    token_hash TEXT,
    scopes TEXT NOT NULL,
    granted_at INTEGER NOT NULL,
    changed_at INTEGER NOT NULL,
    withdrawn_at INTEGER,
    PRIMARY KEY (user_id, client_id)
) STRICT, WITHOUT ROWID;
CREATE UNIQUE INDEX user_grant_token ON user_grant (token_hash) WHERE token_hash IS NOT NULL;

CREATE TABLE grant_code (
    hash TEXT PRIMARY KEY,
    user_id INTEGER NOT NULL REFERENCES user_account (id),
    client_id TEXT NOT NULL REFERENCES application (client_id),
    redirect_uri TEXT NOT NULL,
    scopes TEXT NOT NULL,
    seed TEXT NOT NULL,
    expires_at INTEGER NOT NULL,
    used_at INTEGER
) STRICT, WITHOUT ROWID;
CREATE INDEX grant_code_by_expiry ON grant_code (expires_at);

-- What an item is told apart by is hashed into `identity`: one row each, whatever our code believes.
CREATE TABLE inventory_item (
    id TEXT PRIMARY KEY,
    user_id INTEGER NOT NULL REFERENCES user_account (id),
    identity TEXT NOT NULL,
    shop TEXT REFERENCES shop (id),
    client_id TEXT NOT NULL,
    version INTEGER NOT NULL,
    repeats INTEGER NOT NULL,
    order_id TEXT NOT NULL,
    name TEXT NOT NULL,
    size TEXT NOT NULL,
    brand TEXT NOT NULL,
    store TEXT NOT NULL,
    month TEXT NOT NULL,
    search TEXT NOT NULL,
    currency TEXT NOT NULL,
    landed_minor INTEGER NOT NULL CHECK (landed_minor >= 0),
    bought_at INTEGER NOT NULL,
    state TEXT NOT NULL CHECK (state IN ('in_stock', 'listed', 'sold', 'returned', 'lost')),
    state_minor INTEGER CHECK (state_minor >= 0),
    state_at INTEGER NOT NULL,
    changes INTEGER NOT NULL,
    document TEXT NOT NULL,
    created_at INTEGER NOT NULL,
    modified_at INTEGER NOT NULL,
    CHECK (state <> 'sold' OR state_minor IS NOT NULL)
) STRICT, WITHOUT ROWID;
CREATE UNIQUE INDEX inventory_item_identity ON inventory_item (identity);
CREATE INDEX inventory_item_by_user ON inventory_item (user_id, bought_at, id);

-- What was said of an item, each once: corrections never erase.
CREATE TABLE inventory_version (
    item_id TEXT NOT NULL REFERENCES inventory_item (id),
    version INTEGER NOT NULL,
    fingerprint TEXT NOT NULL,
    source TEXT NOT NULL,
    document TEXT NOT NULL,
    raw TEXT NOT NULL,
    received_at INTEGER NOT NULL,
    PRIMARY KEY (item_id, version)
) STRICT, WITHOUT ROWID;
CREATE UNIQUE INDEX inventory_version_fingerprint ON inventory_version (fingerprint);

-- What became of an item: listed, sold, returned, lost, each with its time and amount.
CREATE TABLE inventory_change (
    item_id TEXT NOT NULL REFERENCES inventory_item (id),
    position INTEGER NOT NULL,
    state TEXT NOT NULL,
    amount_minor INTEGER,
    happened_at INTEGER NOT NULL,
    made_at INTEGER NOT NULL,
    PRIMARY KEY (item_id, position)
) STRICT, WITHOUT ROWID;

-- Failed logins since `since`, counted for a name, an address, or both.
CREATE TABLE user_attempt (
    subject TEXT PRIMARY KEY,
    count INTEGER NOT NULL,
    since INTEGER NOT NULL
) STRICT, WITHOUT ROWID;
CREATE INDEX user_attempt_by_age ON user_attempt (since);
