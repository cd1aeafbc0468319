-- name: take_numbers
-- The last `count` numbers of a sequence that starts at `first`; no gaps, because it commits with what uses them.
INSERT INTO sequence (shop, name, next) VALUES (:shop, :name, CAST(:first AS BIGINT) + :count)
ON CONFLICT (shop, name) DO UPDATE SET next = sequence.next + :count
RETURNING next;

-- name: insert_sales_order!
INSERT INTO sales_order (shop, number, id, cart_id, quote_id, checkout, status, customer_id, session_id, site, currency,
    total_minor, version, document, created_at, modified_at)
VALUES (:shop, :number, :id, :cart_id, :quote_id, :checkout, :status, :customer_id, :session_id, :site, :currency,
    :total_minor, 1, :document, :now, :now);

-- name: sales_order
SELECT id, cart_id, status, customer_id, session_id, checkout, version, document, created_at, modified_at
FROM sales_order
WHERE shop = :shop AND id = :id;

-- name: lock_sales_orders
SELECT sales_order.id, cart_id, status, customer_id, session_id, checkout, version, document, created_at, modified_at
FROM json_each(:keys) AS wanted CROSS JOIN sales_order WHERE sales_order.shop = :shop AND sales_order.id = wanted.key;

-- name: sales_orders
-- Newest first; an empty status or site stands for all.
SELECT id, cart_id, status, customer_id, session_id, checkout, version, document, created_at, modified_at
FROM sales_order
WHERE shop = :shop AND (:status = '' OR status = :status) AND (:site = '' OR site = :site)
ORDER BY number DESC LIMIT :limit OFFSET :offset;

-- name: sales_order_count
SELECT count(*) FROM sales_order
WHERE shop = :shop AND (:status = '' OR status = :status) AND (:site = '' OR site = :site);

-- name: sales_orders_of_customer
SELECT id, cart_id, status, customer_id, session_id, checkout, version, document, created_at, modified_at
FROM sales_order
WHERE shop = :shop AND customer_id = :owner ORDER BY number DESC LIMIT :limit OFFSET :offset;

-- name: sales_order_count_of_customer
SELECT count(*) FROM sales_order WHERE shop = :shop AND customer_id = :owner;

-- name: sales_orders_of_session
-- A guest's orders: those of a customer are not shown to who has the session without the login.
SELECT id, cart_id, status, customer_id, session_id, checkout, version, document, created_at, modified_at
FROM sales_order
WHERE shop = :shop AND session_id = :owner AND customer_id IS NULL ORDER BY number DESC LIMIT :limit OFFSET :offset;

-- name: sales_order_count_of_session
SELECT count(*) FROM sales_order WHERE shop = :shop AND session_id = :owner AND customer_id IS NULL;

-- name: update_sales_order_status!
UPDATE sales_order SET status = :status, version = version + 1, modified_at = :now WHERE shop = :shop AND id = :id;

-- name: insert_order_transition!
INSERT INTO order_transition (shop, order_id, position, status, comment, changed_at)
VALUES (:shop, :order_id, :position, :status, :comment, :now);

-- name: order_transitions
SELECT position, status, comment, changed_at FROM order_transition
WHERE shop = :shop AND order_id = :order_id ORDER BY position;
