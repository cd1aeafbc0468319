-- name: insert_shop!
INSERT INTO shop (id, currency, settings, created_at) VALUES (:id, :currency, :settings, :now)
ON CONFLICT (id) DO NOTHING;

-- name: shops
SELECT id, currency, created_at FROM shop ORDER BY id;

-- name: shop_heads
SELECT shop.id, shop.catalogue_version, shop.currency, shop.settings
FROM json_each(:keys) AS wanted CROSS JOIN shop WHERE shop.id = wanted.key;

-- name: bump_catalogue_version
UPDATE shop SET catalogue_version = catalogue_version + 1 WHERE id = :shop RETURNING catalogue_version;

-- name: shop_settings
SELECT settings FROM shop WHERE id = :shop;

-- name: store_shop_settings!
UPDATE shop SET settings = :settings WHERE id = :shop;

-- name: insert_credential!
INSERT INTO credential (shop, kind, identifier, secret_hash, scopes, created_at)
VALUES (:shop, :kind, :identifier, :secret_hash, :scopes, :now);

-- name: credentials
SELECT kind, identifier, scopes, created_at, revoked_at FROM credential WHERE shop = :shop ORDER BY kind, created_at;

-- name: credential
SELECT secret_hash, scopes FROM credential
WHERE shop = :shop AND kind = :kind AND identifier = :identifier AND revoked_at IS NULL;

-- name: credential_shops
SELECT shop, kind, secret_hash, scopes FROM credential WHERE identifier = :identifier AND revoked_at IS NULL;

-- name: revoke_credential!
UPDATE credential SET revoked_at = :now WHERE shop = :shop AND identifier = :identifier AND revoked_at IS NULL;

-- name: delete_tokens_of_client!
DELETE FROM token WHERE shop = :shop AND client_id = :client_id;

-- name: insert_token!
INSERT INTO token (hash, shop, kind, client_id, scopes, session_id, customer_id, legal_entity_id, expires_at)
VALUES (:hash, :shop, :kind, :client_id, :scopes, :session_id, :customer_id, :legal_entity_id, :expires_at);

-- name: token
SELECT shop, kind, client_id, scopes, session_id, customer_id, legal_entity_id, expires_at FROM token
WHERE hash = :hash;

-- name: tokens
SELECT wanted.key, shop, kind, client_id, scopes, session_id, customer_id, legal_entity_id, expires_at
FROM json_each(:keys) AS wanted CROSS JOIN token WHERE token.hash = wanted.key;

-- name: delete_token!
DELETE FROM token WHERE hash = :hash;

-- name: delete_expired_tokens!
DELETE FROM token WHERE hash IN (SELECT hash FROM token WHERE expires_at < :now ORDER BY expires_at LIMIT :limit);

-- name: session_context
SELECT version, document FROM session_context WHERE shop = :shop AND session_id = :session_id;

-- name: lock_session_context
SELECT version, document FROM session_context WHERE shop = :shop AND session_id = :session_id;

-- name: upsert_session_context!
INSERT INTO session_context (shop, session_id, version, document, modified_at)
VALUES (:shop, :session_id, 1, :document, :now)
ON CONFLICT (shop, session_id) DO UPDATE
SET version = session_context.version + 1, document = excluded.document, modified_at = excluded.modified_at;
