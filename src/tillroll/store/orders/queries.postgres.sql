-- name: lock_sales_orders
-- Row locks in one sorted order: two transitions of one order are decided one after the other.
SELECT id, cart_id, status, customer_id, session_id, checkout, version, document, created_at, modified_at
FROM sales_order
WHERE shop = :shop AND id = ANY (ARRAY (SELECT key FROM json_each(:keys))) AND deleted = 0 ORDER BY id FOR UPDATE;

-- name: sales_order_ids
-- A set instead of a join, as for stock.
SELECT id FROM sales_order WHERE shop = :shop AND id = ANY (ARRAY (SELECT key FROM json_each(:keys)));

-- name: insert_sales_order!
-- All rows of a group in one statement: on PostgreSQL the round trips would cost more than the rows.
INSERT INTO sales_order (shop, number, id, cart_id, quote_id, checkout, status, customer_id, session_id, site, currency,
    total_minor, legal_entity_id, version, document, created_at, modified_at)
SELECT shop, number, id, cart_id, quote_id, checkout, status, customer_id, session_id, site, currency,
    total_minor, legal_entity_id, 1, document, now, now
FROM json_to_recordset(:rows) AS row (shop text, number bigint, id text, cart_id text, quote_id text, checkout bigint,
    status text, customer_id text, session_id text, site text, currency text, total_minor bigint,
    legal_entity_id text, document text,
    now bigint);
