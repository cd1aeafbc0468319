-- Quotes, what happened to them, and the one order that each may become.
-- `valid_to` is microseconds UTC; the document has it, too.

CREATE TABLE quote (
    shop TEXT NOT NULL REFERENCES shop (id),
    id TEXT NOT NULL,
    customer_id TEXT NOT NULL,
    status TEXT NOT NULL,
    valid_to INTEGER,
    cart_id TEXT,
    order_id TEXT,
    version INTEGER NOT NULL,
    document TEXT NOT NULL,
    created_at INTEGER NOT NULL,
    modified_at INTEGER NOT NULL,
    PRIMARY KEY (shop, id),
    CHECK (order_id IS NULL OR status = 'ACCEPTED')
) STRICT;
CREATE INDEX quote_by_age ON quote (shop, created_at, id);
CREATE INDEX quote_by_customer ON quote (shop, customer_id, created_at, id);
-- A cart is closed by one quote.
CREATE UNIQUE INDEX unique_quote_cart_id ON quote (shop, cart_id) WHERE cart_id IS NOT NULL;
CREATE INDEX quote_open_by_validity ON quote (valid_to) WHERE status = 'OPEN';

-- The history of a quote: the values before and after are JSON, in the words of the dialect that wrote them.
CREATE TABLE quote_change (
    shop TEXT NOT NULL REFERENCES shop (id),
    quote_id TEXT NOT NULL,
    position INTEGER NOT NULL,
    op TEXT NOT NULL,
    path TEXT NOT NULL,
    new_value TEXT,
    previous_value TEXT,
    user_type TEXT NOT NULL,
    user_id TEXT NOT NULL,
    changed_at INTEGER NOT NULL,
    PRIMARY KEY (shop, quote_id, position)
) STRICT, WITHOUT ROWID;

ALTER TABLE sales_order ADD COLUMN quote_id TEXT;
-- One checkout order per quote, whatever our code believes.
CREATE UNIQUE INDEX unique_checkout_quote_id ON sales_order (shop, quote_id)
    WHERE checkout = 1 AND quote_id IS NOT NULL;
