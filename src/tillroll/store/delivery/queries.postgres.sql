-- name: lock_delivery_counters
-- Row locks in one sorted order, so that the last place of a window goes to whoever comes first. A set instead of a
-- join, as for stock.
SELECT id, booked FROM delivery_counter
WHERE shop = :shop AND id = ANY (ARRAY (SELECT key FROM json_each(:keys)))
ORDER BY id FOR UPDATE;
