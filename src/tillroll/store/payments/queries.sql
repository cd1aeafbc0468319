-- name: insert_payment_attempt!
INSERT INTO payment_attempt (shop, id, dialect, order_id, cart_id, mode_id, provider, currency, amount_minor, total_minor, token,
    captures, state, version, is_told, provider_id, charge_id, capture_before, authorised_at, capture_minor,
    captured_minor, captures_asked, owed_minor, action_url, code, attention, wish, hold_until, act_until,
    check_at, looks, created_at, changed_at)
VALUES (:shop, :id, :dialect, :order_id, :cart_id, :mode_id, :provider, :currency, :amount_minor, :total_minor,
    :token, :captures, :state, :version, :is_told, :provider_id, :charge_id, :capture_before, :authorised_at,
    :capture_minor, :captured_minor, :captures_asked, :owed_minor, :action_url, :code, :attention, :wish,
    :hold_until, :act_until, :check_at, :looks, :created_at, :changed_at);

-- name: update_payment_attempt!
-- Whoever has read another version has been overtaken.
UPDATE payment_attempt SET token = :token, state = :state, is_told = :is_told, provider_id = :provider_id, charge_id = :charge_id,
    capture_before = :capture_before, authorised_at = :authorised_at, capture_minor = :capture_minor,
    captured_minor = :captured_minor, captures_asked = :captures_asked, owed_minor = :owed_minor,
    action_url = :action_url, code = :code, attention = :attention, wish = :wish, act_until = :act_until,
    check_at = :check_at, looks = :looks, changed_at = :changed_at, version = :version
WHERE shop = :shop AND id = :id AND version = :version - 1;

-- name: payment_attempt
SELECT shop, id, dialect, order_id, cart_id, mode_id, provider, currency, amount_minor, total_minor, token,
    captures, state, version, is_told, provider_id, charge_id, capture_before, authorised_at, capture_minor,
    captured_minor, captures_asked, owed_minor, action_url, code, attention, wish, hold_until, act_until,
    check_at, looks, created_at, changed_at
FROM payment_attempt WHERE shop = :shop AND id = :id;

-- name: lock_payment_attempt
SELECT shop, id, dialect, order_id, cart_id, mode_id, provider, currency, amount_minor, total_minor, token,
    captures, state, version, is_told, provider_id, charge_id, capture_before, authorised_at, capture_minor,
    captured_minor, captures_asked, owed_minor, action_url, code, attention, wish, hold_until, act_until,
    check_at, looks, created_at, changed_at
FROM payment_attempt WHERE shop = :shop AND id = :id;

-- name: payment_attempts_of_order
SELECT shop, id, dialect, order_id, cart_id, mode_id, provider, currency, amount_minor, total_minor, token,
    captures, state, version, is_told, provider_id, charge_id, capture_before, authorised_at, capture_minor,
    captured_minor, captures_asked, owed_minor, action_url, code, attention, wish, hold_until, act_until,
    check_at, looks, created_at, changed_at
FROM payment_attempt WHERE shop = :shop AND order_id = :order_id ORDER BY created_at, id;

-- name: lock_payment_attempts_of_order
SELECT shop, id, dialect, order_id, cart_id, mode_id, provider, currency, amount_minor, total_minor, token,
    captures, state, version, is_told, provider_id, charge_id, capture_before, authorised_at, capture_minor,
    captured_minor, captures_asked, owed_minor, action_url, code, attention, wish, hold_until, act_until,
    check_at, looks, created_at, changed_at
FROM payment_attempt WHERE shop = :shop AND order_id = :order_id ORDER BY created_at, id;

-- name: payment_attempts_page
-- Newest first; an empty state stands for all, and with `open` 1 only those that are looked at again or are flagged.
SELECT shop, id, dialect, order_id, cart_id, mode_id, provider, currency, amount_minor, total_minor, token,
    captures, state, version, is_told, provider_id, charge_id, capture_before, authorised_at, capture_minor,
    captured_minor, captures_asked, owed_minor, action_url, code, attention, wish, hold_until, act_until,
    check_at, looks, created_at, changed_at
FROM payment_attempt
WHERE shop = :shop AND (:state = '' OR state = :state) AND (:open = 0 OR check_at IS NOT NULL OR attention IS NOT NULL)
ORDER BY created_at DESC, id DESC LIMIT :limit OFFSET :offset;

-- name: payment_attempt_count
SELECT count(*) AS count FROM payment_attempt
WHERE shop = :shop AND (:state = '' OR state = :state) AND (:open = 0 OR check_at IS NOT NULL OR attention IS NOT NULL);

-- name: payment_attempts_due
-- Whether anything is due, for who asks every second.
SELECT count(*) AS count FROM (SELECT 1 AS one FROM payment_attempt WHERE check_at <= :now LIMIT 1) AS due;

-- name: claim_payment_attempts
-- Attempts of all shops that are due, which nobody else takes until the claim ends.
UPDATE payment_attempt SET check_at = :until
WHERE (shop, id) IN (
    SELECT shop, id FROM payment_attempt WHERE check_at <= :now ORDER BY check_at LIMIT :limit
) RETURNING shop, id;

-- name: insert_payment_operation!
-- The same act once more is one more try.
INSERT INTO payment_operation (shop, key, attempt_id, kind, digest, tries, asked_at, answer, code, told)
VALUES (:shop, :key, :attempt_id, :kind, :digest, 1, :now, '', '', '')
ON CONFLICT (shop, key) DO UPDATE SET tries = payment_operation.tries + 1, asked_at = :now;

-- name: answer_payment_operation!
UPDATE payment_operation SET answered_at = :now, answer = :answer, code = :code, request_id = :request_id, told = :told
WHERE shop = :shop AND key = :key;

-- name: payment_operation
SELECT key, attempt_id, kind, digest, tries, asked_at, answered_at, answer, code, request_id, told
FROM payment_operation WHERE shop = :shop AND key = :key;

-- name: payment_operations
SELECT key, attempt_id, kind, digest, tries, asked_at, answered_at, answer, code, request_id, told
FROM payment_operation WHERE shop = :shop AND attempt_id = :attempt_id ORDER BY asked_at, key;

-- name: insert_payment_posting!
INSERT INTO payment_posting (shop, subject, cause, account, holder, currency, amount_minor, order_id, created_at)
VALUES (:shop, :subject, :cause, :account, :holder, :currency, :amount_minor, :order_id, :now);

-- name: payment_balances
-- What the accounts of a shop stand at, those at nought left out.
SELECT account, holder, currency, CAST(sum(amount_minor) AS BIGINT) AS amount_minor FROM payment_posting
WHERE shop = :shop GROUP BY account, holder, currency HAVING sum(amount_minor) <> 0
ORDER BY account, holder, currency;

-- name: insert_payment_refund!
INSERT INTO payment_refund (shop, id, attempt_id, order_id, currency, amount_minor, state, provider_refund_id, code,
    origin, reason, lines, attention, check_at, looks, version, created_at, changed_at)
VALUES (:shop, :id, :attempt_id, :order_id, :currency, :amount_minor, :state, :provider_refund_id, :code,
    :origin, :reason, :lines, :attention, :check_at, :looks, :version, :created_at, :changed_at);

-- name: update_payment_refund!
UPDATE payment_refund SET state = :state, provider_refund_id = :provider_refund_id, code = :code,
    attention = :attention, check_at = :check_at, looks = :looks, version = :version, changed_at = :changed_at
WHERE shop = :shop AND id = :id AND version = :version - 1;

-- name: payment_refund
SELECT shop, id, attempt_id, order_id, currency, amount_minor, state, provider_refund_id, code, origin, reason, lines,
    attention, check_at, looks, version, created_at, changed_at
FROM payment_refund WHERE shop = :shop AND id = :id;

-- name: payment_refunds
SELECT shop, id, attempt_id, order_id, currency, amount_minor, state, provider_refund_id, code, origin, reason, lines,
    attention, check_at, looks, version, created_at, changed_at
FROM payment_refund WHERE shop = :shop AND attempt_id = :attempt_id ORDER BY created_at, id;

-- name: payment_refunds_of_order
SELECT shop, id, attempt_id, order_id, currency, amount_minor, state, provider_refund_id, code, origin, reason, lines,
    attention, check_at, looks, version, created_at, changed_at
FROM payment_refund WHERE shop = :shop AND order_id = :order_id ORDER BY created_at, id;

-- name: payment_refunds_due
SELECT count(*) AS count FROM (SELECT 1 FROM payment_refund WHERE check_at <= :now LIMIT 1) AS due;

-- name: claim_payment_refunds
UPDATE payment_refund SET check_at = :until
WHERE (shop, id) IN (
    SELECT shop, id FROM payment_refund WHERE check_at <= :now ORDER BY check_at LIMIT :limit
) RETURNING shop, id;

-- name: insert_payment_bell!
INSERT INTO payment_bell (shop, mode_id, id, type, provider_id, told, received_at)
VALUES (:shop, :mode_id, :id, :type, :provider_id, :told, :now)
ON CONFLICT (shop, mode_id, id) DO NOTHING;

-- name: ring_payment_attempt!
-- It is looked at now. One whose id at the provider is not known yet is in the hands of whoever makes it.
UPDATE payment_attempt SET check_at = :now
WHERE shop = :shop AND mode_id = :mode_id AND state <> 'PLANNED' AND provider_id = :provider_id
  AND (check_at IS NULL OR check_at > :now);

-- name: delete_old_payment_bells!
DELETE FROM payment_bell WHERE (shop, mode_id, id) IN (
    SELECT shop, mode_id, id FROM payment_bell WHERE received_at < :before ORDER BY received_at LIMIT :limit
);

-- name: put_payment_dispute!
INSERT INTO payment_dispute (shop, id, attempt_id, order_id, mode_id, currency, amount_minor, stage, reason, created_at,
    changed_at)
VALUES (:shop, :id, :attempt_id, :order_id, :mode_id, :currency, :amount_minor, :stage, :reason, :created_at,
    :changed_at)
ON CONFLICT (shop, id) DO UPDATE SET stage = excluded.stage, changed_at = excluded.changed_at;

-- name: payment_disputes
SELECT shop, id, attempt_id, order_id, mode_id, currency, amount_minor, stage, reason, created_at, changed_at
FROM payment_dispute WHERE shop = :shop AND attempt_id = :attempt_id ORDER BY created_at, id;

-- name: payment_attempts_between
-- Those that have an id at their provider, the first one first.
SELECT shop, id, dialect, order_id, cart_id, mode_id, provider, currency, amount_minor, total_minor, token,
    captures, state, version, is_told, provider_id, charge_id, capture_before, authorised_at, capture_minor,
    captured_minor, captures_asked, owed_minor, action_url, code, attention, wish, hold_until, act_until,
    check_at, looks, created_at, changed_at
FROM payment_attempt
WHERE shop = :shop AND mode_id = :mode_id AND provider_id IS NOT NULL AND created_at BETWEEN :since AND :until
ORDER BY created_at, id;
