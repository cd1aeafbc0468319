-- name: lock_availabilities
-- Row locks in one sorted order, so that two checkouts with the same products queue up instead of deadlocking. A set
-- instead of a join: a planner without statistics would read the whole site and join afterwards.
SELECT product_id, on_hand, sellable, version FROM availability
WHERE shop = :shop AND site = :site AND product_id = ANY (ARRAY (SELECT key FROM json_each(:keys)))
ORDER BY product_id FOR UPDATE;

-- name: insert_stock_movement!
-- All rows of a group in one statement, as for orders.
INSERT INTO stock_movement (shop, site, product_id, cause, subject, quantity, moved_at)
SELECT shop, site, product_id, cause, subject, quantity, now
FROM json_to_recordset(:rows) AS row (shop text, site text, product_id text, cause text, subject text,
    quantity bigint, now bigint);

-- name: take_stock!
-- All rows of a group in one statement; they are locked already, in their sorted order.
UPDATE availability SET on_hand = on_hand - taken.quantity, version = version + 1, modified_at = taken.now
FROM json_to_recordset(:rows) AS taken (shop text, site text, product_id text, quantity bigint, now bigint)
WHERE availability.shop = taken.shop AND availability.site = taken.site
  AND availability.product_id = taken.product_id AND availability.on_hand >= taken.quantity;
