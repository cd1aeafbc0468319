-- Each item that a shop's own systems have reported, by the id that they gave it: it counts once for ever. `call` is the
-- request that reported it first.
CREATE TABLE native_event (
    shop TEXT NOT NULL REFERENCES shop (id),
    id TEXT NOT NULL,
    call TEXT NOT NULL,
    PRIMARY KEY (shop, id)
) STRICT, WITHOUT ROWID;
