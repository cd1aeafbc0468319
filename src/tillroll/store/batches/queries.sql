-- name: reported_items
SELECT native_event.id, native_event.call FROM json_each(:keys) AS wanted CROSS JOIN native_event
WHERE native_event.shop = :shop AND native_event.id = wanted.key;

-- name: claim_item!
-- Of several that report one item at once, the one whose row is there counts.
INSERT INTO native_event (shop, id, call) VALUES (:shop, :id, :call) ON CONFLICT (shop, id) DO NOTHING;
