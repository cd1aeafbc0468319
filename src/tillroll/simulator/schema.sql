-- The simulator's own file. Everything is an object of the wire, kept as the JSON that a client sees, with what the
-- simulator knows beside it under "_sim".

CREATE TABLE IF NOT EXISTS objects (
    number INTEGER PRIMARY KEY AUTOINCREMENT,
    account TEXT NOT NULL,
    id TEXT NOT NULL UNIQUE,
    kind TEXT NOT NULL,
    -- What lists of the kind are asked by: the intent of a refund, the source of a balance transaction.
    parent TEXT NOT NULL,
    -- The type of an event or a balance transaction.
    label TEXT NOT NULL,
    created INTEGER NOT NULL,
    -- When it was last written, by the clock that never stands still: a search sees it only later.
    changed_ms INTEGER NOT NULL,
    body TEXT NOT NULL
);
CREATE INDEX IF NOT EXISTS objects_listed ON objects (account, kind, number);
CREATE INDEX IF NOT EXISTS objects_of ON objects (parent, kind);

CREATE TABLE IF NOT EXISTS answers (
    account TEXT NOT NULL,
    key TEXT NOT NULL,
    digest TEXT NOT NULL,
    request_id TEXT NOT NULL,
    status INTEGER NOT NULL,
    body TEXT NOT NULL,
    created INTEGER NOT NULL,
    PRIMARY KEY (account, key)
);

CREATE TABLE IF NOT EXISTS entries (seq INTEGER PRIMARY KEY AUTOINCREMENT, body TEXT NOT NULL);

CREATE TABLE IF NOT EXISTS requests (seq INTEGER PRIMARY KEY AUTOINCREMENT, body TEXT NOT NULL);

CREATE TABLE IF NOT EXISTS deliveries (
    number INTEGER PRIMARY KEY AUTOINCREMENT,
    endpoint TEXT NOT NULL,
    event TEXT NOT NULL,
    body TEXT NOT NULL,
    tries INTEGER NOT NULL,
    due_ms INTEGER NOT NULL
);
CREATE INDEX IF NOT EXISTS deliveries_due ON deliveries (due_ms);

CREATE TABLE IF NOT EXISTS later (
    number INTEGER PRIMARY KEY AUTOINCREMENT,
    due INTEGER NOT NULL,
    what TEXT NOT NULL,
    object TEXT NOT NULL
);
CREATE INDEX IF NOT EXISTS later_due ON later (due);

CREATE TABLE IF NOT EXISTS counters (name TEXT PRIMARY KEY, count INTEGER NOT NULL);

CREATE TABLE IF NOT EXISTS kept (name TEXT PRIMARY KEY, value TEXT NOT NULL);
