-- name: insert_customer!
INSERT INTO customer (shop, id, email, contact_email, password_hash, initial, active, on_hold, document, created_at,
    modified_at)
VALUES (:shop, :id, :email, :contact_email, :password_hash, :initial, :active, :on_hold, :document, :now, :now)
ON CONFLICT DO NOTHING;

-- name: customer
SELECT id, email, password_hash, initial, active, on_hold, version, document, created_at, modified_at FROM customer
WHERE shop = :shop AND id = :id;

-- name: customer_by_email
SELECT id, email, password_hash, initial, active, on_hold, version, document, created_at, modified_at FROM customer
WHERE shop = :shop AND email = :email;

-- name: customers
SELECT customer.id, email, password_hash, initial, active, on_hold, version, document, created_at, modified_at
FROM json_each(:keys) AS wanted CROSS JOIN customer WHERE customer.shop = :shop AND customer.id = wanted.key;

-- name: lock_customers
SELECT customer.id, email, password_hash, initial, active, on_hold, version, document, created_at, modified_at
FROM json_each(:keys) AS wanted CROSS JOIN customer WHERE customer.shop = :shop AND customer.id = wanted.key;

-- name: customers_page
SELECT id, email, password_hash, initial, active, on_hold, version, document, created_at, modified_at FROM customer
WHERE shop = :shop ORDER BY created_at, id LIMIT :limit OFFSET :offset;

-- name: customers_by_contact
SELECT id, email, password_hash, initial, active, on_hold, version, document, created_at, modified_at FROM customer
WHERE shop = :shop AND contact_email = :contact_email ORDER BY created_at, id LIMIT :limit;

-- name: customer_count
SELECT count(*) AS count FROM customer WHERE shop = :shop;

-- name: update_customer!
UPDATE customer SET contact_email = :contact_email, active = :active, on_hold = :on_hold, document = :document,
    version = version + 1, modified_at = :now
WHERE shop = :shop AND id = :id AND version = :version;

-- name: set_password!
UPDATE customer SET password_hash = :password_hash, initial = :initial, modified_at = :now
WHERE shop = :shop AND id = :id;

-- name: delete_customer!
DELETE FROM customer WHERE shop = :shop AND id = :id;

-- name: delete_tokens_of_customer!
-- All of them, or all but the one whose hash is kept.
DELETE FROM token WHERE customer_id = :customer_id AND shop = :shop AND hash <> :kept;

-- name: delete_tokens_of_session!
DELETE FROM token WHERE customer_id = :customer_id AND shop = :shop AND session_id = :session_id;

-- name: insert_password_reset!
INSERT INTO password_reset (hash, shop, customer_id, expires_at) VALUES (:hash, :shop, :customer_id, :expires_at);

-- name: password_reset
SELECT customer_id, expires_at FROM password_reset WHERE hash = :hash AND shop = :shop;

-- name: delete_password_resets!
-- All of a customer's: one that was used, and every older one.
DELETE FROM password_reset WHERE shop = :shop AND customer_id = :customer_id;

-- name: delete_expired_password_resets!
DELETE FROM password_reset WHERE hash IN (
    SELECT hash FROM password_reset WHERE expires_at < :now ORDER BY expires_at LIMIT :limit);

-- name: take_customer_number
-- The number after the one that is taken; no gaps, because it commits with the customer who has it.
INSERT INTO sequence (shop, name, next) VALUES (:shop, :name, CAST(:first AS BIGINT) + 1)
ON CONFLICT (shop, name) DO UPDATE SET next = sequence.next + 1 RETURNING next;

-- name: reserve_numbers!
-- A number that came with a customer is never given to another one.
INSERT INTO sequence (shop, name, next) VALUES (:shop, :name, :next)
ON CONFLICT (shop, name) DO UPDATE SET next = excluded.next WHERE sequence.next < excluded.next;

-- name: insert_token_secret!
INSERT INTO saas_secret (shop, secret, created_at) VALUES (:shop, :secret, :now) ON CONFLICT (shop) DO NOTHING;

-- name: token_secret
SELECT secret FROM saas_secret WHERE shop = :shop;

-- name: login_failures
SELECT failures, failed_at FROM login_failure WHERE shop = :shop AND kind = :kind AND subject = :subject;

-- name: lock_login_failures
SELECT failures, failed_at FROM login_failure WHERE shop = :shop AND kind = :kind AND subject = :subject;

-- name: count_login_failure
-- One more in a row; a row that has rested since `rested_since` begins anew.
INSERT INTO login_failure (shop, kind, subject, failures, failed_at) VALUES (:shop, :kind, :subject, 1, :now)
ON CONFLICT (shop, kind, subject) DO UPDATE SET failed_at = excluded.failed_at,
    failures = CASE WHEN login_failure.failed_at < :rested_since THEN 1 ELSE login_failure.failures + 1 END
RETURNING failures;

-- name: forgive_login_failures!
DELETE FROM login_failure WHERE shop = :shop AND kind = :kind AND subject = :subject;

-- name: delete_old_login_failures!
DELETE FROM login_failure WHERE (shop, kind, subject) IN (
    SELECT shop, kind, subject FROM login_failure WHERE failed_at < :before ORDER BY failed_at LIMIT :limit);
