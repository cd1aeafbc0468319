-- From where an account was logged in to with the right password: nobody else's failures hold its owner up there. Both
-- names are digests; users of the inventory, who belong to no shop, have an empty one.
CREATE TABLE known_login (
    shop TEXT NOT NULL,
    pair TEXT NOT NULL,
    account TEXT NOT NULL,
    seen_at BIGINT NOT NULL,
    PRIMARY KEY (shop, pair)
);
CREATE INDEX known_login_by_account ON known_login (shop, account, seen_at);
CREATE INDEX known_login_by_age ON known_login (seen_at);
