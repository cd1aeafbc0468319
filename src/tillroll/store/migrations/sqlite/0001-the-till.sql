-- The ground of the till. Every table leads with the shop, so that one shop can be exported, erased or moved alone.
-- Money is integer minor units, quantities are integer thousandths, times are integer microseconds UTC.

CREATE TABLE shop (
    id TEXT PRIMARY KEY,
    currency TEXT NOT NULL,
    catalogue_version INTEGER NOT NULL DEFAULT 1,
    settings TEXT NOT NULL DEFAULT '{}',
    created_at INTEGER NOT NULL
) STRICT, WITHOUT ROWID;

-- What a client proves itself with. Secrets are kept as SHA-256 of 256 random bits, shown once, never again.
CREATE TABLE credential (
    shop TEXT NOT NULL REFERENCES shop (id),
    kind TEXT NOT NULL,
    identifier TEXT NOT NULL,
    secret_hash TEXT,
    scopes TEXT NOT NULL DEFAULT '',
    created_at INTEGER NOT NULL,
    revoked_at INTEGER,
    PRIMARY KEY (shop, kind, identifier)
) STRICT, WITHOUT ROWID;

CREATE TABLE token (
    hash TEXT PRIMARY KEY,
    shop TEXT NOT NULL REFERENCES shop (id),
    kind TEXT NOT NULL,
    client_id TEXT NOT NULL,
    scopes TEXT NOT NULL,
    session_id TEXT,
    customer_id TEXT,
    expires_at INTEGER NOT NULL
) STRICT, WITHOUT ROWID;
CREATE INDEX token_by_expiry ON token (expires_at);

CREATE TABLE session_context (
    shop TEXT NOT NULL REFERENCES shop (id),
    session_id TEXT NOT NULL,
    version INTEGER NOT NULL,
    document TEXT NOT NULL,
    modified_at INTEGER NOT NULL,
    PRIMARY KEY (shop, session_id)
) STRICT, WITHOUT ROWID;

-- The merchant's set-up: sites, taxes, products, price models, prices, zones, methods, schemas, configuration.
-- One life cycle (versioned documents read by id, by one other key, or below one parent), hence one table.
CREATE TABLE catalogue_entry (
    shop TEXT NOT NULL REFERENCES shop (id),
    kind TEXT NOT NULL,
    id TEXT NOT NULL,
    alternate_key TEXT,
    parent TEXT NOT NULL DEFAULT '',
    version INTEGER NOT NULL DEFAULT 1,
    document TEXT NOT NULL,
    created_at INTEGER NOT NULL,
    modified_at INTEGER NOT NULL,
    PRIMARY KEY (shop, kind, id)
) STRICT;
CREATE UNIQUE INDEX catalogue_alternate_key ON catalogue_entry (shop, kind, alternate_key)
    WHERE alternate_key IS NOT NULL;
CREATE INDEX catalogue_by_parent ON catalogue_entry (shop, kind, parent);
CREATE INDEX catalogue_by_age ON catalogue_entry (shop, kind, created_at, id);

-- on_hand can not fall below zero: the last line of defence against overselling is this CHECK, not our code.
CREATE TABLE availability (
    shop TEXT NOT NULL REFERENCES shop (id),
    site TEXT NOT NULL,
    product_id TEXT NOT NULL,
    on_hand INTEGER NOT NULL CHECK (on_hand >= 0),
    sellable INTEGER NOT NULL,
    version INTEGER NOT NULL DEFAULT 1,
    document TEXT NOT NULL,
    modified_at INTEGER NOT NULL,
    PRIMARY KEY (shop, site, product_id)
) STRICT, WITHOUT ROWID;

-- Every change of on_hand, with its cause ('order' and the order's id, 'count' for what the merchant set):
-- the sum of a product's movements is what is on hand. The key begins with the cause, so that new rows go to its end.
CREATE TABLE stock_movement (
    shop TEXT NOT NULL REFERENCES shop (id),
    site TEXT NOT NULL,
    product_id TEXT NOT NULL,
    cause TEXT NOT NULL,
    subject TEXT NOT NULL,
    quantity INTEGER NOT NULL,
    moved_at INTEGER NOT NULL,
    PRIMARY KEY (shop, cause, subject, site, product_id)
) STRICT, WITHOUT ROWID;

-- A limit below zero means unlimited. The CHECK makes over-redemption impossible.
CREATE TABLE coupon (
    shop TEXT NOT NULL REFERENCES shop (id),
    code TEXT NOT NULL,
    redemptions_max INTEGER NOT NULL,
    redemption_count INTEGER NOT NULL DEFAULT 0,
    deleted INTEGER NOT NULL DEFAULT 0,
    version INTEGER NOT NULL DEFAULT 1,
    document TEXT NOT NULL,
    created_at INTEGER NOT NULL,
    modified_at INTEGER NOT NULL,
    PRIMARY KEY (shop, code),
    CHECK (redemption_count >= 0),
    CHECK (redemptions_max < 0 OR redemption_count <= redemptions_max)
) STRICT;

CREATE TABLE coupon_customer_use (
    shop TEXT NOT NULL REFERENCES shop (id),
    code TEXT NOT NULL,
    customer TEXT NOT NULL,
    uses INTEGER NOT NULL,
    uses_max INTEGER NOT NULL,
    PRIMARY KEY (shop, code, customer),
    CHECK (uses >= 0),
    CHECK (uses_max < 0 OR uses <= uses_max)
) STRICT, WITHOUT ROWID;

CREATE TABLE coupon_redemption (
    shop TEXT NOT NULL REFERENCES shop (id),
    code TEXT NOT NULL,
    id TEXT NOT NULL,
    order_id TEXT,
    customer TEXT,
    document TEXT NOT NULL,
    redeemed_at INTEGER NOT NULL,
    PRIMARY KEY (shop, code, id)
) STRICT, WITHOUT ROWID;

CREATE TABLE cart (
    shop TEXT NOT NULL REFERENCES shop (id),
    id TEXT NOT NULL,
    site TEXT NOT NULL,
    type TEXT NOT NULL,
    legal_entity_id TEXT NOT NULL,
    owner TEXT NOT NULL,
    status TEXT NOT NULL,
    order_id TEXT,
    version INTEGER NOT NULL,
    document TEXT NOT NULL,
    created_at INTEGER NOT NULL,
    modified_at INTEGER NOT NULL,
    PRIMARY KEY (shop, id)
) STRICT;
-- The owner first: with the shop first, a planner without statistics takes it for the way to every cart of the shop.
CREATE UNIQUE INDEX cart_open_identity ON cart (owner, site, type, legal_entity_id, shop) WHERE status = 'OPEN';

CREATE TABLE sales_order (
    shop TEXT NOT NULL REFERENCES shop (id),
    number INTEGER NOT NULL,
    id TEXT NOT NULL,
    cart_id TEXT,
    checkout INTEGER NOT NULL,
    status TEXT NOT NULL,
    customer_id TEXT,
    session_id TEXT,
    site TEXT NOT NULL,
    currency TEXT NOT NULL,
    total_minor INTEGER NOT NULL,
    version INTEGER NOT NULL,
    document TEXT NOT NULL,
    created_at INTEGER NOT NULL,
    modified_at INTEGER NOT NULL,
    PRIMARY KEY (shop, number)
) STRICT;
CREATE UNIQUE INDEX sales_order_id ON sales_order (shop, id);
-- One checkout order per cart, whatever our code believes.
CREATE UNIQUE INDEX unique_checkout_cart_id ON sales_order (shop, cart_id) WHERE checkout = 1;
CREATE INDEX sales_order_by_customer ON sales_order (shop, customer_id, number) WHERE customer_id IS NOT NULL;
CREATE INDEX sales_order_by_session ON sales_order (shop, session_id, number) WHERE session_id IS NOT NULL;

CREATE TABLE order_transition (
    shop TEXT NOT NULL REFERENCES shop (id),
    order_id TEXT NOT NULL,
    position INTEGER NOT NULL,
    status TEXT NOT NULL,
    comment TEXT NOT NULL,
    changed_at INTEGER NOT NULL,
    PRIMARY KEY (shop, order_id, position)
) STRICT, WITHOUT ROWID;

-- The ledger: append-only. `position` gives the order of commits on SQLite and an order of receipt on PostgreSQL.
CREATE TABLE event (
    position INTEGER PRIMARY KEY,
    shop TEXT NOT NULL REFERENCES shop (id),
    dialect TEXT NOT NULL,
    kind TEXT NOT NULL,
    subject TEXT NOT NULL,
    visitor TEXT,
    happened_at INTEGER NOT NULL,
    received_at INTEGER NOT NULL,
    document TEXT NOT NULL
) STRICT;
CREATE INDEX event_by_subject ON event (shop, subject, position);

CREATE TABLE idempotency_key (
    shop TEXT NOT NULL,
    caller TEXT NOT NULL,
    key TEXT NOT NULL,
    fingerprint BLOB NOT NULL,
    status INTEGER NOT NULL,
    headers TEXT NOT NULL,
    body BLOB NOT NULL,
    created_at INTEGER NOT NULL,
    PRIMARY KEY (shop, caller, key)
) STRICT, WITHOUT ROWID;
CREATE INDEX idempotency_by_age ON idempotency_key (created_at);

CREATE TABLE sequence (
    shop TEXT NOT NULL REFERENCES shop (id),
    name TEXT NOT NULL,
    next INTEGER NOT NULL,
    PRIMARY KEY (shop, name)
) STRICT, WITHOUT ROWID;
