-- The second step of a login: a user's secret, which counts once it is confirmed, and the newest code that was taken.
CREATE TABLE user_totp (
    user_id BIGINT PRIMARY KEY REFERENCES user_account (id),
    secret TEXT NOT NULL,
    last_code BIGINT NOT NULL,
    created_at BIGINT NOT NULL,
    confirmed_at BIGINT
);

-- What lets a user in whose device is lost, each once: by the hash.
CREATE TABLE user_recovery_code (
    user_id BIGINT NOT NULL REFERENCES user_account (id),
    hash TEXT NOT NULL,
    PRIMARY KEY (user_id, hash)
);

-- A login whose password was right, and whose code has yet to come: by the hash of its secret.
CREATE TABLE user_login_step (
    hash TEXT NOT NULL PRIMARY KEY,
    user_id BIGINT NOT NULL REFERENCES user_account (id),
    expires_at BIGINT NOT NULL
);
CREATE INDEX user_login_step_by_expiry ON user_login_step (expires_at);
CREATE INDEX user_login_step_by_user ON user_login_step (user_id);
