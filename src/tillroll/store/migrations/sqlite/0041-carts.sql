-- Carts as their events tell of them. `closed` is 0 for the one that a visitor has now, else the position of the event that
-- ended it; `opened_day` is 0 while nothing was put into it, `bought_at` where nobody has bought it.
CREATE TABLE followed_cart (
    shop TEXT NOT NULL REFERENCES shop (id),
    node TEXT NOT NULL,
    closed INTEGER NOT NULL,
    dialect TEXT NOT NULL,
    currency TEXT NOT NULL,
    opened_day INTEGER NOT NULL,
    changed_at INTEGER NOT NULL,
    bought_at INTEGER NOT NULL,
    worth_minor INTEGER NOT NULL,
    document TEXT NOT NULL,
    PRIMARY KEY (shop, node, closed)
) STRICT;
CREATE INDEX followed_cart_by_day ON followed_cart (shop, dialect, currency, opened_day);

-- The carts that something was added to or taken from on a day of the shop's clock, once each.
CREATE TABLE cart_day (
    shop TEXT NOT NULL REFERENCES shop (id),
    dialect TEXT NOT NULL,
    currency TEXT NOT NULL,
    day INTEGER NOT NULL,
    node TEXT NOT NULL,
    PRIMARY KEY (shop, dialect, currency, day, node)
) STRICT, WITHOUT ROWID;

-- What was added and taken away on a day, of a product, or of all where it has no name.
CREATE TABLE cart_sum (
    shop TEXT NOT NULL REFERENCES shop (id),
    dialect TEXT NOT NULL,
    currency TEXT NOT NULL,
    is_whole INTEGER NOT NULL,
    day INTEGER NOT NULL,
    product TEXT NOT NULL,
    added INTEGER NOT NULL,
    removed INTEGER NOT NULL,
    added_minor INTEGER NOT NULL,
    removed_minor INTEGER NOT NULL,
    carts INTEGER NOT NULL,
    PRIMARY KEY (shop, dialect, currency, is_whole, day, product)
) STRICT, WITHOUT ROWID;
