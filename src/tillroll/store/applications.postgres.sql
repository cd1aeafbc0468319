-- name: lock_user_grant
-- A row lock: a consent, a withdrawal and the making of a token are decided one after the other.
SELECT seed, token_hash, scopes, withdrawn_at FROM user_grant
WHERE user_id = :user_id AND client_id = :client_id FOR UPDATE;

-- name: applications_by_key
-- A set instead of a join: a planner without statistics would read every credential and join afterwards.
SELECT secret_hash, application.shop, client_id, name, redirect_uris, counts_repeats, scopes
FROM credential
JOIN application ON application.shop = credential.shop AND application.client_id = credential.identifier
WHERE credential.kind = 'scout' AND credential.secret_hash = ANY (ARRAY (SELECT key FROM json_each(:keys)))
  AND revoked_at IS NULL;

-- name: grants_by_token
-- A set, as for applications.
SELECT granted.token_hash, granted.user_id, user_account.name, granted.client_id, granted.scopes
FROM user_grant AS granted JOIN user_account ON user_account.id = granted.user_id
WHERE granted.token_hash = ANY (ARRAY (SELECT key FROM json_each(:keys))) AND granted.withdrawn_at IS NULL;
