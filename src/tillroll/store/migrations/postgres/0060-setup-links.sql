-- Links with which whoever starts a new server makes its first shop, and the admin of it: by the hash of their secret.
CREATE TABLE setup_link (
    hash TEXT NOT NULL PRIMARY KEY,
    created_at BIGINT NOT NULL,
    expires_at BIGINT NOT NULL
);
