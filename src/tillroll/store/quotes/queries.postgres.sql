-- name: lock_quotes
-- Row locks in one sorted order: a quote that is being bought can not be changed until the purchase is decided. A set
-- instead of a join, as for carts.
SELECT id, status, customer_id, order_id, version, document, created_at, modified_at FROM quote
WHERE shop = :shop AND id = ANY (ARRAY (SELECT key FROM json_each(:keys)))
ORDER BY id FOR UPDATE;
