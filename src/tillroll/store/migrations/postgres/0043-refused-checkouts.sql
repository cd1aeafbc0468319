-- How many checkouts were refused for a reason on a day of the shop's clock (since 1970), and where the reason is empty,
-- how many for any: a checkout has several reasons, and counts once. A stripe is one of a few rows for the same count, so
-- that server processes do not wait for each other.
CREATE TABLE refused_checkout (
    shop TEXT NOT NULL REFERENCES shop (id),
    day BIGINT NOT NULL,
    reason TEXT NOT NULL,
    stripe BIGINT NOT NULL,
    checkouts BIGINT NOT NULL CHECK (checkouts > 0),
    PRIMARY KEY (shop, day, reason, stripe)
);
