-- name: lock_sales_order
-- A row lock: two transitions of one order are decided one after the other.
SELECT id, cart_id, status, customer_id, session_id, checkout, version, document, created_at, modified_at
FROM sales_order
WHERE shop = :shop AND id = :id FOR UPDATE;
