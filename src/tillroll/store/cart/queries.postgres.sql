-- name: lock_carts
-- Row locks in one sorted order: a cart that is being bought can not be edited until the purchase is decided. A set
-- instead of a join, as for stock.
SELECT id, site, type, legal_entity_id, owner, status, order_id, version, document, created_at, modified_at FROM cart
WHERE shop = :shop AND id = ANY (ARRAY (SELECT key FROM json_each(:keys)))
ORDER BY id FOR UPDATE;

-- name: open_carts_of_owners
-- A set instead of a join, as for locks.
SELECT id FROM cart
WHERE owner = ANY (ARRAY (SELECT key FROM json_each(:keys))) AND shop = :shop AND status = 'OPEN' ORDER BY id;

-- name: close_cart!
-- All carts of a group in one statement; they are locked already, in their sorted order.
UPDATE cart SET status = 'CLOSED', order_id = closed.order_id, version = cart.version + 1, modified_at = closed.now
FROM json_to_recordset(:rows) AS closed (shop text, id text, order_id text, version bigint, now bigint)
WHERE cart.shop = closed.shop AND cart.id = closed.id AND cart.status = 'OPEN' AND cart.version = closed.version;
