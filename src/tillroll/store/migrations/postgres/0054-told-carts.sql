-- The carts that endpoints were told were abandoned, as they were changed last: one that is changed may be told of again.
CREATE TABLE told_cart (
    shop TEXT NOT NULL REFERENCES shop (id),
    node TEXT NOT NULL,
    changed_at BIGINT NOT NULL,
    PRIMARY KEY (shop, node)
);
CREATE INDEX followed_cart_left ON followed_cart (shop, changed_at) WHERE closed = 0;
