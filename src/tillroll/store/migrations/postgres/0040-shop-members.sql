-- The people of a shop: who may look at it, and what they may do there.
CREATE TABLE shop_member (
    shop TEXT NOT NULL REFERENCES shop (id),
    user_id BIGINT NOT NULL REFERENCES user_account (id),
    role TEXT NOT NULL CHECK (role = 'viewer' OR role = 'analyst' OR role = 'admin'),
    created_at BIGINT NOT NULL,
    PRIMARY KEY (shop, user_id)
);
CREATE INDEX shop_member_by_user ON shop_member (user_id, shop);
