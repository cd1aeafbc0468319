-- What the last audit of a shop found that somebody asked for on its page.
CREATE TABLE shop_audit (
    shop TEXT NOT NULL PRIMARY KEY REFERENCES shop (id),
    audited_at INTEGER NOT NULL,
    asked_by TEXT NOT NULL,
    document TEXT NOT NULL
) STRICT;
