-- name: carts
SELECT cart.id, site, cart.type, legal_entity_id, owner, status, order_id, version, document, created_at, modified_at
FROM json_each(:keys) AS wanted CROSS JOIN cart WHERE cart.shop = :shop AND cart.id = wanted.key;

-- name: lock_carts
SELECT cart.id, site, cart.type, legal_entity_id, owner, status, order_id, version, document, created_at, modified_at
FROM json_each(:keys) AS wanted CROSS JOIN cart WHERE cart.shop = :shop AND cart.id = wanted.key;

-- name: open_cart
SELECT id FROM cart
WHERE shop = :shop AND owner = :owner AND site = :site AND type = :type AND legal_entity_id = :legal_entity_id
  AND status = 'OPEN';

-- name: open_carts_of_owners
SELECT cart.id FROM json_each(:keys) AS wanted CROSS JOIN cart
WHERE cart.owner = wanted.key AND cart.shop = :shop AND cart.status = 'OPEN' ORDER BY cart.id;

-- name: insert_cart!
INSERT INTO cart (shop, id, site, type, legal_entity_id, owner, status, version, document, created_at, modified_at)
VALUES (:shop, :id, :site, :type, :legal_entity_id, :owner, 'OPEN', 1, :document, :now, :now);

-- name: update_cart!
UPDATE cart SET owner = :owner, site = :site, type = :type, legal_entity_id = :legal_entity_id, status = :status,
    document = :document, version = version + :changes, modified_at = :now
WHERE shop = :shop AND id = :id AND version = :version;

-- name: carts_page
-- Newest first: ids begin with the time. An empty status stands for all.
SELECT id, site, type, legal_entity_id, owner, status, order_id, version, document, created_at, modified_at FROM cart
WHERE shop = :shop AND (:status = '' OR status = :status) ORDER BY id DESC LIMIT :limit OFFSET :offset;

-- name: carts_of_owner
SELECT id, site, type, legal_entity_id, owner, status, order_id, version, document, created_at, modified_at FROM cart
WHERE shop = :shop AND owner = :owner AND (:status = '' OR status = :status)
ORDER BY id DESC LIMIT :limit OFFSET :offset;

-- name: idle_carts
-- Open carts that were made before the time that :oldest begins with, and not touched since :before.
SELECT shop, id FROM cart WHERE status = 'OPEN' AND id < :oldest AND modified_at < :before ORDER BY id LIMIT :limit;

-- name: close_cart!
UPDATE cart SET status = 'CLOSED', order_id = :order_id, version = version + 1, modified_at = :now
WHERE shop = :shop AND id = :id AND status = 'OPEN' AND version = :version;

-- name: delete_cart!
DELETE FROM cart WHERE shop = :shop AND id = :id;

-- name: reopen_cart!
-- A cart whose order was withdrawn is open again, unless its owner has opened another one meanwhile.
UPDATE cart SET order_id = NULL, version = version + 1, modified_at = :now,
    status = CASE WHEN EXISTS (
        SELECT 1 FROM cart AS other
        WHERE other.shop = cart.shop AND other.owner = cart.owner AND other.site = cart.site AND other.type = cart.type
          AND other.legal_entity_id = cart.legal_entity_id AND other.status = 'OPEN'
    ) THEN cart.status ELSE 'OPEN' END
WHERE shop = :shop AND id = :id AND order_id = :order_id;
