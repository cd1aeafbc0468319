-- name: channels
-- A set instead of a join: a planner without statistics would read every channel and join afterwards.
SELECT channel.identifier, channel.shop, shop.access_version FROM channel JOIN shop ON shop.id = channel.shop
WHERE channel.dialect = :dialect AND channel.identifier = ANY (ARRAY (SELECT key FROM json_each(:keys)));

-- name: answers
-- The same join; PostgreSQL has other functions for a JSON list than for an object.
SELECT known.caller, known.key, fingerprint, status, headers, body FROM json_array_elements(:claims) AS wanted
CROSS JOIN idempotency_key AS known
WHERE known.shop = :shop AND known.caller = wanted.value ->> 0 AND known.key = wanted.value ->> 1;

-- name: insert_token!
-- All tokens of a group in one statement, as for orders.
INSERT INTO token (hash, shop, kind, client_id, scopes, session_id, customer_id, legal_entity_id, expires_at)
SELECT hash, shop, kind, client_id, scopes, session_id, customer_id, legal_entity_id, expires_at
FROM json_to_recordset(:rows) AS row (hash text, shop text, kind text, client_id text, scopes text, session_id text,
    customer_id text, legal_entity_id text, expires_at bigint);

-- name: tokens
-- A set instead of a join: a planner without statistics would read every token and join afterwards.
SELECT hash, shop, kind, client_id, scopes, session_id, customer_id, legal_entity_id, expires_at FROM token
WHERE hash = ANY (ARRAY (SELECT key FROM json_each(:keys)));

-- name: lock_session_context
-- Whoever changes a context has read it under its row's lock.
SELECT version, document FROM session_context WHERE shop = :shop AND session_id = :session_id FOR UPDATE;
