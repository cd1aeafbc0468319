-- name: lock_visitors
-- Reports and interactions of one visitor, one after the other: neither may miss the other. No row stands for a visitor
-- before the first of them, so the lock is on the name. In sorted order, so that two groups never wait in a ring.
SELECT 1 AS held FROM (
    SELECT count(pg_advisory_xact_lock(hashtextextended(:shop || '/' || key, 0))) AS held
    FROM (SELECT key FROM json_each(:keys) ORDER BY key) AS sorted
) AS locks WHERE held >= 0;

-- name: reported_cart_lines
-- The same join; PostgreSQL has other functions for a JSON list than for an object.
SELECT line.visitor, line.product_id, quantity, changed_at, added_at, increased_at
FROM json_array_elements(:pairs) AS wanted CROSS JOIN reported_cart_line AS line
WHERE line.shop = :shop AND line.visitor = wanted.value ->> 0 AND line.product_id = wanted.value ->> 1;
