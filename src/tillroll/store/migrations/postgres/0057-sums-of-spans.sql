-- Sums that reports are read from, however many days they are of. A `span` is how many days a row is the sum of: 1, 8 and 64,
-- from a day on that is a multiple of it, of what has a name; and 0 for a day of everything together.
CREATE TABLE cart_sum_of_span (
    shop TEXT NOT NULL REFERENCES shop (id),
    dialect TEXT NOT NULL,
    span BIGINT NOT NULL,
    currency TEXT NOT NULL,
    day BIGINT NOT NULL,
    product TEXT NOT NULL,
    added BIGINT NOT NULL,
    removed BIGINT NOT NULL,
    added_minor BIGINT NOT NULL,
    removed_minor BIGINT NOT NULL,
    carts BIGINT NOT NULL,
    PRIMARY KEY (shop, dialect, span, currency, day, product)
);
INSERT INTO cart_sum_of_span (shop, dialect, span, currency, day, product, added, removed, added_minor, removed_minor, carts)
SELECT shop, dialect, 1 - is_whole, currency, day, product, added, removed, added_minor, removed_minor, carts FROM cart_sum;
INSERT INTO cart_sum_of_span (shop, dialect, span, currency, day, product, added, removed, added_minor, removed_minor, carts)
SELECT shop, dialect, 8, currency, day - (day % 8 + 8) % 8, product, sum(added), sum(removed), sum(added_minor),
    sum(removed_minor), sum(carts)
FROM cart_sum WHERE is_whole = 0 GROUP BY shop, dialect, currency, day - (day % 8 + 8) % 8, product;
INSERT INTO cart_sum_of_span (shop, dialect, span, currency, day, product, added, removed, added_minor, removed_minor, carts)
SELECT shop, dialect, 64, currency, day - (day % 64 + 64) % 64, product, sum(added), sum(removed), sum(added_minor),
    sum(removed_minor), sum(carts)
FROM cart_sum WHERE is_whole = 0 GROUP BY shop, dialect, currency, day - (day % 64 + 64) % 64, product;
DROP TABLE cart_sum;
ALTER TABLE cart_sum_of_span RENAME TO cart_sum;
ALTER INDEX cart_sum_of_span_pkey RENAME TO cart_sum_pkey;

CREATE TABLE search_sum_of_span (
    shop TEXT NOT NULL REFERENCES shop (id),
    kind TEXT NOT NULL,
    span BIGINT NOT NULL,
    day BIGINT NOT NULL,
    name TEXT NOT NULL,
    events BIGINT NOT NULL,
    minor BIGINT NOT NULL,
    PRIMARY KEY (shop, kind, span, day, name)
);
INSERT INTO search_sum_of_span (shop, kind, span, day, name, events, minor)
SELECT shop, kind, CASE name WHEN '' THEN 0 ELSE 1 END, day, name, events, minor FROM search_sum;
INSERT INTO search_sum_of_span (shop, kind, span, day, name, events, minor)
SELECT shop, kind, 8, day - (day % 8 + 8) % 8, name, sum(events), sum(minor) FROM search_sum WHERE name <> ''
GROUP BY shop, kind, day - (day % 8 + 8) % 8, name;
INSERT INTO search_sum_of_span (shop, kind, span, day, name, events, minor)
SELECT shop, kind, 64, day - (day % 64 + 64) % 64, name, sum(events), sum(minor) FROM search_sum WHERE name <> ''
GROUP BY shop, kind, day - (day % 64 + 64) % 64, name;
DROP TABLE search_sum;
ALTER TABLE search_sum_of_span RENAME TO search_sum;
ALTER INDEX search_sum_of_span_pkey RENAME TO search_sum_pkey;

-- What became of the carts that were begun on a day: bought; bought by a sale that counts; and not bought, with what is in them.
CREATE TABLE cart_outcome (
    shop TEXT NOT NULL REFERENCES shop (id),
    dialect TEXT NOT NULL,
    currency TEXT NOT NULL,
    day BIGINT NOT NULL,
    carts BIGINT NOT NULL,
    checkouts BIGINT NOT NULL,
    orders BIGINT NOT NULL,
    unbought BIGINT NOT NULL,
    unbought_minor BIGINT NOT NULL,
    PRIMARY KEY (shop, dialect, currency, day)
);
INSERT INTO cart_outcome (shop, dialect, currency, day, carts, checkouts, orders, unbought, unbought_minor)
SELECT followed_cart.shop, dialect, followed_cart.currency, opened_day, count(*),
    sum(CASE WHEN bought_at > 0 THEN 1 ELSE 0 END), sum(CASE WHEN sale.state = 'counted' THEN 1 ELSE 0 END),
    sum(CASE WHEN bought_at = 0 AND worth_minor > 0 THEN 1 ELSE 0 END),
    sum(CASE WHEN bought_at = 0 AND worth_minor > 0 THEN worth_minor ELSE 0 END)
FROM followed_cart
LEFT JOIN sale_report ON sale_report.shop = followed_cart.shop AND sale_report.position = followed_cart.closed
    AND followed_cart.bought_at > 0
LEFT JOIN sale ON sale.shop = sale_report.shop AND sale.id = sale_report.sale
WHERE opened_day > 0 GROUP BY followed_cart.shop, dialect, followed_cart.currency, opened_day;

DROP INDEX followed_cart_by_day;
CREATE INDEX followed_cart_unbought ON followed_cart (shop, dialect, currency, opened_day)
    WHERE bought_at = 0 AND worth_minor > 0;
CREATE INDEX followed_cart_fresh ON followed_cart (shop, dialect, currency, changed_at)
    WHERE closed = 0 AND worth_minor > 0;
CREATE INDEX followed_cart_by_end ON followed_cart (shop, closed);
