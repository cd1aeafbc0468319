-- name: lock_user_grant
-- A row lock: a consent, a withdrawal and the making of a token are decided one after the other.
SELECT seed, token_hash, scopes, withdrawn_at FROM user_grant
WHERE user_id = :user_id AND client_id = :client_id FOR UPDATE;

-- name: applications_by_key
-- A set instead of a join: a planner without statistics would read every credential and join afterwards.
SELECT secret_hash, application.shop, client_id, name, redirect_uris, counts_repeats, scopes
FROM credential
JOIN application ON application.shop = credential.shop AND application.client_id = credential.identifier
WHERE credential.kind = 'scout' AND credential.secret_hash = ANY (ARRAY (SELECT key FROM json_each(:keys)))
  AND revoked_at IS NULL;

-- name: grants_by_token
-- A set, as for applications.
SELECT granted.token_hash, granted.user_id, user_account.name, granted.client_id, granted.scopes
FROM user_grant AS granted JOIN user_account ON user_account.id = granted.user_id
WHERE granted.token_hash = ANY (ARRAY (SELECT key FROM json_each(:keys))) AND granted.withdrawn_at IS NULL;

-- name: held_grants_by_token
-- Row locks that share: posts of one grant pass each other, and who deletes the grant waits for them.
SELECT granted.token_hash, granted.user_id, user_account.name, granted.client_id, granted.scopes
FROM user_grant AS granted JOIN user_account ON user_account.id = granted.user_id
WHERE granted.token_hash = ANY (ARRAY (SELECT key FROM json_each(:keys))) AND granted.withdrawn_at IS NULL
ORDER BY granted.user_id, granted.client_id FOR KEY SHARE OF granted;

-- name: insert_inventory_item!
-- All rows of a group in one statement: on PostgreSQL the round trips would cost more than the rows.
INSERT INTO inventory_item (id, user_id, identity, shop, client_id, version, repeats, order_id, name, size, brand, store,
    month, search, currency, landed_minor, bought_at, state, state_minor, state_currency, state_at, changes, document,
    created_at, modified_at)
SELECT id, user_id, identity, shop, client_id, 0, 0, order_id, name, size, brand, store,
    month, search, currency, landed_minor, bought_at, 'in_stock', NULL, currency, bought_at, 0, document, now, now
FROM json_to_recordset(:rows) AS row (id text, user_id bigint, identity text, shop text, client_id text, order_id text,
    name text, size text, brand text, store text, month text, search text, currency text, landed_minor bigint,
    bought_at bigint, document text, now bigint)
ORDER BY identity
ON CONFLICT (identity) DO NOTHING;

-- name: lock_inventory_items
-- Row locks in one order: versions of one item are counted one after the other.
SELECT item.identity, item.id, item.version FROM inventory_item AS item
WHERE item.identity = ANY (ARRAY (SELECT key FROM json_each(:keys)))
ORDER BY item.identity FOR UPDATE;

-- name: lock_inventory_item
-- A row lock: steps of one item are decided one after the other.
SELECT id, client_id, version, repeats, state, state_minor, state_currency, state_at, changes, document AS goods,
    created_at, modified_at
FROM inventory_item WHERE user_id = :user_id AND id = :id FOR UPDATE;

-- name: insert_inventory_version!
-- All rows of a group in one statement, as for items.
INSERT INTO inventory_version (item_id, version, fingerprint, source, document, raw, received_at)
SELECT item_id, version, fingerprint, source, document, raw, now
FROM json_to_recordset(:rows) AS row (item_id text, version bigint, fingerprint text, source text, document text,
    raw text, now bigint);

-- name: correct_inventory_item!
-- All rows of a group in one statement, as for items.
UPDATE inventory_item AS item SET version = row.version, order_id = row.order_id, name = row.name, size = row.size,
    brand = row.brand, store = row.store, month = row.month, search = row.search, currency = row.currency,
    landed_minor = row.landed_minor, bought_at = row.bought_at, document = row.document, modified_at = row.now
FROM json_to_recordset(:rows) AS row (id text, version bigint, order_id text, name text, size text, brand text,
    store text, month text, search text, currency text, landed_minor bigint, bought_at bigint, document text, now bigint)
WHERE item.id = row.id;

-- name: inventory_groups
-- Spellings are compared by their bytes, whatever the database sorts by.
SELECT min(spelling COLLATE "C") AS name, currency, count(*) AS count, CAST(sum(landed_minor) AS BIGINT) AS landed_minor
FROM (
    SELECT CASE :by WHEN 'brand' THEN brand WHEN 'store' THEN store WHEN 'size' THEN size WHEN 'month' THEN month
        ELSE client_id END AS spelling, currency, landed_minor
    FROM inventory_item WHERE user_id = :user_id
) AS item
GROUP BY CASE WHEN :by IN ('brand', 'store', 'size') THEN lower(spelling) ELSE spelling END, currency
ORDER BY currency, landed_minor DESC, name LIMIT :limit;
