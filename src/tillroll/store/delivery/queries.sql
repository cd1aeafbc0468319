-- name: delivery_counters
SELECT counter.id, counter.booked FROM json_each(:keys) AS wanted
CROSS JOIN delivery_counter AS counter WHERE counter.shop = :shop AND counter.id = wanted.key;

-- name: lock_delivery_counters
SELECT counter.id, counter.booked FROM json_each(:keys) AS wanted
CROSS JOIN delivery_counter AS counter WHERE counter.shop = :shop AND counter.id = wanted.key;

-- name: open_delivery_counter!
-- So that there is a row to lock. Of two that open the same one, the later waits for the first and does nothing.
INSERT INTO delivery_counter (shop, id, capacity, modified_at) VALUES (:shop, :id, :capacity, :now)
ON CONFLICT (shop, id) DO NOTHING;

-- name: take_places!
-- The capacity is what the slot takes today; what was booked under a larger one stays booked.
UPDATE delivery_counter SET booked = booked + :places, capacity = :capacity, modified_at = :now
WHERE shop = :shop AND id = :id AND booked + :places <= :capacity;

-- name: return_place!
UPDATE delivery_counter SET booked = booked - 1, modified_at = :now WHERE shop = :shop AND id = :id;

-- name: insert_delivery_booking!
INSERT INTO delivery_booking (shop, window_id, cause, subject, places, booked_at)
VALUES (:shop, :window_id, :cause, :subject, :places, :now);
