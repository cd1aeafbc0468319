-- name: lock_payment_attempt
-- A row lock: of two who settle one attempt, the second sees what the first one wrote.
SELECT shop, id, dialect, order_id, cart_id, mode_id, provider, currency, amount_minor, total_minor, token,
    captures, state, version, is_told, provider_id, charge_id, capture_before, authorised_at, capture_minor,
    captured_minor, captures_asked, owed_minor, action_url, code, attention, wish, hold_until, act_until,
    check_at, looks, created_at, changed_at
FROM payment_attempt WHERE shop = :shop AND id = :id FOR UPDATE;

-- name: lock_payment_attempts_of_order
-- Row locks, in one order.
SELECT shop, id, dialect, order_id, cart_id, mode_id, provider, currency, amount_minor, total_minor, token,
    captures, state, version, is_told, provider_id, charge_id, capture_before, authorised_at, capture_minor,
    captured_minor, captures_asked, owed_minor, action_url, code, attention, wish, hold_until, act_until,
    check_at, looks, created_at, changed_at
FROM payment_attempt WHERE shop = :shop AND order_id = :order_id ORDER BY created_at, id FOR UPDATE;

-- name: claim_payment_attempts
-- Two processes take different ones, and neither waits for the other.
UPDATE payment_attempt SET check_at = :until
WHERE (shop, id) IN (
    SELECT shop, id FROM payment_attempt WHERE check_at <= :now ORDER BY check_at LIMIT :limit FOR UPDATE SKIP LOCKED
) RETURNING shop, id;

-- name: claim_payment_refunds
-- Two processes take different ones, and neither waits for the other.
UPDATE payment_refund SET check_at = :until
WHERE (shop, id) IN (
    SELECT shop, id FROM payment_refund WHERE check_at <= :now ORDER BY check_at LIMIT :limit FOR UPDATE SKIP LOCKED
) RETURNING shop, id;
