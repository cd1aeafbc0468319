-- name: insert_application!
INSERT INTO application (shop, client_id, name, redirect_uris, counts_repeats, created_at)
VALUES (:shop, :client_id, :name, :redirect_uris, :counts_repeats, :now);

-- name: change_application!
UPDATE application SET name = :name, redirect_uris = :redirect_uris, counts_repeats = :counts_repeats
WHERE shop = :shop AND client_id = :client_id;

-- name: applications
SELECT application.shop, client_id, name, redirect_uris, counts_repeats, scopes, application.created_at, revoked_at
FROM application JOIN credential ON credential.shop = application.shop AND credential.kind = 'scout'
  AND credential.identifier = client_id
ORDER BY application.shop, application.created_at, client_id;

-- name: application
SELECT application.shop, client_id, name, redirect_uris, counts_repeats, scopes
FROM application JOIN credential ON credential.shop = application.shop AND credential.kind = 'scout'
  AND credential.identifier = client_id
WHERE client_id = :client_id AND revoked_at IS NULL;

-- name: application_names
-- Of those that were revoked, too: what they posted is still theirs.
SELECT application.client_id, application.name FROM json_each(:keys) AS wanted
CROSS JOIN application WHERE application.client_id = wanted.key;

-- name: applications_by_key
SELECT secret_hash, application.shop, client_id, name, redirect_uris, counts_repeats, scopes
FROM json_each(:keys) AS wanted CROSS JOIN credential
JOIN application ON application.shop = credential.shop AND application.client_id = credential.identifier
WHERE credential.kind = 'scout' AND credential.secret_hash = wanted.key AND revoked_at IS NULL;

-- name: insert_grant_code!
INSERT INTO grant_code (hash, user_id, client_id, redirect_uri, scopes, seed, expires_at)
VALUES (:hash, :user_id, :client_id, :redirect_uri, :scopes, :seed, :expires_at);

-- name: grant_code
SELECT user_id, client_id, redirect_uri, seed, expires_at, used_at FROM grant_code WHERE hash = :hash;

-- name: use_grant_code!
UPDATE grant_code SET used_at = :now WHERE hash = :hash AND used_at IS NULL;

-- name: delete_expired_grant_codes!
DELETE FROM grant_code WHERE hash IN (
    SELECT hash FROM grant_code WHERE expires_at < :before ORDER BY expires_at LIMIT :limit
);

-- name: lock_user_grant
SELECT seed, token_hash, scopes, withdrawn_at FROM user_grant WHERE user_id = :user_id AND client_id = :client_id;

-- name: insert_user_grant!
INSERT INTO user_grant (user_id, client_id, seed, scopes, granted_at, changed_at)
VALUES (:user_id, :client_id, :seed, :scopes, :now, :now) ON CONFLICT (user_id, client_id) DO NOTHING;

-- name: change_user_grant!
UPDATE user_grant SET seed = :seed, token_hash = :token_hash, scopes = :scopes, changed_at = :now, withdrawn_at = NULL
WHERE user_id = :user_id AND client_id = :client_id;

-- name: withdraw_user_grant!
UPDATE user_grant SET withdrawn_at = :now, token_hash = NULL, changed_at = :now
WHERE user_id = :user_id AND client_id = :client_id AND withdrawn_at IS NULL;

-- name: held_grants_by_token
-- As above, for who writes by them: a user is not removed meanwhile. SQLite has one writer.
SELECT granted.token_hash, granted.user_id, user_account.name, granted.client_id, granted.scopes
FROM json_each(:keys) AS wanted CROSS JOIN user_grant AS granted
JOIN user_account ON user_account.id = granted.user_id
WHERE granted.token_hash = wanted.key AND granted.withdrawn_at IS NULL;

-- name: user_grants
-- A grant of an application that was revoked is worth nothing, and nobody can make it worth something again.
SELECT user_grant.client_id, application.name, application.shop, user_grant.scopes, granted_at
FROM user_grant JOIN application ON application.client_id = user_grant.client_id
JOIN credential ON credential.shop = application.shop AND credential.kind = 'scout'
  AND credential.identifier = application.client_id AND revoked_at IS NULL
WHERE user_id = :user_id AND withdrawn_at IS NULL ORDER BY granted_at, user_grant.client_id;

-- name: grants_by_token
SELECT granted.token_hash, granted.user_id, user_account.name, granted.client_id, granted.scopes
FROM json_each(:keys) AS wanted CROSS JOIN user_grant AS granted
JOIN user_account ON user_account.id = granted.user_id
WHERE granted.token_hash = wanted.key AND granted.withdrawn_at IS NULL;

-- name: insert_inventory_item!
-- Two that insert the same item: the second waits, inserts nothing, and finds the first one's row.
INSERT INTO inventory_item (id, user_id, identity, shop, client_id, version, repeats, order_id, name, size, brand, store,
    month, search, currency, landed_minor, bought_at, state, state_minor, state_currency, state_at, changes, document,
    created_at, modified_at)
VALUES (:id, :user_id, :identity, :shop, :client_id, 0, 0, :order_id, :name, :size, :brand, :store,
    :month, :search, :currency, :landed_minor, :bought_at, 'in_stock', NULL, :currency, :bought_at, 0, :document,
    :now, :now)
ON CONFLICT (identity) DO NOTHING;

-- name: lock_inventory_items
SELECT item.identity, item.id, item.version FROM json_each(:keys) AS wanted
CROSS JOIN inventory_item AS item WHERE item.identity = wanted.key;

-- name: inventory_fingerprints
SELECT said.fingerprint, said.item_id FROM json_each(:keys) AS wanted
CROSS JOIN inventory_version AS said WHERE said.fingerprint = wanted.key;

-- name: insert_inventory_version!
INSERT INTO inventory_version (item_id, version, fingerprint, source, document, raw, received_at)
VALUES (:item_id, :version, :fingerprint, :source, :document, :raw, :now);

-- name: correct_inventory_item!
UPDATE inventory_item SET version = :version, order_id = :order_id, name = :name, size = :size, brand = :brand,
    store = :store, month = :month, search = :search, currency = :currency, landed_minor = :landed_minor,
    bought_at = :bought_at, document = :document, modified_at = :now
WHERE id = :id;

-- name: repeat_inventory_item!
UPDATE inventory_item SET repeats = repeats + :count WHERE id = :id;

-- name: inventory_item
SELECT id, client_id, version, repeats, state, state_minor, state_currency, state_at, changes, document AS goods,
    created_at, modified_at
FROM inventory_item WHERE user_id = :user_id AND id = :id;

-- name: lock_inventory_item
SELECT id, client_id, version, repeats, state, state_minor, state_currency, state_at, changes, document AS goods,
    created_at, modified_at
FROM inventory_item WHERE user_id = :user_id AND id = :id;

-- name: inventory_page
-- What was bought before this place in the list, so that what is posted meanwhile moves nothing from page to page.
-- An empty filter lets everything through. The search text is in lower case, and so is the pattern. An item is in the
-- currency that it was bought in, and in that of what it was sold for.
SELECT id, client_id, version, repeats, state, state_minor, state_currency, state_at, changes, document AS goods,
    created_at, modified_at
FROM inventory_item
WHERE user_id = :user_id AND (:state = '' OR state = :state) AND (:currency = '' OR currency = :currency
    OR (state_minor IS NOT NULL AND state_currency = :currency))
  AND (bought_at, id) < (:bought_at, :id) AND (:pattern = '' OR search LIKE :pattern ESCAPE '!')
ORDER BY bought_at DESC, id DESC LIMIT :limit;

-- name: inventory_page_back
-- The same backwards: what was bought after this place, the nearest first.
SELECT id, client_id, version, repeats, state, state_minor, state_currency, state_at, changes, document AS goods,
    created_at, modified_at
FROM inventory_item
WHERE user_id = :user_id AND (:state = '' OR state = :state) AND (:currency = '' OR currency = :currency
    OR (state_minor IS NOT NULL AND state_currency = :currency))
  AND (bought_at, id) > (:bought_at, :id) AND (:pattern = '' OR search LIKE :pattern ESCAPE '!')
ORDER BY bought_at, id LIMIT :limit;

-- name: inventory_totals
-- Per currency of the purchase, currency of the amount, and state: how many, what they cost, and what the last step of
-- each brought or asks.
SELECT currency, CASE WHEN state_minor IS NULL THEN currency ELSE state_currency END AS amount_currency, state,
    count(*) AS count, CAST(sum(landed_minor) AS BIGINT) AS landed_minor,
    CAST(coalesce(sum(state_minor), 0) AS BIGINT) AS amount_minor,
    CAST(coalesce(sum(CASE WHEN state_minor IS NULL THEN 0 ELSE landed_minor END), 0) AS BIGINT) AS landed_minor_of_paid
FROM inventory_item
WHERE user_id = :user_id AND (:state = '' OR state = :state) AND (:currency = '' OR currency = :currency
    OR (state_minor IS NOT NULL AND state_currency = :currency))
  AND (:pattern = '' OR search LIKE :pattern ESCAPE '!')
GROUP BY 1, 2, 3 ORDER BY 1, 2, 3;

-- name: inventory_groups
-- What was spent, by brand, store, size, month or application; spelling in capitals makes no other group, which is called
-- as one of its items is: of several spellings the first in the order of bytes, so that both databases choose alike.
SELECT min(spelling) AS name, currency, count(*) AS count, CAST(sum(landed_minor) AS BIGINT) AS landed_minor
FROM (
    SELECT CASE :by WHEN 'brand' THEN brand WHEN 'store' THEN store WHEN 'size' THEN size WHEN 'month' THEN month
        ELSE client_id END AS spelling, currency, landed_minor
    FROM inventory_item WHERE user_id = :user_id
) AS item
GROUP BY CASE :by WHEN 'brand' THEN lower(spelling) WHEN 'store' THEN lower(spelling) WHEN 'size' THEN lower(spelling)
    ELSE spelling END, currency
ORDER BY currency, landed_minor DESC, name LIMIT :limit;

-- name: inventory_versions
SELECT version, source, document AS goods, raw, received_at FROM inventory_version WHERE item_id = :item_id ORDER BY version;

-- name: inventory_changes
SELECT position, state, amount_minor, currency, happened_at, made_at FROM inventory_change
WHERE item_id = :item_id ORDER BY position;

-- name: insert_inventory_change!
INSERT INTO inventory_change (item_id, position, state, amount_minor, currency, happened_at, made_at)
VALUES (:item_id, :position, :state, :amount_minor, :currency, :happened_at, :now);

-- name: change_inventory_item!
UPDATE inventory_item SET state = :state, state_minor = :amount_minor, state_currency = :currency, state_at = :happened_at, changes = :position,
    modified_at = :now
WHERE id = :item_id;

-- name: inventory_order_items
SELECT id, client_id, version, repeats, state, state_minor, state_currency, state_at, changes, document AS goods,
    created_at, modified_at
FROM inventory_item WHERE user_id = :user_id AND order_id = :order_id AND id <> :id ORDER BY bought_at, id LIMIT :limit;

-- name: insert_user
INSERT INTO user_account (name, name_key, password_hash, created_at, password_changed_at)
VALUES (:name, :name_key, :password_hash, :now, :now) ON CONFLICT (name_key) DO NOTHING RETURNING id;

-- name: user_by_name
SELECT id, name, password_hash FROM user_account WHERE name_key = :name_key;

-- name: user
SELECT id, name, password_hash FROM user_account WHERE id = :id;

-- name: users
SELECT id, name, created_at FROM user_account WHERE removed_at IS NULL ORDER BY id;

-- name: holdings_of_user
-- What goes with a user who is removed.
SELECT (SELECT count(*) FROM inventory_item WHERE user_id = :user_id) AS items,
    (SELECT count(*) FROM user_grant WHERE user_id = :user_id AND withdrawn_at IS NULL) AS grants,
    (SELECT count(*) FROM user_session WHERE user_id = :user_id) AS sessions;

-- name: close_user!
-- The row stays, so that nobody else ever has its number; its name is free again.
UPDATE user_account SET name = '', name_key = :name_key, password_hash = '', removed_at = :now
WHERE id = :id AND removed_at IS NULL;

-- name: delete_grant_codes_of_user!
DELETE FROM grant_code WHERE user_id = :user_id;

-- name: delete_user_grants!
DELETE FROM user_grant WHERE user_id = :user_id;

-- name: count_removed_versions!
-- Before they go: what an application posted was accepted, and stays accepted.
UPDATE application SET versions_removed = versions_removed + (
    SELECT count(*) FROM inventory_version AS said JOIN inventory_item AS item ON item.id = said.item_id
    WHERE item.user_id = :user_id AND item.client_id = application.client_id AND said.source IN ('ingest', 'checkout'))
WHERE client_id IN (SELECT client_id FROM inventory_item WHERE user_id = :user_id);

-- name: delete_inventory_changes!
DELETE FROM inventory_change WHERE item_id IN (SELECT id FROM inventory_item WHERE user_id = :user_id);

-- name: delete_inventory_versions!
DELETE FROM inventory_version WHERE item_id IN (SELECT id FROM inventory_item WHERE user_id = :user_id);

-- name: delete_inventory_items!
DELETE FROM inventory_item WHERE user_id = :user_id;

-- name: change_password!
UPDATE user_account SET password_hash = :password_hash, password_changed_at = :now
WHERE id = :id AND password_hash = :known_hash;

-- name: set_user_password!
UPDATE user_account SET password_hash = :password_hash, password_changed_at = :now WHERE id = :id;

-- name: insert_user_session!
INSERT INTO user_session (hash, user_id, kind, label, created_at, expires_at)
VALUES (:hash, :user_id, :kind, :label, :now, :expires_at);

-- name: user_session
SELECT user_account.id, user_account.name, user_session.kind, user_session.expires_at
FROM user_session JOIN user_account ON user_account.id = user_session.user_id WHERE user_session.hash = :hash;

-- name: user_sessions
SELECT hash, label, created_at FROM user_session WHERE user_id = :user_id AND kind = :kind ORDER BY created_at, hash;

-- name: delete_user_session!
DELETE FROM user_session WHERE hash = :hash AND user_id = :user_id;

-- name: delete_user_sessions!
-- All but one: whoever changes a password stays logged in where that was done, and nowhere else.
DELETE FROM user_session WHERE user_id = :user_id AND hash <> :but;

-- name: delete_expired_user_sessions!
DELETE FROM user_session WHERE hash IN (
    SELECT hash FROM user_session WHERE expires_at < :now ORDER BY expires_at LIMIT :limit
);

-- name: user_attempts
SELECT known.subject, known.count, known.since FROM json_each(:keys) AS wanted
CROSS JOIN user_attempt AS known WHERE known.subject = wanted.key;

-- name: count_user_attempt!
-- A count that is older than the window begins anew.
INSERT INTO user_attempt (subject, count, since) VALUES (:subject, 1, :now)
ON CONFLICT (subject) DO UPDATE SET
    count = CASE WHEN user_attempt.since < :window_start THEN 1 ELSE user_attempt.count + 1 END,
    since = CASE WHEN user_attempt.since < :window_start THEN excluded.since ELSE user_attempt.since END;

-- name: uncount_user_attempt!
UPDATE user_attempt SET count = count - 1 WHERE subject = :subject AND count > 0;

-- name: forgive_user_attempts!
DELETE FROM user_attempt WHERE subject = :subject;

-- name: delete_old_user_attempts!
DELETE FROM user_attempt WHERE subject IN (
    SELECT subject FROM user_attempt WHERE since < :before ORDER BY since LIMIT :limit
);

-- name: totp
SELECT secret, last_code, confirmed_at FROM user_totp WHERE user_id = :user_id;

-- name: begin_totp!
-- What is confirmed stays as it is until it is ended.
INSERT INTO user_totp (user_id, secret, last_code, created_at) VALUES (:user_id, :secret, 0, :now)
ON CONFLICT (user_id) DO UPDATE SET secret = excluded.secret, created_at = excluded.created_at
WHERE user_totp.confirmed_at IS NULL;

-- name: confirm_totp!
UPDATE user_totp SET confirmed_at = :now WHERE user_id = :user_id AND confirmed_at IS NULL;

-- name: take_totp_code!
-- A code is good once, and none is that is older than one that was taken.
UPDATE user_totp SET last_code = :code WHERE user_id = :user_id AND last_code < :code;

-- name: delete_totp!
DELETE FROM user_totp WHERE user_id = :user_id;

-- name: insert_recovery_code!
INSERT INTO user_recovery_code (user_id, hash) VALUES (:user_id, :hash);

-- name: recovery_codes_left
SELECT count(*) AS codes FROM user_recovery_code WHERE user_id = :user_id;

-- name: take_recovery_code!
DELETE FROM user_recovery_code WHERE user_id = :user_id AND hash = :hash;

-- name: delete_recovery_codes!
DELETE FROM user_recovery_code WHERE user_id = :user_id;

-- name: insert_login_step!
INSERT INTO user_login_step (hash, user_id, expires_at) VALUES (:hash, :user_id, :expires_at);

-- name: login_step
SELECT user_account.id, user_account.name, user_account.password_hash
FROM user_login_step JOIN user_account ON user_account.id = user_login_step.user_id
WHERE user_login_step.hash = :hash AND user_login_step.expires_at > :now;

-- name: delete_login_step!
DELETE FROM user_login_step WHERE hash = :hash;

-- name: delete_login_steps_of_user!
DELETE FROM user_login_step WHERE user_id = :user_id;

-- name: delete_expired_login_steps!
DELETE FROM user_login_step WHERE hash IN (
    SELECT hash FROM user_login_step WHERE expires_at < :now ORDER BY expires_at LIMIT :limit
);
