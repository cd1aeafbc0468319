-- name: take_numbers
-- The last `count` numbers of a sequence that starts at `first`; no gaps, because it commits with what uses them.
INSERT INTO sequence (shop, name, next) VALUES (:shop, :name, CAST(:first AS BIGINT) + :count)
ON CONFLICT (shop, name) DO UPDATE SET next = sequence.next + :count
RETURNING next;

-- name: add_refused_checkouts!
INSERT INTO refused_checkout (shop, day, reason, stripe, checkouts) VALUES (:shop, :day, :reason, :stripe, :checkouts)
ON CONFLICT (shop, day, reason, stripe) DO UPDATE SET checkouts = refused_checkout.checkouts + excluded.checkouts;

-- name: refused_checkouts
SELECT reason, CAST(sum(checkouts) AS BIGINT) AS checkouts FROM refused_checkout
WHERE shop = :shop AND day >= :first AND day <= :last GROUP BY reason ORDER BY sum(checkouts) DESC, reason;

-- name: insert_sales_order!
INSERT INTO sales_order (shop, number, id, cart_id, quote_id, checkout, status, customer_id, session_id, site, currency,
    total_minor, legal_entity_id, version, document, created_at, modified_at)
VALUES (:shop, :number, :id, :cart_id, :quote_id, :checkout, :status, :customer_id, :session_id, :site, :currency,
    :total_minor, :legal_entity_id, 1, :document, :now, :now);

-- name: update_sales_order!
-- modified_at is when the status changed, and stays.
UPDATE sales_order SET customer_id = :customer_id, session_id = :session_id, total_minor = :total_minor,
    document = :document, version = version + 1
WHERE shop = :shop AND id = :id AND deleted = 0;

-- name: delete_sales_order!
-- The row stays: its number must not become a gap.
UPDATE sales_order SET deleted = 1 WHERE shop = :shop AND id = :id AND deleted = 0;

-- name: checkout_order_of_cart
SELECT id FROM sales_order WHERE shop = :shop AND cart_id = :cart_id AND checkout = 1;

-- name: sales_order_ids
SELECT sales_order.id FROM json_each(:keys) AS wanted
CROSS JOIN sales_order WHERE sales_order.shop = :shop AND sales_order.id = wanted.key;

-- name: sales_orders_of_legal_entity
SELECT id, cart_id, status, customer_id, session_id, checkout, version, document, created_at, modified_at
FROM sales_order
WHERE shop = :shop AND legal_entity_id = :owner AND deleted = 0 ORDER BY number DESC LIMIT :limit OFFSET :offset;

-- name: sales_order_count_of_legal_entity
SELECT count(*) AS count FROM sales_order WHERE shop = :shop AND legal_entity_id = :owner AND deleted = 0;

-- name: sales_order
SELECT id, cart_id, status, customer_id, session_id, checkout, version, document, created_at, modified_at
FROM sales_order
WHERE shop = :shop AND id = :id AND deleted = 0;

-- name: lock_sales_orders
SELECT sales_order.id, cart_id, status, customer_id, session_id, checkout, version, document, created_at, modified_at
FROM json_each(:keys) AS wanted CROSS JOIN sales_order WHERE sales_order.shop = :shop AND sales_order.id = wanted.key
  AND deleted = 0;

-- name: sales_orders
-- Newest first; an empty status or site stands for all.
SELECT id, cart_id, status, customer_id, session_id, checkout, version, document, created_at, modified_at
FROM sales_order
WHERE shop = :shop AND (:status = '' OR status = :status) AND (:site = '' OR site = :site) AND deleted = 0
ORDER BY number DESC LIMIT :limit OFFSET :offset;

-- name: sales_order_count
SELECT count(*) AS count FROM sales_order
WHERE shop = :shop AND (:status = '' OR status = :status) AND (:site = '' OR site = :site) AND deleted = 0;

-- name: sales_orders_of_customer
SELECT id, cart_id, status, customer_id, session_id, checkout, version, document, created_at, modified_at
FROM sales_order
WHERE shop = :shop AND customer_id = :owner AND deleted = 0 ORDER BY number DESC LIMIT :limit OFFSET :offset;

-- name: sales_order_count_of_customer
SELECT count(*) AS count FROM sales_order WHERE shop = :shop AND customer_id = :owner AND deleted = 0;

-- name: sales_orders_of_session
-- A guest's orders: those of a customer are not shown to who has the session without the login.
SELECT id, cart_id, status, customer_id, session_id, checkout, version, document, created_at, modified_at
FROM sales_order
WHERE shop = :shop AND session_id = :owner AND customer_id IS NULL AND deleted = 0 ORDER BY number DESC LIMIT :limit OFFSET :offset;

-- name: sales_order_count_of_session
SELECT count(*) AS count FROM sales_order WHERE shop = :shop AND session_id = :owner AND customer_id IS NULL AND deleted = 0;

-- name: update_sales_order_status!
UPDATE sales_order SET status = :status, version = version + 1, modified_at = :now WHERE shop = :shop AND id = :id;

-- name: insert_order_transition!
INSERT INTO order_transition (shop, order_id, position, status, comment, changed_at)
VALUES (:shop, :order_id, :position, :status, :comment, :now);

-- name: order_transitions
SELECT position, status, comment, changed_at FROM order_transition
WHERE shop = :shop AND order_id = :order_id ORDER BY position;

-- name: sequence_next
SELECT next FROM sequence WHERE shop = :shop AND name = :name;

-- name: hold_sales_orders!
-- What was decided, and is sold once a provider holds the money for it.
UPDATE sales_order SET awaits_payment = 1 WHERE shop = :shop AND id = :id;

-- name: place_held_sales_order!
UPDATE sales_order SET awaits_payment = 0 WHERE shop = :shop AND id = :id AND awaits_payment = 1;

-- name: withdraw_sales_order!
-- An order that never was one: its row stays for its number, and its cart or quote can be bought again.
UPDATE sales_order SET deleted = 1, cart_id = NULL, quote_id = NULL, version = version + 1, modified_at = :now
WHERE shop = :shop AND id = :id AND awaits_payment = 1 AND deleted = 0;

-- name: sales_order_awaits
SELECT awaits_payment FROM sales_order WHERE shop = :shop AND id = :id AND deleted = 0;
