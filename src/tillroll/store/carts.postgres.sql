-- name: lock_carts
-- Row locks in one sorted order: a cart that is being bought can not be edited until the purchase is decided.
SELECT cart.id, site, cart.type, legal_entity_id, owner, status, order_id, version, document, created_at, modified_at
FROM json_each(:keys) AS wanted CROSS JOIN cart WHERE cart.shop = :shop AND cart.id = wanted.key
ORDER BY cart.id FOR UPDATE OF cart;
