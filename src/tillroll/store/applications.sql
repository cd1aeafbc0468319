-- name: insert_application!
INSERT INTO application (shop, client_id, name, redirect_uris, counts_repeats, created_at)
VALUES (:shop, :client_id, :name, :redirect_uris, :counts_repeats, :now);

-- name: change_application!
UPDATE application SET name = :name, redirect_uris = :redirect_uris, counts_repeats = :counts_repeats
WHERE shop = :shop AND client_id = :client_id;

-- name: change_credential_scopes!
UPDATE credential SET scopes = :scopes WHERE shop = :shop AND kind = :kind AND identifier = :identifier;

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

-- name: user_grant
SELECT seed, token_hash, scopes, withdrawn_at FROM user_grant WHERE user_id = :user_id AND client_id = :client_id;

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
