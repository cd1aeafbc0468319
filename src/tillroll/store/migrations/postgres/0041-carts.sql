-- Carts as their events tell of them. `closed` is 0 for the one that a visitor has now, else the position of the event that
-- ended it; `opened_day` is 0 while nothing was put into it, `bought_at` where nobody has bought it.
CREATE TABLE followed_cart (
    shop TEXT NOT NULL REFERENCES shop (id),
    node TEXT NOT NULL,
    closed BIGINT NOT NULL,
    dialect TEXT NOT NULL,
    currency TEXT NOT NULL,
    opened_day BIGINT NOT NULL,
    changed_at BIGINT NOT NULL,
    bought_at BIGINT NOT NULL,
    worth_minor BIGINT NOT NULL,
    document TEXT NOT NULL,
    PRIMARY KEY (shop, node, closed)
);
CREATE INDEX followed_cart_by_day ON followed_cart (shop, dialect, currency, opened_day);

-- The carts that something was added to or taken from on a day of the shop's clock, once each.
CREATE TABLE cart_day (
    shop TEXT NOT NULL REFERENCES shop (id),
    dialect TEXT NOT NULL,
    currency TEXT NOT NULL,
    day BIGINT NOT NULL,
    node TEXT NOT NULL,
    PRIMARY KEY (shop, dialect, currency, day, node)
);

-- What was added and taken away on a day, of a product, or of all where it has no name.
CREATE TABLE cart_sum (
    shop TEXT NOT NULL REFERENCES shop (id),
    dialect TEXT NOT NULL,
    currency TEXT NOT NULL,
    is_whole BIGINT NOT NULL,
    day BIGINT NOT NULL,
    product TEXT NOT NULL,
    added BIGINT NOT NULL,
    removed BIGINT NOT NULL,
    added_minor BIGINT NOT NULL,
    removed_minor BIGINT NOT NULL,
    carts BIGINT NOT NULL,
    PRIMARY KEY (shop, dialect, currency, is_whole, day, product)
);
