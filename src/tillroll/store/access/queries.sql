-- name: channels
-- Who stands behind what clients name a shop by, and the version of who may report there.
SELECT channel.identifier, channel.shop, shop.access_version FROM json_each(:keys) AS wanted
CROSS JOIN channel CROSS JOIN shop
WHERE channel.dialect = :dialect AND channel.identifier = wanted.key AND shop.id = channel.shop
  AND shop.removed_at IS NULL;

-- name: channels_of_shop
SELECT identifier, name, created_at FROM channel WHERE shop = :shop AND dialect = :dialect ORDER BY created_at, identifier;

-- name: insert_channel!
INSERT INTO channel (dialect, identifier, shop, name, created_at)
VALUES (:dialect, :identifier, :shop, :name, :now) ON CONFLICT (dialect, identifier) DO NOTHING;

-- name: delete_channel!
DELETE FROM channel WHERE dialect = :dialect AND identifier = :identifier AND shop = :shop;

-- name: bump_access_version!
UPDATE shop SET access_version = access_version + 1 WHERE id = :shop;

-- name: access_head
SELECT currency, access_version FROM shop WHERE id = :shop;

-- name: live_key_hashes
SELECT secret_hash FROM credential
WHERE shop = :shop AND kind = :kind AND secret_hash IS NOT NULL AND revoked_at IS NULL;

-- name: live_keys
SELECT secret_hash, scopes FROM credential
WHERE shop = :shop AND kind = :kind AND secret_hash IS NOT NULL AND revoked_at IS NULL;

-- name: key_of_secret
SELECT shop, identifier, scopes FROM credential
WHERE kind = :kind AND identifier = :identifier AND secret_hash = :secret_hash AND revoked_at IS NULL;

-- name: allowed_origins
SELECT origin, created_at FROM allowed_origin WHERE shop = :shop ORDER BY origin;

-- name: insert_allowed_origin!
INSERT INTO allowed_origin (shop, origin, created_at) VALUES (:shop, :origin, :now)
ON CONFLICT (shop, origin) DO NOTHING;

-- name: delete_allowed_origin!
DELETE FROM allowed_origin WHERE shop = :shop AND origin = :origin;

-- name: banned_networks
SELECT network, created_at FROM banned_network WHERE shop = :shop ORDER BY network;

-- name: insert_banned_network!
INSERT INTO banned_network (shop, network, created_at) VALUES (:shop, :network, :now)
ON CONFLICT (shop, network) DO NOTHING;

-- name: delete_banned_network!
DELETE FROM banned_network WHERE shop = :shop AND network = :network;

-- name: insert_signing_key!
INSERT INTO signing_key (shop, identifier, secret, created_at) VALUES (:shop, :identifier, :secret, :now);

-- name: delete_signing_key!
DELETE FROM signing_key WHERE shop = :shop AND identifier = :identifier;

-- name: delete_signing_keys_of_shop!
DELETE FROM signing_key WHERE shop = :shop;

-- name: signing_keys
SELECT shop, identifier, secret FROM signing_key WHERE :shop = '' OR shop = :shop ORDER BY shop, identifier LIMIT :limit;

-- name: answers
-- Each claim is a pair, because only caller and key together are found in the index.
SELECT known.caller, known.key, fingerprint, status, headers, body FROM json_each(:claims) AS wanted
CROSS JOIN idempotency_key AS known
WHERE known.shop = :shop AND known.caller = json_extract(wanted.value, '$[0]')
  AND known.key = json_extract(wanted.value, '$[1]');

-- name: insert_answer!
INSERT INTO idempotency_key (shop, caller, key, fingerprint, status, headers, body, created_at)
VALUES (:shop, :caller, :key, :fingerprint, :status, :headers, :body, :now);

-- name: delete_old_answers!
DELETE FROM idempotency_key WHERE (shop, caller, key) IN (
    SELECT shop, caller, key FROM idempotency_key WHERE created_at < :before ORDER BY created_at LIMIT :limit
);

-- name: shops_of_secret
SELECT shop FROM credential WHERE kind = :kind AND secret_hash = :secret_hash AND revoked_at IS NULL;

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

-- name: change_credential_scopes!
UPDATE credential SET scopes = :scopes WHERE shop = :shop AND kind = :kind AND identifier = :identifier;

-- name: revoke_credential!
UPDATE credential SET revoked_at = :now WHERE shop = :shop AND identifier = :identifier AND revoked_at IS NULL;

-- name: revoke_credentials_of_shop!
UPDATE credential SET revoked_at = :now WHERE shop = :shop AND revoked_at IS NULL;

-- name: replace_secret!
UPDATE credential SET secret_hash = :secret_hash
WHERE shop = :shop AND identifier = :identifier AND secret_hash IS NOT NULL AND revoked_at IS NULL;

-- name: delete_tokens_of_client!
DELETE FROM token WHERE shop = :shop AND client_id = :client_id;

-- name: delete_tokens_of_shop!
DELETE FROM token WHERE shop = :shop;

-- name: insert_token!
INSERT INTO token (hash, shop, kind, client_id, scopes, session_id, customer_id, legal_entity_id, expires_at)
VALUES (:hash, :shop, :kind, :client_id, :scopes, :session_id, :customer_id, :legal_entity_id, :expires_at);

-- name: token
SELECT hash, shop, kind, client_id, scopes, session_id, customer_id, legal_entity_id, expires_at FROM token
WHERE hash = :hash;

-- name: tokens
SELECT hash, shop, kind, client_id, scopes, session_id, customer_id, legal_entity_id, expires_at
FROM json_each(:keys) AS wanted CROSS JOIN token WHERE token.hash = wanted.key;

-- name: spend_token!
-- A second use finds it spent, and leaves its end where the first one has put it.
UPDATE token SET kind = :spent,
    expires_at = CASE WHEN kind = :fresh AND expires_at > :ends_at THEN :ends_at ELSE expires_at END
WHERE hash = :hash AND kind IN (:fresh, :spent) AND expires_at > :now;

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

-- name: known_login
SELECT seen_at FROM known_login WHERE shop = :shop AND pair = :pair;

-- name: remember_login!
INSERT INTO known_login (shop, pair, account, seen_at) VALUES (:shop, :pair, :account, :now)
ON CONFLICT (shop, pair) DO UPDATE SET seen_at = excluded.seen_at;

-- name: forget_oldest_logins!
-- All but the latest `kept` of an account.
DELETE FROM known_login WHERE shop = :shop AND account = :account AND pair NOT IN (
    SELECT pair FROM known_login WHERE shop = :shop AND account = :account ORDER BY seen_at DESC, pair LIMIT :kept);

-- name: delete_old_known_logins!
DELETE FROM known_login WHERE (shop, pair) IN (
    SELECT shop, pair FROM known_login WHERE seen_at < :before ORDER BY seen_at LIMIT :limit);
