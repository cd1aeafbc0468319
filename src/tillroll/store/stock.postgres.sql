-- name: lock_availabilities
-- Row locks in one sorted order, so that two checkouts with the same products queue up instead of deadlocking.
SELECT product_id, on_hand, sellable FROM json_each(:keys) AS wanted CROSS JOIN availability
WHERE availability.shop = :shop AND availability.site = :site AND availability.product_id = wanted.key
ORDER BY product_id FOR UPDATE OF availability;
