-- name: lock_visitors
-- SQLite has one writer: whoever reads here has the visitors to itself.
SELECT 1 AS held WHERE :shop IS NOT NULL AND :keys IS NOT NULL;

-- name: interactions
SELECT interaction.visitor, started_at, last_at, closed_at FROM json_each(:keys) AS wanted CROSS JOIN interaction
WHERE interaction.shop = :shop AND interaction.visitor = wanted.key;

-- name: stretches_of_interaction
SELECT started_at, last_at, closed_at FROM interaction
WHERE shop = :shop AND visitor = :visitor AND kind = :kind AND id = :id ORDER BY started_at;

-- name: insert_interaction!
INSERT INTO interaction (shop, visitor, kind, id, started_at, last_at, closed_at)
VALUES (:shop, :visitor, :kind, :id, :started_at, :last_at, :closed_at);

-- name: delete_interaction!
DELETE FROM interaction
WHERE shop = :shop AND visitor = :visitor AND kind = :kind AND id = :id AND started_at = :started_at;

-- name: reported_cart_lines
-- Each claim is a pair, because only visitor and product together are found in the index.
SELECT line.visitor, line.product_id, quantity, changed_at, added_at, increased_at
FROM json_each(:pairs) AS wanted CROSS JOIN reported_cart_line AS line
WHERE line.shop = :shop AND line.visitor = json_extract(wanted.value, '$[0]')
  AND line.product_id = json_extract(wanted.value, '$[1]');

-- name: store_reported_cart_line!
INSERT INTO reported_cart_line (shop, visitor, product_id, quantity, changed_at, added_at, increased_at)
VALUES (:shop, :visitor, :product_id, :quantity, :changed_at, :added_at, :increased_at)
ON CONFLICT (shop, visitor, product_id) DO UPDATE SET quantity = excluded.quantity, changed_at = excluded.changed_at,
    added_at = excluded.added_at, increased_at = excluded.increased_at;

-- name: reported_orders
SELECT reported_order.key, reported_order.fingerprint, reported_order.reported_at FROM json_each(:keys) AS wanted CROSS JOIN reported_order
WHERE reported_order.shop = :shop AND reported_order.key = wanted.key;

-- name: claim_reported_order!
-- Of several that report one order at once, the one whose row is there counts.
INSERT INTO reported_order (shop, key, fingerprint, reported_at) VALUES (:shop, :key, :fingerprint, :now)
ON CONFLICT (shop, key) DO NOTHING;

-- name: uncredited_reports
SELECT visitor, happened_at, id, document FROM uncredited_report
WHERE shop = :shop AND visitor = :visitor AND happened_at >= :since ORDER BY happened_at, id LIMIT :limit;

-- name: insert_uncredited_report!
INSERT INTO uncredited_report (shop, visitor, happened_at, id, document)
VALUES (:shop, :visitor, :happened_at, :id, :document);

-- name: delete_uncredited_report!
DELETE FROM uncredited_report
WHERE shop = :shop AND visitor = :visitor AND happened_at = :happened_at AND id = :id;
