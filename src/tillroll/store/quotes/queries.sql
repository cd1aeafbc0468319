-- name: quote
SELECT id, status, customer_id, order_id, version, document, created_at, modified_at FROM quote
WHERE shop = :shop AND id = :id;

-- name: lock_quotes
SELECT quote.id, status, customer_id, order_id, version, document, created_at, modified_at
FROM json_each(:keys) AS wanted CROSS JOIN quote WHERE quote.shop = :shop AND quote.id = wanted.key;

-- name: quotes_page
-- Newest first.
SELECT id, status, customer_id, order_id, version, document, created_at, modified_at FROM quote
WHERE shop = :shop ORDER BY created_at DESC, id DESC LIMIT :limit OFFSET :offset;

-- name: quotes_page_of_customer
SELECT id, status, customer_id, order_id, version, document, created_at, modified_at FROM quote
WHERE shop = :shop AND customer_id = :customer ORDER BY created_at DESC, id DESC LIMIT :limit OFFSET :offset;

-- name: quote_count
SELECT count(*) AS count FROM quote WHERE shop = :shop;

-- name: quote_count_of_customer
SELECT count(*) AS count FROM quote WHERE shop = :shop AND customer_id = :customer;

-- name: insert_quote!
INSERT INTO quote (shop, id, customer_id, status, valid_to, cart_id, order_id, version, document, created_at,
    modified_at)
VALUES (:shop, :id, :customer_id, :status, :valid_to, :cart_id, NULL, 1, :document, :now, :now)
ON CONFLICT (shop, id) DO NOTHING;

-- name: update_quote!
UPDATE quote SET customer_id = :customer_id, status = :status, valid_to = :valid_to, order_id = :order_id,
    document = :document, version = version + 1, modified_at = :now
WHERE shop = :shop AND id = :id AND version = :version;

-- name: delete_quote!
DELETE FROM quote WHERE shop = :shop AND id = :id AND order_id IS NULL;

-- name: delete_quote_changes!
DELETE FROM quote_change WHERE shop = :shop AND quote_id = :id;

-- name: insert_quote_change!
INSERT INTO quote_change (shop, quote_id, position, op, path, new_value, previous_value, user_type, user_id, changed_at)
VALUES (:shop, :quote_id, :position, :op, :path, :new_value, :previous_value, :user_type, :user_id, :now);

-- name: quote_changes
SELECT position, op, path, new_value, previous_value, user_type, user_id, changed_at FROM quote_change
WHERE shop = :shop AND quote_id = :quote_id ORDER BY position;

-- name: expiring_quotes
-- Open quotes whose time has passed, of all shops.
SELECT shop, id FROM quote WHERE status = 'OPEN' AND valid_to <= :now ORDER BY valid_to, id LIMIT :limit;

-- name: release_quote!
-- A quote whose order was withdrawn can be bought again.
UPDATE quote SET order_id = NULL, version = version + 1, modified_at = :now
WHERE shop = :shop AND id = :id AND order_id = :order_id;
