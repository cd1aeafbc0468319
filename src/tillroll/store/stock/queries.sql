-- name: availability
SELECT on_hand, sellable, version, document FROM availability
WHERE shop = :shop AND site = :site AND product_id = :product_id;

-- name: availabilities_of_site
SELECT product_id, on_hand, sellable, version, document FROM availability
WHERE shop = :shop AND site = :site ORDER BY product_id LIMIT :limit OFFSET :offset;

-- name: availabilities
SELECT product_id, on_hand, sellable, version, document FROM json_each(:keys) AS wanted CROSS JOIN availability
WHERE availability.shop = :shop AND availability.site = :site AND availability.product_id = wanted.key;

-- name: lock_availabilities
SELECT product_id, on_hand, sellable, version FROM json_each(:keys) AS wanted CROSS JOIN availability
WHERE availability.shop = :shop AND availability.site = :site AND availability.product_id = wanted.key;

-- name: availability_count
SELECT count(*) AS count FROM availability WHERE shop = :shop AND site = :site;

-- name: insert_availability!
-- No upsert: of two that create the same record the later has to fail and look again, or its movement would be wrong.
INSERT INTO availability (shop, site, product_id, on_hand, sellable, document, modified_at)
VALUES (:shop, :site, :product_id, :on_hand, :sellable, :document, :now);

-- name: update_availability!
UPDATE availability SET on_hand = :on_hand, sellable = :sellable, document = :document, version = version + 1,
    modified_at = :now
WHERE shop = :shop AND site = :site AND product_id = :product_id;

-- name: delete_availability!
DELETE FROM availability WHERE shop = :shop AND site = :site AND product_id = :product_id;

-- name: take_stock!
UPDATE availability SET on_hand = on_hand - :quantity, version = version + 1, modified_at = :now
WHERE shop = :shop AND site = :site AND product_id = :product_id AND on_hand >= :quantity;

-- name: return_stock!
UPDATE availability SET on_hand = on_hand + :quantity, version = version + 1, modified_at = :now
WHERE shop = :shop AND site = :site AND product_id = :product_id;

-- name: insert_stock_movement!
INSERT INTO stock_movement (shop, site, product_id, cause, subject, quantity, moved_at)
VALUES (:shop, :site, :product_id, :cause, :subject, :quantity, :now);

-- name: stock_movements_of_subject
SELECT site, product_id, quantity FROM stock_movement
WHERE shop = :shop AND cause = :cause AND subject = :subject;

-- name: stock_movements_of_cause
SELECT site, product_id, quantity FROM stock_movement
WHERE shop = :shop AND cause = :cause ORDER BY moved_at, site, product_id, subject;
