-- name: is_any_shop_there
SELECT count(*) AS shops FROM (SELECT 1 FROM shop LIMIT 1) AS any_shop;

-- name: insert_shop!
INSERT INTO shop (id, currency, settings, created_at) VALUES (:id, :currency, :settings, :now)
ON CONFLICT (id) DO NOTHING;

-- name: shops
SELECT id, currency, created_at FROM shop ORDER BY id;

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
