-- name: insert_user
INSERT INTO user_account (name, name_key, password_hash, created_at, password_changed_at)
VALUES (:name, :name_key, :password_hash, :now, :now) ON CONFLICT (name_key) DO NOTHING RETURNING id;

-- name: user_by_name
SELECT id, name, password_hash FROM user_account WHERE name_key = :name_key;

-- name: user
SELECT id, name, password_hash FROM user_account WHERE id = :id;

-- name: users
SELECT id, name, created_at FROM user_account ORDER BY id;

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
