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
