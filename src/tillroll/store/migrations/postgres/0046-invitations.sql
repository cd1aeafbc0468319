-- Who holds the secret of one may make themselves somebody in the shop, once.
CREATE TABLE shop_invitation (
    shop TEXT NOT NULL REFERENCES shop (id),
    hash TEXT NOT NULL,
    role TEXT NOT NULL CHECK (role = 'viewer' OR role = 'analyst' OR role = 'admin'),
    invited_by TEXT NOT NULL,
    created_at BIGINT NOT NULL,
    expires_at BIGINT NOT NULL,
    PRIMARY KEY (hash)
);
CREATE INDEX shop_invitation_by_shop ON shop_invitation (shop, created_at);
