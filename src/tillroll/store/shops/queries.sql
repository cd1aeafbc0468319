-- name: is_any_shop_there
SELECT count(*) AS shops FROM (SELECT 1 FROM shop LIMIT 1) AS any_shop;

-- name: insert_shop!
INSERT INTO shop (id, currency, settings, created_at) VALUES (:id, :currency, :settings, :now)
ON CONFLICT (id) DO NOTHING;

-- name: shops
SELECT id, currency, created_at FROM shop WHERE removed_at IS NULL ORDER BY id;

-- name: removed_shops
SELECT id, currency, created_at, removed_at FROM shop WHERE removed_at IS NOT NULL ORDER BY id;

-- name: holdings_of_shop
-- What somebody should know of who removes a shop.
SELECT (SELECT count(*) FROM sales_order WHERE shop = :shop) AS orders,
    (SELECT count(*) FROM cart WHERE shop = :shop AND status = 'OPEN') AS open_carts,
    (SELECT count(*) FROM quote WHERE shop = :shop AND order_id IS NULL) AS unbought_quotes,
    (SELECT count(*) FROM customer WHERE shop = :shop) AS customers,
    (SELECT count(*) FROM event WHERE shop = :shop) AS events,
    (SELECT count(*) FROM credential WHERE shop = :shop AND revoked_at IS NULL) AS live_keys,
    (SELECT count(*) FROM shop_member WHERE shop = :shop) AS members;

-- name: remove_shop!
-- Everybody who keeps what may come in learns of it by the version.
UPDATE shop SET removed_at = :now, access_version = access_version + 1 WHERE id = :shop AND removed_at IS NULL;

-- name: shop_settings
SELECT settings FROM shop WHERE id = :shop;

-- name: store_shop_settings!
UPDATE shop SET settings = :settings WHERE id = :shop;

-- name: currency_of_shop
SELECT currency FROM shop WHERE id = :shop;

-- name: role_of_member
SELECT role FROM shop_member WHERE shop = :shop AND user_id = :user_id;

-- name: members_of_shop
SELECT shop_member.user_id, user_account.name AS user_name, shop_member.role, shop_member.created_at FROM shop_member
JOIN user_account ON user_account.id = shop_member.user_id
WHERE shop_member.shop = :shop ORDER BY user_account.name_key;

-- name: shops_of_member
SELECT shop, role FROM shop_member WHERE user_id = :user_id ORDER BY shop;

-- name: store_member!
INSERT INTO shop_member (shop, user_id, role, created_at) VALUES (:shop, :user_id, :role, :now)
ON CONFLICT (shop, user_id) DO UPDATE SET role = excluded.role;

-- name: delete_member!
DELETE FROM shop_member WHERE shop = :shop AND user_id = :user_id;

-- name: delete_members_of_shop!
DELETE FROM shop_member WHERE shop = :shop;

-- name: delete_memberships!
DELETE FROM shop_member WHERE user_id = :user_id;

-- name: insert_invitation!
INSERT INTO shop_invitation (shop, hash, role, invited_by, created_at, expires_at)
VALUES (:shop, :hash, :role, :invited_by, :now, :expires_at);

-- name: invitations_of_shop
SELECT hash, role, invited_by, created_at, expires_at FROM shop_invitation
WHERE shop = :shop AND expires_at > :now ORDER BY created_at, hash;

-- name: invitation
SELECT shop, hash, role, invited_by, created_at, expires_at FROM shop_invitation
WHERE hash = :hash AND expires_at > :now;

-- name: delete_invitation!
DELETE FROM shop_invitation WHERE shop = :shop AND hash = :hash;

-- name: delete_invitations_until!
DELETE FROM shop_invitation WHERE shop = :shop AND expires_at <= :until;

-- name: insert_setup_link!
INSERT INTO setup_link (hash, created_at, expires_at) VALUES (:hash, :now, :expires_at);

-- name: setup_link
SELECT expires_at FROM setup_link WHERE hash = :hash;

-- name: delete_setup_links!
DELETE FROM setup_link WHERE expires_at <= :until;

-- name: store_shop_audit!
INSERT INTO shop_audit (shop, audited_at, asked_by, document) VALUES (:shop, :now, :asked_by, :document)
ON CONFLICT (shop) DO UPDATE SET
    audited_at = excluded.audited_at, asked_by = excluded.asked_by, document = excluded.document;

-- name: shop_audit
SELECT audited_at, asked_by, document FROM shop_audit WHERE shop = :shop;
