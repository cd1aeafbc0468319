-- What storefronts report of their visitors. A visitor is a pair of fingerprints, written as one name.

-- A conversation, or the FAQ questions of a visitor taken together: active until it is closed or silent for too long.
-- What goes on after a longer silence has a row of its own.
CREATE TABLE interaction (
    shop TEXT NOT NULL REFERENCES shop (id),
    visitor TEXT NOT NULL,
    kind TEXT NOT NULL,
    id TEXT NOT NULL,
    started_at BIGINT NOT NULL,
    last_at BIGINT NOT NULL,
    closed_at BIGINT,
    PRIMARY KEY (shop, visitor, kind, id, started_at),
    CHECK (last_at >= started_at)
);

-- A cart line is a register: the latest reported quantity holds. added_at and increased_at are those of recorded reports.
CREATE TABLE reported_cart_line (
    shop TEXT NOT NULL REFERENCES shop (id),
    visitor TEXT NOT NULL,
    product_id TEXT NOT NULL,
    quantity BIGINT NOT NULL,
    changed_at BIGINT NOT NULL,
    added_at BIGINT,
    increased_at BIGINT,
    PRIMARY KEY (shop, visitor, product_id),
    CHECK (quantity >= 0)
);

-- The first recorded report of an order; the key, made of its id or else of what was reported, makes it count once.
CREATE TABLE reported_order (
    shop TEXT NOT NULL REFERENCES shop (id),
    key TEXT NOT NULL,
    fingerprint TEXT NOT NULL,
    reported_at BIGINT NOT NULL,
    PRIMARY KEY (shop, key)
);

-- Reports that were refused because their visitor had not interacted, until the interaction is reported late.
CREATE TABLE uncredited_report (
    shop TEXT NOT NULL REFERENCES shop (id),
    visitor TEXT NOT NULL,
    happened_at BIGINT NOT NULL,
    id TEXT NOT NULL,
    document TEXT NOT NULL,
    PRIMARY KEY (shop, visitor, happened_at, id)
);
