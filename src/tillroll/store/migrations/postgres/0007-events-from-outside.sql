-- Events from outside: who may report them, each call with its outcome, and the carts that search sessions fill.

-- What a call did: accepted; repeated, which is kept and not counted twice; refused, with the reason.
-- `call` is the id of the request that reported the event, `channel` the part of the shop that it came for (a search
-- engine's hashid), `person` the shop's own id of the visitor, `detail` what reports group by (a search query).
ALTER TABLE event ADD COLUMN outcome TEXT NOT NULL DEFAULT 'accepted'
    CHECK (outcome IN ('accepted', 'repeated', 'refused'));
ALTER TABLE event ADD COLUMN reason TEXT NOT NULL DEFAULT '';
ALTER TABLE event ADD COLUMN call TEXT;
ALTER TABLE event ADD COLUMN channel TEXT NOT NULL DEFAULT '';
ALTER TABLE event ADD COLUMN person TEXT;
ALTER TABLE event ADD COLUMN detail TEXT;
CREATE INDEX event_by_shop ON event (shop, position);
CREATE INDEX event_by_visitor ON event (shop, visitor, position) WHERE visitor IS NOT NULL;
CREATE INDEX event_by_kind ON event (shop, dialect, kind, happened_at);

-- Each call counts here once, under its outcome, in the transaction that keeps its event. `day` is days since 1970 UTC.
-- A stripe is one of a few rows for the same count, so that server processes do not wait for each other.
CREATE TABLE event_tally (
    shop TEXT NOT NULL REFERENCES shop (id),
    dialect TEXT NOT NULL,
    day BIGINT NOT NULL,
    outcome TEXT NOT NULL,
    reason TEXT NOT NULL,
    stripe BIGINT NOT NULL,
    calls BIGINT NOT NULL CHECK (calls > 0),
    PRIMARY KEY (shop, dialect, day, outcome, reason, stripe)
);

-- Calls for a shop that nobody knows (yet): `claimed` is what they named it by. Forgotten after a while.
CREATE TABLE stray_call (
    call TEXT PRIMARY KEY,
    dialect TEXT NOT NULL,
    claimed TEXT NOT NULL,
    kind TEXT NOT NULL,
    reason TEXT NOT NULL,
    received_at BIGINT NOT NULL,
    document TEXT NOT NULL
);
CREATE INDEX stray_call_by_claim ON stray_call (dialect, claimed, received_at);
CREATE INDEX stray_call_by_age ON stray_call (received_at);

-- What a vendor's clients name a shop, or a part of it, by: a search engine's hashid, a company key.
CREATE TABLE channel (
    dialect TEXT NOT NULL,
    identifier TEXT NOT NULL,
    shop TEXT NOT NULL REFERENCES shop (id),
    name TEXT NOT NULL DEFAULT '',
    created_at BIGINT NOT NULL,
    PRIMARY KEY (dialect, identifier)
);
CREATE INDEX channel_by_shop ON channel (shop);
INSERT INTO channel (dialect, identifier, shop, name, created_at)
SELECT kind, identifier, shop, '', min(created_at) FROM credential
WHERE kind IN ('doofinder', 'alhena') AND revoked_at IS NULL GROUP BY kind, identifier, shop;

-- Finds a key by what its client says, without knowing the shop.
CREATE INDEX credential_by_identifier ON credential (identifier, kind);

-- Raised by every change of who may report, for those who remember what they read.
ALTER TABLE shop ADD COLUMN access_version BIGINT NOT NULL DEFAULT 1;

-- Pages of which origin may report without a key, and who may not report at all.
CREATE TABLE allowed_origin (
    shop TEXT NOT NULL REFERENCES shop (id),
    origin TEXT NOT NULL,
    created_at BIGINT NOT NULL,
    PRIMARY KEY (shop, origin)
);
CREATE TABLE banned_network (
    shop TEXT NOT NULL REFERENCES shop (id),
    network TEXT NOT NULL,
    created_at BIGINT NOT NULL,
    PRIMARY KEY (shop, network)
);

-- Only for keys that sign tokens (HS256): a signature can not be verified with a hash. Kept where asked for, and no key
-- is here by default.
CREATE TABLE signing_key (
    shop TEXT NOT NULL REFERENCES shop (id),
    identifier TEXT NOT NULL,
    secret TEXT NOT NULL,
    created_at BIGINT NOT NULL,
    PRIMARY KEY (shop, identifier)
);

-- The open cart of a search session, in thousandths, added up by the database. `line` is a digest of index and item, of
-- any length; `price` is the decimal that the client said last, none where it said none.
CREATE TABLE search_cart_line (
    shop TEXT NOT NULL REFERENCES shop (id),
    channel TEXT NOT NULL,
    session_id TEXT NOT NULL,
    line TEXT NOT NULL,
    index_name TEXT NOT NULL,
    item_id TEXT NOT NULL,
    quantity BIGINT NOT NULL CHECK (quantity >= 0),
    price TEXT,
    title TEXT NOT NULL,
    added_at BIGINT NOT NULL,
    PRIMARY KEY (shop, channel, session_id, line)
);

-- How often a search session has called checkout.
CREATE TABLE search_checkout (
    shop TEXT NOT NULL REFERENCES shop (id),
    channel TEXT NOT NULL,
    session_id TEXT NOT NULL,
    calls BIGINT NOT NULL CHECK (calls > 0),
    PRIMARY KEY (shop, channel, session_id)
);
