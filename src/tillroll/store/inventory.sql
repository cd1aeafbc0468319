-- name: insert_inventory_item!
-- Two that insert the same item: the second waits, inserts nothing, and finds the first one's row.
INSERT INTO inventory_item (id, user_id, identity, shop, client_id, version, repeats, order_id, name, size, brand, store,
    month, search, currency, landed_minor, bought_at, state, state_minor, state_currency, state_at, changes, document,
    created_at, modified_at)
VALUES (:id, :user_id, :identity, :shop, :client_id, 0, 0, :order_id, :name, :size, :brand, :store,
    :month, :search, :currency, :landed_minor, :bought_at, 'in_stock', NULL, :currency, :bought_at, 0, :document,
    :now, :now)
ON CONFLICT (identity) DO NOTHING;

-- name: lock_inventory_items
SELECT item.identity, item.id, item.version FROM json_each(:keys) AS wanted
CROSS JOIN inventory_item AS item WHERE item.identity = wanted.key;

-- name: inventory_fingerprints
SELECT said.fingerprint, said.item_id FROM json_each(:keys) AS wanted
CROSS JOIN inventory_version AS said WHERE said.fingerprint = wanted.key;

-- name: insert_inventory_version!
INSERT INTO inventory_version (item_id, version, fingerprint, source, document, raw, received_at)
VALUES (:item_id, :version, :fingerprint, :source, :document, :raw, :now);

-- name: correct_inventory_item!
UPDATE inventory_item SET version = :version, order_id = :order_id, name = :name, size = :size, brand = :brand,
    store = :store, month = :month, search = :search, currency = :currency, landed_minor = :landed_minor,
    bought_at = :bought_at, document = :document, modified_at = :now
WHERE id = :id;

-- name: repeat_inventory_item!
UPDATE inventory_item SET repeats = repeats + :count WHERE id = :id;

-- name: inventory_item
SELECT id, client_id, version, repeats, state, state_minor, state_currency, state_at, changes, document,
    created_at, modified_at
FROM inventory_item WHERE user_id = :user_id AND id = :id;

-- name: lock_inventory_item
SELECT id, client_id, version, repeats, state, state_minor, state_currency, state_at, changes, document,
    created_at, modified_at
FROM inventory_item WHERE user_id = :user_id AND id = :id;

-- name: inventory_page
-- What was bought before this place in the list, so that what is posted meanwhile moves nothing from page to page.
-- An empty filter lets everything through. The search text is in lower case, and so is the pattern. An item is in the
-- currency that it was bought in, and in that of what it was sold for.
SELECT id, client_id, version, repeats, state, state_minor, state_currency, state_at, changes, document,
    created_at, modified_at
FROM inventory_item
WHERE user_id = :user_id AND (:state = '' OR state = :state) AND (:currency = '' OR currency = :currency
    OR (state_minor IS NOT NULL AND state_currency = :currency))
  AND (bought_at, id) < (:bought_at, :id) AND (:pattern = '' OR search LIKE :pattern ESCAPE '!')
ORDER BY bought_at DESC, id DESC LIMIT :limit;

-- name: inventory_page_back
-- The same backwards: what was bought after this place, the nearest first.
SELECT id, client_id, version, repeats, state, state_minor, state_currency, state_at, changes, document,
    created_at, modified_at
FROM inventory_item
WHERE user_id = :user_id AND (:state = '' OR state = :state) AND (:currency = '' OR currency = :currency
    OR (state_minor IS NOT NULL AND state_currency = :currency))
  AND (bought_at, id) > (:bought_at, :id) AND (:pattern = '' OR search LIKE :pattern ESCAPE '!')
ORDER BY bought_at, id LIMIT :limit;

-- name: inventory_totals
-- Per currency of the purchase, currency of the amount, and state: how many, what they cost, and what the last step of
-- each brought or asks.
SELECT currency, CASE WHEN state_minor IS NULL THEN currency ELSE state_currency END, state, count(*),
    CAST(sum(landed_minor) AS BIGINT), CAST(coalesce(sum(state_minor), 0) AS BIGINT),
    CAST(coalesce(sum(CASE WHEN state_minor IS NULL THEN 0 ELSE landed_minor END), 0) AS BIGINT)
FROM inventory_item
WHERE user_id = :user_id AND (:state = '' OR state = :state) AND (:currency = '' OR currency = :currency
    OR (state_minor IS NOT NULL AND state_currency = :currency))
  AND (:pattern = '' OR search LIKE :pattern ESCAPE '!')
GROUP BY 1, 2, 3 ORDER BY 1, 2, 3;

-- name: inventory_groups
-- What was spent, by brand, store, size, month or application; spelling in capitals makes no other group.
SELECT CASE :by WHEN 'brand' THEN lower(brand) WHEN 'store' THEN lower(store) WHEN 'size' THEN lower(size)
    WHEN 'month' THEN month ELSE client_id END AS name, currency, count(*), CAST(sum(landed_minor) AS BIGINT)
FROM inventory_item WHERE user_id = :user_id
GROUP BY 1, 2 ORDER BY 2, 4 DESC, 1 LIMIT :limit;

-- name: inventory_versions
SELECT version, source, document, raw, received_at FROM inventory_version WHERE item_id = :item_id ORDER BY version;

-- name: inventory_changes
SELECT position, state, amount_minor, currency, happened_at, made_at FROM inventory_change
WHERE item_id = :item_id ORDER BY position;

-- name: insert_inventory_change!
INSERT INTO inventory_change (item_id, position, state, amount_minor, currency, happened_at, made_at)
VALUES (:item_id, :position, :state, :amount_minor, :currency, :happened_at, :now);

-- name: change_inventory_item!
UPDATE inventory_item SET state = :state, state_minor = :amount_minor, state_currency = :currency, state_at = :happened_at, changes = :position,
    modified_at = :now
WHERE id = :item_id;

-- name: inventory_order_items
SELECT id, client_id, version, repeats, state, state_minor, state_currency, state_at, changes, document,
    created_at, modified_at
FROM inventory_item WHERE user_id = :user_id AND order_id = :order_id AND id <> :id ORDER BY bought_at, id LIMIT :limit;

-- name: audit_item_versions
-- An item stands at its newest version, and none is missing.
SELECT item.id, item.version, count(said.version) FROM inventory_item AS item
LEFT JOIN inventory_version AS said ON said.item_id = item.id
GROUP BY item.id, item.version
HAVING count(said.version) <> item.version OR coalesce(max(said.version), 0) <> item.version
ORDER BY item.id LIMIT :limit;

-- name: audit_item_documents
-- What an item says is what its newest version said.
SELECT item.id FROM inventory_item AS item
JOIN inventory_version AS said ON said.item_id = item.id AND said.version = item.version
WHERE said.document <> item.document ORDER BY item.id LIMIT :limit;

-- name: audit_item_changes
-- An item's state is that of its last step, with its amount and the currency of it.
SELECT item.id, item.state FROM inventory_item AS item
LEFT JOIN inventory_change AS step ON step.item_id = item.id AND step.position = item.changes
WHERE (item.changes > 0 AND (step.state IS NULL OR step.state <> item.state
    OR coalesce(step.amount_minor, -1) <> coalesce(item.state_minor, -1) OR step.currency <> item.state_currency))
  OR (item.changes = 0 AND item.state <> 'in_stock')
ORDER BY item.id LIMIT :limit;

-- name: audit_posted_versions
-- What the ledger says was accepted from an application is there: each call one version, and no version without one.
SELECT application.shop, application.client_id,
    (SELECT count(*) FROM event WHERE event.shop = application.shop AND event.dialect = 'scout'
        AND event.channel = application.client_id AND event.kind = 'purchase' AND event.outcome = 'accepted') AS accepted,
    (SELECT count(*) FROM inventory_version AS said JOIN inventory_item AS item ON item.id = said.item_id
        WHERE item.client_id = application.client_id AND said.source IN ('ingest', 'checkout')) AS kept
FROM application
WHERE (SELECT count(*) FROM event WHERE event.shop = application.shop AND event.dialect = 'scout'
        AND event.channel = application.client_id AND event.kind = 'purchase' AND event.outcome = 'accepted')
  <> (SELECT count(*) FROM inventory_version AS said JOIN inventory_item AS item ON item.id = said.item_id
        WHERE item.client_id = application.client_id AND said.source IN ('ingest', 'checkout'))
ORDER BY application.shop, application.client_id LIMIT :limit;
