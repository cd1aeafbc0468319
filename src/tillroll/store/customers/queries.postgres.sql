-- name: customers
-- A set instead of a join, as for carts.
SELECT id, email, password_hash, initial, active, on_hold, version, document, created_at, modified_at FROM customer
WHERE shop = :shop AND id = ANY (ARRAY (SELECT key FROM json_each(:keys)));

-- name: lock_customers
-- Row locks in one sorted order: whoever gives or takes a customer's tokens holds its row.
SELECT id, email, password_hash, initial, active, on_hold, version, document, created_at, modified_at FROM customer
WHERE shop = :shop AND id = ANY (ARRAY (SELECT key FROM json_each(:keys)))
ORDER BY id FOR UPDATE;

-- name: lock_login_failures
-- Its row lock: of two attempts at one account the second sees what became of the first.
SELECT failures, failed_at FROM login_failure WHERE shop = :shop AND kind = :kind AND subject = :subject FOR UPDATE;
