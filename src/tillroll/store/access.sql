-- name: channels
-- Who stands behind what clients name a shop by, and the version of who may report there.
SELECT channel.identifier, channel.shop, shop.access_version FROM json_each(:keys) AS wanted
CROSS JOIN channel CROSS JOIN shop
WHERE channel.dialect = :dialect AND channel.identifier = wanted.key AND shop.id = channel.shop;

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

-- name: shop_of_key
SELECT shop FROM credential
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

-- name: signing_keys
SELECT shop, identifier, secret FROM signing_key WHERE :shop = '' OR shop = :shop ORDER BY shop, identifier LIMIT :limit;
